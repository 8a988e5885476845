"""Objects that a test makes in a sandbox of the plugin are gone after it, however it ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from moorage_pytest.sandbox import RUN_LABEL
from tests.engines.test_plugin import OPTIONS

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines

pytest_plugins = ["pytester"]

MADE = """
    import io, os, signal, socket, tarfile
    import pytest
    from moorage_api import newest

    def empty_image(engine, name):
        empty = io.BytesIO()
        tarfile.open(fileobj=empty, mode="w").close()
        for _ in engine.images.create(empty.getvalue(), from_src="-", repo=name):
            pass

    def make(engine):
        empty_image(engine, "moorage-test-sandbox")
        engine.images.tag("moorage-test-sandbox", repo=engine.name("image"))
        engine.containers.create(image="moorage-test-sandbox", cmd=["x"], labels={"a": "b"})
        engine.containers.create(image="moorage-test-sandbox", cmd=["x"], name=engine.name("c"))
        engine.volumes.create(name=engine.name("volume"))
        engine.volumes.create()
        engine.networks.create(name=engine.name("network"))
"""
FAILING = """
    def test_it(engine_sandbox, engine):
        make(engine_sandbox)
        label = [f"{name}={value}" for name, value in engine_sandbox.labels.items()]
        both = engine.containers.list(all=True, filters={"label": label})
        assert len(both) == 2 and {"a": "b"}.items() <= both[1].labels.items()
        engine.volumes.create(name=engine_sandbox.name("without-label"))
        engine_sandbox.close()
        raise RuntimeError("it is all there")
"""
INTERRUPTED = """
    @pytest.mark.parametrize("n", range({n}))
    def test_it(engine_sandbox, n):
        make(engine_sandbox)
        with socket.socket(socket.AF_UNIX) as ready:
            ready.connect({path!r})
            ready.sendall(str(os.getpid()).encode())
        signal.pause()
"""


def left(engine: EngineHost) -> list[str]:
    """List what is left of sandboxes, without moorage's help."""
    found = []
    with engine.http() as client:
        for path in ("containers/json?all=1", "networks", "volumes", "images/json?all=1"):
            answer = client.get(f"/{path}").json()
            items = (answer.get("Volumes") or []) if isinstance(answer, dict) else answer
            found += [str(each) for each in items if RUN_LABEL in (each.get("Labels") or {})]
            names = re.findall(r"'(/?moorage-(?:[0-9a-f]{8}-|test-sandbox)[^']*)'", str(items))
            found += names
    return found


def test_all_is_removed_although_the_test_fails(
    pytester: pytest.Pytester, engine_host: EngineHost
) -> None:
    pytester.makepyfile(MADE + FAILING)
    done = pytester.runpytest_subprocess(
        *OPTIONS, f"--engine-host={engine_host.host}", "--engine-api=1.41"
    )
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E * RuntimeError: it is all there"])
    assert left(engine_host) == []


@pytest.mark.parametrize(
    ("workers", "number", "everyone", "status"),
    [
        (0, signal.SIGINT, False, pytest.ExitCode.INTERRUPTED),
        (0, signal.SIGTERM, False, pytest.ExitCode.INTERRUPTED),
        (2, signal.SIGINT, True, pytest.ExitCode.INTERRUPTED),
    ],
    ids=["ctrl-c", "terminated", "ctrl-c, xdist"],
)
def test_all_is_removed_although_the_run_is_interrupted(
    pytester: pytest.Pytester,
    engines: Engines,
    private_machine: None,
    workers: int,
    number: signal.Signals,
    everyone: bool,
    status: int,
) -> None:
    engine = engines.get("28.5")
    with _started(pytester, engine, workers) as (process, _workers):
        assert left(engine) != []
        # A terminal's Ctrl-C goes to all processes, others to one.
        (os.killpg if everyone else os.kill)(process.pid, number)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == status, said
    assert "INTERNALERROR" not in said
    assert left(engine) == []


