"""What keeps others out of Settings: its policy, its headers, and what a page of another site may not."""

import contextlib
import functools
import http.server
import json
import ssl
import subprocess
import threading

import pytest
from settings_page import PATH, Organisation, SettingsPage

from harness import wait_until
from harness.browser import PATIENCE, browser


@pytest.fixture(scope="module")
def works(stack):
    return Organisation(stack)


@pytest.fixture(scope="module")
def page(stack, works):
    with browser(1280) as one:
        page = SettingsPage(one, stack)
        page.allow_clipboard()
        page.enter(works)
        yield page


# --- The policy ------------------------------------------------------------------------------------

def violations(one, action):
    """What the policy forbids of what this script does, by directive."""
    one.script("window.refused = []; addEventListener('securitypolicyviolation', "
               "(event) => window.refused.push(event.effectiveDirective), {once: false});")
    one.script(f"try {{ {action} }} catch (error) {{ window.thrown = error.name; }}")
    return wait_until(lambda: one.script("return window.refused"), PATIENCE, "nothing was refused")


@pytest.mark.parametrize("action, directives", [
    # Even an element of nothing but text is refused a text that would run.
    ("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)",
     {"require-trusted-types-for", "script-src-elem"}),
    ("const s = document.createElement('script'); s.append('window.ran = 1'); document.body.append(s)",
     {"require-trusted-types-for", "script-src-elem"}),
    ("document.body.innerHTML = '<b>bold</b>'", {"require-trusted-types-for"}),
    ("document.body.setAttribute('onclick', 'window.ran = 1'); document.body.click()",
     {"require-trusted-types-for", "script-src-attr"}),
    ("trustedTypes.createPolicy('default', {createHTML: (text) => text})", {"trusted-types"}),
    ("const i = new Image(); i.src = 'https://elsewhere.example/x.png'; document.body.append(i)", {"img-src"}),
    ("const i = new Image(); i.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='; document.body.append(i)",
     {"img-src"}),
    ("fetch('https://elsewhere.example/', {mode: 'no-cors'}).catch(() => {})", {"connect-src"}),
    ("const f = document.createElement('iframe'); f.src = '/docs'; document.body.append(f)", {"frame-src"}),
    ("const s = document.createElement('style'); s.append('body { color: red }'); document.body.append(s)",
     {"style-src-elem"}),
    ("const f = document.createElement('form'); f.action = 'https://elsewhere.example/'; document.body.append(f);"
     "f.submit()", {"form-action"}),
    ("const b = document.createElement('base'); b.href = 'https://elsewhere.example/'; document.head.append(b)",
     {"base-uri"}),
])
def test_the_policy_refuses(page, action, directives):
    page.open()
    page.ready()
    assert set(violations(page.browser, action)) & directives
    assert page.browser.script("return window.ran") is None


def test_no_request_goes_to_another_host(page, stack):
    page.open()
    page.ready()
    page.make("Anything", ["quotes:read"])
    page.browser.click("nav a", "Audit trail")
    page.browser.find(".audit")
    requests = page.browser.read_network()
    assert stack.url + PATH in requests and stack.url + "/settings/api/audit" in requests
    # What the tests above tried is among what was asked of the policy, and never left.
    assert [url for url in requests
            if not url.startswith((stack.url + "/", "data:")) and "elsewhere.example" not in url] == []


def test_a_name_is_text_whatever_it_is(page):
    one = page.browser
    name = "<img src=x onerror=alert(1)>&amp;"
    page.open()
    page.ready()
    page.make(name, ["quotes:read"])
    row = page.find_row(name)
    assert row["name"].startswith(name)
    for action in ("key", "edit", "rotate", "revoke"):
        page.act(action, name)
        assert name in one.text("dialog") or action == "edit"
        one.press("Escape")
        one.gone("dialog")
    page.revoke(name)
    one.until_text("#status", name)
    one.click("nav a", "Audit trail")
    one.until_text(".audit", f"Created key “{name}”")
    assert one.script("return document.querySelector('img')") is None
    page.open("#keys")


# --- Headers ---------------------------------------------------------------------------------------

