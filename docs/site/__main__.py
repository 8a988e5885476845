"""Build the site: `python -m docs.site`."""

from __future__ import annotations

import os
import subprocess
import sys

from docs.site.check import faults
from docs.site.pages import lay_out
from generator.versions import ROOT

FOLDER = ROOT / "build" / "docs"


def main() -> int:
    """Put the pages together, build the site strictly, and check it."""
    lay_out(FOLDER)
    site = FOLDER / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    command += ["--config-file", str(FOLDER / "mkdocs.yml")]
    # The theme's makers advertise on a terminal.
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    if status := subprocess.run(command, env=env, check=False).returncode:  # noqa: S603
        return status
    found = list(faults(site))
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        return 1
    files = [file for file in site.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{len(files)} files of {size:.1f} MB in {site.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
