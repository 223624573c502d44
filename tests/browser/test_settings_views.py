"""Every view of Settings on a phone's and on a desk's width, in light and in dark: nothing for axe-core to find,
nothing wider than the window, nothing too small to be hit. A picture of each goes to build/screenshots; some are
those of docs/settings.md (`make screenshots`)."""

import pytest
from axe import violations
from scenery import Scenery
from settings_page import SettingsPage

from harness import ROOT, keys
from harness.browser import browser

PICTURES = ROOT / "build/screenshots"
MOST_HEIGHT = 1400

# What is wider than its place, and what is smaller than WCAG's 24 by 24 pixels. A link within a sentence may be;
# of a box to tick its label is hit as well.
UNFIT = """
const seen = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true});
const top = document.querySelector("dialog:last-of-type") ?? document;
const wide = [document.documentElement, ...document.querySelectorAll("dialog, main, .keys tr, .audit tr, .card")]
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && seen(element));
const small = [...top.querySelectorAll("a, button, input, select, summary, [tabindex='0']")].filter((element) => {
    if (!seen(element) || element.matches("p a, li a, .skip, input.hidden, [tabindex='-1']")) {
        return false;
    }
    const box = (element.closest("label") ?? element).getBoundingClientRect();
    return box.width < 24 || box.height < 24;
});
return [...wide.map((one) => `wide: ${one.localName}.${one.className} ${one.scrollWidth}>${one.clientWidth}`),
    ...small.map((one) => `small: ${one.outerHTML.slice(0, 120)}`)];
"""


@pytest.fixture(scope="module")
def scenery(stack):
    return Scenery(stack)


@pytest.fixture(scope="module", params=[(360, False), (360, True), (1280, False), (1280, True)],
                ids=lambda one: f"{one[0]}-{'dark' if one[1] else 'light'}")
def page(request, stack):
    width, dark = request.param
    with browser(width, 780 if width < 500 else 860, dark=dark) as one:
        page = SettingsPage(one, stack)
        page.dark = dark
        page.allow_clipboard()
        yield page


def take_picture(one, path):
    """Of the window; of a page that is longer, to a height that can still be looked at."""
    one.script("scrollTo(0, 0)")
    height = one.script("return document.querySelector('dialog') ? 0 : document.documentElement.scrollHeight")
    if height > one.height:
        one.set_height(min(height, MOST_HEIGHT))
    PICTURES.mkdir(parents=True, exist_ok=True)
    one.screenshot(path)
    one.set_height(one.height)


def look(page, name):
    """All that is to be checked of what is there; and its picture. Returns what is not as it should be."""
    one = page.browser
    faults = [f"{name}: {fault}" for fault in one.script(UNFIT) + violations(one)]
    take_picture(one, PICTURES / f"{name}-{one.width}-{'dark' if page.dark else 'light'}.png")
    return faults


def enter(page, organisation, person="owner"):
    page.browser.driver.delete_all_cookies()
    page.enter(organisation, person)


def close(page):
    page.browser.press("Escape")
    page.browser.gone("dialog")


def test_signing_in(page, scenery):
    page.browser.driver.delete_all_cookies()
    page.open()
    page.browser.find("#email")
    faults = look(page, "sign-in")
    page.try_to_sign_in("ada@aldgate-fasteners.example", "not the password at all")
    page.browser.until_text("main [role=alert]", "is not right")
    faults += look(page, "sign-in-refused")
    assert faults == []


def test_keys_and_what_is_done_with_them(page, scenery):
    one = page.browser
    enter(page, scenery.works)
    page.find_row("Shop sync, production")
    faults = look(page, "keys")
    one.click("#show-all")
    page.find_row("Trade fair tablet")
    faults += look(page, "keys-all")
    one.click("#show-active")
    for action, view in [("key", "details"), ("edit", "edit"), ("rotate", "rotate"), ("revoke", "revoke")]:
        page.act(action, "Shop sync, production")
        faults += look(page, view)
        close(page)
    page.menu("Change password")
    one.find("#current-password")
    faults += look(page, "password")
    close(page)
    one.click("[popovertarget='account']")
    one.find("#account")
    faults += look(page, "account")
    assert faults == []


def test_making_a_key(page, scenery):
    one = page.browser
    enter(page, scenery.works)
    page.open_create()
    one.click("dialog form .buttons .primary")
    one.until_text("#name-error", "Give the key a name")
    faults = look(page, "create-refused")
    close(page)
    page.open_create()
    one.fill("#name", "Reorder bot")
    for scope in ("products:read", "orders:read"):
        one.click(f"label:has([value='{scope}'])")
    one.script("document.querySelector('dialog').scrollTop = 0")
    faults += look(page, "create")
    one.click("dialog form .buttons .primary")
    key = page.shown_key()
    try:
        # In the picture stands a key that nobody ever had.
        one.script("for (const element of document.querySelectorAll('#secret, #call code')) "
                   "element.textContent = element.textContent.replace(arguments[0], arguments[1])",
                   key, keys.make(keys.public_id(key), "AnExampleThatOpensNothingAtAll00"))
        faults += look(page, "key-shown")
        close_unsaved(one)
        faults += look(page, "key-not-copied")
        one.click("dialog .ask .danger")
        one.gone("dialog")
    finally:
        scenery.forget_key("Reorder bot")
    assert faults == []


def close_unsaved(one):
    one.press("Escape")
    one.find("dialog .ask")
    one.script("document.querySelector('dialog').scrollTop = 10000")


def test_the_trail(page, scenery):
    one = page.browser
    enter(page, scenery.works)
    scenery.forget_the_last_hour()
    one.click("nav a", "Audit trail")
    one.find(".audit")
    page.ready()
    one.script("document.activeElement.blur()")
    faults = look(page, "audit")
    one.fill("#actor", "nobody@elsewhere.example")
    one.press("Enter")
    one.until_text(".list", "Nothing was found.")
    faults += look(page, "audit-nothing")
    page.open("#keys")
    assert faults == []


def test_who_has_little_to_see(page, scenery, stack):
    one = page.browser
    enter(page, scenery.works, "member")
    one.until_text("main h1", "Keys are managed by owners and admins")
    faults = look(page, "member")
    enter(page, scenery.free)
    page.find_row("Price list export")
    faults += look(page, "plan")
    enter(page, scenery.empty)
    one.until_text("main h2", "No keys yet")
    faults += look(page, "empty")
    stack.stop("api")
    try:
        page.open()
        one.until_text("main h1", "Settings cannot be shown")
        faults += look(page, "away")
    finally:
        stack.start("api")
    assert faults == []


