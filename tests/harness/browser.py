"""Headless Chromium for pages, kept from everything but this machine, and what it saw."""

import contextlib
import json

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service


class Browser:
    """A browser with a window of this size. It trusts the stack's certificate."""

    def __init__(self, width, height=900):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                         "--disable-dev-shm-usage", "--disable-background-networking",
                         "--disable-component-update", "--disable-sync", "--no-first-run",
                         "--no-proxy-server", "--ignore-certificate-errors",
                         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
                         f"--window-size={max(width, 500)},{height}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        # A window has a least width, a phone has not.
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.driver.set_page_load_timeout(60)
        self.requests = []
        self.transferred = {}

    def close(self):
        self.driver.quit()

    def open(self, url):
        self.driver.get(url)

    def script(self, source, *arguments):
        return self.driver.execute_script(source, *arguments)

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
def browser(width, height=900):
    one = Browser(width, height)
    try:
        yield one
    finally:
        one.close()
