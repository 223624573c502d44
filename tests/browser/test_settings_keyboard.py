"""Settings by the keyboard alone: every step is keys pressed, by DevTools' input events, and what they are
pressed on can always be seen."""

import pytest
from settings_page import Organisation, SettingsPage, run_curl

from harness import keys, wait_until
from harness.browser import PATIENCE, browser

MOST_STOPS = 120


@pytest.fixture(params=[360, 1280])
def page(request, stack):
    with browser(request.param) as one:
        page = SettingsPage(one, stack)
        page.allow_clipboard()
        yield page


def check_seen(focus):
    assert focus["visible"] and focus["ring"], f"nobody sees that the keyboard is on {focus}"
    assert focus["inWindow"], f"the keyboard is outside the window, on {focus}"


def walk_to(one, wanted, shift=False):
    """Presses Tab until wanted(focused) is true. Each stop on the way has to be seen."""
    for _ in range(MOST_STOPS):
        one.press("Tab", shift)
        focus = one.focused()
        if focus["tag"] != "body":  # between the last stop and the first a browser has its own
            check_seen(focus)
        if wanted(focus):
            return focus
    raise AssertionError("the keyboard does not get there")


def walk_to_text(one, text, **options):
    return walk_to(one, lambda focus: focus["tag"] in ("a", "button") and focus["text"].startswith(text), **options)


def walk_to_id(one, element_id, **options):
    return walk_to(one, lambda focus: focus["id"] == element_id, **options)


def focus_is(one, element_id):
    wait_until(lambda: one.focused()["id"] == element_id, PATIENCE,
               f"the keyboard is not on {element_id} but on {one.focused()}")


def check_round(one):
    """Tab goes round a dialog and stays in it: no way out but its own, and none of its stops holds it."""
    first = walk_to(one, lambda focus: focus["tag"] != "body")
    stops = []
    for _ in range(MOST_STOPS):
        one.press("Tab")
        focus = one.focused()
        if focus["tag"] == "body":
            continue
        check_seen(focus)
        assert focus["inDialog"], focus
        stops.append((focus["tag"], focus["id"], focus["text"]))
        if stops[-1] == (first["tag"], first["id"], first["text"]):
            break
    else:
        raise AssertionError(f"it does not come back to {first['tag']} {first['text']}")
    assert len(set(stops)) >= 2


