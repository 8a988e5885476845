"""The package's page shows the README, without links that lead nowhere there."""

from __future__ import annotations

import re

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
