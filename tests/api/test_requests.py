"""GET /requests, GET /requests/{id}, POST /requests: threads, and a new one from text."""

import uuid

import pytest

from harness import Tenant, refused

MEMBERS = ["id", "title", "status", "customer_id", "external_ref", "source", "created_at", "updated_at"]


@pytest.fixture
def tenant(stack):
    return Tenant(stack)


def open_request(tenant, **members):
    answer = tenant.post("/requests", members)
    assert answer.status_code == 201, answer.content
    return answer.json()


def customers(tenant):
    return tenant.get("/customers").json()["customers"]


def test_text_becomes_a_thread_with_its_first_message(tenant):
    text = "Please quote:\n\n10 × end mill 12 mm\n\tsoon, thanks\r\n"
    answer = tenant.post("/requests", {"text": text})
    assert answer.status_code == 201
    thread = answer.json()
    assert list(thread) == [*MEMBERS, "messages"]
    assert answer.headers["location"] == f"/api/v1/requests/{thread['id']}"
    assert (thread["title"], thread["status"], thread["source"]) == ("Please quote:", "open", "api")
    assert thread["customer_id"] is thread["external_ref"] is None
    message, = thread["messages"]
    assert message == {"id": message["id"], "author": "customer", "body": text,
                       "created_at": thread["created_at"]}
    read = tenant.request("GET", answer.headers["location"].removeprefix("/api/v1"))
    assert read.content == answer.content
    listed, = tenant.get("/requests").json()["requests"]
    assert listed == {name: thread[name] for name in MEMBERS}
    assert tenant.get("/requests", status="open").json()["requests"] == [listed]
    assert tenant.get("/requests", status=["answered", "closed"]).json()["requests"] == []


def test_members_may_be_given(tenant):
    thread = open_request(tenant, text="x", title=" Our title ", external_ref="PO 7/é")
    assert (thread["title"], thread["external_ref"]) == (" Our title ", "PO 7/é")
    thread = open_request(tenant, text="x", title=None, external_ref=None, customer=None)
    assert (thread["title"], thread["external_ref"], thread["customer_id"]) == ("x", None, None)


@pytest.mark.parametrize("text, title", [
    ("one line", "one line"),
    ("first\nsecond", "first"),
    ("first\r\nsecond", "first"),
    ("first\rsecond", "first"),
    ("\n \u00a0\n\t first \t\nsecond", "first"),
    ("a\tb\x01c\x7fd", "a b c d"),
    ("\x7f\n\x01 first\x02 \nsecond", "first"),
    ("€" * 500, "€" * 500),
    ("€" * 501, "€" * 500),
    ("😀" * 20000, "😀" * 500),
    ("x" * 499 + " yz", "x" * 499),
    ("e\u0301", "e\u0301"),
    ("\U0001DA03\U0002DC00", "\U0001DA03\U0002DC00"),  # escaped, json-c 0.16 loses them
], ids=range(13))
def test_the_title_falls_back_to_the_first_line_that_says_something(tenant, text, title):
    thread = open_request(tenant, text=text)
    assert thread["title"] == title
    assert thread["messages"][0]["body"] == text


@pytest.mark.parametrize("members, field, part", [
    ({}, "text", "'text' is missing"),
    ({"text": None}, "text", "'text' is null"),
    ({"text": ""}, "text", "'text' is blank"),
    ({"text": " \n\u3000"}, "text", "'text' is blank"),
    ({"text": "\x7f\n\x01"}, "text", "'text' is blank"),
    ({"text": "x" * 20001}, "text", "'text' has 20001 characters: it may have 20000"),
    ({"text": ["x"]}, "text", "'text' is an array"),
    ({"text": "x", "title": ""}, "title", "'title' is blank"),
    ({"text": "x", "title": "x" * 501}, "title", "'title' has 501"),
    ({"text": "x", "title": "a\nb"}, "title", "control character U+000A"),
    ({"text": "x", "external_ref": 7}, "external_ref", "'external_ref' is a number"),
    ({"text": "x", "external_ref": "x" * 501}, "external_ref", "501"),
    ({"text": "x", "body": "y"}, "body", "'body' is not a member here"),
    ({"text": "x", "customer": "acme"}, "customer", "'customer' is 'acme': it must be a customer's id"),
    ({"text": "x", "customer": 7}, "customer", "'customer' is a number"),
    ({"text": "x", "customer": True}, "customer", "'customer' is a boolean"),
    ({"text": "x", "customer": []}, "customer", "'customer' is an array"),
    ({"text": "x", "customer": {}}, "customer.company", "'company' is missing"),
    ({"text": "x", "customer": {"email": "a@acme.example"}}, "customer.company", "missing"),
    ({"text": "x", "customer": {"company": " "}}, "customer.company", "blank"),
    ({"text": "x", "customer": {"company": "A", "email": "a"}}, "customer.email", "'email' is 'a'"),
    ({"text": "x", "customer": {"company": "A", "phone": "1"}}, "customer.phone", "'phone' is not"),
    ([], None, "The body must be a JSON object."),
    (None, None, "The body must be a JSON object."),
], ids=range(24))
def test_what_is_wrong_is_named(tenant, members, field, part):
    body = refused(tenant.post("/requests", members), 422, "invalid_body",
                   **({"field": field} if field else {}))
    assert part in body["error"]
    assert tenant.get("/requests").json()["requests"] == customers(tenant) == []


