"""mypy, run on programs as if the newest API version were another one.

A negotiated engine is typed as `moorage_api.newest`; mypy reads another file in its place, with the
version's names. So all versions share one cache, and after the first one mypy only checks the
programs themselves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from moorage.check.programs import Program
from moorage.check.report import CheckFailed, Mistake
from moorage.versions.numbers import version_key

__all__ = ["TypeChecker"]

_MISSING_MYPY = (
    f"mypy is not installed for {sys.executable}: {sys.executable} -m pip install 'moorage[check]'"
)
_OPTIONS = (
    # The project's own settings are ignored: only errors that depend on versions matter here.
    "--config-file=",
    "--check-untyped-defs",
    "--disable-error-code=import-untyped",
    "--follow-imports=silent",
    "--no-error-summary",
    "--output=json",
    "--show-absolute-path",
    # A cache in files may be used by several processes at once.
    "--no-sqlite-cache",
)
_ANYTHING = "from typing import Any\n\n\ndef __getattr__(name: str) -> Any: ...\n"


class TypeChecker:
    """Checks programs as one version after the other.

    Args:
        scratch: An empty folder for its files.

    Raises:
        CheckFailed: The package mypy is not installed.
    """

    def __init__(self, scratch: Path) -> None:
        if find_spec("mypy") is None:
            raise CheckFailed(_MISSING_MYPY)
        self._newest = str(files("moorage_api") / "newest.py")
        self._scratch = scratch
        self._anything = scratch / "anything.py"
        self._anything.write_text(_ANYTHING, encoding="utf-8")

    def check(self, programs: Iterable[Program], version: str) -> list[Mistake]:
        """List the errors of the programs if this version were the newest.

        Raises:
            CheckFailed: The type checker gave up.
        """
        programs = list(programs)
        shadows = [(self._newest, self._version(version))]
        # Files that import one with a syntax error are still checked.
        shadows += [(str(each.file), self._anything) for each in programs if each.broken]
        arguments = [f"--cache-dir={cache_folder()}"]
        for file, shadow in shadows:
            arguments += ["--shadow-file", file, str(shadow)]
        done = subprocess.run(  # noqa: S603 - Python itself, with options of ours and files
            [
                *(sys.executable, "-P", "-m", "mypy", *_OPTIONS, *arguments, "--"),
                *(str(each.file) for each in programs),
            ],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"},
            check=False,
        )
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found = [_mistake(each) for each in said if each["severity"] == "error"]
        if done.returncode not in (0, 1):
            why = [f"{each.file}: {each.message}" for each in found] or [done.stderr.strip()]
            raise CheckFailed("\n".join(["mypy gave up:", *why]))
        broken = [each.broken for each in programs if each.broken]
        return [*_without_echoes(found), *broken]

    def _version(self, version: str) -> Path:
        file = self._scratch / f"newest_{version}.py"
        major, minor = version_key(version)
        # Each has a size of its own, by which mypy's cache notices the change.
        names = f"from moorage_api.v{major}_{minor} import *  # {'.' * minor}\n"
        file.write_text(names, encoding="utf-8")
        return file


def cache_folder() -> Path:
    """Return the folder of mypy's cache about moorage, shared by all projects of a user."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "moorage", "check")


def _mistake(said: dict[str, Any]) -> Mistake:
    file = Path(said["file"])
    return Mistake(file, said["line"], said["column"] + 1, said["code"] or "", said["message"])


def _without_echoes(mistakes: list[Mistake]) -> list[Mistake]:
    """Drop "no overload fits" if another error already names the argument."""
    unexpected = {
        _place(each) for each in mistakes if each.message.startswith("Unexpected keyword")
    }
    return [
        each
        for each in mistakes
        if not (each.message.startswith("No overload variant") and _place(each) in unexpected)
    ]


def _place(mistake: Mistake) -> tuple[Path, int, int]:
    return mistake.file, mistake.line, mistake.column
