"""The docker CLI of three Debian releases: what moorage finds is compared with what it finds."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from moorage.private.debian import unpacked
from tests.engines.conftest import ENGINES, FOLDER

__all__ = ["Cli"]

_REFUSED = re.compile(r"Cannot connect to the Docker daemon at (\S+)\. ")


class Cli:
    """A docker CLI with a home of its own.

    Args:
        release: The engine's that came with it.
        home: The folder of its configuration.
    """

    def __init__(self, release: str, home: Path) -> None:
        suite = ENGINES[release]
        if suite == "bookworm":  # there the engine's package has it
            tree = unpacked(FOLDER, suite, suite, ["docker.io"])
        else:
            tree = unpacked(FOLDER, f"cli-{suite}", suite, ["docker-cli"])
        self.program = tree / "usr/bin/docker"
        self.home = home
        self.config = home / ".docker"

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it; its environment is no more than what is given."""
        return subprocess.run(
            [str(self.program), *arguments],
            env={"HOME": str(self.home)} | dict(environment or {}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def uses_proxy(self, environment: Mapping[str, str]) -> bool:
        """Return whether it would use a proxy, in a network where nothing is."""
        done = subprocess.run(
            ["unshare", "--net", str(self.program), "version"],
            env={"HOME": str(self.home), "PATH": os.environ["PATH"]} | dict(environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode, done.stdout
        return "proxyconnect" in done.stderr

    def create_context(self, name: str, **endpoint: object) -> None:
        """Create a context; the endpoint's keys are those of `--docker`."""
        settings = ",".join(f"{key.replace('_', '-')}={value}" for key, value in endpoint.items())
        done = self.run("context", "create", name, "--docker", settings)
        assert done.returncode == 0, done.stderr

    def use_context(self, name: str) -> None:
        """Make a context the current one."""
        done = self.run("context", "use", name)
        assert done.returncode == 0, done.stderr

    def dialled(self, environment: Mapping[str, str]) -> str:
        """Tell which host it takes, none of which may be reachable."""
        done = self.run("version", environment=environment)
        found = _REFUSED.search(done.stderr)
        assert found, done.stderr
        return found[1]
