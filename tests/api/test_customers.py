"""GET /customers, GET /customers/{id}, POST /customers: how rows find their customers, and what of
them is refused."""

import concurrent.futures
import threading
import uuid

import pytest

from harness import Tenant, refused, wait_until

MEMBERS = ["id", "company", "email", "phone", "external_id", "created_at", "updated_at"]


@pytest.fixture
def tenant(stack):
    return Tenant(stack)


def upsert(tenant, *rows, **parameters):
    """Sends rows that are all good."""
    answer = tenant.post("/customers", {"customers": rows}, **parameters)
    assert (answer.status_code, answer.json()) == (200, {"upserted": len(rows), "errors": []})
    return answer


def reasons(tenant, *rows, **parameters):
    """The reasons of the rows at fault, by index; the others must have been counted."""
    answer = tenant.post("/customers", {"customers": rows}, **parameters)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"upserted", "errors"}
    assert all(set(error) == {"index", "reason"} for error in body["errors"])
    indexes = [error["index"] for error in body["errors"]]
    assert indexes == sorted(set(indexes))
    assert body["upserted"] == len(rows) - len(indexes)
    return {error["index"]: error["reason"] for error in body["errors"]}


def customers(tenant, **parameters):
    return [row for page in tenant.walk("/customers", **parameters) for row in page]


def by_company(tenant):
    found = {row["company"]: row for row in customers(tenant)}
    assert len(found) == len(customers(tenant))
    return found


def contacts(tenant, customer_id):
    return tenant.get(f"/customers/{customer_id}").json()["contacts"]


# --- Reading -------------------------------------------------------------------------------------

def test_a_customer_has_its_members_and_its_contacts(tenant):
    upsert(tenant, {"company": "Bolts & Söhne", "email": "sales@bolts.example", "phone": "+44 1632 960001",
                    "external_id": "B/1"})
    head, = customers(tenant)
    assert list(head) == MEMBERS
    assert head["created_at"] == head["updated_at"]
    customer = tenant.get(f"/customers/{head['id']}").json()
    assert list(customer) == [*MEMBERS, "contacts"]
    assert {name: customer[name] for name in MEMBERS} == head
    contact, = customer["contacts"]
    assert contact == {"id": contact["id"], "name": None, "email": "sales@bolts.example",
                       "phone": "+44 1632 960001", "is_primary": True}


def test_the_primary_contact_comes_first(tenant):
    upsert(tenant, {"company": "A", "phone": "1"})
    head, = customers(tenant)
    tenant.stack.sql("INSERT INTO contacts (org_id, customer_id, name, created_at) "
                     "VALUES (%s, %s, 'Ada', '2020-01-01'), (%s, %s, 'Ben', '2021-01-01')",
                     [tenant.org_id, head["id"]] * 2)
    assert [(contact["name"], contact["is_primary"]) for contact in contacts(tenant, head["id"])] == [
        (None, True), ("Ada", False), ("Ben", False)]


def test_another_organisations_customer_is_not_found(stack, tenant):
    other = Tenant(stack)
    upsert(other, {"company": "A", "external_id": "1", "email": "a@acme.example"})
    theirs, = customers(other)
    for customer_id in (theirs["id"], uuid.uuid4(), "x"):
        body = refused(tenant.get(f"/customers/{customer_id}"), 404, "not_found")
        assert body["error"] == "There is no customer with this id in your organisation."
    assert customers(tenant, external_id="1") == customers(tenant, email="a@acme.example") == []


# --- Filters -------------------------------------------------------------------------------------

def test_by_external_id_exactly(tenant):
    upsert(tenant, {"company": "A", "external_id": "x-1"}, {"company": "B", "external_id": "X-1"},
           {"company": "C", "external_id": "50%_"}, {"company": "D"})
    for external_id, company in (("x-1", "A"), ("X-1", "B"), ("50%_", "C")):
        assert [row["company"] for row in customers(tenant, external_id=external_id)] == [company]
    assert customers(tenant, external_id="x") == []


