"""The examples of the README and of the start, on a real engine that has a container `web`."""

from __future__ import annotations

import contextlib
import re
import socket
import tarfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import moorage
from generator.versions import ROOT
from moorage_api import v1_44
from tests.docs.tables import DOCKER_PY, rows
from tests.engines.conftest import FOLDER
from tests.examples import README, START, examples

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

FIRST, PINNED, _AWAITED, _FOLLOWED, STREAMS = examples(README).values()
GUIDES = {
    name: examples(ROOT / "docs" / f"{name}.md")
    for name in ("build", "errors", "files", "pinned", "swarm")
}
CONNECT, PRIVATE, RUN, CALL, CREATE, FOLLOW, WRITE, AWAIT = examples(START).values()


@pytest.fixture
def engine(
    private_machine: None, engines: Engines, busybox_tar: bytes, monkeypatch: pytest.MonkeyPatch
) -> Iterator[v1_44.Engine]:
    """An engine that is the default one, with the image `busybox`."""
    host = engines.get("28.5").host
    monkeypatch.setenv("DOCKER_HOST", host)
    with moorage.connect(v1_44.Engine, host=host) as engine:
        list(engine.images.create(busybox_tar, from_src="-", repo="busybox", tag="latest"))
        yield engine
        for name in ("web", "greeting"):
            with contextlib.suppress(moorage.NotFound):
                engine.containers.delete(name, force=True)
        engine.images.delete("busybox")


def web(engine: v1_44.Engine, *command: str) -> None:
    host = v1_44.HostConfig(network_mode="none")
    engine.containers.create(image="busybox", cmd=[*command], host_config=host, name="web")
    engine.containers.start("web")


def test_first(engine: v1_44.Engine, capsys: pytest.CaptureFixture[str]) -> None:
    web(engine, "/bin/sh", "-c", "echo hello")
    engine.containers.wait("web")
    exec(FIRST, {})
    out = capsys.readouterr().out
    assert "1.51\n" in out
    assert f"{engine.containers.inspect('web').id} exited\n" in out
    assert "stdout b'hello\\n'\n" in out


def test_pinned(engine: v1_44.Engine) -> None:
    exec(PINNED, {"moorage": moorage})
    assert engine.containers.wait("greeting").status_code == 0
    assert engine.containers.logs("greeting", stdout=True).read().stdout == b"hello\n"


