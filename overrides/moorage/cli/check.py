"""`moorage check`: API versions that a program would not work with."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from moorage.check import CheckFailed, Finding, Mistake, Note, Report, check
from moorage.cli.status import DONE, FAILED, FOUND
from moorage.cli.terminal import complain, say
from moorage.versions.numbers import span

__all__ = ["add"]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "check",
        help="type-check a program against API versions",
        description="Type-check a program against API versions, by mypy, and list what would not "
        "work with which. It needs moorage[check].",
    )
    verb.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    verb.add_argument(
        "--api", metavar="VERSIONS", help="such as 1.41,1.44; defaults to all bundled ones"
    )
    verb.add_argument("--json", action="store_true", help="print the findings as JSON")
    verb.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    versions = [each.strip() for each in given.api.split(",")] if given.api is not None else []
    try:
        report = check(given.paths, versions)
    except CheckFailed as error:
        complain("check", error)
        return FAILED
    say(json.dumps(_plain(report), indent=2) if given.json else _text(report))
    return FOUND if report.findings else DONE


def _plain(report: Report) -> dict[str, Any]:
    return {
        "api": report.versions,
        "findings": [
            {
                "file": _shown(finding.mistake.file),
                "line": finding.mistake.line,
                "column": finding.mistake.column,
                "code": finding.mistake.code,
                "message": str(finding.mistake),
                "reason": finding.reason,
                "api": finding.versions,
                "always": finding.always,
            }
            for finding in report.findings
        ],
        "notes": [
            {"file": _shown(note.file), "line": note.line, "text": note.text}
            for note in report.notes
        ],
    }


def _text(report: Report) -> str:
    caused = [each for each in report.findings if not each.always]
    always = [each for each in report.findings if each.always]
    parts = []
    if caused:
        title = "Errors with the API versions marked x:"
        parts.append([title, *_matrix(report, caused)])
    if always:
        lines = [f"  {_place(each.mistake)} {each.mistake}" for each in always]
        parts.append(["Errors with every version:", *lines])
    if report.notes:
        lines = [f"  {_place(each)} {each.text}" for each in report.notes]
        parts.append(["Notes:", *lines])
    parts.append([_conclusion(report)])
    return "\n\n".join("\n".join(part) for part in parts)


def _matrix(report: Report, findings: list[Finding]) -> Iterator[str]:
    """Yield a line for each finding; versions with the same findings share a column."""
    columns = [
        (span([*versions]), having)
        for having, versions in groupby(
            report.versions, lambda version: [version in each.versions for each in findings]
        )
    ]
    yield "  " + "  ".join(title for title, _ in columns)
    for row, finding in enumerate(findings):
        marks = ("x" if having[row] else "-" for _, having in columns)
        cells = [mark.ljust(len(title)) for mark, (title, _) in zip(marks, columns, strict=True)]
        lead = "  ".join(cells)
        yield f"  {lead}  {_place(finding.mistake)} {finding.reason or finding.mistake}"
        if finding.reason:
            yield f"  {' ' * len(lead)}      {finding.mistake}"


def _conclusion(report: Report) -> str:
    spoilt = {version for each in report.findings for version in each.versions}
    fine = [version for version in report.versions if version not in spoilt]
    if fine:
        return f"Nothing was found with API {span(fine)}."
    return f"Something was found with each of API {span(report.versions)}."


def _place(thing: Mistake | Note) -> str:
    return f"{_shown(thing.file)}:{thing.line}:"


def _shown(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