def test_by_email_in_any_case(tenant):
    upsert(tenant, {"company": "A", "email": "Bob+x@Acme.example", "external_id": "1"},
           {"company": "B", "email": "bob+X@aCME.example", "external_id": "2"},
           {"company": "C", "email": "bobx@acme.example", "external_id": "3"},
           {"company": "D", "email": "ÄRA@acme.example", "external_id": "4"})
    assert {row["company"] for row in customers(tenant, email="BOB+X@ACME.EXAMPLE")} == {"A", "B"}
    assert [row["company"] for row in customers(tenant, email="ära@acme.example")] == ["D"]
    assert customers(tenant, email="bob") == []
    # As somebody sends it who forgot to encode the plus.
    raw = tenant.request("GET", "/customers?email=bob+x@acme.example").json()["customers"]
    assert {row["company"] for row in raw} == {"A", "B"}
    assert [row["company"] for row in customers(tenant, email="bob+x@acme.example",
                                                external_id="2")] == ["B"]
    assert customers(tenant, email="bob+x@acme.example", external_id="3") == []


def test_search_finds_a_part_of_company_or_address_in_any_case(stack, tenant):
    rows = [("Ärzte & Co", "praxis@heil.example"), ("50%_off", None), ("Bolts", "sales@BOLTS.example"),
            ("İstanbul Cıvata", None), ("back\\slash", None)]
    for company, email in rows:
        upsert(tenant, {"company": company, "email": email})
    upsert(Tenant(stack), {"company": "Bolts of another", "email": "sales@bolts.example"})
    for term, found in (("bolts", ["Bolts"]), ("LES@bol", ["Bolts"]), ("ärzTE", ["Ärzte & Co"]),
                        ("%", ["50%_off"]), ("_", ["50%_off"]), ("\\", ["back\\slash"]),
                        ("o", ["Bolts", "50%_off", "Ärzte & Co"]), ("cıvata", ["İstanbul Cıvata"]),
                        ("nobody", []), ("Bolts\u2028", [])):
        assert [row["company"] for row in customers(tenant, search=term)] == found
        assert [row["company"] for row in customers(tenant, search=term, limit=1)] == found
        by_change = customers(tenant, search=term, limit=1, updated_since="2000-01-01T00:00:00Z")
        assert [row["company"] for row in by_change] == found[::-1]
    assert customers(tenant, search="bolts", email="sales@bolts.example")
    assert customers(tenant, search="bolts", email="praxis@heil.example") == []
    assert list(customers(tenant, search="bolts")[0]) == MEMBERS


@pytest.mark.parametrize("filters", [{"external_id": "1"}, {"email": "a@acme.example"},
                                     {"external_id": "1", "search": "c1"},
                                     {"email": "a@acme.example", "search": "ACME"}])
def test_filters_go_with_the_order_of_changes_and_with_pages(tenant, filters):
    for number in range(1, 4):
        upsert(tenant, {"company": f"C{number}", "external_id": f"{number}", "email": "a@acme.example"})
    upsert(tenant, {"company": "C1 changed", "external_id": "1", "email": "a@acme.example"})
    expected = ["C1 changed"] if "external_id" in filters else ["C2", "C3", "C1 changed"]
    since = customers(tenant)[-1]["created_at"]
    assert [row["company"] for row in customers(tenant, updated_since=since, limit=1, **filters)] == \
        expected
    newest = ["C1 changed"] if "external_id" in filters else ["C3", "C2", "C1 changed"]
    assert [row["company"] for row in customers(tenant, limit=1, **filters)] == newest
    late = customers(tenant, updated_since="2100-01-01T00:00:00Z", **filters)
    assert late == []


@pytest.mark.parametrize("parameters, field", [
    ({"external_id": ""}, "external_id"), ({"email": ""}, "email"), ({"email": "a\nb"}, "email"),
    ({"external_id": "x" * 2001}, "external_id"), ({"search": ""}, "search"), ({"search": "a\tb"}, "search"), ({"name": "x"}, "name"),
    ({"email": ["a@acme.example", "b@acme.example"]}, "email"), ({"limit": 501}, "limit")])
