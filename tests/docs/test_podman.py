"""The table of docs/podman.md is that of the matrix."""

from __future__ import annotations

from generator.versions import ROOT
from tests.engines.podman_differences import table


def test_the_table() -> None:
    page = (ROOT / "docs/podman.md").read_text(encoding="utf-8")
    assert "\n".join(table()) in page
