"""Headless Chromium for pages, kept from everything but this machine, and what it saw."""

import contextlib
import json
import time

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from .wait import wait_until

# Far more than a page takes on a busy machine: what is not there by then will never be.
PATIENCE = 60

# The first element of a selector that is seen and, if a name is given, whose label or text is that.
# Words that only a screen reader gets are part of the text.
FIND = """
const [selector, name] = arguments;
const say = (element) => (element.getAttribute("aria-label") ?? element.textContent).trim().replace(/\\s+/g, " ");
return [...document.querySelectorAll(selector)].find((element) =>
    element.checkVisibility({visibilityProperty: true}) && (name === null || say(element) === name)) ?? null;
"""

# What the keyboard is on: a word for it, and whether that can be seen.
FOCUSED = """
const element = document.activeElement;
const style = getComputedStyle(element);
const box = element.getBoundingClientRect();
return {
    tag: element.localName, id: element.id, type: element.type ?? "", checked: element.checked === true,
    text: (element.getAttribute("aria-label") ?? element.textContent).trim().replace(/\\s+/g, " "),
    visible: element.matches(":focus-visible"),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inDialog: element.closest("dialog") !== null,
    inWindow: box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
};
"""

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
        "ArrowDown": 40}
TEXT = {"Enter": "\r", " ": " "}
SHIFT = 8


class Browser:
    """A browser with a window of this size. It trusts the stack's certificate. dark: what its person
    prefers. profile: a folder for what it keeps; hosts: further names of this machine that it knows."""

    def __init__(self, width, height=900, dark=False, profile=None, hosts=()):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        rules = ", ".join(["MAP * ~NOTFOUND"] + [f"EXCLUDE {host}" for host in ("localhost", *hosts)])
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                         "--disable-dev-shm-usage", "--disable-background-networking",
                         "--disable-component-update", "--disable-sync", "--no-first-run",
                         "--no-proxy-server", "--ignore-certificate-errors",
                         f"--host-resolver-rules={rules}",
                         f"--window-size={max(width, 500)},{height}",
                         *([f"--user-data-dir={profile}"] if profile else [])):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.width, self.height = width, height
        self.set_height(height)
        self.prefer(dark)
        self.driver.set_page_load_timeout(60)
        self.requests = []
        self.transferred = {}

    def close(self):
        self.driver.quit()

    def open(self, url):
        self.driver.get(url)

    def script(self, source, *arguments):
        return self.driver.execute_script(source, *arguments)

    def devtools(self, method, **parameters):
        return self.driver.execute_cdp_cmd(method, parameters)

    def set_height(self, height):
        """A window has a least width, a phone has not: so it is not the window that is told."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=self.width, height=height,
                      deviceScaleFactor=1, mobile=False)

    def prefer(self, dark):
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    # --- What is there -----------------------------------------------------------------------

    def seen(self, selector, name=None):
        """The element if it can be seen, or None."""
        return self.script(FIND, selector, name)

    def find(self, selector, name=None):
        """The element, when it can be seen."""
        return wait_until(lambda: self.seen(selector, name), PATIENCE,
                          f"there is no {selector} {name or ''}")

    def gone(self, selector, name=None):
        wait_until(lambda: self.seen(selector, name) is None, PATIENCE,
                   f"{selector} {name or ''} is still there")

    def until(self, condition, *arguments):
        """Waits until an expression in the page's language is true, and returns its value."""
        return wait_until(lambda: self.script(f"return {condition}", *arguments), PATIENCE,
                          f"it is not so: {condition}")

    def text(self, selector="body"):
        """The text that is shown, of the first such element; nothing where there is none."""
        return self.script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def until_text(self, selector, words):
        wait_until(lambda: words in self.text(selector), PATIENCE,
                   f"{selector} does not say {words!r} but {self.text(selector)!r}")

    def accessible(self, role):
        """The names of what a screen reader is given with this role."""
        nodes = self.devtools("Accessibility.getFullAXTree")["nodes"]
        return [node["name"]["value"] for node in nodes
                if not node["ignored"] and node.get("role", {}).get("value") == role and "name" in node]

    # --- Mouse -------------------------------------------------------------------------------

    def click(self, selector, name=None):
        """As a mouse does, with the element in the middle of the window. One that is drawn anew
        meanwhile is looked for again."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                element = self.find(selector, name)
                self.script("arguments[0].scrollIntoView({block: 'center'})", element)
                return element.click()
            except WebDriverException:
                if time.monotonic() >= end:
                    raise

    def fill(self, selector, text):
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    # --- Keyboard, by DevTools' input events ------------------------------------------------

    def press(self, key, shift=False):
        event = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": KEYS[key],
                 "modifiers": SHIFT if shift else 0}
        text = {"text": TEXT[key]} if key in TEXT else {}
        self.devtools("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event, **text)
        self.devtools("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text):
        for letter in text:
            self.devtools("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
            self.devtools("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def focused(self):
        return self.script(FOCUSED)

    # --- What it said and asked for ----------------------------------------------------------

    def errors(self):
        """What the console said since the last time, warnings included."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def read_network(self):
        """Adds what was requested since the last time to requests: addresses, in order; and what
        each brought over the line to transferred: bytes."""
        addresses = {}
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            parameters = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                addresses[parameters["requestId"]] = parameters["request"]["url"]
                self.requests.append(parameters["request"]["url"])
            elif message["method"] == "Network.loadingFinished":
                url = addresses.get(parameters["requestId"])
                self.transferred[url] = parameters["encodedDataLength"]
        return self.requests

    def screenshot(self, path):
        self.driver.save_screenshot(str(path))


@contextlib.contextmanager
def browser(width, height=900, **options):
    one = Browser(width, height, **options)
    try:
        yield one
    finally:
        one.close()
