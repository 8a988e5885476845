"""The tables that tell users of another client what becomes of their programs."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

from generator.versions import ROOT

__all__ = ["AIODOCKER", "DOCKER_PY", "DOCKER_PY_OPTIONS", "Row", "rows"]

DOCKER_PY = ROOT / "docs" / "docker-py.md"
DOCKER_PY_OPTIONS = ROOT / "docs" / "docker-py-options.md"
AIODOCKER = ROOT / "docs" / "aiodocker.md"
_CODE = re.compile(r"`([^`]+)`")


@frozen
class Row:
    """A row of a table."""

    of: str
    """The beginning of the other client's side: "client.containers"."""
    name: str
    theirs: str
    ours: str
    """"" where there is nothing."""
    more: str


def rows(page: Path) -> list[Row]:
    """Read the rows of a page that have code of the other client."""
    made = []
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            first, second, third = (cell.strip() for cell in line.strip("|").split(" |"))
            (theirs,), ours = _CODE.findall(first), _CODE.findall(second)
            of, _, name = theirs.partition("(")[0].rpartition(".")
            made.append(Row(of, name, theirs, ours[0] if ours else "", third))
    return made
