"""Secrets that are given to calls are in no error, in no cause, and in no local of a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage_api import v1_44
from tests.facade.call import MODES
from tests.facade.canary import CANARY, shown
from tests.facade.peer import Peer, Step, answer

ENV = {"TOKEN": CANARY}
CALLS: dict[str, Callable[[Any], Any]] = {
    "create": lambda e: e.containers.create(image="x", env=ENV),
    "create, a list": lambda e: e.containers.create(image="x", env=[f"TOKEN={CANARY}"]),
    "create, a model": lambda e: e.containers.create(
        v1_44.ContainerCreateRequest(image="x", env=[f"TOKEN={CANARY}"])
    ),
    "exec.create": lambda e: e.exec.create("c", cmd=["x"], env=ENV),
    "exec.create, a model": lambda e: e.exec.create(
        "c", v1_44.ExecConfig(cmd=["x"], env=[f"TOKEN={CANARY}"])
    ),
    "execute": lambda e: e.execute("c", ["x"], env=ENV),
    "execute with input": lambda e: e.execute("c", ["x"], env=ENV, input=CANARY.encode()),
    "execute in time": lambda e: e.execute("c", ["x"], env=ENV, timeout=5),
    "the verb create": lambda e: e.create("x", env=ENV),
    "run": lambda e: e.run("x", ["x"], env=ENV, pull="never"),
    "services.create": lambda e: e.services.create(
        name="s",
        task_template=v1_44.TaskSpec(container_spec=v1_44.ContainerSpec(env=[f"TOKEN={CANARY}"])),
    ),
}
WRONG: dict[str, Callable[[Any], Any]] = {
    "create": lambda e: e.containers.create(image=5, env=ENV),
    "create, a number": lambda e: e.containers.create(image="x", env={"TOKEN": [CANARY]}),
    "create, an unknown name": lambda e: e.containers.create(image="x", env=ENV, nonsense=1),
    "create, an item": lambda e: e.containers.create(image="x", env=[(CANARY,)]),
    "exec.create": lambda e: e.exec.create("c", cmd="x", env={"TOKEN": CANARY.encode()}),
    "execute": lambda e: e.execute("c", 5, env=ENV),
    "execute, a number": lambda e: e.execute("c", ["x"], env={"TOKEN": (CANARY,)}),
    "create, both": lambda e: e.containers.create(v1_44.ContainerCreateRequest(image="x"), env=ENV),
    "create, twice": lambda e: e.containers.create(image="x", env=ENV, extra={"Env": [CANARY]}),
    "create, a text": lambda e: e.containers.create(CANARY),
    "run": lambda e: e.run("x", ["x"], env=[CANARY], ports="nonsense:x:y:z"),
    "secrets.create, a mapping": lambda e: e.secrets.create({"Name": "x", "Data": CANARY}),
    "services.create": lambda e: e.services.create(
        name="s", task_template={"ContainerSpec": {"Env": [CANARY]}}
    ),
    "swarm.join": lambda e: e.swarm.join(remote_addrs=["x"], join_token=[CANARY]),
    "swarm.join, a text": lambda e: e.swarm.join(CANARY),
    "swarm.unlock": lambda e: e.swarm.unlock(unlock_key=CANARY.encode()),
    "swarm.unlock, a text": lambda e: e.swarm.unlock(CANARY),
    "swarm.update": lambda e: e.swarm.update(version=1, ca_config={"SigningCAKey": CANARY}),
    "swarm.update, a model": lambda e: e.swarm.update(
        v1_44.SwarmSpec(ca_config={"SigningCAKey": CANARY}),  # type: ignore[arg-type]
        version=1,
    ),
    "the verb create": lambda e: e.create("x", env=ENV, nonsense=1),
}


def reset(connection: Any) -> None:
    connection.close()


ANSWERS: dict[str, Step] = {
    "refused": answer(500, {"message": "no"}),
    "no JSON": answer(201, b"{"),
    "nothing": reset,
    "a page": answer(403, b"<html>no</html>", kind="text/html"),
}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def error_of(mode: str, host: str, operation: Callable[[Any], Any]) -> BaseException:
    """Return the error that an operation ends with."""

    async def main() -> None:
        async with moorage.connect_async(v1_44.AsyncEngine, host=host, timeout=20) as engine:
            await operation(engine)

    with pytest.raises((moorage.EngineError, TypeError, ValueError)) as caught:
        if mode == "async":
            asyncio.run(main())
        else:
            with moorage.connect(v1_44.Engine, host=host, timeout=20) as engine:
                operation(engine)
    return caught.value


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("said", ANSWERS)
@pytest.mark.parametrize("name", CALLS)
def test_what_the_engine_does_not_do(mode: str, name: str, said: str) -> None:
    with Peer(*[ANSWERS[said]] * 3) as peer:
        error = error_of(mode, peer.host, CALLS[name])
        assert peer.requests
        peer.script.clear()
    assert shown(error) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CALLS)
def test_an_engine_that_is_not_there(mode: str, name: str, tmp_path: Path) -> None:
    assert shown(error_of(mode, f"unix://{tmp_path}/none", CALLS[name])) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_sent(mode: str, name: str, tmp_path: Path) -> None:
    assert shown(error_of(mode, f"unix://{tmp_path}/none", WRONG[name])) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "proxy", ["http://me:{}@127.0.0.1:{}", "http://{}@127.0.0.1:{}", "me:{}@127.0.0.1:{}",
              "http://me:{}@127.0.0.1:{}/x", "https://me:{}@127.0.0.1:{}", "socks5://me:{}@127.0.0.1:{}",
              "http://me:{}@[::1:{}", "http://me:{}@x y:{}"],
)  # fmt: skip
@pytest.mark.parametrize("said", [answer(407, b"no"), answer(502, b"no"), reset])
def test_the_password_of_a_proxy(
    mode: str, proxy: str, said: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(*[said] * 3, tcp=True) as peer:
        port = peer.host.rpartition(":")[2]
        monkeypatch.setenv("HTTP_PROXY", proxy.format(CANARY, port))
        error = error_of(mode, "tcp://10.255.255.1:2375", lambda e: e.containers.list())
        peer.script.clear()
    # The environment itself has it.
    assert [each for each in shown(error) if "environ" not in each] == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("host", ["ssh://me:{}@x", "ssh://me:{}@x:22/run/x", "ssh://{}@{}:@x"])
def test_the_password_of_an_ssh_host(mode: str, host: str) -> None:
    error = error_of(mode, host.format(CANARY, CANARY), lambda e: e.containers.list())
    assert shown(error) == []


def test_the_canary_would_show() -> None:
    def failing(env: Any) -> None:
        raise ValueError from None

    scope: dict[str, Any] = {"failing": failing}
    exec(compile("def call(env):\n    failing(env)\n", "elsewhere.py", "exec"), scope)
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        scope["call"](ENV)
    assert shown(caught.value)