def test_refused_parameters_are_named(tenant, parameters, field):
    refused(tenant.get("/customers", **parameters), 422, "invalid_parameter", field=field)


# --- Matching ------------------------------------------------------------------------------------

def test_an_external_id_finds_its_customer(tenant):
    upsert(tenant, {"company": "A", "email": "a@one.example", "phone": "1", "external_id": "x"})
    before, = customers(tenant)
    upsert(tenant, {"company": "B", "email": "b@two.example", "external_id": "x"})
    after, = customers(tenant)
    assert (after["id"], after["company"], after["email"], after["phone"]) == (
        before["id"], "B", "b@two.example", "1")
    assert after["updated_at"] > before["updated_at"] == before["created_at"] == after["created_at"]


@pytest.mark.parametrize("first, second", [
    ("a@acme.example", "b@acme.example"), ("a@ACME.example", "b@acme.Example"),
    ("a@bücher.example", "b@xn--bcher-kva.example"), ("a@xn--bcher-kva.example", "b@BÜCHER.example"),
    ("a@bu\u0308cher.example", "b@bücher.example")])
def test_a_domain_finds_its_customer_however_it_is_written(tenant, first, second):
    if "\u0308" in first:
        first, second = second, first  # what is stored is not brought into one form
    upsert(tenant, {"company": "A", "email": first})
    upsert(tenant, {"company": "B", "email": second})
    customer, = customers(tenant)
    assert (customer["company"], customer["email"]) == ("B", second)


@pytest.mark.parametrize("domain", ["gmail.com", "GMail.com", "outlook.com", "web.de", "qq.com",
                                    "mailinator.com"])
def test_a_free_mail_domain_finds_nobody(tenant, domain):
    upsert(tenant, {"company": "A", "email": f"a@{domain}"}, {"company": "B", "email": f"b@{domain}"})
    upsert(tenant, {"company": "C", "email": f"c@{domain}"})
    assert set(by_company(tenant)) == {"A", "B", "C"}


def test_neither_part_of_a_domain_finds_anybody(tenant):
    upsert(tenant, {"company": "A", "email": "a@acme.example"},
           {"company": "B", "email": "a@mail.acme.example"}, {"company": "C", "email": "a@cme.example"})
    assert set(by_company(tenant)) == {"A", "B", "C"}


def test_nothing_to_go_by_makes_a_new_customer(tenant):
    for _ in range(2):
        upsert(tenant, {"company": "A"})
    assert [row["company"] for row in customers(tenant)] == ["A", "A"]
    assert contacts(tenant, customers(tenant)[0]["id"]) == []


def test_a_domain_gives_an_external_id_to_a_customer_without_one(tenant):
    upsert(tenant, {"company": "A", "email": "a@acme.example"})
    upsert(tenant, {"company": "B", "email": "b@acme.example", "external_id": "x"})
    customer, = customers(tenant)
    assert (customer["company"], customer["external_id"]) == ("B", "x")


def test_a_customer_with_another_external_id_is_another_customer(tenant):
    upsert(tenant, {"company": "A", "email": "a@acme.example", "external_id": "x"})
    upsert(tenant, {"company": "B", "email": "a@acme.example", "external_id": "y"})
    found = by_company(tenant)
    assert {company: row["external_id"] for company, row in found.items()} == {"A": "x", "B": "y"}
    assert found["A"]["id"] != found["B"]["id"]


def test_of_several_the_one_with_the_very_address_is_meant(tenant):
    upsert(tenant, {"company": "A", "email": "a@acme.example", "external_id": "1"})
    upsert(tenant, {"company": "B", "email": "b@acme.example", "external_id": "2"})
    upsert(tenant, {"company": "B2", "email": "B@ACME.example", "phone": "1"})
    assert {row["company"]: row["external_id"] for row in customers(tenant)} == {"A": "1", "B2": "2"}
    # Else the one without an external id, else the oldest.
    upsert(tenant, {"company": "A2", "email": "c@acme.example"})
    found = by_company(tenant)
    assert set(found) == {"A2", "B2"} and found["A2"]["external_id"] == "1"
    with tenant.connect() as connection:
        connection.execute("INSERT INTO customers (org_id, company, email) "
                           "VALUES (%s, 'C', 'd@acme.example')", [tenant.org_id])
    upsert(tenant, {"company": "C2", "email": "e@acme.example"})
    assert set(by_company(tenant)) == {"A2", "B2", "C2"}


