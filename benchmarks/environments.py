"""Virtual environments for the clients: each has one, with its own dependencies and nothing else.

An environment is kept in `build/bench-env`, and made again when what it is made from has changed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["ROOT", "InstallFailed", "distributions", "environment"]

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build/bench-env"


class InstallFailed(Exception):
    """pip could not install a client; the message is pip's last line."""


def environment(client: str) -> Path:
    """Return the Python of a client's environment, which is made unless it is there.

    Args:
        client: `moorage`, which is this project as it is; `bare`, which has nothing; or the name
            of a distribution.

    Raises:
        InstallFailed: Pip could not install it.
    """
    folder = FOLDER / client
    python, note = folder / "bin/python", folder / "made-from"
    # An editable install has the code as it is, but the dependencies as they were.
    declared = (ROOT / "pyproject.toml").read_text() if client == "moorage" else ""
    made_from = f"{sys.version}\n{client}\n{declared}"
    if note.exists() and note.read_text() == made_from:
        return python
    venv.create(folder, clear=True)
    match client:
        case "bare":
            pass
        case "moorage":
            install(python, "--editable", str(ROOT))
        case _:
            install(python, client)
    note.write_text(made_from)
    return python


def install(python: Path, *what: str) -> None:
    """Install into an environment, by this one's pip."""
    done = pip(python, "install", "--quiet", *what)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise InstallFailed(lines[-1] if lines else f"pip failed with status {done.returncode}")


def distributions(python: Path) -> dict[str, str]:
    """Return the version of each distribution in an environment."""
    done = pip(python, "list", "--format=json")
    done.check_returncode()
    return {each["name"]: each["version"] for each in json.loads(done.stdout)}


def pip(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pip for an environment."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
