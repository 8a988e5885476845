"""`python -m moorage`, which is `moorage`."""

from __future__ import annotations

import sys

from moorage.cli import main

if __name__ == "__main__":
    sys.exit(main())