def test_rows_are_taken_in_order(tenant):
    """As if each had come in a call of its own: the second finds what the first has made."""
    upsert(tenant, {"company": "A", "email": "a@acme.example", "external_id": "x"},
           {"company": "B", "email": "b@acme.example"})
    customer, = customers(tenant)
    assert (customer["company"], customer["email"], customer["external_id"]) == (
        "B", "b@acme.example", "x")


def test_more_rows_than_a_round_trip_carries(tenant):
    for turn in range(2):
        upsert(tenant, *({"company": f"C{i} {turn}", "external_id": str(i), "email": f"a@c{i}.example"}
                         for i in range(500)))
        assert {row["company"] for row in customers(tenant)} == {f"C{i} {turn}" for i in range(500)}


# --- Values --------------------------------------------------------------------------------------

def test_what_is_not_sent_stays_and_null_clears(tenant):
    upsert(tenant, {"company": "A", "email": "a@acme.example", "phone": "1", "external_id": "x"})
    upsert(tenant, {"company": "A", "external_id": "x"})
    customer, = customers(tenant)
    assert (customer["email"], customer["phone"]) == ("a@acme.example", "1")
    upsert(tenant, {"company": "A", "external_id": "x", "phone": None})
    customer, = customers(tenant)
    assert (customer["email"], customer["phone"]) == ("a@acme.example", None)
    upsert(tenant, {"company": "A", "email": "a@acme.example", "external_id": None})
    customer, = customers(tenant)
    assert customer["external_id"] is None
    upsert(tenant, {"company": "A", "email": None, "external_id": "x"})
    assert len(customers(tenant)) == 2  # with no address and an unknown id it is a new one


def test_contacts_are_made_with_the_customer_and_never_touched(tenant):
    upsert(tenant, {"company": "A", "email": "a@acme.example", "external_id": "x"},
           {"company": "B", "phone": "2", "external_id": "y"}, {"company": "C", "external_id": "z"})
    before = {row["external_id"]: contacts(tenant, row["id"]) for row in customers(tenant)}
    assert [(c["email"], c["phone"], c["is_primary"]) for c in before["x"]] == [
        ("a@acme.example", None, True)]
    assert [(c["email"], c["phone"]) for c in before["y"]] == [(None, "2")]
    assert before["z"] == []
    upsert(tenant, {"company": "A", "email": None, "phone": "3", "external_id": "x"},
           {"company": "C", "email": "c@c.example", "external_id": "z"})
    after = {row["external_id"]: contacts(tenant, row["id"]) for row in customers(tenant)}
    assert after == before


def test_a_row_that_says_nothing_new_is_no_change(tenant):
    row = {"company": "A", "email": "a@acme.example", "phone": None, "external_id": "x"}
    upsert(tenant, row)
    before, = customers(tenant)
    upsert(tenant, row)
    assert customers(tenant) == [before]


def test_text_is_kept_as_it_was_sent(tenant):
    row = {"company": " Ünïcode \u2028 ﷽ 😀 e\u0301 \\ % ' \"", "phone": "(0)", "external_id": "é\u00a0x "}
    upsert(tenant, row)
    customer, = customers(tenant)
    assert {name: customer[name] for name in row} == row


# --- Faults --------------------------------------------------------------------------------------

