"""The reference is made of all that the clients have, and says it once for all versions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.site.check import faults
from docs.site.html import prose
from docs.site.navigation import navigation
from docs.site.reference import pages
from docs.site.spans import Span, rows, spans
from moorage_api import v1_55
from moorage_api.availability import FIELDS, KEYWORDS, OPERATIONS

VERSIONS = ["1.1", "1.2", "1.3", "1.4"]


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return pages()


def test_spans() -> None:
    values = {"1.1": "a", "1.2": "A", "1.4": "a"}
    assert spans(VERSIONS, values, str.lower) == [Span("A", "1.1", "1.2"), Span("a", "1.4", "1.4")]
    assert spans(VERSIONS, values, str) == [
        Span("a", "1.1", "1.1"),
        Span("A", "1.2", "1.2"),
        Span("a", "1.4", "1.4"),
    ]


def test_rows_are_in_the_newest_order() -> None:
    tables = {"1.1": "xab", "1.2": "ayb", "1.3": "ba", "1.4": "ba"}
    found = [(each.value, each.since, each.until) for each in rows(VERSIONS, tables, str)]
    assert found == [
        ("x", "1.1", "1.1"),
        ("b", "1.1", "1.4"),
        ("a", "1.1", "1.4"),
        ("y", "1.2", "1.2"),
    ]


def test_prose_is_no_html() -> None:
    assert prose("a <b>x</b> `<c>`\n- d") == (
        "<p>a &lt;b&gt;x&lt;/b&gt; <code>&lt;c&gt;</code></p>\n<ul>\n<li>d</li>\n</ul>"
    )


def test_every_operation_is_there_with_its_versions(reference: dict[str, str]) -> None:
    for name, (first, last) in OPERATIONS.items():
        namespace = name.partition(".")[0]
        mark = f'data-name="{name}" data-first="{first}" data-last="{last}"'
        assert mark in reference[f"{namespace}.md"], name


def test_every_keyword_is_there(reference: dict[str, str]) -> None:
    for operation, keywords in KEYWORDS.items():
        namespace, _, name = operation.partition(".")
        if not name:  # a verb, which takes the fields of the models that it fills
            continue
        for keyword in keywords:
            assert f'id="{name}-{keyword}"' in reference[f"{namespace}.md"], (operation, keyword)


def test_every_field_is_there(reference: dict[str, str]) -> None:
    for model, fields in FIELDS.items():
        for name in fields:
            assert f'id="{name}"' in reference[f"types/{model}.md"], (model, name)
    models = {name for name in v1_55.__all__ if not name.endswith(("Engine", "Fields"))}
    assert {name for name in models if f"types/{name}.md" not in reference} == set()


def test_the_navigation_takes_new_pages() -> None:
    made = navigation(["README", "pinned", "quite-new"], ["index.md", "types/index.md"])
    assert {"More": ["quite-new.md"]} in made
    assert {"Guides": ["pinned.md"]} in made
    assert [next(iter(each)) for each in made] == ["Start", "Guides", "More", "Reference"]


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="b/">', "index.html: the link to b/ leads nowhere"),
        ('<a href="../x">', "index.html: the link to ../x leads nowhere"),
        ('<a href="#b">', "index.html: the link to #b names no place of that page"),
        ('<p id="a"><p id="a">', "index.html: the id a appears twice"),
        (
            '<script src="https://example.org/x.js">',
            "index.html: https://example.org/x.js is loaded from another host",
        ),
        (
            '<link rel="stylesheet" href="//example.org/x.css">',
            "index.html: //example.org/x.css is loaded from another host",
        ),
        ('<a href="https://example.org/"><p id="c"><a href="#c">', None),
    ],
)
def test_faults_of_a_site(html: str, fault: str | None, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(html)
    assert list(faults(tmp_path)) == ([] if fault is None else [fault])


def test_css_that_loads_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@font-face { src: url(https://example.org/a.woff2) }")
    assert list(faults(tmp_path)) == ["a.css: https://example.org/a.woff2 is loaded"]


def test_the_page_of_versions(reference: dict[str, str]) -> None:
    page = reference["versions.md"]
    assert "| [1.52](changes/1.52.md) | 29.0 | 1.44 | 107 |" in page
    assert "<title>29.0: 1.44 to 1.52</title>" in page
    assert "<title>20.10: 1.25 to 1.41</title>" in page
    assert page.count("<svg") == 3


def test_what_did_not_change_is_said_once(reference: dict[str, str]) -> None:
    assert sum(map(len, reference.values())) < 2_500_000
    ids = re.findall(r' id="([^"]+)"', reference["containers.md"])
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["build", "create", "deploy", "run"])
def test_a_verb_that_a_version_restates_keeps_its_words(
    reference: dict[str, str], name: str
) -> None:
    _, _, after = reference["verbs.md"].partition(f"\n## {name} ")
    about, _, _ = after.partition("\n## ")
    for part in about.split("<h3>")[1:]:
        rows = re.findall(r"<div( [^>]*)?><dt>", part)
        assert any("data-until" not in row for row in rows), part[:40]


def test_every_operation_is_described(reference: dict[str, str]) -> None:
    for page, text in reference.items():
        for operation in re.findall(r'<div class="m-operation".*?\n</div>\n', text, re.DOTALL):
            words = re.sub(r"<(dl|h3|p class).*?</\1>|<[^>]*>", "", operation, flags=re.DOTALL)
            assert len(words.split()) >= 2, (page, operation[:80])
