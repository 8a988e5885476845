"""Packaging settings that a project needs so that its wheel has all of a copy."""

from __future__ import annotations

import tomllib
from pathlib import Path

from moorage.vendor.lock import LOCK

__all__ = ["left_out"]

_FILES = ["LICENSE", "NOTICE", LOCK]


def left_out(folder: Path) -> str | None:
    """Return the setting missing in a project's pyproject.toml; None if complete.

    Wheels of hatchling and of flit have all files of a package; those of setuptools have only
    modules, without the copy's licence.
    """
    for parent in folder.resolve().parents:
        file = parent / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            text = file.read_text(encoding="utf-8")
            project = tomllib.loads(text)
        except (OSError, ValueError):
            return None  # malformed; not checked here
        backend = str(project.get("build-system", {}).get("build-backend", "setuptools"))
        if not backend.startswith("setuptools") or all(name in text for name in _FILES):
            return None
        names = ", ".join(f'"{name}"' for name in _FILES)
        return (
            f"a wheel of setuptools leaves out the copy's licence, unless {file} has\n"
            f'[tool.setuptools.package-data]\n"*" = [{names}]'
        )
    return None
