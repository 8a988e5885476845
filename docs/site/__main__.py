"""Build the site: `python -m docs.site`."""

from __future__ import annotations

import subprocess
import sys

from docs.site.build import build
from generator.versions import ROOT


def main() -> int:
    """Build the site, and tell what is wrong with it."""
    folder = ROOT / "build" / "docs"
    try:
        found = build(folder)
    except subprocess.CalledProcessError as error:
        return error.returncode
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        return 1
    site = folder / "site"
    files = [file for file in site.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{len(files)} files of {size:.1f} MB in {site.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
