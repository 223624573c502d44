"""The change clock: updated_at is in the order of commits, and taking it cannot deadlock."""

import concurrent.futures

import pytest

from harness import Tenant, wait_until

TABLES = {"customers": ("customer_id", "company = company || '.'"),
          "requests": ("request_id", "title = title || '.'")}


@pytest.fixture
def tenant(stack):
    filled = Tenant(stack)
    rows = [{"company": f"C{i}", "external_id": str(i)} for i in range(3)]
    assert filled.post("/customers", {"customers": rows}).status_code == 200
    for _ in range(3):
        filled.post("/requests", {"text": "x"})
    return filled


def waiting(tenant):
    return tenant.stack.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def ids(tenant, table):
    return [row["id"] for row in tenant.get(f"/{table}").json()[table]]


def change(connection, table, row):
    column, setting = TABLES[table]
    connection.execute(f"UPDATE {table} SET {setting} WHERE {column} = %s", [row])


@pytest.mark.parametrize("table", TABLES)
def test_writers_that_cross_wait_and_do_not_deadlock(tenant, table):
    """One has the clock and wants a row that the other is about to change. If the other held the row
    while it waits for the clock, neither could go on."""
    one, other = ids(tenant, table)[:2]
    with tenant.connect(autocommit=False) as first, tenant.connect(autocommit=False) as second, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        change(first, table, one)
        crossing = pool.submit(change, second, table, other)
        wait_until(lambda: waiting(tenant))
        change(first, table, other)
        first.commit()
        crossing.result()
        second.commit()


def test_parts_wait_for_the_clock_before_their_rows(tenant):
    customer = ids(tenant, "customers")[0]
    with tenant.connect() as application:
        application.execute("INSERT INTO contacts (org_id, customer_id, name) VALUES (%s, %s, 'Ada')",
                            [tenant.org_id, customer])
    rename = "UPDATE contacts SET name = name || '.' WHERE customer_id = %s"
    with tenant.connect(autocommit=False) as first, tenant.connect(autocommit=False) as second, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        change(first, "customers", ids(tenant, "customers")[1])
        crossing = pool.submit(second.execute, rename, [customer])
        wait_until(lambda: waiting(tenant))
        first.execute(rename, [customer])
        first.commit()
        crossing.result()
        second.commit()
    assert tenant.get(f"/customers/{customer}").json()["contacts"][0]["name"] == "Ada.."


def test_later_commits_have_later_moments(tenant):
    one, other = ids(tenant, "customers")[:2]
    with tenant.connect(autocommit=False) as early, tenant.connect() as late:
        early.execute("SELECT now()")  # its transaction began first
        change(late, "customers", one)
        change(early, "customers", other)
        early.commit()
    moments = {row["id"]: row["updated_at"] for row in tenant.get("/customers").json()["customers"]}
    assert moments[other] > moments[one]


def test_an_application_cannot_write_moments_of_its_own(tenant):
    row = ids(tenant, "customers")[0]
    before = tenant.get(f"/customers/{row}").json()
    with tenant.connect() as application:
        application.execute("UPDATE customers SET updated_at = '2020-01-01', created_at = '2020-01-01' "
                            "WHERE customer_id = %s", [row])
        application.execute("INSERT INTO customers (org_id, company, updated_at) "
                            "VALUES (%s, 'old', '2020-01-01'), (%s, 'new', '2100-01-01')",
                            [tenant.org_id] * 2)
    after = tenant.get(f"/customers/{row}").json()
    assert after["created_at"] == before["created_at"]
    since = tenant.get("/customers", updated_since=before["updated_at"]).json()["customers"]
    assert {"old", "new", after["company"]} <= {row["company"] for row in since}
    assert tenant.get("/customers", updated_since="2100-01-01T00:00:00Z").json()["customers"] == []


def test_an_operator_imports_old_records_with_their_moments(tenant):
    tenant.stack.sql("INSERT INTO customers (org_id, company, created_at, updated_at) "
                     "VALUES (%s, 'old', '2019-01-01', '2020-01-01')", [tenant.org_id])
    old, = [row for row in tenant.get("/customers").json()["customers"] if row["company"] == "old"]
    assert (old["created_at"], old["updated_at"]) == ("2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z")


def test_organisations_do_not_wait_for_each_other(stack, tenant):
    other = Tenant(stack)
    with tenant.connect(autocommit=False) as writer:
        change(writer, "customers", ids(tenant, "customers")[0])
        assert other.post("/requests", {"text": "x"}).status_code == 201
        assert stack.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == []
