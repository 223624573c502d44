"""What Settings says to whom it has little to show, and when something is amiss."""

import pytest
from settings_page import Organisation, SettingsPage

from harness import wait_until
from harness.browser import PATIENCE, browser


@pytest.fixture(scope="module")
def one():
    with browser(1280) as shared:
        yield shared


@pytest.fixture
def page(one, stack):
    """Signed out, whoever was there before."""
    one.open(stack.url + "/settings/assets/icon.svg")
    one.driver.delete_all_cookies()
    return SettingsPage(one, stack)


@pytest.fixture
def works(stack):
    return Organisation(stack)


def fill_with_keys(works, count):
    """Keys that nobody holds, each a minute older than the one before it."""
    works.stack.sql("""
        WITH key AS (
            INSERT INTO api_keys (org_id, name, scopes, created_by, created_at, expires_at)
            SELECT %(org)s, format('Key %%s', lpad(n::text, 3, '0')), '{quotes:read}', 'kabaidoctl',
                   now() - n * interval '1 minute', CASE WHEN n %% 3 = 0 THEN now() + n * interval '1 day' END
              FROM generate_series(1, %(count)s) AS n
            RETURNING org_id, key_id
        ), log AS (
            INSERT INTO key_window (org_id, key_id) SELECT org_id, key_id FROM key
        )
        INSERT INTO credentials (public_id, org_id, key_id, salt, hash)
        SELECT substr(md5(key_id::text), 1, 8), org_id, key_id, decode(repeat('00', 16), 'hex'),
               sha256(key_id::text::bytea)
          FROM key""", {"org": works.org_id, "count": count})


# --- Who sees what ---------------------------------------------------------------------------------

def test_a_member_is_told_whom_to_ask_and_sees_no_key(page, one, works, stack):
    stack.new_key(org=works.name, name="Not for members")
    page.enter(works, "member")
    one.until_text("main h1", "Keys are managed by owners and admins")
    assert "ask an owner or an admin" in one.text("main")
    for fragment in ("#audit", "#keys"):
        one.script("location.hash = arguments[0]", fragment)
        one.until_text("main h1", "Keys are managed by owners and admins")
        assert "Not for members" not in one.script("return document.documentElement.outerHTML")
        assert one.seen("nav a, #create, .keys, .audit") is None


def test_an_admin_manages_keys_as_an_owner_does(page, works):
    page.enter(works, "admin")
    page.make("By an admin", ["quotes:read"])
    assert works.email("admin") in page.find_row("By an admin")["created"]


def test_a_plan_without_integrations_explains_itself(page, one, stack):
    works = Organisation(stack)
    stack.new_key(org=works.name, name="From better days")
    stack.ctl("org", "set-plan", works.name, "free")
    page.enter(works)
    one.until_text(".plan", "The free plan does not include integrations")
    assert "ask an owner of your organisation" in one.text(".plan")
    row = page.find_row("From better days")
    assert one.seen("#create") is None and one.seen(f"#rotate-{row['id']}") is None
    page.revoke("From better days")
    one.click("#show-all")
    assert "Revoked" in page.find_row("From better days")["state"]


def test_where_there_is_no_key_it_says_what_one_is_for(page, one, works):
    page.enter(works)
    one.until_text("main h2", "No keys yet")
    assert "It is shown once" in one.text(".steps")
    assert one.text(".empty pre").startswith("curl ")
    one.click(".empty .primary")
    one.find("dialog #name")
    one.press("Escape")
    one.gone("dialog")


# --- Many keys -------------------------------------------------------------------------------------

@pytest.mark.parametrize("column, names", [
    ("name", ["Key 001", "Key 002"]), ("created", ["Key 001", "Key 002"]), ("expires", ["Key 003", "Key 006"])])
def test_a_hundred_keys_can_be_sorted(page, one, works, column, names):
    fill_with_keys(works, 100)
    page.enter(works)
    one.until("document.querySelectorAll('.keys tbody tr').length === 100")
    one.click("#sort-name")  # so that the one in question is not sorted by yet
    if column != "name":
        one.click(f"#sort-{column}")
    heading = f"th:has(#sort-{column})"
    first = one.script("return document.querySelector(arguments[0]).ariaSort", heading)
    assert first in ("ascending", "descending")
    assert page.names()[:2] == names
    assert len(one.script("return document.querySelectorAll('[aria-sort]')")) == 1
    assert one.focused()["id"] == f"sort-{column}"
    one.click(f"#sort-{column}")
    turned = one.script("return document.querySelector(arguments[0]).ariaSort", heading)
    assert {first, turned} == {"ascending", "descending"}
    # What has no value stays last whichever way.
    assert page.names()[0] == ("Key 099" if column == "expires" else "Key 100")
    if column == "expires":
        assert "Never" in page.row(page.names()[-1])["expires"]


