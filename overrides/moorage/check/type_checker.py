"""mypy, run on programs as if the newest API version were another one.

What is negotiated is typed as `moorage_api.newest`; mypy is told to read another file in its place,
which has the version's names. So all versions share one cache, and each but the first one takes
mypy no longer than the programs themselves.
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
    # The project's own settings are for its own run: here only what depends on versions counts.
    "--config-file=",
    "--check-untyped-defs",
    "--disable-error-code=import-untyped",
    "--follow-imports=silent",
    "--no-error-summary",
    "--output=json",
    "--show-absolute-path",
    # One that is kept in files may be used by several at once.
    "--no-sqlite-cache",
)
_ANYTHING = "from typing import Any\n\n\ndef __getattr__(name: str) -> Any: ...\n"


class TypeChecker:
    """Checks programs as one version after the other.

    Args:
        scratch: an empty folder for its files.

    Raises:
        CheckFailed: mypy is not installed.
    """

    def __init__(self, scratch: Path) -> None:
        if find_spec("mypy") is None:
            raise CheckFailed(_MISSING_MYPY)
        self._newest = str(files("moorage_api") / "newest.py")
        self._scratch = scratch
        self._anything = scratch / "anything.py"
        self._anything.write_text(_ANYTHING, encoding="utf-8")

    def check(self, programs: Iterable[Program], version: str) -> list[Mistake]:
        """List what is wrong in the programs where the newest version is this one.

        Raises:
            CheckFailed: mypy gave up.
        """
        programs = list(programs)
        shadows = [(self._newest, self._version(version))]
        # Files that import one with a syntax error are checked all the same.
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
        # Each is of its own size, by which mypy's cache knows that a file in its place is another.
        names = f"from moorage_api.v{major}_{minor} import *  # {'.' * minor}\n"
        file.write_text(names, encoding="utf-8")
        return file


def cache_folder() -> Path:
    """Tell where mypy keeps what it knows of moorage, for all projects of a user."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "moorage", "check")


def _mistake(said: dict[str, Any]) -> Mistake:
    file = Path(said["file"])
    return Mistake(file, said["line"], said["column"] + 1, said["code"] or "", said["message"])


def _without_echoes(mistakes: list[Mistake]) -> list[Mistake]:
    """Leave out that no overload fits where it's told already which argument does not."""
    told = {_place(each) for each in mistakes if each.message.startswith("Unexpected keyword")}
    return [
        each
        for each in mistakes
        if not (each.message.startswith("No overload variant") and _place(each) in told)
    ]


def _place(mistake: Mistake) -> tuple[Path, int, int]:
    return mistake.file, mistake.line, mistake.column