def test_all_is_removed_although_a_worker_is_killed(
    pytester: pytest.Pytester, engines: Engines, private_machine: None
) -> None:
    engine = engines.get("28.5")
    with _started(pytester, engine, 1) as (process, workers):
        os.kill(workers[0], signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.TESTS_FAILED, said
    assert left(engine) == []


@contextlib.contextmanager
def _started(
    pytester: pytest.Pytester, engine: EngineHost, workers: int
) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Start a run, up to where each worker has made what is to be removed; gives their pids."""
    with socket.socket(socket.AF_UNIX) as listener:
        path = str(pytester.path / "ready")
        listener.bind(path)
        listener.listen()
        listener.settimeout(20)
        pytester.makepyfile(MADE + INTERRUPTED.format(n=max(workers, 1), path=path))
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", *OPTIONS, f"--engine-host={engine.host}"),
                *([f"-n{workers}", "--max-worker-restart=0"] if workers else []),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            pids = []
            try:
                for _ in range(max(workers, 1)):
                    with listener.accept()[0] as connection:
                        pids.append(int(connection.recv(32)))
                yield process, pids
            except BaseException:
                process.kill()
                raise


@pytest.fixture
def swarm(engines: Engines, private_machine: None) -> Iterator[EngineHost]:
    engine = engines.get("28.5")
    with engine.http() as client:
        made = {"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"}
        assert client.post("/swarm/init", json=made).status_code == 200
        yield engine
        assert client.post("/swarm/leave", params={"force": "true"}).status_code == 200


def test_what_is_made_of_a_swarm_is_removed(pytester: pytest.Pytester, swarm: EngineHost) -> None:
    pytester.makepyfile(
        MADE
        + """
    def test_it(engine_sandbox, engine_target):
        empty_image(engine_sandbox, "moorage-test-sandbox")
        from moorage_api import newest as api
        secret = engine_sandbox.secrets.create(name=engine_sandbox.name("s"), data=b"x")
        engine_sandbox.configs.create(name="moorage-test-sandbox", data=b"x")
        spec = api.ContainerSpec(
            image="moorage-test-sandbox",
            secrets=[
                api.ContainerSpecSecret(
                    secret_id=secret.id,
                    secret_name=engine_sandbox.name("s"),
                    file=api.ContainerSpecSecretFile(name="s", uid="0", gid="0", mode=0o400),
                )
            ],
        )
        engine_sandbox.services.create(
            name="moorage-test-sandbox", task_template=api.TaskSpec(container_spec=spec)
        )
    """
    )
    done = pytester.runpytest_subprocess(*OPTIONS, f"--engine-host={swarm.host}")
    done.assert_outcomes(passed=1)
    with swarm.http() as client:
        assert [client.get(f"/{k}").json() for k in ("services", "secrets", "configs")] == [[]] * 3
    assert left(swarm) == []


def test_what_cannot_be_removed_is_told(
    pytester: pytest.Pytester, engines: Engines, private_machine: None
) -> None:
    pytester.makeconftest("from moorage_pytest import removal\nremoval.PATIENCE = 0")
    engine = engines.get("28.5")
    pytester.makepyfile(
        MADE
        + """
    def test_it(engine, engine_sandbox):
        empty_image(engine, "moorage-test-plain")
        volume = engine_sandbox.volumes.create(name=engine_sandbox.name("used"))
        engine.containers.create(
            image="moorage-test-plain",
            cmd=["x"],
            name="moorage-test-plain",
            host_config=newest.HostConfig(binds=[f"{volume.name}:/x"]),
        )
    """
    )
    done = pytester.runpytest_subprocess(*OPTIONS, f"--engine-host=a={engine.host}")
    try:
        done.assert_outcomes(passed=1, errors=1)
        reason = "a sandbox can't be removed: the volume moorage-*-used: *volume is in use*"
        done.stdout.fnmatch_lines([f"E *{reason}", f"engine a may have something left*{reason}"])
    finally:
        with engine.http() as client:
            client.delete("/containers/moorage-test-plain")
            client.delete("/images/moorage-test-plain")
            for name in re.findall(r"the volume (moorage-\S+-used)", str(done.stdout)):
                client.delete(f"/volumes/{name}")
    assert left(engine) == []
