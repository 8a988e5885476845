"""A program loads only those generated modules that its calls need."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

PROGRAM = """
import sys

def loaded():
    return [name for name in sys.modules if name.partition(".")[0] == "moorage_api"]

import moorage
assert loaded() == [], loaded()
with moorage.connect() as engine:
    engine.containers.list(all=True)
    found = loaded()
print(len(found))
print(*found, sep="\\n")
"""


def test_a_negotiated_list_loads_little(engine_host: EngineHost) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "DOCKER_HOST": engine_host.host},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, *names = done.stdout.split()
    assert int(count) < 30, names
    operations = [name for name in names if ".operations." in name]
    assert [name.rpartition(".")[2] for name in operations] == ["containers"]
    namespaces = [name for name in names if ".namespaces." in name]
    assert [name.rpartition(".")[2] for name in namespaces] == ["containers"]
    assert sum(".models." in name for name in names) <= 20