FAULTS = [
    ({}, "'company' is missing"),
    ({"company": None}, "'company' is null"),
    ({"company": ""}, "'company' is blank"),
    ({"company": " \u00a0\u3000"}, "'company' is blank"),
    ({"company": "x" * 501}, "'company' has 501 characters: it may have 500"),
    ({"company": "a\nb"}, "'company' holds the control character U+000A"),
    ({"company": "a\x7f"}, "'company' holds the control character U+007F"),
    ({"company": 7}, "'company' is a number: it must be a string"),
    ({"company": ["A"]}, "'company' is an array"),
    ({"company": "A", "phone": 441632960001}, "'phone' is a number"),
    ({"company": "A", "phone": ""}, "'phone' is blank"),
    ({"company": "A", "phone": "1" * 501}, "'phone' has 501"),
    ({"company": "A", "external_id": 7}, "'external_id' is a number"),
    ({"company": "A", "external_id": ""}, "'external_id' is blank"),
    ({"company": "A", "external_id": "x" * 501}, "'external_id' has 501"),
    ({"company": "A", "email": "acme.example"}, "'email' is 'acme.example': it must be an address"),
    ({"company": "A", "email": "a@b@acme.example"}, "'email' is"),
    ({"company": "A", "email": "a@localhost"}, "it must end with the name of a domain"),
    ({"company": "A", "email": "a b@acme.example"}, "'email' is"),
    ({"company": "A", "email": "a\u2003b@acme.example"}, "'email' is"),
    ({"company": "A", "email": f"{'a' * 65}@acme.example"}, "64 bytes before its @"),
    ({"company": "A", "email": f"a@{'a.' * 124}example"}, "254 bytes"),
    ({"company": "A", "email": True}, "'email' is a boolean"),
    ({"company": "A", "mail": "a@acme.example"}, "'mail' is not a member here"),
    ({"company": "A", "id": "7f0c0000-0000-0000-0000-000000000000"}, "'id' is not a member here"),
    (None, "It is null: it must be an object"),
    ([], "It is an array"),
    ("A", "It is a string"),
]


def test_a_bad_row_is_named_and_stops_no_other(tenant):
    good = [{"company": f"Good {i}"} for i in range(len(FAULTS))]
    rows = [row for pair in zip(good, (fault for fault, _ in FAULTS)) for row in pair]
    found = reasons(tenant, *rows)
    assert list(found) == list(range(1, len(rows), 2))
    for (fault, part), reason in zip(FAULTS, found.values()):
        assert part in reason and reason.endswith("."), (fault, reason)
    assert set(by_company(tenant)) == {row["company"] for row in good}


def test_what_is_long_is_shown_in_whole_characters(tenant):
    for before in range(4):
        reason = reasons(tenant, {"company": "A", "email": "x" * before + "€" * 300})[0]
        assert reason.count("€") in (19, 20) and "…" in reason


def test_the_same_customer_twice_in_a_call_the_last_wins(tenant):
    found = reasons(tenant,
                    {"company": "A1", "external_id": "x", "phone": "1"},
                    {"company": "B1", "email": "a@acme.example"},
                    {"company": "A2", "external_id": "x"},
                    {"company": "", "external_id": "x"},
                    {"company": "B2", "email": "b@ACME.example"},
                    {"company": "A3", "external_id": "x"},
                    {"company": "F1", "email": "a@gmail.com"},
                    {"company": "F2", "email": "a@gmail.com"})
    assert set(found) == {0, 1, 2, 3}
    assert "row 5" in found[0] and "row 5" in found[2] and "'external_id'" in found[0]
    assert "row 4" in found[1] and "'email'" in found[1]
    assert "blank" in found[3]
    assert set(by_company(tenant)) == {"A3", "B2", "F1", "F2"}
    assert by_company(tenant)["A3"]["phone"] is None


def test_strict_takes_all_or_none(tenant):
    good = {"company": "A", "external_id": "x"}
    rows = [good, {"company": "B", "email": "b"}, {}]
    errors = tenant.post("/customers", {"customers": rows}, dry_run="true").json()["errors"]
    assert [row["index"] for row in errors] == [1, 2]
    answer = tenant.post("/customers", {"customers": rows}, strict="true")
    body = refused(answer, 422, "invalid_body", field="customers[1].email", errors=errors)
    assert "2 rows are at fault" in body["error"] and "'email' is 'b'" in body["error"]
    answer = tenant.post("/customers", {"customers": [7]}, strict="true")
    refused(answer, 422, "invalid_body", field="customers[0]", errors=answer.json()["errors"])
    assert customers(tenant) == []
    upsert(tenant, good, strict="true")
    assert len(customers(tenant)) == 1


