"""ETag and If-None-Match: a client that has the answer need not load it again (RFC 9110, 8.8 and 13.1)."""


import pytest

from harness import Tenant, refused


@pytest.fixture(scope="module")
def tenant(stack):
    filled = Tenant(stack)
    rows = [{"company": f"Company {i}", "external_id": str(i), "email": f"a@c{i}.example"}
            for i in range(20)]
    assert filled.post("/customers", {"customers": rows}).status_code == 200
    filled.post("/requests", {"text": "x", "customer": {"company": "Company 0", "email": "b@c0.example"}})
    return filled


@pytest.fixture(scope="module", params=["/customers", "/customers?limit=3", "/customers?external_id=7",
                                        "/customers/{customer}", "/requests", "/requests/{request}",
                                        "/quotes", "/orders?status=confirmed"])
def path(request, tenant):
    return request.param.format(
        customer=tenant.get("/customers", external_id="0").json()["customers"][0]["id"],
        request=tenant.get("/requests").json()["requests"][0]["id"])


def get(tenant, path, method="GET", **headers):
    return tenant.request(method, path, headers={name.replace("_", "-"): value
                                                 for name, value in headers.items()})


def test_the_tag_is_weak_and_stays(tenant, path):
    first = get(tenant, path)
    assert first.status_code == 200
    assert first.headers["etag"].startswith('W/"') and first.headers["etag"].endswith('"')
    assert first.headers["cache-control"] == "private, no-cache"
    assert get(tenant, path).headers["etag"] == first.headers["etag"]


def test_the_tag_is_the_same_for_every_key_of_the_organisation(tenant, path):
    other = tenant.stack.get(f"/api/v1{path}", tenant.new_key())
    assert other.headers["etag"] == get(tenant, path).headers["etag"]
    assert other.content == get(tenant, path).content


def test_the_tag_is_the_same_with_and_without_compression(tenant):
    plain = get(tenant, "/customers", Accept_Encoding="identity")
    zipped = get(tenant, "/customers", Accept_Encoding="gzip")
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert zipped.headers["etag"] == plain.headers["etag"]
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    for encoding in ("identity", "gzip"):
        assert get(tenant, "/customers", Accept_Encoding=encoding,
                   If_None_Match=plain.headers["etag"]).status_code == 304


def test_head_answers_as_get_without_the_body(tenant, path):
    whole, head = get(tenant, path), get(tenant, path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "cache-control", "content-type"):
        assert head.headers[name] == whole.headers[name]
    known = get(tenant, path, "HEAD", If_None_Match=whole.headers["etag"])
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("form", ["{weak}", "{strong}", "*", '"other", {weak}', 'W/"a,b" , {strong},W/"c"'])
def test_a_known_tag_is_answered_304(tenant, path, form):
    whole = get(tenant, path)
    weak = whole.headers["etag"]
    known = get(tenant, path, If_None_Match=form.format(weak=weak, strong=weak[2:]))
    assert (known.status_code, known.content) == (304, b"")
    assert "content-type" not in known.headers and "content-length" not in known.headers
    for name in ("etag", "cache-control"):
        assert known.headers[name] == whole.headers[name]
    # What the 200 said of Vary the 304 says as well, once.
    assert known.headers["vary"] == "Accept-Encoding"
    assert whole.headers.get("vary", "Accept-Encoding") == "Accept-Encoding"
    assert "date" in known.headers and "x-request-id" in known.headers and "ratelimit" in known.headers


@pytest.mark.parametrize("form", ['"other"', 'W/"other"', "{weak}x", "other", '"', "W/{weak}", ""])
def test_any_other_tag_is_answered_in_full(tenant, path, form):
    whole = get(tenant, path)
    again = get(tenant, path, If_None_Match=form.format(weak=whole.headers["etag"][:-2]))
    assert (again.status_code, again.content) == (200, whole.content)


def test_a_change_changes_the_tag(stack):
    tenant = Tenant(stack)
    tenant.post("/customers", {"customers": [{"company": "A", "external_id": "x"}]})
    customer_id = tenant.get("/customers").json()["customers"][0]["id"]
    paths = (f"/customers/{customer_id}", "/customers", "/customers?external_id=x")
    before = [get(tenant, path).headers["etag"] for path in paths]
    assert len(set(before)) == 2  # both lists are the same rows
    tenant.post("/customers", {"customers": [{"company": "A", "external_id": "x"}]})
    assert [get(tenant, path).headers["etag"] for path in paths] == before  # nothing was said
    tenant.post("/customers", {"customers": [{"company": "B", "external_id": "x"}]})
    for path, tag in zip(paths, before):
        assert get(tenant, path, If_None_Match=tag).status_code == 200
    after = get(tenant, paths[0]).headers["etag"]
    with tenant.connect() as application:
        application.execute("INSERT INTO contacts (org_id, customer_id, name) VALUES (%s, %s, 'Ada')",
                            [tenant.org_id, customer_id])
    assert get(tenant, paths[0], If_None_Match=after).status_code == 200


def test_a_refusal_has_no_tag_and_heeds_none(stack, tenant):
    missing = "/customers/7f0c0000-0000-0000-0000-000000000000"
    answer = get(tenant, missing, If_None_Match="*")
    refused(answer, 404, "not_found")
    assert "etag" not in answer.headers
    answer = stack.get("/api/v1/customers", headers={"If-None-Match": "*"})
    refused(answer, 401, "missing_key")
    answer = tenant.post("/requests", {"text": "x"}, {"If-None-Match": "*"})
    assert answer.status_code == 201 and "etag" not in answer.headers


def test_another_organisation_has_other_tags(stack, tenant):
    assert get(Tenant(stack), "/customers").headers["etag"] != get(tenant, "/customers").headers["etag"]
