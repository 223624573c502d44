"""Settings' page as a person goes about it, and an organisation with people to sign in."""

import secrets
import subprocess
import uuid

from harness import keys, wait_until
from harness.browser import PATIENCE

PATH = "/settings/integrations"

# What a row of the list says, cell by cell, and the id of its key.
ROW = """
const name = arguments[0];
const row = [...document.querySelectorAll(".keys tbody tr")].find((one) =>
    one.querySelector(".key-name").firstChild.textContent === name);
return row && {
    id: row.querySelector(".key-name").id.slice("key-".length),
    prefix: row.querySelector(".cell-name .prefix").textContent,
    chart: row.querySelector(".chart").getAttribute("aria-label"),
    used_at: row.querySelector(".cell-used time")?.dateTime ?? null,
    ...Object.fromEntries([...row.cells].map((cell) => [cell.className.slice("cell-".length), cell.innerText.trim()])),
};
"""


class Organisation:
    """An organisation of a test's own, with an owner, an admin and a member who share a password."""

    def __init__(self, stack, plan="team", name=None, people=("owner", "admin", "member"), domain=None):
        self.stack = stack
        self.name = name or f"Works {uuid.uuid4()}"
        self.domain = domain or f"{uuid.uuid4().hex}.example"
        self.password = secrets.token_hex(10)
        stack.passwords.add(self.password)
        stack.ctl("org", "create", self.name, "--plan", plan)
        (self.org_id,), = stack.sql("SELECT org_id FROM organisations WHERE name = %s", [self.name])
        for role in people:
            self.add(role, role)

    def email(self, person):
        return f"{person}@{self.domain}"

    def add(self, person, role):
        self.stack.ctl("user", "create", "--org", self.name, "--email", self.email(person),
                       "--role", role, stdin=self.password + "\n")

    def key_count(self):
        (count,), = self.stack.sql("SELECT count(*) FROM api_keys WHERE org_id = %s", [self.org_id])
        return count

    def session(self, person="owner"):
        """A requests.Session that is signed in, without a browser."""
        session = self.stack.session()
        session.headers["Origin"] = self.stack.url
        answer = session.post(self.stack.url + "/settings/api/session", timeout=60,
                              json={"email": self.email(person), "password": self.password})
        assert answer.status_code == 201, answer.text
        return session


class SettingsPage:
    """page = SettingsPage(browser, stack); page.sign_in(email, password); page.create("Shop", [...])"""

    def __init__(self, browser, stack):
        self.browser = browser
        self.stack = stack

    def open(self, fragment=""):
        self.browser.open(f"{self.stack.url}{PATH}{fragment}")

    # --- Signing in and out --------------------------------------------------------------------

    def try_to_sign_in(self, email, password):
        self.browser.fill("#email", email)
        self.browser.fill("#password", password)
        self.browser.click("main form button.primary")

    def sign_in(self, email, password):
        self.try_to_sign_in(email, password)
        self.browser.find("#header")

    def enter(self, organisation, person="owner"):
        """Opens the page, signs in, and waits for what there is to see."""
        self.open()
        self.sign_in(organisation.email(person), organisation.password)
        self.ready()

    def ready(self):
        self.browser.until("document.querySelector('h1') !== null && "
                           "document.querySelector('[aria-busy=\"true\"]') === null")

    def menu(self, choice):
        self.browser.click("[popovertarget='account']")
        self.browser.click("#account button", choice)

    def sign_out(self):
        self.menu("Sign out")
        self.browser.find("#email")

    # --- Keys ----------------------------------------------------------------------------------

    def row(self, name):
        """What the list says of the key of this name, or None."""
        return self.browser.script(ROW, name)

    def find_row(self, name):
        return wait_until(lambda: self.row(name), PATIENCE, f"no row is {name}")

    def names(self):
        return self.browser.script("return [...document.querySelectorAll('.keys .key-name')]"
                                   ".map((one) => one.firstChild.textContent)")

    def refresh(self):
        self.browser.script("document.getElementById('status').textContent = ''")
        self.browser.click("#refresh")
        self.browser.until_text("#status", "The list is up to date.")

    def open_create(self):
        self.browser.until("document.querySelector('.keys, .empty') !== null")
        self.browser.click("#create, .empty .primary")
        self.browser.find("dialog #name")

    def create(self, name, scopes, expiry="90", limit=600):
        """Makes a key, and leaves the dialog open that shows it. Returns the key."""
        self.open_create()
        self.browser.fill("#name", name)
        for scope in scopes:
            self.browser.click(f"label:has([value='{scope}'])")
        self.browser.click(f"label:has([name='expiry'][value='{expiry}'])")
        self.browser.fill("#limit", str(limit))
        self.browser.click("dialog form .buttons .primary")
        return self.shown_key()

    def shown_key(self):
        self.browser.find("#secret")
        key = self.browser.text("#secret").strip()
        assert keys.WHOLE_KEY.fullmatch(key)
        self.stack.keys.add(key)
        return key

    def close_key(self):
        """Copies the key and closes its dialog."""
        self.copy("#copy")
        self.browser.click("#done")
        self.browser.gone("dialog")

    def make(self, name, scopes, **options):
        """Makes a key and closes the dialog that shows it. Returns the key."""
        key = self.create(name, scopes, **options)
        self.close_key()
        return key

    def act(self, action, name):
        """Presses a button of a key's row: edit, rotate, revoke, or key for its details."""
        self.browser.click(f"#{action}-{self.find_row(name)['id']}")
        self.browser.find("dialog")

    def rotate(self, name, grace_seconds):
        """Rotates the key, and leaves the dialog open that shows it. Returns the new key."""
        self.act("rotate", name)
        self.browser.click(f"label:has([name='grace'][value='{grace_seconds}'])")
        self.browser.click("dialog form .primary")
        return self.shown_key()

    def revoke(self, name):
        self.act("revoke", name)
        self.browser.click("dialog .danger")
        self.browser.gone("dialog")

    # --- Copying -------------------------------------------------------------------------------

    def allow_clipboard(self):
        self.browser.devtools("Browser.grantPermissions", origin=self.stack.url, permissions=[
            "clipboardReadWrite", "clipboardSanitizedWrite"])

    def copy(self, button):
        self.browser.click(button)
        self.browser.until("document.querySelector(arguments[0]).textContent.includes('Copied')", button)

    def clipboard(self):
        """What was copied, as another page of this host reads it: this page may not."""
        driver = self.browser.driver
        here = driver.current_window_handle
        driver.switch_to.new_window("tab")
        try:
            self.browser.open(self.stack.url + "/docs/icon.svg")
            self.browser.devtools("Page.bringToFront")
            # Only the page that has the focus may read, and it gets it a moment later.
            read = ("navigator.clipboard.readText()"
                    ".then((text) => arguments[0]([text]), () => arguments[0](null))")
            return wait_until(lambda: driver.execute_async_script(read), PATIENCE,
                              "the clipboard cannot be read")[0]
        finally:
            driver.close()
            driver.switch_to.window(here)


def run_curl(command, stack):
    """Runs the command of the page in a shell, as one who pastes it, but with the certificate that the
    stack's is signed by. Returns the HTTP status and the body."""
    assert command.startswith("curl --insecure "), command.split(" ")[0]
    trusting = command.replace("--insecure", f"--cacert {stack.cacert}", 1)
    done = subprocess.run(["sh", "-c", trusting + " --silent --show-error --write-out '\\n%{http_code}'"],
                          text=True, capture_output=True, timeout=60, env={"PATH": "/usr/bin:/bin", "NO_PROXY": "*"})
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body
