"""The report as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from moorage_pytest.table import Cell

if TYPE_CHECKING:
    from moorage_pytest.run import Run

__all__ = ["document"]


def document(run: Run, cells: Sequence[Cell]) -> str:
    """Write the report.

    "engines" lists the tested engines, "versions" the requested versions, and "results" has one
    object for each test, engine and version that ran. "negotiated" is the version that moorage uses
    by default; "chosen_by" is empty, or the variable that named it. "failure" is the reason why an
    engine could not be reached.
    """
    engines = [
        {
            "name": host.name,
            "host": host.opened.shown,
            "version": host.opened.engine,
            "min_api": host.opened.min_api,
            "max_api": host.opened.max_api,
            "negotiated": host.opened.negotiated,
            "chosen_by": host.opened.chosen_by,
            "failure": host.opened.failure,
        }
        for host in run.hosts
        if host.opened
    ]
    report = {"engines": engines, "versions": run.versions, "results": [asdict(c) for c in cells]}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
