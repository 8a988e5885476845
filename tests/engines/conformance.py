"""The command `moorage conformance`, run as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["COMMAND", "ROOT", "conformance"]

COMMAND = [sys.executable, "-W", "error", "-m", "moorage", "conformance"]
ROOT = Path(__file__).parents[2]


def conformance(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("DOCKER_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
