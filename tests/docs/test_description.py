"""What the package's page shows: the README, without links that lead nowhere there."""

from __future__ import annotations

import re
import tomllib

from generator.versions import ROOT
from hatch_build import description
from tests.examples import README


def test_links_become_names() -> None:
    text = (
        "[a](docs/a.md), [docs/b.md](docs/b.md), [c](https://example.org/c) and `[d](e)`: [f](#f)"
    )
    assert description(text) == (
        "a (`docs/a.md`), `docs/b.md`, [c](https://example.org/c) and `d (`e`)`: [f](#f)"
    )


def test_the_readme() -> None:
    shown = description(README.read_text(encoding="utf-8"))
    assert "    pip install moorage\n" in shown
    assert re.findall(r"\]\((?!https://)[^)]*\)", shown) == []
    assert "`docs/README.md`" in shown


def test_the_versions_of_python_are_those_that_are_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    prefix = "Programming Language :: Python :: 3."
    said = [each.removeprefix(prefix) for each in project["classifiers"] if prefix in each]
    assert said == ["11", "12", "13", "14"]
    assert project["requires-python"] == f">=3.{said[0]}"
