"""Uses pages of grantlog as a person does, in a headless Chromium: once, with all that `tests/it/page.rs` wants to know.

The only argument is a JSON file: paths of the pages, and what is to be seen on them. What is wrong ends it with a
failure; measured times are told, and nothing depends on them.
"""

import base64
import json
import sys
import tempfile
import time
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1440,900",
]  # fmt: skip


class Page:
    def __init__(self, browser):
        self.browser = browser

    def open(self, path, fragment=""):
        self.browser.get("about:blank")
        self.browser.get(self.address(path) + fragment)
        self.wait(lambda: self.js("return document.documentElement.dataset.ready") == "1")

    @staticmethod
    def address(path):
        return "file://" + urllib.parse.quote(path)

    def wait(self, claim):
        WebDriverWait(self.browser, 20, 0.02).until(lambda _: claim())

    def js(self, text, *arguments):
        return self.browser.execute_script(text, *arguments)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.js("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def keys(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    def active(self):
        return self.js("const {dataset, id} = document.activeElement; return [id, dataset.row ?? null, dataset.column ?? null]")

    def errors(self):
        return [f"{entry['level']}: {entry['message']}" for entry in self.browser.get_log("browser")]

    def requests(self):
        """What the pages asked for: themselves, and an icon that is none."""
        asked = set()
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent" and message["params"]["documentURL"].startswith("file:"):
                asked.add(message["params"]["request"]["url"])
        return asked


def is_so(claim, *told):
    if not claim:
        raise AssertionError(*told)


def equal(one, other):
    is_so(one == other, f"{one!r} is not {other!r}")


def searches_and_filters(page):
    page.keys("3")
    page.wait(lambda: page.text("#counts"))
    whole = page.text("#counts")
    page.keys("/")
    equal(page.active()[0], "filter-who")
    page.keys("release/publisher")
    page.wait(lambda: page.text("#counts") != whole)
    names = [one.text for one in page.all(".side .name")]
    equal(names, ["release/publisher"])
    is_so("who=release%2Fpublisher" in page.browser.current_url, page.browser.current_url)
    # What is looked at stands in the address.
    address, fragment = page.browser.current_url.split("#")
    page.open(urllib.parse.unquote(address.removeprefix("file://")), f"#{fragment}")
    equal([one.text for one in page.all(".side .name")], ["release/publisher"])
    page.one("#clear").click()
    equal(page.text("#counts"), whole)

    Select(page.one("#filter-verdict")).select_by_value("conditional")
    page.wait(lambda: page.text("#counts") != whole)
    is_so(page.all(".cell i") and not page.all(".cell b"), "only what is conditional is told")
    page.one("#filter-cross").click()
    rows = page.js("return [...document.querySelectorAll('.row')].map((row) => row.querySelector('.side').title.split('\\n').pop())")
    is_so(rows, "some of it is held across accounts")
    page.one("#clear").click()
    for name in ("pull", "push", "describe", "tag", "administer", "create"):
        page.one(f"[data-capability={name}]").click()
    page.wait(lambda: page.text("#counts") != whole)
    letters = set(page.js("return [...document.querySelectorAll('.cell b, .cell i')].map((letter) => letter.textContent.toUpperCase())"))
    equal(letters, {"D"})
    page.one("#clear").click()
    Select(page.one("#filter-sort")).select_by_value("name")
    names = [one.text.lower() for one in page.all(".side .name")]
    page.one("#clear").click()
    is_so(len(names) > 5, names)


def opens_a_proof(page):
    page.js("State.set({ who: 'release/publisher', what: 'storefront/web' })")
    page.wait(lambda: len(page.all(".cell.level2")) == 1)
    page.one(".cell.level2").click()
    panel = page.text("#panel")
    for told in ("push", "allowed", "by its own permissions", "Allow", "identity", "sample/", "grantlog why"):
        is_so(told in panel, told, panel)
    page.one("#panel .statement summary").click()
    is_so('"Effect": "Allow"' in page.text("#panel .statement pre"), "the statement is shown")
    page.keys(Keys.ESCAPE)
    is_so(not page.one("#panel").is_displayed(), "Escape closes the proof")
    equal(page.active()[1:], ["0", "0"])
    page.one("#clear").click()


def moves_by_keys(page):
    page.js("document.getElementById('clear').focus()")
    for _ in range(4):
        page.keys(Keys.TAB)
        if page.js("return document.activeElement.getAttribute('role')") == "gridcell":
            break
    is_so(page.js("return document.activeElement.getAttribute('role')") == "gridcell", "Tab reaches the matrix", page.active())
    equal(page.js("return document.querySelectorAll('#grid [tabindex=\"0\"]').length"), 1)
    page.keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    equal(page.active()[1:], ["2", "1"])
    page.keys(Keys.ENTER)
    is_so(page.one("#panel").is_displayed(), "Enter opens the proof")
    page.keys(Keys.ESCAPE)
    equal(page.active()[1:], ["2", "1"])
    ActionChains(page.browser).key_down(Keys.CONTROL).send_keys(Keys.END).key_up(Keys.CONTROL).perform()
    rows, columns = page.js("return [document.getElementById('grid').getAttribute('aria-rowcount'), document.getElementById('grid').getAttribute('aria-colcount')]")
    equal(page.active()[1:], [str(int(rows) - 2), str(int(columns) - 2)])
    ActionChains(page.browser).key_down(Keys.CONTROL).send_keys(Keys.HOME).key_up(Keys.CONTROL).perform()
    # The next cell in which something is held.
    ActionChains(page.browser).key_down(Keys.CONTROL).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).key_up(Keys.CONTROL).perform()
    is_so(page.js("return document.activeElement.childElementCount") > 0, "something is held there", page.active())
    page.keys(Keys.HOME)
    # On a name, Enter tells what it holds, or lists who is alike.
    page.keys(Keys.ARROW_LEFT, Keys.ENTER)
    is_so("holds something on" in page.text("#panel"), page.text("#panel"))
    page.keys(Keys.ESCAPE, Keys.ARROW_RIGHT)
    folded = page.js("return [...document.querySelectorAll('.side[aria-expanded=\"false\"]')].map((side) => side.dataset.row)[0]")
    for _ in range(int(folded)):
        page.keys(Keys.ARROW_DOWN)
    page.keys(Keys.ARROW_LEFT, Keys.ENTER)
    is_so(len(page.all(".row.member")) > 1, "the members are listed")
    page.keys(Keys.ENTER)
    equal(len(page.all(".row.member")), 0)


