"""The page of three engines and Podman, made by one command and opened in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage.conformance.growth import growth
from moorage.conformance.page import page
from moorage.conformance.report import Asked, Departures, Report
from tests.engines.chromium import Page, chromium
from tests.engines.conformance import conformance
from tests.engines.conftest import FOLDER

PHONE, DESK = (360, 780), (1280, 900)
ENGINES = ["Docker 20.10", "Docker 26.1", "Docker 28.5", "Podman 4.3"]
VERSIONS = "1.41,1.51"
TEXTS = "[...document.querySelectorAll('#operations tbody tr')].map(r => r.cells[{}].innerText)"
WEIGHTS = (
    "[...document.querySelectorAll('#operations tbody tr')]"
    ".map(r => Number(r.cells[{}].dataset.weight))"
)
# The contrast of a text as WCAG 2.2 counts it, with what is behind it; large text may have less.
CONTRASTS = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = {};
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.matches("script, title, desc")) continue;
    const style = getComputedStyle(e);
    const a = luminance(e.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const b = luminance(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    const key = `${e.nodeName} ${e.className.baseVal ?? e.className} ${large}`;
    found[key] = Math.min(found[key] ?? 99, ratio / (large ? 3 : 4.5));
  }
  return found;
})()
"""


@pytest.fixture(scope="module")
def browser(private_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(FOLDER, tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def made(private_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "conformance.html"
    private = ["--private", "20.10,26.1,28.5,podman", "--write"]
    done = conformance(*private, "--api", VERSIONS, "--html", str(path))
    assert (done.returncode, done.stderr) == (1, "")
    return path


@pytest.fixture
def opened(browser: Page, made: Path) -> Page:
    browser.look(*DESK)
    browser.open(made)
    return browser


def test_the_engines_and_what_they_do(opened: Page) -> None:
    assert opened.run("[...document.querySelectorAll('h3')].map(e => e.innerText)") == ENGINES
    rows = dict(zip(opened.run(TEXTS.format(0)), range(10**6), strict=False))
    docker, podman = (opened.run(TEXTS.format(column)) for column in (3, 4))
    # Podman has no swarm, of which Docker's engines are one here; both have containers.
    assert (docker[rows["swarm.init"]], podman[rows["swarm.init"]]) == ("ok", "refused")
    assert docker[rows["containers.start"]] == podman[rows["containers.start"]] == "answers"
    assert int(docker[rows["containers.inspect"]]) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_loaded_and_nothing_complains(browser: Page, made: Path, scheme: str) -> None:
    browser.look(*PHONE, scheme=scheme)
    browser.open(made)
    browser.click("#operations td button")
    browser.press("Escape")
    told = {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}
    assert [each for each in browser.events if each["method"] in told] == []
    asked = [
        each["params"]["request"]["url"]
        for each in browser.events
        if each["method"] == "Network.requestWillBeSent"
    ]
    assert [each for each in asked if not each.startswith("data:")] == [made.as_uri()]


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_makes_the_page_scroll_sideways(browser: Page, made: Path, width: int) -> None:
    browser.look(width, 780)
    browser.open(made)
    browser.run("document.querySelectorAll('details').forEach(e => e.open = true)")
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert browser.run(wide)
    browser.click("#operations td button")
    assert browser.run(wide)
    assert browser.run("(() => { const d = document.querySelector('dialog');"
                       "return d.scrollWidth <= d.clientWidth; })()")  # fmt: skip


def test_the_matrix_scrolls_in_its_box_under_its_headings(browser: Page, made: Path) -> None:
    browser.look(*PHONE)
    browser.open(made)
    browser.run("document.querySelector('.box').scrollTo(200, 900)")
    moved, head, name = browser.run(
        "(() => { const box = document.querySelector('.box');"
        "const at = (s) => box.querySelector(s).getBoundingClientRect();"
        "const edge = box.getBoundingClientRect();"
        "return [[box.scrollLeft, box.scrollTop], at('thead th').top - edge.top,"
        "at('tbody th').left - edge.left]; })()"
    )
    assert moved == [200, 900]
    assert 0 <= head <= 2
    assert 0 <= name <= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: Page, made: Path, scheme: str) -> None:
    browser.look(*DESK, scheme=scheme)
    browser.open(made)
    browser.run("document.querySelectorAll('details').forEach(e => e.open = true)")
    browser.click("#operations td button")
    found = browser.run(CONTRASTS)
    assert len(found) > 15
    assert {key: ratio for key, ratio in found.items() if ratio < 1} == {}
    assert browser.run("getComputedStyle(document.body).colorScheme") == "light dark"
    dark = browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 21)"
    assert dark == (scheme == "dark")


def test_it_opens_with_what_departs_and_folds_what_was_not_asked(opened: Page) -> None:
    columns = [opened.run(WEIGHTS.format(each)) for each in range(1, len(ENGINES) + 1)]
    totals = [sum(max(each, 0) for each in row) for row in zip(*columns, strict=True)]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > 1000
    assert totals[-1] == 0
    assert all(max(row) >= 0 for row in zip(*columns, strict=True))  # each was asked of some engine
    assert opened.run("document.querySelector('#operations [aria-sort=ascending]')") is None
    folded = "document.querySelector('#unasked {}').checkVisibility()"
    assert opened.run(folded.format("summary"))
    assert not opened.run(folded.format("p"))
    opened.click("#unasked summary")
    assert opened.run(folded.format("p"))
    told = opened.run("document.querySelector('#unasked').textContent")
    assert "session.session" in told or "images.push" in told
    names = told.partition(": ")[2].removesuffix(".").split(", ")
    assert told.startswith(f"{len(names)} operations were not asked")
    assert not set(names) & set(opened.run(TEXTS.format(0)))


def test_sorting_by_mouse(opened: Page) -> None:
    names = sorted(opened.run(TEXTS.format(0)))
    opened.click("#operations thead th:nth-child(4) button")
    weights = opened.run(WEIGHTS.format(3))
    assert weights == sorted(weights, reverse=True)
    assert opened.run("document.querySelector('[aria-sort=descending]').innerText") == ENGINES[2]
    opened.click("#operations thead th:nth-child(4) button")
    assert opened.run(WEIGHTS.format(3)) == sorted(weights)
    opened.click("#operations thead th:nth-child(1) button")
    assert opened.run("document.querySelector('[aria-sort=ascending]').innerText") == "Operation"
    assert opened.run(TEXTS.format(0)) == names


def test_sorting_and_evidence_by_keyboard(opened: Page) -> None:
    opened.run("document.querySelector('#operations thead th:nth-child(4) button').focus()")
    opened.press("Enter")
    weights = opened.run(WEIGHTS.format(3))
    assert weights == sorted(weights, reverse=True) != sorted(weights)
    opened.press("Tab")
    opened.press("Tab")
    focused = "document.activeElement.closest('tbody') !== null"
    assert opened.run(focused)
    opened.press("Enter")
    assert opened.run("document.querySelector('dialog').open")
    opened.press("Escape")
    assert not opened.run("document.querySelector('dialog').open")
    assert opened.run(focused)  # whoever closes it is where he was


def test_a_click_shows_the_evidence(opened: Page) -> None:
    opened.run(
        "[...document.querySelectorAll('tbody tr')].find(r => r.cells[0].innerText =="
        "'containers.inspect').cells[3].firstChild.id = 'wanted'"
    )
    opened.click("#wanted")
    assert opened.run("document.querySelector('dialog h2').innerText") == (
        "containers.inspect, Docker 28.5"
    )
    items = opened.run("[...document.querySelectorAll('dialog li')].map(e => e.innerText)")
    assert len(items) == int(opened.run("document.getElementById('wanted').innerText"))
    (binds,) = [each for each in items if each.startswith("$.HostConfig.Binds\n")]
    assert "expected array of string, found null" in binds
    assert "API 1.41, 1.51" in binds
    assert "GET /v1.41/containers/…/json" in binds
    assert '"Binds": null' in binds
    opened.click("dialog form button")
    assert not opened.run("document.querySelector('dialog').open")


def test_the_chart_has_words_and_numbers(opened: Page) -> None:
    sizes = growth()
    opened.run("document.querySelectorAll('details').forEach(e => e.open = true)")
    rows = opened.run("[...document.querySelectorAll('.numbers tbody tr')].map(r => r.innerText)")
    assert rows == [
        f"{each.version}\t{each.operations:,}\t{each.arguments:,}\t{each.fields:,}"
        for each in sizes
    ]
    tree = opened.send("Accessibility.getFullAXTree")["nodes"]
    images = {
        each["name"]["value"]: each.get("description", {}).get("value", "")
        for each in tree
        if each.get("role", {}).get("value") in ("image", "img")
    }
    told = f"{sizes[0].operations} in API 1.25, {sizes[-1].operations} in API {sizes[-1].version}."
    assert [name for name in images if name.startswith("Operations") and told in name]


HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "\"><svg onload='window.hacked = 1'>",
    "<!--<script>",
    "${window.hacked = 1} $data $script",
    "\u2028'; window.hacked = 1; //",
]


