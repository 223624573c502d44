"""No organisation's key leads to another's data: by id through the API, by SQL in its own database."""

import psycopg
import pytest

from harness import keys, without_id

SELLERS = ["Northfield Tooling", "Atelier Brunel", "青葉ヶ原精工", "Dar Al-Masamir Fasteners W.L.L."]


@pytest.fixture(scope="module")
def quotes(stack):
    """Organisation to the ids of its quotes."""
    found = {}
    for row in stack.rows("SELECT name, quote_id::text FROM quotes JOIN organisations USING (org_id)"):
        found.setdefault(row.name, []).append(row.quote_id)
    return found


@pytest.mark.parametrize("seller", SELLERS)
def test_no_quote_of_another_organisation_is_read(stack, quotes, seller):
    """All there are, by one key; all answers are the answer for an id that nobody has."""
    with stack.session(stack.new_key(org=seller, limit=100000)) as session:
        absent = session.get(f"{stack.url}/api/v1/quotes/00000000-0000-4000-8000-000000000000")
        assert absent.status_code == 404
        others = [quote_id for name, ids in quotes.items() if name != seller for quote_id in ids]
        assert len(others) > 200
        for quote_id in others:
            answer = session.get(f"{stack.url}/api/v1/quotes/{quote_id}")
            assert without_id(answer, "ratelimit") == without_id(absent, "ratelimit")
        own = session.get(f"{stack.url}/api/v1/quotes/{quotes[seller][0]}")
        assert own.status_code == 200


def test_answers_are_not_mixed_up_when_keys_take_turns(stack, quotes):
    """The same few workers serve all organisations, on connections that they keep."""
    sessions = {seller: stack.session(stack.new_key(org=seller)) for seller in SELLERS}
    for turn in range(20):
        for seller, session in sessions.items():
            quote_id = quotes[seller][turn]
            assert session.get(f"{stack.url}/api/v1/quotes/{quote_id}").json()["id"] == quote_id
            assert session.get(f"{stack.url}/api/v1/key").json()["organisation"]["name"] == seller
            other = quotes[SELLERS[(SELLERS.index(seller) + 1) % len(SELLERS)]][turn]
            assert session.get(f"{stack.url}/api/v1/quotes/{other}").status_code == 404
    for session in sessions.values():
        session.close()


TABLES = ["organisations", "api_keys", "credentials", "key_window", "usage_hourly", "products",
          "customers", "contacts", "quotes", "quote_lines", "orders", "order_lines", "requests",
          "messages", "idempotency"]


@pytest.fixture
def worker(stack):
    with stack.connect("kabaido_worker") as connection:
        yield connection


@pytest.mark.parametrize("table", TABLES)
def test_a_worker_that_admitted_nobody_sees_no_rows(worker, table):
    assert worker.execute(f"SELECT count(org_id) FROM {table}").fetchone() == (0,)


@pytest.mark.parametrize("table", ["users", "audit"])
def test_a_key_opens_nothing_of_the_people(stack, worker, table):
    """Its organisation's rows are open to it, but who works there and what they did is for those who
    have signed in."""
    (org_id, rows), = stack.sql(f"SELECT org_id, count(*) FROM {table} JOIN organisations USING (org_id) "
                                "WHERE name = 'Northfield Tooling' GROUP BY org_id")
    assert rows > 0
    worker.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(org_id)])
    assert worker.execute("SELECT count(org_id) FROM organisations").fetchone() == (1,)
    assert worker.execute(f"SELECT count(org_id) FROM {table}").fetchone() == (0,)


@pytest.mark.parametrize("table", ["sign_ins", "sign_in_buckets"])
def test_a_worker_does_not_read_what_functions_look_up(worker, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("seller", SELLERS)
def test_a_worker_that_admitted_a_key_sees_its_organisations_rows_only(stack, worker, seller):
    key = stack.new_key(org=seller)
    org_id, key_id = worker.execute("SELECT org_id, key_id FROM credential_find(%s)",
                                    [keys.public_id(key)]).fetchone()
    with worker.transaction():
        verdict, = worker.execute("SELECT verdict FROM admit(%s, %s, %s, 'quotes:read', true)",
                                  [org_id, key_id, keys.public_id(key)]).fetchone()
        assert verdict == "admitted"
        for table in TABLES:
            seen = worker.execute(f"SELECT org_id, count(org_id) FROM {table} GROUP BY 1").fetchall()
            there = stack.sql(f"SELECT org_id, count(*) FROM {table} WHERE org_id = %s GROUP BY 1",
                              [org_id])
            assert seen == there
        assert worker.execute("SELECT count(*) FROM quotes").fetchone()[0] > 0
    assert worker.execute("SELECT count(*) FROM quotes").fetchone() == (0,)