def check_headers(answer):
    headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
        "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'", "trusted-types": "'none'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "max-age=63072000" in headers["strict-transport-security"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["x-request-id"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path, status, kind", [
    (PATH, 200, "text/html; charset=utf-8"),
    ("/%73ettings/integrations", 200, "text/html; charset=utf-8"),
    ("/settings/assets/app.js", 200, "text/javascript; charset=utf-8"),
    ("/settings/assets/settings.css", 200, "text/css; charset=utf-8"),
    ("/settings/assets/nothing.js", 404, "application/json"),
    ("/settings/nothing", 404, "application/json"),
])
def test_whatever_is_answered_has_the_headers(stack, path, status, kind):
    answer = stack.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    check_headers(answer)
    assert answer.headers["cache-control"] in ("no-cache", "no-store")


@pytest.mark.parametrize("path", ["/settings", "/settings/"])
def test_the_short_address_leads_to_the_page(stack, path):
    answer = stack.get(path, allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, PATH)
    check_headers(answer)


@pytest.mark.parametrize("path", ["session", "keys", "audit", "nothing"])
def test_the_interface_is_never_kept(stack, works, path):
    anonymous = stack.get(f"/settings/api/{path}")
    signed_in = works.session().get(f"{stack.url}/settings/api/{path}", timeout=60)
    assert anonymous.status_code == (404 if path == "nothing" else 401)
    assert signed_in.status_code == (404 if path == "nothing" else 200)
    for answer in (anonymous, signed_in):
        check_headers(answer)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"


def test_the_sessions_cookie_is_for_no_script_and_no_other_site(page):
    cookies = {cookie["name"]: cookie for cookie in page.browser.driver.get_cookies()}
    cookie = cookies["__Host-kabaido_session"]
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, True, "Strict", "/")
    assert page.browser.script("return document.cookie") == ""


# --- Other sites -----------------------------------------------------------------------------------

ATTACK = """<!doctype html><meta charset="utf-8"><title>Another site</title>
<iframe name="frame" src="%(target)s/settings/integrations"></iframe>
<iframe name="sink"></iframe>
<form id="form" method="post" enctype="text/plain" target="sink" action="%(target)s/settings/api/keys">
<input name='{"name":"forged","scopes":["quotes:read"],"x":"' value='"}'></form>
<script>
const body = JSON.stringify({name: "forged", scopes: ["quotes:read"]});
const post = (mode, type) => fetch("%(target)s/settings/api/keys", {
    method: "POST", mode, credentials: "include", headers: {"Content-Type": type}, body,
}).then((answer) => `${answer.type} ${answer.status}`, (error) => error.name);
Promise.all([post("cors", "application/json"), post("cors", "text/plain"), post("no-cors", "text/plain"),
    fetch("%(target)s/settings/api/keys", {credentials: "include"}).then((a) => a.text(), (error) => error.name),
]).then((results) => { window.results = results; document.getElementById("form").submit(); });
</script>"""


class OtherSite(http.server.BaseHTTPRequestHandler):
    """A page of somebody else's on this machine."""

    def __init__(self, target, *arguments):
        self.target = target
        super().__init__(*arguments)

    def do_GET(self):
        content = (ATTACK % {"target": self.target}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def other_site(target, folder):
    """The port of a site that serves the attack."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "1", "-subj", "/CN=localhost", "-keyout", folder / "key.pem",
                    "-out", folder / "cert.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(OtherSite, target))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_of_another_site_can_do_nothing(stack, tmp_path, host):
    """On another port of localhost, which to cookies is the same site, so that the cookie goes along and
    the check of the origin alone is left; and on another host, where the cookie stays at home as well."""
    works = Organisation(stack)
    stack.new_key(org=works.name, name="Not for others")
    with browser(1280, hosts=["127.0.0.1"]) as one, other_site(stack.url, tmp_path) as port:
        page = SettingsPage(one, stack)
        page.enter(works)
        page.find_row("Not for others")
        before = len(stack.access_log())
        one.open(f"https://{host}:{port}/")
        results = one.until("window.results")
        # The form's answer is the last of them.
        wait_until(lambda: len(posts(stack, before)) >= 2, PATIENCE, "the other site's calls did not arrive")
        # No answer can be read; what was sent with no-cors was answered, unseen.
        assert results == ["TypeError", "TypeError", "opaque 0", "TypeError"]
        assert works.key_count() == 1
        assert {status for status in posts(stack, before)} == {403}
        assert any("frame-ancestors 'none'" in error for error in one.errors())
        # And the session was not harmed by it.
        page.open()
        page.find_row("Not for others")


def posts(stack, before):
    """Statuses of the POSTs to keys since then."""
    return [entry["status"] for entry in stack.access_log()[before:]
            if entry["method"] == "POST" and "/settings/api/keys" in json.dumps(entry)]