def opens_a_finding(page, findings):
    page.keys("2")
    page.wait(lambda: page.text("#finding-counts"))
    equal(page.text("#finding-counts"), f"{findings} findings of {findings}")
    page.one(".finding summary").click()
    page.wait(lambda: page.all(".finding .body"))
    body = page.text(".finding .body")
    for told in ("What to do:", '"Principal": "*"', "hangs on"):
        is_so(told in body, told, body)
    page.one(".finding .advice summary").click()
    is_so("Why it matters" in page.text(".finding .advice"), "its page is there")
    page.keys("/", "twice over")
    page.wait(lambda: page.text("#finding-counts").startswith("1 finding "))
    page.js("State.set({ find: '', severity: 'low' })")
    page.wait(lambda: len(page.all(".finding.low")) == len(page.all(".finding")) > 0)
    page.js("State.set({ severity: '' })")


def shows_the_graph(page):
    page.js("document.activeElement.blur()")
    page.keys("4")
    page.wait(lambda: page.all(".node.repository"))
    nodes = len(page.all(".node"))
    page.js("document.querySelector('.node.role').dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    is_so(0 < len(page.all(".node.dim")) < nodes, "the rest is dimmed")
    is_so("Can" in page.text("#panel"), "what the node can is told")
    page.keys(Keys.ESCAPE)
    page.one(".graph input").send_keys("storefront/web")
    is_so(len(page.all(".node.marked")) == 1, "the name is marked")
    page.js("document.querySelector('.node.user').focus()")
    page.keys(Keys.ENTER)
    is_so(page.one("#panel").is_displayed(), "Enter chooses a node")
    page.keys(Keys.ESCAPE)


def changes_its_colours(page):
    look = "return [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]"
    before = page.js(look)
    page.one("#theme").click()
    after = page.js(look)
    is_so(before[0] != after[0] and before[1] != after[1], before, after)
    page.one("#theme").click()
    equal(page.js(look), before)


def prints(page):
    page.js("addEventListener('beforeprint', () => { window.told = document.getElementById('print').textContent; })")
    printed = page.browser.execute_cdp_cmd("Page.printToPDF", {})
    told = page.js("return window.told")
    for text in ("Findings (", "Who holds what", "release/publisher", "storefront/web", "PSDTA"):
        is_so(text in told, text, "is not on paper")
    paper = base64.b64decode(printed["data"])
    is_so(paper.startswith(b"%PDF") and paper.count(b"/Type /Page\n") > 2, len(paper), "bytes of paper")


def says_what_who_can_says(page, cells):
    page.js("State.set({ view: 'matrix' })")
    for principal, capability, resource, verdict in cells:
        page.js("State.set({ who: arguments[0], what: arguments[1], hide: arguments[2] })", principal, resource,
                ",".join(one for one in ("pull", "push", "describe", "delete", "tag", "administer", "create") if one != capability))
        # Longer names may begin with these.
        found = page.js(
            """const named = (selector, name) => [...document.querySelectorAll(selector)].find((one) => one.title.split("\\n").includes(name));
            const [row, column] = [named(".side", arguments[0])?.dataset.row, named(".head", arguments[1])?.dataset.column];
            return document.querySelector(`.cell[data-row="${row}"][data-column="${column}"]`)?.getAttribute("aria-label") ?? null;""",
            principal, resource)
        said = {None: "denied"}.get(found, "conditional" if found and found.startswith("under conditions") else "allowed")
        is_so(said == verdict, f"{principal} {capability} {resource}: the page says {found!r}, who-can says {verdict}")
    page.js("clearFilters()")


def scrolls_far(page):
    places = page.js("const grid = document.getElementById('grid'); return [grid.scrollWidth, grid.scrollHeight, grid.clientHeight]")
    steps = []
    for down, right in ((0, 0), (0.5, 0.5), (1, 1), (1, 0), (0, 1), (0.25, 0.75)):
        page.js("const grid = document.getElementById('grid'); grid.scrollTop = arguments[0]; grid.scrollLeft = arguments[1];",
                places[1] * down, places[0] * right)
        page.js("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        steps.append(page.js("return Grid.lastStep"))
        nodes = page.js("return document.querySelectorAll('*').length")
        is_so(nodes < 6000, nodes, "nodes at", (down, right))
        cells = page.js("return document.querySelectorAll('#grid .cell').length")
        is_so(100 < cells < 2000, cells, "cells at", (down, right))
    # Little steps, as a wheel makes them.
    for _ in range(20):
        page.js("document.getElementById('grid').scrollTop += 84; return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        steps.append(page.js("return Grid.lastStep"))
    page.js("document.getElementById('grid').scrollTop = 1e7; document.getElementById('grid').scrollLeft = 1e7;")
    page.wait(lambda: page.all(".row[aria-rowindex='2001']") and page.all(".head[aria-colindex='501']"))
    corner = "const {left, top} = document.getElementById('grid').getBoundingClientRect(); return document.elementFromPoint(left + 40, top + 40).closest(arguments[0]) !== null"
    is_so(page.js(corner, ".corner"), "the corner stays where it is")
    is_so(page.js(corner.replace("top + 40", "top + 240"), ".side"), "names stay where they are")
    print(f"a step draws in {sorted(steps)[len(steps) // 2]:.1f} ms, at most {max(steps):.1f} ms; {page.js('return document.querySelectorAll(`*`).length')} nodes")


def shows_names_as_text(page, names):
    for view in ("summary", "findings", "matrix", "graph"):
        page.js("State.set({ view: arguments[0] })", view)
        page.js("document.querySelectorAll('details > summary').forEach((one) => one.click())")
        time.sleep(0.05)
    page.js("State.set({ view: 'matrix' })")
    for cell in page.all(".cell[class*=level]")[:6]:
        cell.click()
        page.js("document.querySelectorAll('#panel details').forEach((one) => { one.open = true; })")
        panel = page.js("return document.getElementById('panel').textContent + document.body.textContent + [...document.querySelectorAll('[title]')].map((one) => one.title).join()")
        names = [name for name in names if name not in panel]
    equal(names, [])
    is_so(page.js("return window.hacked") is None, "nothing ran")
    equal(page.js("return document.querySelectorAll('img, iframe, object, embed, body script:not([nonce]):not([type])').length"), 0)
    page.browser.execute_cdp_cmd("Page.printToPDF", {})
    is_so(page.js("return window.hacked") is None, "nothing ran")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        wanted = json.load(file)
    options = Options()
    with tempfile.TemporaryDirectory() as profile:
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.binary_location = wanted["chromium"]
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        browser = webdriver.Chrome(options=options, service=Service(wanted["chromedriver"]))
        try:
            page = Page(browser)
            page.open(wanted["sample"])
            is_so("the sample organization" in page.text("#main"), "the summary says what was read")
            searches_and_filters(page)
            opens_a_proof(page)
            moves_by_keys(page)
            opens_a_finding(page, wanted["findings"])
            shows_the_graph(page)
            changes_its_colours(page)
            says_what_who_can_says(page, wanted["cells"])
            prints(page)
            page.open(wanted["hostile"])
            shows_names_as_text(page, wanted["names"])
            page.open(wanted["large"], "#view=matrix")
            scrolls_far(page)
            equal(page.errors(), [])
            asked = page.requests() - {"data:,"}
            equal(asked, {page.address(wanted[name]) for name in ("sample", "hostile", "large")})
        finally:
            browser.quit()


if __name__ == "__main__":
    main()
