"""Settings, Integrations as an admin goes through it: from the sign-in to a call, and to the key's end.

On a phone's width and on a desk's; with the mouse here, with the keyboard in test_settings_keyboard.py."""

import time

import pytest
from settings_page import Organisation, SettingsPage, run_curl

from harness import keys
from harness.browser import browser

WIDTHS = [360, 1280]
BOTH = ["quotes:read", "products:read"]


@pytest.fixture(params=WIDTHS)
def page(request, stack):
    with browser(request.param) as one:
        page = SettingsPage(one, stack)
        page.allow_clipboard()
        yield page


@pytest.fixture
def works(stack):
    return Organisation(stack)


def status_of(stack, key):
    return stack.get("/api/v1/quotes?limit=1", key).status_code


def audit_entries(page):
    """What the trail shows, newest first."""
    page.ready()
    return page.browser.script("return [...document.querySelectorAll('.audit tbody tr')].map((row) => row.innerText)")


def test_from_sign_in_to_the_keys_end(page, stack, works, capsys):
    """The main path, whole."""
    one = page.browser
    page.open()
    page.try_to_sign_in(works.email("owner"), "not the password at all")
    one.until_text("main [role=alert]", "The e-mail address or the password is not right.")
    assert one.seen("#header") is None

    start = time.monotonic()
    page.sign_in(works.email("owner"), works.password)
    one.until_text("main h2", "No keys yet")
    key = page.create("Shop sync", BOTH, expiry="30", limit=120)
    page.copy("#copy")
    copied = page.clipboard()
    assert copied == key
    assert status_of(stack, copied) == 200
    with capsys.disabled():
        print(f"\nfrom sign-in to the first call, {one.width} px: {time.monotonic() - start:.1f} s")

    page.copy("#copy-call")
    status, body = run_curl(page.clipboard(), stack)
    assert status == 200 and '"products":' in body

    one.click("#done")
    one.gone("dialog")
    row = page.find_row("Shop sync")
    assert row["prefix"] == keys.prefix(key)
    assert row["state"].endswith("Active")
    assert "Never" in row["used"] and row["chart"] == "No requests in the last 24 hours"
    page.refresh()
    row = page.find_row("Shop sync")
    (used_at,), = stack.sql("SELECT to_char(date_trunc('minute', last_at) AT TIME ZONE 'UTC', %s) FROM key_window w"
                            " WHERE w.org_id = %s", ['YYYY-MM-DD"T"HH24:MI:SS"Z"', works.org_id])
    assert row["used_at"] == used_at
    assert "Never" not in row["used"]
    assert row["chart"].startswith("2 requests in the last 24 hours, at most ")
    assert any(name.startswith("2 requests in the last 24 hours") for name in one.accessible("image"))

    second = page.rotate("Shop sync", 3600)
    assert second != key
    page.close_key()
    assert keys.prefix(key) in page.find_row("Shop sync")["name"]
    assert (status_of(stack, key), status_of(stack, second)) == (200, 200)
    stack.sql("UPDATE credentials SET expires_at = clock_timestamp() - interval '1 second' WHERE public_id = %s",
              [keys.public_id(key)])
    assert (status_of(stack, key), status_of(stack, second)) == (401, 200)

    third = page.rotate("Shop sync", 0)
    one.until_text("dialog.reveal", "The former one has stopped working.")
    page.close_key()
    assert (status_of(stack, second), status_of(stack, third)) == (401, 200)

    page.act("revoke", "Shop sync")
    assert one.text("dialog h2") == "Revoke “Shop sync”?"
    assert keys.prefix(third) in one.text("dialog")
    one.click("dialog button", "Keep the key")
    one.gone("dialog")
    assert status_of(stack, third) == 200
    page.revoke("Shop sync")
    assert status_of(stack, third) == 401
    assert page.row("Shop sync") is None
    one.click("#show-all")
    row = page.find_row("Shop sync")
    assert "Revoked" in row["state"]

    page.sign_out()
    one.until_text("main .banner", "You are signed out.")
    page.open()
    one.find("#email")
    assert one.seen("#header") is None
    # The browser itself tells of each answer 401, and misses an icon beside the picture in clipboard().
    assert [error for error in one.errors() if "401" not in error and "/favicon.ico" not in error] == []


