"""Two API hosts on one database: what one is told holds on the other."""

import time

import pytest

from conftest import Hammer, times
from harness import keys, most_in_a_minute, refused
from harness.settings import Company, SignedIn


@pytest.fixture
def first(cluster):
    return cluster.by(0)


@pytest.fixture
def second(cluster):
    return cluster.by(1)


def test_both_serve_the_same(first, second, quote):
    key = first.new_key()
    assert first.url != second.url
    assert first.get(quote, key).content == second.get(quote, key).content


def test_a_cursor_of_one_is_good_on_the_other(first, second):
    page = first.get("/api/v1/products?limit=5", first.key).json()
    further = second.get("/api/v1/products", second.key, params={"limit": 5, "cursor": page["next_cursor"]})
    assert further.status_code == 200
    assert further.json()["products"][0]["sku"] > page["products"][-1]["sku"]


def test_a_key_that_is_revoked_by_the_tool_is_dead_on_both_at_once(first, second, quote):
    for _ in range(times(20, 100)):
        key = first.new_key()
        assert [host.get(quote, key).status_code for host in (second, first)] == [200, 200]
        first.ctl("key", "revoke", keys.prefix(key))
        for host in (second, first):
            refused(host.get(quote, key), 401, "revoked_key")


def test_a_key_that_is_revoked_in_settings_of_one_is_dead_on_the_other_at_once(first, second, quote):
    company = Company(first)
    admin = SignedIn(first, company.person("admin"), address=f"{first.env['KABAIDO_NETWORK']}.1")
    for _ in range(times(20, 100)):
        made, key = admin.create_key()
        # Its organisation has no quotes: admitted is what does not end in 401.
        assert second.get(quote, key).status_code == 404
        answer = admin.post(f"/keys/{made['id']}/revoke", {})
        assert answer.status_code < 300, answer.content
        refused(second.get(quote, key), 401, "revoked_key")


def test_a_write_on_one_is_read_on_the_other_and_replayed_there(first, second):
    for number in range(times(20, 100)):
        headers = {"Idempotency-Key": f"two-hosts-{time.time_ns()}"}
        body = {"text": f"Please quote {number}."}
        made = first.request("POST", "/api/v1/requests", first.key, json=body, headers=headers)
        assert made.status_code == 201
        assert second.get(made.headers["Location"], second.key).content == made.content
        again = second.request("POST", "/api/v1/requests", second.key, json=body, headers=headers)
        assert (again.status_code, again.content) == (201, made.content)
        assert again.headers["Idempotency-Replayed"] == "true"


def test_both_together_admit_600_a_minute_and_not_one_more(cluster, quote):
    """For 70 seconds, so that the window begins to open again."""
    with Hammer(cluster, quote, clients=6, pause=0.005) as hammer:
        time.sleep(70)
    assert {one.status for one in hammer.seen} == {200, 429}
    assert most_in_a_minute(hammer.seen) <= 600
    begin = min(one.start for one in hammer.seen)
    within = [one.status for one in hammer.seen if one.end < begin + 60]
    assert len(within) > 600
    assert within.count(200) == 600


def test_without_waiting_for_the_standby_an_admission_is_committed_as_the_operator_says(cluster, quote):
    """kabaido.admission_commit; docs/database.md says what it gives away."""
    with cluster.connect("postgres") as connection:
        assert connection.execute("SHOW synchronous_standby_names").fetchone() != ("",)
        org, key_id, public_id = connection.execute(
            "SELECT org_id, key_id, public_id FROM credentials WHERE public_id = %s",
            [keys.public_id(cluster.new_key())]).fetchone()
        for setting, expected in ((None, "remote_write"), ("off", "off"), ("on", "on")):
            if setting:
                connection.execute("SELECT set_config('kabaido.admission_commit', %s, false)", [setting])
            with connection.transaction():
                connection.execute("SELECT admit(%s, %s, %s, NULL, true)", [org, key_id, public_id])
                assert connection.execute("SHOW synchronous_commit").fetchone() == (expected,)