def test_streams(
    engine: v1_44.Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    web(engine, "/bin/sleep", "600")
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("b\na\n")
    with tarfile.open("etc.tar", "w") as archive:
        archive.add("names.txt")
    execute, session, archives = STREAMS.split("\n\n")
    given = {"engine": engine, "Path": Path}
    exec(execute, given)
    exec(session, given)
    assert capsys.readouterr().out == "0 b'a\\nb\\n'\nb'hello\\n' 0\n"
    if hasattr(tarfile, "data_filter"):
        engine.execute("web", ["sh", "-c", "mkdir -p /var/log; echo hello >/var/log/web"])
        exec(archives, given)
        assert Path("logs/log/web").read_text() == "hello\n"
        assert engine.execute("web", ["cat", "/names.txt"]).stdout == b"b\na\n"


def test_start(engine: v1_44.Engine, capsys: pytest.CaptureFixture[str]) -> None:
    given: dict[str, Any] = {"engine": engine, "moorage": moorage}
    exec(CONNECT, {})
    assert capsys.readouterr().out.startswith("1.51 unix://")
    exec(RUN, {})
    assert capsys.readouterr().out == "hello\n\nb'HELLO'\n"
    # There is no registry to pull from.
    exec(CREATE.replace('engine.pull("busybox")', ""), given)
    exec(CALL, given)
    assert " running {}\n/" in capsys.readouterr().out
    exec(WRITE, given)
    assert capsys.readouterr().out == "b'a\\nb\\n' 0\n"
    engine.containers.kill("web")
    engine.containers.wait("web")
    exec(FOLLOW, given)
    assert capsys.readouterr().out.startswith("stdout hello\n")
    exec("async def example():\n" + indent(AWAIT, "    "), given)
    anyio.run(given["example"])
    assert capsys.readouterr().out == "b'hello\\n'\n"


def test_a_private_engine(
    private_machine: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".engines").symlink_to(FOLDER, target_is_directory=True)
    exec(PRIVATE, {})
    assert capsys.readouterr().out == "hello\n\n"


def test_pinned_guide(engine: v1_44.Engine, capsys: pytest.CaptureFixture[str]) -> None:
    pinned, awaited, chosen = GUIDES["pinned"].values()
    given: dict[str, Any] = {"moorage": moorage}
    exec(pinned, given)
    exec("async def example():\n" + indent(awaited, "    "), given)
    anyio.run(given["example"])
    exec(chosen, given)
    assert capsys.readouterr().out.startswith("0\nimages.attestations needs API 1.5")


def test_files_guide(
    engine: v1_44.Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    web(engine, "/bin/sh", "-c", "mkdir -p /srv /etc /var/log/nginx; exec sleep 600")
    monkeypatch.chdir(tmp_path)
    Path("site").mkdir()
    Path("site/index.html").write_text("hello")
    with tarfile.open("site.tar", "w") as archive:
        archive.add("site/index.html", "index.html")
    for code in GUIDES["files"].values():
        exec(code, {"engine": engine})
    assert capsys.readouterr().out.startswith("welcome\n\nlog ")
    assert Path("logs.tar").is_file()


def test_build_guide(
    engine: v1_44.Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("app").mkdir()
    # No RUN, for which BuildKit would need a network.
    Path("app/Dockerfile").write_text("FROM busybox\nCOPY Dockerfile /\n")
    Path("token.txt").write_text("secret")
    monkeypatch.setenv("NPM_TOKEN", "secret")
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind("agent")
        agent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        for code in GUIDES["build"].values():
            exec(code, {"engine": engine, "moorage": moorage})
    assert capsys.readouterr().out == f"{engine.images.inspect('app:1').id} ()\n"
    engine.images.delete("app:1")


def test_errors_guide(engine: v1_44.Engine, capsys: pytest.CaptureFixture[str]) -> None:
    refused, timeouts, retry, _events = GUIDES["errors"].values()
    given: dict[str, Any] = {"engine": engine, "moorage": moorage}
    exec(refused, given)
    assert capsys.readouterr().out == "no such container\n"
    web(engine, "/bin/sh", "-c", "echo hello")
    engine.containers.wait("web")
    exec(retry, given)
    exec(timeouts, given)
    assert capsys.readouterr().out == "b'hello\\n'\n"


def test_swarm_guide(engine: v1_44.Engine) -> None:
    try:
        with moorage.connect() as newest:
            for code in GUIDES["swarm"].values():
                exec(code, {"engine": newest})
    finally:
        with contextlib.suppress(moorage.Unavailable):
            engine.swarm.leave(force=True)


def test_the_verbs_of_docker_py_s_table(
    engine: v1_44.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that need no registry: tests/engines/test_registry_verbs.py has the others."""
    verbs = [row.ours for row in rows(DOCKER_PY) if re.match(r"engine\.[a-z]+\(", row.ours)]
    assert len(verbs) >= 7
    web(engine, "/bin/sleep", "600")
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM busybox\nLABEL owner=me\n")
    engine.images.get("busybox").write_to("images.tar")
    given = {
        code: eval(code, {"engine": engine})
        for code in verbs
        if not re.search("close|pull|push", code)
    }
    assert given['engine.execute("web", ["true"]).exit_code'] == 0
    assert given['engine.execute("web", ["true"]).output'] == b""
    assert given['engine.run("busybox", ["true"])'].exit_code == 0
    assert given['engine.load("images.tar")'] == ["busybox:latest"]
    assert given['engine.build(".")'].id.startswith("sha256:")