def test_a_dry_run_says_what_would_be_and_writes_nothing(tenant):
    rows = [{"company": "A", "external_id": "x"}, {"company": ""}, {"company": "A", "external_id": "x"}]
    dry = tenant.post("/customers", {"customers": rows}, dry_run="true")
    assert customers(tenant) == []
    wet = tenant.post("/customers", {"customers": rows}, dry_run="false")
    assert (dry.status_code, dry.json()) == (wet.status_code, wet.json())
    refused(tenant.post("/customers", {"customers": rows}, dry_run="true", strict="true"), 422,
            "invalid_body", field="customers[0].external_id", errors=dry.json()["errors"])


@pytest.mark.parametrize("body, code, field", [
    ([], "invalid_body", None), (None, "invalid_body", None), ("x", "invalid_body", None),
    ({}, "invalid_body", "customers"), ({"customers": None}, "invalid_body", "customers"),
    ({"customers": {}}, "invalid_body", "customers"), ({"customers": []}, "invalid_body", "customers"),
    ({"customers": [{"company": "A"}], "products": []}, "invalid_body", "products"),
    ({"customers": [{"company": "A"}] * 501}, "too_many_items", "customers")])
def test_a_body_that_is_no_list_of_rows_is_refused(tenant, body, code, field):
    refused(tenant.post("/customers", body), 422, code, **({"field": field} if field else {}))
    assert customers(tenant) == []


def test_unknown_parameters_are_refused(tenant):
    refused(tenant.post("/customers", {"customers": [{"company": "A"}]}, dryrun="true"), 422,
            "invalid_parameter", field="dryrun")
    refused(tenant.post("/customers", {"customers": [{"company": "A"}]}, dry_run="1"), 422,
            "invalid_parameter", field="dry_run")


def test_reading_and_writing_are_scopes_of_their_own(stack, tenant):
    reader = tenant.new_key("customers:read")
    writer = tenant.new_key("customers:write")
    body = {"customers": [{"company": "A"}]}
    refused(stack.request("POST", "/api/v1/customers", reader, json=body), 403, "insufficient_scope",
            required_scope="customers:write")
    assert stack.request("POST", "/api/v1/customers", writer, json=body).status_code == 200
    refused(stack.get("/api/v1/customers", writer), 403, "insufficient_scope",
            required_scope="customers:read")
    assert len(stack.get("/api/v1/customers", reader).json()["customers"]) == 1


# --- Races ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("row", [{"external_id": "x"}, {"email": "a@acme.example"},
                                 {"external_id": "x", "email": "a@acme.example"}])
def test_racing_calls_make_one_customer(tenant, row):
    answers = []
    start = threading.Barrier(8)

    def send(number):
        start.wait()
        answers.append(tenant.stack.request("POST", "/api/v1/customers", tenant.key, json={
            "customers": [{"company": f"C{number}", **row}]}))

    threads = [threading.Thread(target=send, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.json() for answer in answers] == [{"upserted": 1, "errors": []}] * 8
    customer, = customers(tenant)
    assert len(contacts(tenant, customer["id"])) == ("email" in row)


def test_a_writer_with_sql_is_waited_for(tenant):
    """What the application is just about to commit is found, not made again."""
    with tenant.connect(autocommit=False) as connection:
        connection.execute("INSERT INTO customers (org_id, company, external_id) VALUES (%s, 'A', 'x')",
                           [tenant.org_id])
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sent = pool.submit(upsert, tenant, {"company": "B", "external_id": "x"})
            wait_until(lambda: tenant.stack.sql(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
            assert not sent.done()
            connection.commit()
            sent.result()
    customer, = customers(tenant)
    assert customer["company"] == "B"