def test_a_name_and_a_limit_can_be_changed(page, stack, works):
    page.enter(works)
    key = page.make("Befor", ["quotes:read"], limit=600)
    page.act("edit", "Befor")
    page.browser.fill("#edit-name", "After")
    page.browser.fill("#edit-limit", "601")
    page.browser.click("dialog form .primary")
    page.browser.until_text("#edit-limit-error", "Enter a whole number from 1 to 600.")
    page.browser.fill("#edit-limit", "7")
    page.browser.click("dialog form .primary")
    page.browser.gone("dialog")
    assert "limit 7/min" in page.find_row("After")["requests"]
    told = stack.get("/api/v1/key", key).json()
    assert (told["name"], told["limit"]) == ("After", 7)


def test_the_hours_are_a_table_in_the_details(page, stack, works):
    page.enter(works)
    key = page.make("Counted", ["quotes:read"])
    for _ in range(3):
        assert status_of(stack, key) == 200
    stack.sql("INSERT INTO usage_hourly SELECT org_id, key_id, date_trunc('hour', clock_timestamp()) - interval '5 hours',"
              " 1234 FROM api_keys WHERE org_id = %s", [works.org_id])
    page.refresh()
    assert page.find_row("Counted")["chart"].startswith("1,237 requests in the last 24 hours, at most 1,234 in an hour")
    page.act("key", "Counted")
    cells = page.browser.accessible("cell")
    assert "1,234" in cells and cells.count("0") == 22
    assert len(page.browser.script("return document.querySelectorAll('.hours tbody tr')")) == 24
    page.browser.press("Escape")
    page.browser.gone("dialog")


def test_the_trail_tells_of_each_and_can_be_filtered(page, works):
    one = page.browser
    page.enter(works)
    page.make("Trail", ["quotes:read"])
    page.rotate("Trail", 0)
    page.close_key()
    page.act("edit", "Trail")
    one.fill("#edit-name", "Trail two")
    one.click("dialog form .primary")
    one.gone("dialog")
    page.revoke("Trail two")
    page.sign_out()
    page.try_to_sign_in(works.email("owner"), "not the password at all")
    one.until_text("main [role=alert]", "is not right")
    page.sign_in(works.email("owner"), works.password)
    one.click("nav a", "Audit trail")
    one.find(".audit")
    entries = audit_entries(page)
    told = ["Signed in", "Failed to sign in", "Signed out", "Revoked key “Trail two”", "Edited key “Trail two”",
            "Rotated key “Trail”", "Created key “Trail”", "Signed in"]
    assert len(entries) >= len(told)
    for entry, words in zip(entries, told):
        assert words in entry and works.email("owner") in entry
        assert "just now" in entry
        assert entry.endswith(("127.0.0.1", "::1"))
    one.script("const what = document.querySelector('#action'); what.value = 'key.revoke';"
               "what.dispatchEvent(new Event('change', {bubbles: true}))")
    one.until_text(".list > .hint", "1 in all.")
    entry, = audit_entries(page)
    assert "Revoked key “Trail two”" in entry
    one.fill("#actor", "nobody@elsewhere.example")
    one.press("Enter")
    one.until_text(".list", "Nothing was found.")


def test_a_password_can_be_changed(page, stack, works):
    one = page.browser
    fresh = "another " + works.password
    stack.passwords.add(fresh)
    page.enter(works)
    elsewhere = works.session()
    page.menu("Change password")
    one.fill("#current-password", "not the password at all")
    one.fill("#new-password", "short")
    one.click("dialog form .primary")
    one.until_text("#new-password-error", "too short")
    one.fill("#new-password", fresh)
    one.click("dialog form .primary")
    one.until_text("#current-password-error", "The current password is not right.")
    one.fill("#current-password", works.password)
    one.click("dialog form .primary")
    one.gone("dialog")
    one.until_text("#status", "Password changed.")
    assert elsewhere.get(stack.url + "/settings/api/session", timeout=60).status_code == 401
    one.driver.refresh()
    one.find("#header")
    page.sign_out()
    page.try_to_sign_in(works.email("owner"), works.password)
    one.until_text("main [role=alert]", "is not right")
    page.sign_in(works.email("owner"), fresh)
