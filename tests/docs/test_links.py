"""Every link between the documents leads somewhere, as a forge shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.versions import ROOT
from tests.examples import DOCUMENTS

FILES = [
    *DOCUMENTS,
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", ".github/SECURITY.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s#]*)(?:#(?P<anchor>[^)\s]*))?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Name the headings as a forge does."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links(file: Path) -> None:
    for found in LINK.finditer(CODE.sub("", file.read_text(encoding="utf-8"))):
        if "://" in found["to"]:
            continue
        target = (file.parent / found["to"]).resolve() if found["to"] else file
        assert target.exists(), found[0]
        if found["anchor"]:
            assert found["anchor"] in anchors(target.read_text(encoding="utf-8")), found[0]
