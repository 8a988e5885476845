"""PyInstaller's hook folder for moorage, found by the entry point `pyinstaller40`.

Generated modules, and many of moorage's own, are imported by name at run time, which PyInstaller
can't see. The hook beside this module names them.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["hook_dirs"]


def hook_dirs() -> list[str]:
    """Return the folder with the hook."""
    return [str(Path(__file__).parent)]