def test_what_engines_send_is_text(browser: Page, tmp_path: Path) -> None:
    engines = []
    for text in HOSTILE:
        departs = Departures("system.info", text, text, text, ("1.41",), text, 200, text)
        outcomes: dict[str, Any] = {"system.info": {"1.41": "departs"}}
        engines.append(Asked(text, text, text, text, ("1.41",), outcomes, (departs,)))
    path = tmp_path / "hostile.html"
    path.write_text(page(Report(tuple(engines), write=False)), encoding="utf-8")
    browser.look(*DESK)
    browser.open(path)
    assert browser.run("[...document.querySelectorAll('h3')].map(e => e.textContent)") == HOSTILE
    for index, text in enumerate(HOSTILE):
        browser.click(f"[data-engine='{index}']")
        shown = browser.run("document.querySelector('dialog pre').textContent")
        assert shown == f"{text} → 200\n\n{text}"
        browser.press("Escape")
    assert browser.run("[typeof hacked, document.images.length, document.scripts.length]") == [
        "undefined",
        0,
        2,
    ]
    # Nor would it run if it had become HTML: the page's policy lets no script run but its own.
    refused = [each for each in browser.events if each["method"] == "Log.entryAdded"]
    assert refused == []
    browser.run(f"document.body.insertAdjacentHTML('beforeend', {json.dumps(HOSTILE[1])})")
    browser.run("new Promise(resolve => setTimeout(resolve))")
    assert browser.run("typeof hacked") == "undefined"
