"""What axe-core, of the version in package-lock.json, finds on a page that is open."""

import functools
import subprocess

from harness import ROOT

FOLDER = ROOT / "tests/browser"

RUN = """
const done = arguments[0];
axe.run(document, {resultTypes: ["violations"]}).then((results) => done(results.violations.map((one) =>
    `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`)), (error) => done([`${error}`]));
"""


@functools.cache
def source():
    subprocess.run(["make", "--silent", "--no-print-directory", "-C", ROOT, "axe"], check=True)
    return (FOLDER / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(browser):
    """Of every rule it has, those of good practice included. Words for each."""
    if not browser.script("return 'axe' in window"):
        browser.script(source())
    browser.driver.set_script_timeout(120)
    return browser.driver.execute_async_script(RUN)
