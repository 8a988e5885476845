"""`moorage conformance`, as a person runs it: it finds, it changes nothing, it tells no secrets."""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.engines.conformance import COMMAND, ROOT, conformance
from tests.engines.containers import container

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines

CANARY = "canary-2b9e"
DATA = base64.b64encode(CANARY.encode()).decode()
LOOKS = {"top", "exec_create", "exec_start", "archive-path", "export"}
"""Events of an engine that change nothing."""


def everything(client: httpx.Client) -> dict[str, Any]:
    """List what an engine has: names, without moorage's help."""
    containers = client.get("/containers/json", params={"all": "1"}).json()
    return {
        "containers": {each["Id"] for each in containers},
        "images": {each["Id"] for each in client.get("/images/json", params={"all": "1"}).json()},
        "networks": {each["Id"] for each in client.get("/networks").json()},
        "volumes": {each["Name"] for each in client.get("/volumes").json()["Volumes"] or ()},
        "swarm": client.get("/info").json()["Swarm"]["LocalNodeState"],
    }


def test_it_only_reads(engine_host: EngineHost, image: str) -> None:
    with container(engine_host, image, "/bin/sleep", "60"), engine_host.http() as client:
        since = f"{time.time():.9f}"
        done = conformance("--host", f"mine={engine_host.host}", "--api", "1.25,1.41", "--json")
        until = f"{time.time():.9f}"
        events = client.get("/events", params={"since": since, "until": until}).text
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    actions = {json.loads(line)["Action"].split(":")[0] for line in events.splitlines()}
    assert actions <= LOOKS
    (engine,) = json.loads(done.stdout)["engines"]
    assert (engine["name"], engine["versions"]) == ("mine", ["1.25", "1.41"])
    assert engine["outcomes"]["containers.top"] == {"1.25": "conforms", "1.41": "conforms"}
    found = {(each["operation"], each["place"]): each for each in engine["departures"]}
    binds = found["containers.inspect", "$.HostConfig.Binds"]
    assert (binds["found"], binds["versions"]) == ("null", ["1.25", "1.41"])
    assert binds["request"] == "GET /v1.25/containers/…/json?size=true"
    assert '"Binds": null' in binds["evidence"]
    assert found["system.version", "$.Components"]["versions"] == ["1.25"]


def test_what_it_makes_is_gone(engine_host: EngineHost) -> None:
    with engine_host.http() as client:
        before = everything(client)
        done = conformance("--host", engine_host.host, "--api", "1.41", "--write", "--json")
        assert done.stderr == ""
        assert everything(client) == before
    (engine,) = json.loads(done.stdout)["engines"]
    outcomes = {name: held["1.41"] for name, held in engine["outcomes"].items()}
    assert {"refuses"}.isdisjoint(outcomes.values()), outcomes
    assert outcomes["containers.update"] == outcomes["images.commit"] == "conforms"
    assert not [name for name in outcomes if name.startswith("swarm.") or "prune" in name]


def test_an_interruption_leaves_nothing(engine_host: EngineHost) -> None:
    with engine_host.http() as client:
        before = everything(client)
        filters = {"filters": json.dumps({"event": ["start"]})}
        with client.stream("GET", "/events", params=filters) as events:
            process = subprocess.Popen(
                [*COMMAND, "--host", engine_host.host, "--api", "all", "--write"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            next(events.iter_lines())  # a container of its own runs
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert err == "moorage conformance: interrupted; removed what was made\n"
        assert everything(client) == before


@pytest.mark.usefixtures("private_machine")
def test_no_secret_is_told(engines: Engines, busybox_tar: bytes, tmp_path: Path) -> None:
    engine = engines.get("28.5")
    page = tmp_path / "page.html"
    asked = ["--host", engine.host, "--api", "1.25,1.51"]
    named = {"Name": CANARY, "Labels": {CANARY: CANARY}}
    here = {"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"}
    with engine.http() as client, contextlib.ExitStack() as stack:
        imported = {"fromSrc": "-", "repo": CANARY, "tag": "latest"}
        client.post("/images/create", params=imported, content=busybox_tar).raise_for_status()
        stack.callback(client.delete, f"/images/{CANARY}", params={"force": "1"})
        stack.callback(client.post, "/swarm/leave", params={"force": "1"})
        client.post("/swarm/init", json=here).raise_for_status()
        for kind in ("secrets", "configs"):
            spec = named | {"Data": DATA}
            client.post(f"/{kind}/create", json=spec).raise_for_status()
        client.post("/volumes/create", json=named).raise_for_status()
        stack.callback(client.delete, f"/volumes/{CANARY}")
        secret = {"Env": [f"PASSWORD={CANARY}"], "Labels": {CANARY: CANARY}, "Hostname": CANARY}
        made = container(engine, CANARY, "/bin/sh", "-c", f"sleep 60; : {CANARY}", **secret)
        stack.enter_context(made)
        token = client.get("/swarm").json()["JoinTokens"]["Worker"]
        done = conformance(*asked, "--json", "--html", str(page))
    told = done.stdout + page.read_text()
    for operation in ("configs.inspect", "containers.inspect", "swarm.inspect"):
        assert operation in told
    for each in (CANARY, DATA, token, token[:30]):
        assert each not in told