def test_the_main_path(page, stack):
    one = page.browser
    works = Organisation(stack)
    page.open()
    one.find("#email")
    focus_is(one, "email")
    one.type(works.email("owner"))
    one.press("Tab")
    one.type("not the password at all")
    one.press("Enter")
    one.until_text("main [role=alert]", "is not right")
    # The field is still what it was on; typing goes over what is selected.
    walk_to_id(one, "email", shift=True)
    walk_to_id(one, "password")
    one.type(works.password)
    one.press("Enter")
    one.find("#header")
    focus_is(one, "title")

    # Create: scopes by Space, expiry by the arrows.
    walk_to_text(one, "Create your first key")
    one.press("Enter")
    focus_is(one, "name")
    check_round(one)
    walk_to_id(one, "name")
    one.type("By keyboard")
    walk_to_id(one, "scope-quotes:read")
    one.press(" ")
    assert one.focused()["checked"]
    walk_to(one, lambda focus: focus["type"] == "radio")
    one.press("ArrowRight")
    walk_to_text(one, "Create key")
    one.press("Enter")
    key = page.shown_key()
    focus_is(one, "copy")
    one.press("Enter")
    one.until("document.querySelector('#copy').textContent.includes('Copied')")
    assert page.clipboard() == key
    focus_is(one, "copy")
    check_round(one)
    walk_to_id(one, "copy-call")
    one.press(" ")
    one.until("document.querySelector('#copy-call').textContent.includes('Copied')")
    status, _ = run_curl(page.clipboard(), stack)
    assert status == 200
    walk_to_id(one, "done")
    one.press("Enter")
    one.gone("dialog")
    row = page.find_row("By keyboard")
    focus_is(one, f"key-{row['id']}")

    # Each dialog gives the keyboard back to what opened it.
    for action in ("key", "edit", "rotate", "revoke"):
        walk_to_id(one, f"{action}-{row['id']}", shift=action == "key")
        one.press("Enter")
        one.find("dialog")
        check_round(one)
        one.press("Escape")
        one.gone("dialog")
        focus_is(one, f"{action}-{row['id']}")

    # Rotate without grace, and edit.
    walk_to_id(one, f"rotate-{row['id']}", shift=True)
    one.press(" ")
    one.find("dialog")
    for _ in range(4):  # the choices go round
        one.press("ArrowLeft")
        if "It stops at once" in one.text("dialog"):
            break
    assert "It stops at once" in one.text("dialog") and one.focused()["checked"]
    one.press("Enter")
    second = page.shown_key()
    focus_is(one, "copy")
    one.press(" ")
    one.until("document.querySelector('#copy').textContent.includes('Copied')")
    one.press("Escape")
    one.gone("dialog")
    focus_is(one, f"rotate-{row['id']}")
    assert stack.get("/api/v1/quotes?limit=1", key).status_code == 401
    assert stack.get("/api/v1/quotes?limit=1", second).status_code == 200
    walk_to_id(one, f"edit-{row['id']}", shift=True)
    one.press("Enter")
    focus_is(one, "edit-name")
    one.type("Still ")
    one.press("Enter")
    one.gone("dialog")
    focus_is(one, f"edit-{row['id']}")
    assert keys.prefix(second) in page.row(page.names()[0])["name"]

    # Revoke: the safe choice has the keyboard.
    walk_to_id(one, f"revoke-{row['id']}")
    one.press("Enter")
    one.find("dialog")
    assert one.focused()["text"] == "Keep the key"
    walk_to_text(one, "Revoke key")
    one.press(" ")
    one.gone("dialog")
    assert stack.get("/api/v1/quotes?limit=1", second).status_code == 401
    assert one.focused()["tag"] != "body"

    # The trail, and out.
    walk_to_text(one, "Audit trail", shift=True)
    one.press("Enter")
    one.find(".audit")
    focus_is(one, "title")
    walk_to(one, lambda focus: focus["tag"] == "button" and works.email("owner") in focus["text"], shift=True)
    one.press("Enter")
    walk_to_text(one, "Change password")
    one.press("Enter")
    focus_is(one, "current-password")
    check_round(one)
    one.press("Escape")
    one.gone("dialog")
    assert works.email("owner") in one.focused()["text"]
    one.press(" ")
    walk_to_text(one, "Sign out")
    one.press("Enter")
    one.find("#email")
    focus_is(one, "email")


def test_the_list_is_sorted_and_skipped_to_by_keyboard(page, stack):
    one = page.browser
    works = Organisation(stack)
    for name in ("Alpha", "Beta"):
        stack.new_key(org=works.name, name=name)
    page.enter(works)
    page.find_row("Alpha")
    if one.width < 1180:
        walk_to_id(one, "sort-choice")
        one.press("ArrowUp")
        one.until("document.querySelector('.key-name').textContent.startsWith('Alpha')")
        focus_is(one, "sort-choice")
    else:
        walk_to_id(one, "sort-name")
        one.press(" ")
        assert page.names() == ["Alpha", "Beta"]
        focus_is(one, "sort-name")
        one.press("Enter")
        assert page.names() == ["Beta", "Alpha"]
    walk_to_id(one, "show-all")
    one.press(" ")
    focus_is(one, "show-all")
    one.driver.refresh()
    page.find_row("Alpha")
    one.script("document.activeElement.blur()")
    walk_to_text(one, "Skip to content")
    one.press("Enter")
    walk_to_text(one, "Create key")
