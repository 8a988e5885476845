"""Build the site: its pages put together, made HTML strictly, and all links checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from docs.site.check import faults
from docs.site.pages import lay_out

__all__ = ["build"]


def build(folder: Path) -> list[str]:
    """Build the site in `site/` of a folder, and tell what is wrong with it.

    Args:
        folder: A folder, whose former content goes.

    Raises:
        CalledProcessError: Mkdocs warns of something, which it has printed.
    """
    lay_out(folder)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    command += ["--config-file", str(folder / "mkdocs.yml")]
    # The theme's makers would advertise what comes after it.
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, env=env, check=True)  # noqa: S603
    return list(faults(folder / "site"))
