"""Find API versions that a program would not work with: mypy checks it as each of them in turn.

    from moorage.check import check

    for finding in check([Path("src")], ["1.41", "1.44"]).findings:
        print(finding.mistake, finding.versions)

An engine that is negotiated, or chosen by a string, is typed as the newest version, which is
exchanged here; code pinned to a version by its class is checked as that version.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from moorage.check.programs import find_programs, runs
from moorage.check.reasons import reason
from moorage.check.report import CheckFailed, Finding, Mistake, Note, Report
from moorage.check.type_checker import TypeChecker
from moorage.versions.bundled import NOTHING_BUNDLED, bundled_versions
from moorage.versions.numbers import span, version_key

__all__ = ["CheckFailed", "Finding", "Mistake", "Note", "Report", "check"]


def check(paths: Iterable[Path], versions: Iterable[str] = ()) -> Report:
    """Type-check programs as if the newest API version were each of some versions.

    Args:
        paths: Files, and folders with all the `.py` files in them.
        versions: The versions, e.g. "1.41"; defaults to all bundled ones.

    Raises:
        CheckFailed: This installation has no client for a version, there is nothing to
            check, mypy is not installed, or it gave up.
    """
    bundled = bundled_versions()
    if not bundled:
        raise CheckFailed(f"this installation of moorage {NOTHING_BUNDLED}")
    wanted = set(versions) or set(bundled)
    if unknown := wanted.difference(bundled):
        raise CheckFailed(f"there is no client for API {min(unknown)!r}; there are {span(bundled)}")
    asked, newest = sorted(wanted, key=version_key), bundled[-1]
    programs = find_programs(paths)
    mistakes: dict[Mistake, set[str]] = {}
    with tempfile.TemporaryDirectory(prefix="moorage-check-") as folder:
        checker = TypeChecker(Path(folder))
        # An error with the newest version too, which programs are written for, is not a version's.
        for version in dict.fromkeys([*asked, newest]):
            for part in runs(programs):
                for mistake in checker.check(part, version):
                    mistakes.setdefault(mistake, set()).add(version)
    findings, notes = [], [note for program in programs for note in program.notes]
    for mistake in sorted(mistakes):
        found = mistakes[mistake]
        if _not_found_here(mistake):
            text = f"{mistake}: names from there are not checked"
            notes.append(Note(mistake.file, mistake.line, text))
        elif having := tuple(each for each in asked if each in found):
            why = reason(mistake.message, found)
            always = why is None and found.issuperset([*asked, newest])
            findings.append(Finding(mistake, having, always, why))
    return Report(tuple(asked), tuple(findings), tuple(sorted(notes)))


def _not_found_here(mistake: Mistake) -> bool:
    """Return whether a foreign module is missing: its names are untyped."""
    return mistake.code == "import-not-found" and 'named "moorage' not in mistake.message
