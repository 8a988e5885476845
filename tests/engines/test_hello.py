"""`python -m moorage hello`, as a person runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

# httpcore leaves a socket that could not connect to the garbage collector, which then warns.
WARNINGS = ["-W", "error", "-W", "ignore::ResourceWarning"]
HELLO = [sys.executable, *WARNINGS, "-m", "moorage", "hello"]
# Imported before: another user may not be able to read where Python and the project are.
HELLO_AS_NOBODY = """
import os, sys
from moorage.cli.hello import hello
os.setuid(65534)
sys.exit(hello())
"""
DEFAULT_SOCKET = Path("/var/run/docker.sock")
NAME = re.compile(r"started the container (moorage-hello-[0-9a-f]{8})")


def _environment(host: str | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    return kept | ({"DOCKER_HOST": host} if host else {})


def _hello(host: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HELLO, *arguments],
        env=_environment(host),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _left(engine: EngineHost) -> list[str]:
    """List what a hello has left: names of containers and images, without moorage's help."""
    with engine.http() as client:
        containers = client.get("/containers/json", params={"all": "1"}).json()
        images = client.get("/images/json").json()
    names = [name for each in containers for name in each["Names"]]
    tags = [tag for each in images for tag in each["RepoTags"] or []]
    return [each for each in names + tags if "moorage-hello" in each]


def test_hello(engine_host: EngineHost) -> None:
    done = _hello(engine_host.host)
    assert done.stderr == ""
    assert done.returncode == 0
    said = done.stdout.splitlines()
    assert f"    the engine speaks API {engine_host.min_api} to {engine_host.max_api}" in said
    for stream in ("stdout", "stderr"):
        lines = [line for line in said if line.startswith(f"    {stream} | ")]
        assert lines == [f"    {stream} | line {i} on {stream}" for i in range(1, 6)]
    name = NAME.search(done.stdout)
    assert name
    assert re.search(rf"    [0-9a-f]{{12}}  {name[1]}  {name[1]}:latest  exited", done.stdout)
    assert "found by" not in done.stdout
    assert said[-1] == "done: nothing is left"
    assert _left(engine_host) == []


def test_hello_in_an_old_version(engine_host: EngineHost) -> None:
    done = _hello(engine_host.host, "--api", "1.30")
    assert done.returncode == 0, done.stderr
    assert "this run speaks 1.30: moorage_api.v1_30" in done.stdout
    assert _left(engine_host) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_hello_interrupted(engine_host: EngineHost, number: signal.Signals) -> None:
    with subprocess.Popen(
        HELLO,
        env=_environment(engine_host.host),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            if "line 2 on stdout" in line:
                process.send_signal(number)
                break
        rest = process.stdout.read()
        complaint = process.stderr.read()
    assert process.returncode == 130
    assert "line 5" not in rest
    assert "removed the container" in rest
    assert complaint == "moorage hello: interrupted; removed what was made\n"
    assert _left(engine_host) == []


def test_hello_leaves_what_is_others(engine_host: EngineHost, image: str) -> None:
    _hello(engine_host.host)
    with engine_host.http() as client:
        assert client.get(f"/images/{image}/json").status_code == 200


def test_an_unknown_version(engine_host: EngineHost) -> None:
    done = _hello(engine_host.host, "--api", "0.99")
    assert done.returncode == 2
    assert "0.99" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_named_engine_that_does_not_answer(tmp_path: Path) -> None:
    done = _hello(f"unix://{tmp_path}/no.sock")
    assert done.returncode == 2
    assert f"{tmp_path}/no.sock" in done.stderr
    assert "Start an engine there, or set DOCKER_HOST" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("private_machine")
@pytest.mark.skipif(DEFAULT_SOCKET.exists(), reason="this machine has an engine")
def test_neither_an_engine_nor_root() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELLO_AS_NOBODY],
        env=_environment(None),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "there is no engine at unix:///var/run/docker.sock" in done.stderr
    assert "a private engine needs root" in done.stderr
    assert "set DOCKER_HOST" in done.stderr


@pytest.mark.usefixtures("private_machine")
@pytest.mark.skipif(DEFAULT_SOCKET.exists(), reason="this machine has an engine")
def test_hello_starts_an_engine_where_there_is_none() -> None:
    done = subprocess.run(
        HELLO,
        env=_environment(None),
        cwd=Path(__file__).parents[2],  # where the packages are already unpacked
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "starting a private one" in done.stdout
    assert "stopping the private engine" in done.stdout
