"""A key is seen once: no page that is loaded again holds it, nor the browser, a log or the database."""

import pytest
from settings_page import Organisation, SettingsPage

from harness import dump, keys, secrets_in
from harness.browser import browser

# All that a page holds: its elements with their fields' values, the address, and what it has stored.
HELD = """
const done = arguments[0];
(async () => {
    const databases = await indexedDB.databases();
    const caches_ = await caches.keys();
    done(JSON.stringify([document.documentElement.outerHTML, document.documentElement.innerText,
        [...document.querySelectorAll("input, textarea")].map((field) => field.value), location.href, document.title,
        history.state, {...localStorage}, {...sessionStorage}, databases, caches_, document.cookie, window.name,
        Object.keys(window).map((name) => { try { return String(window[name]); } catch { return ""; } })]));
})();
"""


@pytest.fixture(scope="module")
def works(stack):
    return Organisation(stack)


def held(one):
    return one.driver.execute_async_script(HELD)


def holds(one, key):
    """Also a part of the key that cannot be there by chance."""
    return keys.secret(key)[4:20] in held(one)


@pytest.fixture(scope="module")
def page(stack, works):
    with browser(1280) as one:
        # Tells afterwards whether the page came out of the browser's memory as it had stood.
        one.devtools("Page.addScriptToEvaluateOnNewDocument", source="""
            addEventListener("pageshow", (event) => { document.restored = event.persisted; });""")
        page = SettingsPage(one, stack)
        page.allow_clipboard()
        page.enter(works)
        yield page


@pytest.fixture
def shown(page):
    """A key that is being shown, and has been copied."""
    page.open()
    page.ready()
    key = page.create("Seen once", ["quotes:read"])
    page.copy("#copy")
    assert holds(page.browser, key)
    return key


def test_not_after_its_dialog_is_closed(page, shown):
    page.browser.click("#done")
    page.browser.gone("dialog")
    assert not holds(page.browser, shown)
    assert keys.prefix(shown) in held(page.browser)


def test_not_after_escape(page, shown):
    page.browser.press("Escape")
    page.browser.gone("dialog")
    assert not holds(page.browser, shown)


def test_not_after_a_reload(page, shown):
    page.browser.driver.refresh()
    page.ready()
    page.find_row("Seen once")
    assert not holds(page.browser, shown)


@pytest.mark.parametrize("there", ["/docs/icon.svg", "/settings/assets/icon.svg"])
def test_not_when_one_goes_back_to_it(page, stack, shown, there):
    """The dialog was still open when the page was left, so a browser could bring it back with it."""
    one = page.browser
    one.open(stack.url + there)
    one.driver.back()
    page.find_row("Seen once")
    assert not holds(one, shown)
    assert one.script("return document.restored")  # or this would have been a reload
    one.driver.forward()
    one.driver.back()
    page.find_row("Seen once")
    assert not holds(one, shown)


def test_not_when_one_goes_back_within_the_page(page, shown):
    one = page.browser
    one.script("location.hash = '#audit'")
    one.driver.back()
    one.press("Escape")
    one.gone("dialog")
    one.driver.forward()
    one.find(".audit")
    one.driver.back()
    page.find_row("Seen once")
    assert not holds(one, shown)


def test_it_cannot_be_left_without_a_copy_by_mistake(page, stack):
    one = page.browser
    page.open()
    page.ready()
    key = page.create("Not copied", ["quotes:read"])
    one.press("Escape")
    one.until_text("dialog .ask", "The key has not been copied here.")
    one.press("Escape")
    assert one.seen("#secret")
    one.click("#back")
    assert one.focused()["id"] == "copy"
    one.click("#done")
    one.click("dialog .ask .danger")
    one.gone("dialog")
    assert not holds(one, key)


def test_no_address_that_was_asked_for_holds_it(page, shown):
    asked = "\n".join(page.browser.read_network())
    assert "/settings/api/keys" in asked
    assert keys.secret(shown) not in asked


def test_it_is_in_no_file_of_the_browser(stack, works, tmp_path):
    """Its history, cache, sessions and databases, when all is written and the browser has ended."""
    with browser(1280, profile=tmp_path) as one:
        page = SettingsPage(one, stack)
        page.enter(works)
        page.create("In no file", ["quotes:read"])
        one.script("localStorage.setItem('looked', 'This file is looked at')")
        one.open(stack.url + "/docs/icon.svg")
        one.driver.back()
        page.find_row("In no file")
    assert b"This file is looked at" in b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "Local Storage" in str(path))
    assert secrets_in(stack, tmp_path) == []


def test_neither_logs_nor_the_database_hold_it(page, stack, shown):
    assert secrets_in(stack, stack.logs) == []
    assert secrets_in(stack, content=dump(stack)) == []
    # The public part is in both, so both were looked at.
    assert keys.public_id(shown).encode() in dump(stack)
