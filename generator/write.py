"""Replace a folder's files, all or none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from generator.errors import BuildError
from generator.memory import Memory, digest

__all__ = ["replace_folder"]

RUFF = (sys.executable, "-m", "ruff")
STYLE = ("--isolated", "--no-cache", "--quiet", "--line-length=100", "--target-version=py311")
UNTIDY = "F401,I001,PIE790,TC005,UP034"
OWN = "lint.isort.known-first-party=['moorage','moorage_api']"


def replace_folder(folder: Path, files: Mapping[str, str], memory: Memory | None = None) -> None:
    """Write files to a folder, replacing its content; Python is formatted.

    Args:
        folder: The folder.
        files: Their texts, by their paths.
        memory: The files formatted by former builds.

    Raises:
        BuildError: A file is not valid Python, or can't be written; the folder is unchanged.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".build-") as work:
            made = Path(work) / folder.name
            memory = memory or Memory()
            former = memory.latest("formatted", dict[str, str])
            keys = {path: digest(path, text) for path, text in files.items()}
            new = {path: text for path, text in files.items() if keys[path] not in former}
            # Only new files are formatted, at their place in the folder.
            _write(made, new)
            if new:
                _format(made)
            for path in new:
                former[keys[path]] = (made / path).read_text(encoding="utf-8")
            _write(made, {path: former[keys[path]] for path in files if path not in new})
            memory.keep("formatted", {key: former[key] for key in keys.values()})
            _swap(made, folder, Path(work) / "former")
    except OSError as error:
        raise BuildError(f"cannot write {error.filename or folder}: {error.strerror}") from error


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _format(folder: Path) -> None:
    """Remove unused imports, and format."""
    tidy = ("check", "--fix", "--unsafe-fixes", f"--select={UNTIDY}", f"--config={OWN}")
    for command in (tidy, ("format",)):
        made = subprocess.run(  # noqa: S603 - our own arguments
            [*RUFF, *command, *STYLE, str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            said = (made.stdout + made.stderr)[:2000]
            raise BuildError(f"the generated code is malformed: {said}")


def _swap(made: Path, folder: Path, former: Path) -> None:
    if folder.exists():
        folder.rename(former)
    try:
        made.rename(folder)
    except BaseException:
        if former.exists():
            former.rename(folder)
        raise
    shutil.rmtree(former, ignore_errors=True)