def test_a_customer_by_its_id(stack, tenant):
    tenant.post("/customers", {"customers": [{"company": "A", "external_id": "x"}]})
    customer, = customers(tenant)
    thread = open_request(tenant, text="x", customer=customer["id"].upper())
    assert thread["customer_id"] == customer["id"]
    other = Tenant(stack)
    for client, customer_id in ((other, customer["id"]), (tenant, str(uuid.uuid4()))):
        body = refused(client.post("/requests", {"text": "x", "customer": customer_id}), 422,
                       "invalid_body", field="customer")
        assert body["error"] == (f"'customer' is '{customer_id}': there is no customer with this id "
                                 "in your organisation.")
    assert other.get("/requests").json()["requests"] == []


def test_a_customer_that_is_found_stays_as_it_is(tenant):
    tenant.post("/customers", {"customers": [{"company": "A", "email": "a@acme.example", "phone": "1",
                                              "external_id": "x"}]})
    before = customers(tenant)
    thread = open_request(tenant, text="x", customer={"company": "B", "email": "b@ACME.example"})
    assert customers(tenant) == before
    assert thread["customer_id"] == before[0]["id"]


def test_a_customer_that_is_not_found_is_made(tenant):
    first = open_request(tenant, text="x", customer={"company": "A", "email": "a@acme.example"})
    second = open_request(tenant, text="y", customer={"company": "A", "email": "a@acme.example"})
    customer, = customers(tenant)
    assert (customer["company"], customer["email"]) == ("A", "a@acme.example")
    assert first["customer_id"] == second["customer_id"] == customer["id"]
    contact, = tenant.get(f"/customers/{customer['id']}").json()["contacts"]
    assert (contact["email"], contact["is_primary"]) == ("a@acme.example", True)
    for members in ({"company": "A"}, {"company": "A", "email": "a@gmail.com"},
                    {"company": "A", "email": "a@gmail.com"}, {"company": "A", "email": None}):
        open_request(tenant, text="z", customer=members)
    assert len(customers(tenant)) == 5


def test_a_later_message_changes_its_request(tenant):
    thread = open_request(tenant, text="x")
    with tenant.connect() as application:
        application.execute("INSERT INTO messages (org_id, request_id, position, author, body) "
                            "VALUES (%s, %s, 1, 'team', 'Here you are.')", [tenant.org_id, thread["id"]])
    read = tenant.get(f"/requests/{thread['id']}").json()
    assert [message["author"] for message in read["messages"]] == ["customer", "team"]
    assert read["updated_at"] > thread["updated_at"]
    assert read["created_at"] == thread["created_at"]


def test_another_organisations_request_is_not_found(stack, tenant):
    theirs = open_request(Tenant(stack), text="x")
    for request_id in (theirs["id"], uuid.uuid4(), "x"):
        refused(tenant.get(f"/requests/{request_id}"), 404, "not_found")


def test_reading_and_writing_are_scopes_of_their_own(stack, tenant):
    reader = tenant.new_key("requests:read,customers:write")
    writer = tenant.new_key("requests:write")
    refused(stack.request("POST", "/api/v1/requests", reader, json={"text": "x"}), 403,
            "insufficient_scope", required_scope="requests:write")
    answer = stack.request("POST", "/api/v1/requests", writer, json={"text": "x"})
    assert answer.status_code == 201
    refused(stack.get(answer.headers["location"], writer), 403, "insufficient_scope",
            required_scope="requests:read")
    assert stack.get(answer.headers["location"], reader).content == answer.content
