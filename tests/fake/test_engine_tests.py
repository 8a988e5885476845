"""Tests of real engines that run on a fake one too, so that it is held to the same."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getmembers, isfunction, signature

import pytest

from moorage.private import busybox_tar as make_busybox_tar
from moorage.testing import FakeEngine
from tests.engines import test_archives, test_inputs, test_sessions, test_streams, test_ways
from tests.engines.conftest import EngineHost, given_image

MODULES = (test_archives, test_inputs, test_sessions, test_streams, test_ways)
engine = test_inputs.engine

for module in MODULES:
    for name, function in getmembers(module, isfunction):
        # Others start engines of their own.
        fixtures = {*signature(function).parameters}
        if name.startswith("test_") and fixtures & {"engine_host", "engine"}:
            prefix = module.__name__.rpartition(".")[2]
            globals()[f"{prefix}_{name.removeprefix('test_')}"] = function


@pytest.fixture(scope="module")
def engine_host() -> Iterator[EngineHost]:
    with FakeEngine("1.51") as fake:
        yield EngineHost(fake.host, "fake", fake.min_version, fake.version)


@pytest.fixture(scope="module")
def busybox_tar(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    program = tmp_path_factory.mktemp("image") / "busybox"
    program.write_bytes(bytes(1_000_000))  # a fake engine does not run it
    return make_busybox_tar(program)


@pytest.fixture
def image(engine_host: EngineHost, busybox_tar: bytes) -> str:
    return given_image(engine_host, busybox_tar)