def test_among_a_hundred_keys_one_can_be_revoked(page, one, works):
    fill_with_keys(works, 100)
    page.enter(works)
    page.revoke("Key 050")
    one.until_text("#show-active", "Active 99")
    assert one.text("#show-all") == "All 100"
    assert page.row("Key 050") is None


# --- Sessions that end elsewhere -------------------------------------------------------------------

def test_who_is_disabled_is_signed_out_at_the_next_step(page, one, works, stack):
    page.enter(works)
    page.make("Unseen from now on", ["quotes:read"])
    stack.ctl("user", "disable", "--email", works.email("owner"))
    one.click("#refresh")
    one.until_text("main .banner", "Your session has ended.")
    assert one.seen("#header") is None
    assert "Unseen from now on" not in one.script("return document.documentElement.outerHTML")
    page.try_to_sign_in(works.email("owner"), works.password)
    one.until_text("main [role=alert]", "is not right")


def test_who_changes_the_password_in_another_browser_is_signed_out_here(page, one, works, stack):
    page.enter(works)
    page.make("Any", ["quotes:read"])
    stack.passwords.add("other " + works.password)
    answer = works.session().post(stack.url + "/settings/api/password", timeout=60, json={
        "current_password": works.password, "new_password": "other " + works.password})
    assert answer.status_code == 204
    page.act("edit", "Any")
    one.click("dialog form .primary")
    one.until_text("main .banner", "Your session has ended.")
    one.gone("dialog")


def test_an_idle_session_ends(page, one, works, stack):
    page.enter(works)
    page.make("Any", ["quotes:read"])
    stack.sql("UPDATE sessions SET seen_at = now() - interval '31 minutes' WHERE org_id = %s", [works.org_id])
    one.click("#refresh")
    one.until_text("main .banner", "Your session has ended.")


def test_signing_out_in_one_tab_signs_out_the_others(page, one, works, stack):
    page.enter(works)
    here = one.driver.current_window_handle
    one.driver.switch_to.new_window("tab")
    page.open()
    page.sign_out()
    one.driver.close()
    one.driver.switch_to.window(here)
    one.until_text("main .banner", "You are signed out.")


def test_a_draft_outlives_the_session_it_was_typed_in(page, one, works, stack):
    page.enter(works)
    page.open_create()
    one.fill("#name", "Half typed")
    one.click("label:has([value='quotes:read'])")
    stack.sql("DELETE FROM sessions WHERE org_id = %s", [works.org_id])
    one.click("dialog form .buttons .primary")
    one.until_text("main .banner", "Your session has ended.")
    page.sign_in(works.email("owner"), works.password)
    one.find("dialog #name")
    assert one.script("return document.querySelector('#name').value") == "Half typed"


# --- Servers that are away -------------------------------------------------------------------------

def test_when_the_workers_are_away_it_says_so_and_can_be_tried_again(page, one, works, stack):
    page.enter(works)
    page.make("Still there", ["quotes:read"])
    stack.stop("api")
    try:
        one.click("#refresh")
        one.until_text("#status", "The list could not be refreshed: The service is temporarily unavailable.")
        assert page.row("Still there")
        page.open()
        one.until_text("main h1", "Settings cannot be shown")
        assert "temporarily unavailable" in one.text("main [role=alert]")
        one.click("main button", "Try again")
        one.until_text("main h1", "Settings cannot be shown")
    finally:
        stack.start("api")
    one.click("main button", "Try again")
    page.find_row("Still there")


def test_when_nothing_answers_it_says_so(page, one, works, stack):
    page.enter(works)
    page.make("Still there", ["quotes:read"])
    stack.stop("nginx")
    try:
        one.click("#refresh")
        one.until_text("#status", "The server cannot be reached.")
        page.act("revoke", "Still there")
        one.click("dialog .danger")
        one.until_text("dialog [role=alert]", "The server cannot be reached.")
    finally:
        stack.start("nginx")
    one.click("dialog .danger")
    one.gone("dialog")
    wait_until(lambda: page.row("Still there") is None, PATIENCE)


def test_too_many_tries_are_told_how_long_to_wait(page, one, stack):
    works = Organisation(stack)
    page.open()
    stack.sql("UPDATE sign_in_buckets SET empty_at = '-infinity'")
    for _ in range(10):
        page.try_to_sign_in(works.email("owner"), "not the password at all")
        one.until("document.querySelector('main form button.primary').ariaDisabled !== 'true'")
    page.try_to_sign_in(works.email("owner"), "not the password at all")
    one.until_text("main [role=alert]", "Too many tries to sign in. Wait ")
    stack.sql("UPDATE sign_in_buckets SET empty_at = '-infinity'")
    page.sign_in(works.email("owner"), works.password)
