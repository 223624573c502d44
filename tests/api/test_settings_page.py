"""Settings' page as files: what they may do in a browser, how long they are kept, and what they must not hold."""

import re
from pathlib import Path

import pytest
import requests

PAGE = Path(__file__).parents[2] / "app" / "settings" / "page"
KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
ASSETS = sorted(path.name for path in PAGE.iterdir() if path.suffix in KINDS)
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
    "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'", "trusted-types": "'none'"}


def policy(answer):
    return dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))


@pytest.mark.parametrize("path, kind", [
    ("/settings/integrations", "text/html; charset=utf-8"),
    *((f"/settings/assets/{name}", KINDS[Path(name).suffix]) for name in ASSETS)])
def test_a_file_has_its_kind_and_is_asked_for_anew(stack, path, kind):
    answer = stack.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["cache-control"] == "no-cache"
    assert stack.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/settings/integrations", "/settings/assets/app.js", "/settings/api/session"])
def test_it_may_do_next_to_nothing(stack, path):
    answer = stack.get(path)
    assert policy(answer) == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]


def test_what_belongs_to_settings_is_said_of_settings_alone(stack):
    for path in ["/docs", "/api/v1/key", "/settingsx"]:
        headers = stack.get(path).headers
        assert "referrer-policy" not in headers and "permissions-policy" not in headers, path


@pytest.mark.parametrize("path", ["/settings", "/settings/"])
def test_its_short_addresses_lead_to_it(stack, path):
    answer = stack.get(path, allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, "/settings/integrations")


def test_what_is_not_there_is_an_error_as_everywhere(stack):
    for path in ["/settings/assets/nothing.js", "/settings/nothing", "/settings/assets/../../nginx.conf"]:
        answer = stack.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


def test_the_document_has_no_script_of_its_own_and_no_other_host():
    document = (PAGE / "index.html").read_text()
    assert re.findall(r"<script[^>]*>(.*?)</script>", document, re.S) == [""]
    assert not re.search(r"<style|\sstyle=|\son\w+=|//", document)


def test_no_text_becomes_markup_and_nothing_is_kept():
    """A key must be in no storage and no address, and a name in no HTML."""
    for path in PAGE.glob("*.js"):
        source = path.read_text()
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|localStorage"
                           r"|sessionStorage|indexedDB|document\.cookie|pushState|replaceState|https?://(?!www\.w3\.org/2000/svg)",
                           source)
        assert found == [], path.name


class FromElsewhere(requests.adapters.HTTPAdapter):
    """Another address of this machine than the one that all other tests come from."""

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=("127.0.0.77", 0), **options)


def test_who_tries_to_sign_in_all_the_time_is_told_so(stack):
    """By nginx, before the workers hash anything."""
    client = stack.session()
    client.mount("https://127.0.0.1", FromElsewhere())
    url = stack.url.replace("localhost", "127.0.0.1") + "/settings/api/session"
    answers = [client.post(url, data="{}", headers={"Content-Type": "application/json"})
               for _ in range(60)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    body = refused[0].json()
    assert (body["code"], body["error"]) == ("sign_in_throttled", "Too many tries to sign in.")
    assert refused[0].headers["retry-after"]
    assert stack.get("/settings/api/session").status_code == 401
