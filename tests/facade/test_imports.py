"""The modules that a program loads, and those that it does not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.facade.peer import Peer, answer, ping

NEGOTIATED = """
import json, sys
import moorage
before = [*sys.modules]
with moorage.connect(host=sys.argv[1]) as engine:
    print(json.dumps([before, [*sys.modules]]))
"""
NEGOTIATED_ASYNC = """
import asyncio, json, sys
import moorage
before = [*sys.modules]
async def main():
    async with moorage.connect_async(host=sys.argv[1]) as engine:
        print(json.dumps([before, [*sys.modules]]))
asyncio.run(main())
"""
SYNC = """
import json, sys
import moorage
from moorage_api import v1_41
with moorage.connect(v1_41.Engine, host=sys.argv[1]) as engine:
    engine.containers.list()
print(json.dumps([*sys.modules]))
"""
ASYNC = """
import asyncio, json, sys
import moorage
from moorage_api import v1_41
async def main():
    async with moorage.connect_async(v1_41.AsyncEngine, host=sys.argv[1]) as engine:
        await engine.containers.list()
asyncio.run(main())
print(json.dumps([*sys.modules]))
"""
HEAVY = {
    *("httpx", "httpcore", "anyio", "tarfile", "shutil", "secrets", "subprocess", "tempfile"),
    *("h2", "google.protobuf"),
    *("urllib.request", "urllib.parse", "ipaddress", "hashlib", "pathlib"),
    *(
        "moorage.streams",
        "moorage.auth",
        "moorage.buildkit",
        "moorage.verbs",
        "moorage.guard",
        "moorage.transport.ssh",
    ),
}
VERBS = ("moorage.verbs", "moorage.archives", "moorage.parse", "moorage.progress")


def loaded(program: str) -> set[str]:
    with Peer(answer(200, [])) as peer:
        run = subprocess.run(
            [sys.executable, "-c", program, peer.host], capture_output=True, text=True, check=True
        )
    return set(json.loads(run.stdout))


def test_a_call_loads_little() -> None:
    assert not loaded(SYNC) & (HEAVY | {"asyncio", "ssl", "logging"})


def test_an_awaited_call_loads_little() -> None:
    # asyncio itself imports ssl, logging, subprocess and the like.
    names = {each for each in HEAVY if each.startswith("moorage")} | {"httpx", "httpcore", "anyio"}
    assert not loaded(ASYNC) & names


@pytest.mark.parametrize("program", [NEGOTIATED, NEGOTIATED_ASYNC], ids=["sync", "async"])
def test_no_verb_is_loaded_before_it_is_used(program: str) -> None:
    with Peer(ping("1.44")) as peer:
        run = subprocess.run(
            [sys.executable, "-c", program, peer.host], capture_output=True, text=True, check=True
        )
    imported, connected = json.loads(run.stdout)
    for modules in (imported, connected):
        assert "moorage" in modules
        assert [each for each in modules if each.startswith(VERBS) or ".methods" in each] == []
    assert "moorage_api.v1_44.engine" in connected


@pytest.mark.parametrize("name", ["auth", "RegistryAuth", "Executed", "TLS", "VERSIONS", "Frame"])
def test_what_is_imported_late_is_there(name: str) -> None:
    program = f"import moorage; assert moorage.{name} is not None and {name!r} in dir(moorage)"
    subprocess.run([sys.executable, "-c", program], check=True)
