"""The examples in Python that the documents have."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

from generator.versions import ROOT

__all__ = ["DOCUMENTS", "README", "START", "examples"]

README = ROOT / "README.md"
START = ROOT / "docs" / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]

# Those of a list's item are indented.
_EXAMPLE = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def examples(document: Path) -> dict[str, str]:
    """Take the examples out of a document, by the places where they begin."""
    text = document.read_text(encoding="utf-8")
    found = {
        text.count("\n", 0, each.start(2)) + 1: dedent(each[2]) for each in _EXAMPLE.finditer(text)
    }
    name = "_".join(document.relative_to(ROOT).with_suffix("").parts)
    return {f"{name}_{line}": code for line, code in found.items()}
