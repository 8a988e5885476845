"""The specs that were fetched, parsed once for all tests; and small ones, made up for one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from generator import build as build_module
from generator.__main__ import OUTPUT
from generator.answers import load_requirements
from generator.build import apis_of, build, read
from generator.fetch.cache import holds
from generator.ir import Api
from generator.load import Document
from generator.memory import Memory
from generator.overlay import load_actions
from generator.renames import load_renames
from generator.share import Package, share
from generator.verbs import read_verbs
from generator.versions import CACHE, load_pins, spec_name

Built: TypeAlias = Callable[..., Path]


@pytest.fixture(scope="session")
def specs() -> dict[str, Path]:
    """The files of the specs that are in the cache."""
    pins = load_pins()
    files = {version: CACHE / spec_name(version) for version in pins if holds(CACHE, pins[version])}
    assert len(files) >= 27, "run `make spec` first"
    return files


@pytest.fixture(scope="session")
def memory() -> Memory:
    """The results of the build that was before, which are not made again in every process."""
    return Memory(OUTPUT.parent / ".cache")


@pytest.fixture(scope="session")
def documents(specs: dict[str, Path], memory: Memory) -> dict[str, Document]:
    return read(specs, memory)


@pytest.fixture(scope="session")
def apis(documents: dict[str, Document], memory: Memory) -> dict[str, Api]:
    return apis_of(documents, load_actions(), load_renames(), load_requirements(), memory)


@pytest.fixture(scope="session")
def packages(apis: dict[str, Api]) -> dict[str, Package]:
    return share(apis, read_verbs())


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """Build small documents, the corrections of the real ones left out; returns the package."""
    monkeypatch.setattr(build_module, "load_actions", list)
    monkeypatch.setattr(build_module, "load_renames", dict)
    monkeypatch.setattr(build_module, "load_requirements", list)

    def make(*small: dict[str, Any]) -> Path:
        files = {}
        for document in small:
            version = document["info"]["version"]
            files[version] = tmp_path / spec_name(version)
            files[version].write_text(yaml.safe_dump(document, sort_keys=False))
        output = tmp_path / "generated" / "moorage_api"
        build(files, list(files), output)
        return output

    return make
