"""Hatch's hooks: a wheel or sdist has the clients of all pinned versions, or is not built.

Its description is README.md; links into the repository become names of files.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<to>(?!https?://|#)[^)]+)\)")


class Description(MetadataHookInterface):
    """Makes the project's description from its README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": description(text)}


def description(readme: str) -> str:
    """Replace a README's links into the repository by names of files."""

    def named(link: re.Match[str]) -> str:
        if link["text"] == link["to"]:
            return f"`{link['to']}`"
        return f"{link['text']} (`{link['to']}`)"

    return _LINK.sub(named, readme)


class Clients(BuildHookInterface[BuilderConfig]):
    """Generates the clients in a checkout, and checks them in an unpacked sdist."""

    def dependencies(self) -> list[str]:
        """List the generator's dependencies; an sdist has its output."""
        if self._is_sdist():
            return []
        project = tomllib.loads(Path(self.root, "pyproject.toml").read_text(encoding="utf-8"))
        # It also imports moorage, and so needs its dependencies.
        return [*project["dependency-groups"]["generator"], *project["project"]["dependencies"]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Generate, or end the build with one line that says what to do."""
        # An editable installation shows generated/ as it is; `make generate` fills it.
        if version == "editable":
            return
        if self._is_sdist():
            self._make_sure()
        else:
            self._generate()

    def _is_sdist(self) -> bool:
        return Path(self.root, "PKG-INFO").is_file()

    def _generate(self) -> None:
        sys.path[:0] = [self.root, str(Path(self.root, "overrides"))]
        try:
            from generator.__main__ import main
        except ImportError as error:
            sys.exit(
                f"error: the generator needs {error.name}: build in isolation, or install what it"
                " needs by `pip install --group generator`"
            )
        for step in ("fetch", "build"):
            if status := main([step, "--strict"]):  # it has printed the reason
                sys.exit(status)

    def _make_sure(self) -> None:
        pins = tomllib.loads(Path(self.root, "spec", "versions.toml").read_text(encoding="utf-8"))
        package = Path(self.root, "generated", "moorage_api")
        hashes = _hashes(package / "sources.py")
        missing = [
            version
            for version, pin in pins.items()
            if hashes.get(version) != pin["sha256"]
            or not (package / f"v{version.replace('.', '_')}" / "__init__.py").is_file()
        ]
        if missing:
            sys.exit(
                f"error: the client of API {', '.join(missing)} is missing in this sdist, or not"
                " made from the pinned specification: unpack the sdist again"
            )


def _hashes(sources: Path) -> dict[str, str]:
    """Read the hash of the specification that each client was made from."""
    if not sources.is_file():
        return {}
    return dict(re.findall(r'"([\d.]+)": "(\w+)"', sources.read_text(encoding="utf-8")))
