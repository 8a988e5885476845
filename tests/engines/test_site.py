"""The documentation's site, built and opened in a real Chromium."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.site.build import build
from moorage.versions.bundled import bundled_versions
from tests.engines.chromium import SITE, Page, chromium
from tests.engines.conftest import FOLDER

pytestmark = pytest.mark.usefixtures("private_machine")
PATIENCE = 60
PAGES = [
    "/",
    "/docker-py/",
    "/how-it-works/",
    "/reference/",
    "/reference/containers/",
    "/reference/types/HostConfig/",
    "/reference/changes/1.44/",
    "/reference/versions/",
]
BAD = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build(folder / "docs") == []
    return folder / "docs" / "site"


@pytest.fixture(scope="module")
def browser(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(FOLDER, tmp_path_factory.mktemp("chromium"), site) as opened:
        yield opened


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """A tab; at its end, it has asked no other host, and nothing went wrong in it."""
    browser.look(1200, 900)
    visit(browser, "/404.html")
    browser.run("localStorage.clear()")
    yield browser
    check(browser)


def visit(browser: Page, path: str) -> None:
    """Open a page of the site, and make sure that the one before it asked for nothing else."""
    check(browser)
    browser.open(f"{SITE}{path}")


def check(browser: Page) -> None:
    for event in browser.events:
        assert event["method"] not in BAD, event
        if event["method"] == "Network.requestWillBeSent":
            address = event["params"]["request"]["url"]
            assert address.startswith((f"{SITE}/", "data:")), address
        if event["method"] == "Network.responseReceived":
            assert event["params"]["response"]["status"] < 400, event


def until(condition: Callable[[], Any]) -> Any:
    """Return what a condition gives once that is something."""
    limit = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < limit
    return found


def switch(page: Page, version: str) -> None:
    page.run(
        f"(() => {{ const e = document.querySelector('#m-version'); e.value = '{version}';"
        "e.dispatchEvent(new Event('change')); })()"
    )


def top(page: Page, name: str) -> float:
    found: float = page.run(f"document.getElementById('{name}').getBoundingClientRect().top")
    return found


def test_search(page: Page) -> None:
    visit(page, "/")
    page.run(
        "(() => { const e = document.querySelector('.md-search__input'); e.focus();"
        "e.value = 'read_only_force_recursive'; e.dispatchEvent(new Event('keyup')); })()"
    )
    links = until(
        lambda: page.run(
            "[...document.querySelectorAll('.md-search-result__link')].map(e => e.href).join(' ')"
        )
    )
    assert "/reference/types/BindOptions/" in links


def test_the_switcher_stays_at_the_operation(page: Page) -> None:
    visit(page, "/reference/containers/#logs")
    bar = page.run("document.querySelector('[data-versions]').getBoundingClientRect().bottom")
    before = top(page, "logs")
    assert bar <= before < 300
    assert not page.run("document.getElementById('logs-until').hidden")
    switch(page, "1.30")
    assert abs(top(page, "logs") - before) < 3
    assert page.run("document.getElementById('logs-until').hidden")
    assert page.run("document.getElementById('create-platform').hidden")
    switch(page, "all")
    assert abs(top(page, "logs") - before) < 3
    assert page.run("document.querySelectorAll('[data-since][hidden], .m-lacks').length") == 0


def test_the_version_is_remembered(page: Page) -> None:
    visit(page, "/reference/volumes/")
    switch(page, "1.40")
    note = page.run("document.querySelector('.m-lacks').textContent")
    newest = bundled_versions()[-1]
    assert note == f"API 1.40 has no volumes.update: it is in 1.42 to {newest}."
    visit(page, "/reference/types/HostConfig/")
    assert page.run("document.querySelector('#m-version').value") == "1.40"
    assert not page.run("document.getElementById('capabilities').hidden")
    visit(page, "/reference/types/HostConfig/?api=1.55")
    assert page.run("document.getElementById('capabilities').hidden")


def test_changes_have_colours(page: Page) -> None:
    visit(page, "/reference/changes/1.44/")
    colours = page.run(
        "['breaking', 'deprecated', 'compatible'].map(each => getComputedStyle("
        "document.querySelector(`.m-changes .m-${each}`)).borderLeftColor)"
    )
    assert len({*colours, page.run("getComputedStyle(document.body).color")}) == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone(page: Page, scheme: str) -> None:
    page.look(390, 800, scheme=scheme)
    for path in PAGES:
        visit(page, path)
        assert page.run("document.documentElement.scrollWidth") <= 390, path
        colour = page.run("getComputedStyle(document.body).backgroundColor")
        lightness = sum(int(part) for part in colour.strip("rgb()").split(",")[:3]) / 3
        assert (lightness < 100) == (scheme == "dark"), colour
