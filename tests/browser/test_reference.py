"""The reference page as a person gets it: drawn, complete, at home on a phone, and from this host alone."""

import re

import pytest

from harness import document, wait_until
from harness.browser import browser

WIDTHS = [360, 1280]
DRAWN = "return document.querySelectorAll('.redoc-wrap [id^=\"tag/\"]').length"
GUIDES = ["First call", "Keys and scopes", "Errors", "Limits", "Pagination", "Synchronisation",
          "Idempotency", "Money", "Conventions"]


@pytest.fixture(scope="module", params=WIDTHS)
def page(request, stack):
    with browser(request.param) as one:
        one.width = request.param
        one.open(stack.url + "/docs")
        wait_until(lambda: one.script(DRAWN) > 10, 30, "the page was not drawn")
        one.settled = wait_until(lambda: one.script("return document.readyState") == "complete", 30)
        yield one


def test_it_is_drawn_without_a_word_on_the_console(page):
    assert page.script("return document.title") == "Kabaido API reference"
    assert page.errors() == []


def test_no_request_leaves_this_host(page, stack):
    requests = page.read_network()
    assert stack.url + "/docs" in requests
    assert stack.url + "/api/v1/openapi.json" in requests
    elsewhere = [url for url in requests
                 if not url.startswith((stack.url + "/", f"blob:{stack.url}/", "data:"))]
    assert elsewhere == []


def test_every_operation_and_every_guide_is_there(page):
    text = page.script("return document.body.textContent")
    for _, _, operation in document.operations():
        assert operation["summary"] in text
        assert page.script("return document.querySelector(arguments[0]) !== null",
                           f'[id$="operation/{operation["operationId"]}"]')
    headings = page.script("return [...document.querySelectorAll('h1, h2')].map(h => h.textContent)")
    for guide in GUIDES:
        assert guide in headings


def test_links_into_the_page_lead_somewhere(page):
    """Those that the guides and descriptions write."""
    links = set(re.findall(r"\]\(#([^)]+)\)", str(document.document())))
    assert links
    for link in links:
        assert page.script("return document.getElementById(arguments[0]) !== null", link), link


def test_nothing_is_wider_than_the_window(page):
    assert page.script("return document.documentElement.scrollWidth") <= page.width


def test_it_is_light_to_load(page):
    """What comes over the line, in bytes: it was 414,000 when this was written."""
    page.read_network()
    assert sum(page.transferred.values()) < 480_000


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_search_finds_an_operation(page):
    """It runs in a worker, which the page's policy has to let be made. On a phone it is in the menu."""
    field = page.driver.find_element("css selector", "input[placeholder='Search...']")
    field.send_keys("matched by")
    wait_until(lambda: "Create and update products" in page.script(
        "return document.querySelector('[data-role=\"search:results\"]')?.textContent ?? ''"),
        10, "the search found nothing")
    assert page.errors() == []


@pytest.mark.parametrize("path, kind", [
    ("/docs", "text/html; charset=utf-8"), ("/docs/", "text/html; charset=utf-8"),
    ("/docs/reference.css", "text/css; charset=utf-8"), ("/docs/icon.svg", "image/svg+xml")])
def test_its_files_have_their_kinds_and_the_policy(stack, path, kind):
    answer = stack.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "unsafe" not in policy and "http" not in policy
    assert answer.headers["x-request-id"]


def test_what_is_not_there_is_an_error_as_everywhere(stack):
    answer = stack.get("/docs/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "content-security-policy" not in answer.headers


def test_the_renderer_may_be_kept_and_the_page_is_asked_for_anew(stack):
    page = stack.get("/docs")
    script, = re.findall(r'<script src="([^"]+)">', page.text)
    assert page.headers["cache-control"] == "max-age=300"
    assert stack.get(script).headers["cache-control"] == "max-age=31536000"
