"""The docker CLI speaks to fake engines."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from moorage.testing import FakeEngine
from tests.engines.cli import Cli


class Docker:
    """A docker CLI that has a fake engine."""

    def __init__(self, cli: Cli, fake: FakeEngine) -> None:
        self.fake = fake
        self._cli = cli

    def __call__(
        self,
        *arguments: str,
        code: int = 0,
        input: bytes = b"",
        env: Mapping[str, str] | None = None,
    ) -> str:
        done = subprocess.run(
            [self._cli.program, *arguments],
            env={"HOME": str(self._cli.home), "DOCKER_HOST": self.fake.host, **(env or {})},
            input=input,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr.decode()
        return (done.stdout if code == 0 else done.stderr).decode()


@pytest.fixture(scope="module", params=[("20.10", "1.41"), ("28.5", "1.55")])
def docker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, private_machine: None
) -> Iterator[Docker]:
    release, version = request.param
    with FakeEngine(version) as fake:
        fake.image("app:1")
        yield Docker(Cli(release, tmp_path_factory.mktemp("home")), fake)
        assert not [each for each in fake.requests if each.status == 500]


def test_version(docker: Docker) -> None:
    assert docker.fake.version in docker("version")


def test_run(docker: Docker) -> None:
    assert docker("run", "--rm", "app:1", "echo", "hi") == "hi\n"
    assert docker("run", "-i", "--rm", "app:1", "cat", input=b"word") == "word"
    docker("run", "--rm", "app:1", "sh", "-c", "exit 7", code=7)
    assert "Unable to find image" in docker("run", "missing", code=125)


def test_a_container_through_its_life(docker: Docker, tmp_path: Path) -> None:
    command = ["sh", "-c", "echo out; echo err >&2; sleep 60"]
    docker("run", "-d", "--name", "web", "-p", "8080:80", "-v", "data:/data", "app:1", *command)
    assert "0.0.0.0:8080->80/tcp" in docker("ps")
    assert docker("logs", "web") == "out\n"
    assert docker("logs", "--tail", "0", "web") == ""
    assert docker("exec", "web", "echo", "inside") == "inside\n"
    assert docker("exec", "-i", "web", "cat", input=b"piped") == "piped"
    docker("exec", "web", "sh", "-c", "exit 3", code=3)
    (tmp_path / "file").write_text("content")
    docker("cp", str(tmp_path / "file"), "web:/tmp/copied")
    docker("cp", "web:/tmp/copied", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "content"
    assert "running" in docker("rm", "web", code=1)
    docker("rm", "-f", "web")
    assert docker("ps", "-aq") == ""


def test_volumes_and_networks(docker: Docker) -> None:
    docker("volume", "create", "vol", "--label", "a=b")
    assert docker("volume", "ls", "-q", "--filter", "label=a=b") == "vol\n"
    assert '"a": "b"' in docker("volume", "inspect", "vol")
    docker("volume", "rm", "vol")
    assert "no such volume" in docker("volume", "rm", "vol", code=1).lower()
    docker("network", "create", "net", "--subnet", "10.5.0.0/24")
    assert "10.5.0.0/24" in docker("network", "inspect", "net")
    docker("network", "rm", "net")
    assert "pre-defined" in docker("network", "rm", "bridge", code=1)


def test_events(docker: Docker) -> None:
    docker("volume", "create", "seen")
    docker("volume", "rm", "seen")
    said = docker(
        "events", "--since", "1m", "--until", f"{time.time() + 0.5:.3f}", "--filter", "volume=seen"
    )
    assert [line.split()[1:3] for line in said.splitlines()] == [
        ["volume", "create"],
        ["volume", "destroy"],
    ]


def test_a_service(docker: Docker) -> None:
    docker("swarm", "init")
    try:
        docker(
            "service", "create", "-d", "--name", "web", "app:1", "sh", "-c", "echo up; sleep 600"
        )
        assert docker("service", "ls", "--format", "{{.Name}} {{.Replicas}}") == "web 1/1\n"
        docker("service", "scale", "-d", "web=2")
        assert docker("service", "ps", "web", "--format", "{{.DesiredState}}") == "Running\n" * 2
        assert docker("service", "logs", "--raw", "web") == "up\nup\n"
        docker("service", "rm", "web")
    finally:
        docker("swarm", "leave", "--force")


def test_a_build_and_what_changed(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM app:1\nRUN echo built > /out\nCMD cat /out\n")
    key = docker("build", "-q", "-t", "built:1", str(tmp_path), env={"DOCKER_BUILDKIT": "0"})
    assert key.startswith("sha256:")
    assert docker("run", "--name", "built", "built:1") == "built\n"
    assert docker("diff", "built") == ""
    docker("rm", "built")
    docker("rmi", "built:1")
