"""The verbs of containers, on real engines."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import moorage
from tests.engines.either import AGES, MODES, api_of, entered, following, got, with_engine
from tests.engines.relay import tcp_in_network_of

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

Test = Callable[[Any], Awaitable[None]]

each_mode = pytest.mark.parametrize("mode", [*MODES, "trio"])
LABELLED = {"label": ["moorage-lease"]}
SLEEP = ["/bin/sh", "-c", "echo up; sleep 600"]


each_way = pytest.mark.parametrize(
    ("mode", "age"),
    [*((mode, age) for mode in MODES for age in AGES), ("trio", "negotiated")],
)


def chosen(engine_host: EngineHost, age: str) -> ModuleType | None:
    """Choose the API to pin, unless it is negotiated."""
    return None if age == "negotiated" else api_of(engine_host, age)


def mixed(mode: str, engine_host: EngineHost) -> ModuleType | None:
    """Choose an API for a mode: one that all engines have, the newest, or a negotiated one."""
    age = {"sync": "1.30", "async": "newest", "trio": "negotiated"}[mode]
    return chosen(engine_host, age)


def run_with(mode: str, api: ModuleType | None, host: str, test: Test) -> None:
    """Run a test with a pinned engine, or a negotiated one, and see that no container is left."""

    async def checked(engine: Any) -> None:
        await test(engine)
        assert await got(engine.containers.list(all=True, filters=LABELLED)) == []

    async def run() -> None:
        choice = [api.AsyncEngine] if api else []
        async with moorage.connect_async(*choice, host=host) as engine:
            await checked(engine)

    async def run_sync() -> None:
        with moorage.connect(host=host) as engine:
            await checked(engine)

    if mode == "trio":
        anyio.run(run, backend="trio")
    elif api is not None:
        with_engine(mode, api, host, checked)
    else:
        anyio.run(run if mode == "async" else run_sync)


@each_way
def test_run(engine_host: EngineHost, image: str, mode: str, age: str) -> None:
    async def test(engine: Any) -> None:
        script = "cat; echo err >&2; echo $A; exit 5"
        done = await got(
            engine.run(image, ["/bin/sh", "-c", script], input=b"in\n", check=False, env={"A": "b"})
        )
        assert (done.exit_code, done.stdout, done.stderr) == (5, b"in\nb\n", b"err\n")
        assert sorted(done.output.splitlines()) == [b"b", b"err", b"in"]
        text = await got(engine.run(image, ["/bin/echo", "é"], text=True, memory="64m", cpus=0.5))
        assert text == (0, "é\n", "", "é\n")
        with pytest.raises(moorage.RunFailed, match=r"(?s)exited with 3.*last words") as failed:
            await got(engine.run(image, ["/bin/sh", "-c", "echo last words; exit 3"]))
        assert failed.value.exit_code == 3
        assert failed.value.stdout == b"last words\n"
        with pytest.raises(moorage.APIError):
            await got(engine.run(image, ["/nowhere"]))

    run_with(mode, chosen(engine_host, age), engine_host.host, test)


@each_mode
def test_a_run_that_takes_too_long(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        with pytest.raises(moorage.ExecuteTimedOut, match=r"(?s)killed.*\n    up") as expired:
            await got(engine.run(image, SLEEP, timeout=2))
        assert (expired.value.stdout, expired.value.killed) == (b"up\n", True)

    run_with(mode, mixed(mode, engine_host), engine_host.host, test)


@each_mode
def test_a_run_that_stays(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        await got(engine.run(image, ["/bin/true"], remove=False, labels={"a": "b"}))
        (left,) = await got(engine.containers.list(all=True, filters=LABELLED))
        assert left.labels["a"] == "b"
        await got(engine.containers.delete(left.id))

    run_with(mode, mixed(mode, engine_host), engine_host.host, test)


@each_way
def test_create(engine_host: EngineHost, image: str, mode: str, age: str) -> None:
    async def test(engine: Any) -> None:
        container = await got(
            engine.create(
                image,
                ["/bin/true"],
                env={"A": "b"},
                ports={"80/tcp": 8080, "53/udp": [None, ("127.0.0.1", 5353)]},
                binds=["/etc:/host:ro"],
                mounts=["type=tmpfs,target=/scratch"],
                memory="64m",
                cpus=1.5,
                tmpfs={"/t": "size=1m"},
                extra_hosts={"db": "10.0.0.5"},
                restart="on-failure:3",
                stop_timeout=3,
                health={"test": "true", "interval": 5},
                labels={"l": "1"},
                readonly_rootfs=True,
            )
        )
        try:
            about = await got(engine.containers.inspect(container))
        finally:
            await got(engine.containers.delete(container))
        config, host = about.config, about.host_config
        assert "A=b" in config.env
        assert (config.labels, config.stop_timeout) == ({"l": "1"}, 3)
        assert config.healthcheck.test == ["CMD-SHELL", "true"]
        assert config.healthcheck.interval == 5_000_000_000
        assert {*config.exposed_ports} == {"80/tcp", "53/udp"}
        assert [each.host_port for each in host.port_bindings["80/tcp"]] == ["8080"]
        found = [(each.host_ip, each.host_port) for each in host.port_bindings["53/udp"]]
        assert found[1] == ("127.0.0.1", "5353")
        assert found[0][1] in ("", "0")
        assert host.binds == ["/etc:/host:ro"]
        assert (host.memory, host.nano_cpus) == (64 << 20, 1_500_000_000)
        assert [each.target for each in host.mounts] == ["/scratch"]
        assert (host.tmpfs, host.extra_hosts) == ({"/t": "size=1m"}, ["db:10.0.0.5"])
        policy = host.restart_policy
        assert (policy.name, policy.maximum_retry_count) == ("on-failure", 3)
        assert host.readonly_rootfs is True
        with pytest.raises(moorage.NotFound):
            await got(engine.create("moorage-missing:x", pull="never"))

    run_with(mode, chosen(engine_host, age), engine_host.host, test)


@each_way
def test_running(engine_host: EngineHost, image: str, mode: str, age: str) -> None:
    async def test(engine: Any) -> None:
        script = "echo one; echo two >&2; until test -e /ok; do sleep 0.05; done; sleep 600"
        health = {"test": ["/bin/test", "-e", "/ok"], "interval": 1, "retries": 100}
        async with entered(engine.running(image, ["/bin/sh", "-c", script], health=health)) as box:
            assert (await got(engine.containers.inspect(box.id))).state.running
            seen: list[tuple[str, str]] = []
            lines = box.lines()
            while len(seen) < 2:
                line = await got(following(lines))
                seen.append((line.stream, line.text))
            assert sorted(seen) == [("stderr", "two"), ("stdout", "one")]
            assert (await got(box.execute(["/bin/touch", "/ok"], check=True))).exit_code == 0
            with pytest.raises(moorage.RunFailed, match=r"exited with 1"):
                await got(box.execute(["/bin/false"], check=True))
            await got(box.wait_healthy(20))
            with pytest.raises(moorage.EngineError, match=r"does not publish 80/tcp"):
                await got(box.port(80))
            with pytest.raises(moorage.TimedOut):
                await got(box.wait(timeout=0.2))
            await got(engine.containers.kill(box.id))
            assert await got(box.wait(timeout=20)) == 137

    run_with(mode, chosen(engine_host, age), engine_host.host, test)


@each_way
def test_a_published_port(engine_host: EngineHost, image: str, mode: str, age: str) -> None:
    serve = "mkdir /w; echo hello >/w/f; httpd -p 80 -h /w; echo it listens; exec sleep 600"
    ports = {"80/tcp": None, 81: ("127.0.0.1", None), "82/tcp": [("127.0.0.2", None)]}

    async def test(engine: Any) -> None:
        # A private engine has no network of its own accord.
        network = (await got(engine.networks.create(name="moorage-port", driver="bridge"))).id
        try:
            server = engine.running(
                image, ["/bin/sh", "-c", serve], network="moorage-port", aliases=["w"], ports=ports
            )
            async with entered(server) as box:
                assert (await got(following(box.lines()))).text == "it listens"
                address, number = await got(box.port(80))
                assert address == "127.0.0.1"
                assert await got(engine.port(box.id, "80/tcp")) == (address, number)
                others = [await got(box.port(81)), await got(box.port("82/tcp"))]
                assert [each[0] for each in others] == ["127.0.0.1", "127.0.0.2"]
                assert number != others[0][1]
                if engine_host.private:
                    with tcp_in_network_of(engine_host.private.pid, number)() as client:
                        client.sendall(b"GET /f HTTP/1.0\r\n\r\n")
                        assert client.makefile("rb").read().endswith(b"\r\n\r\nhello\n")
                with pytest.raises(moorage.EngineError, match=r"publish 80/udp now; .*80/tcp"):
                    await got(box.port("80/udp"))
                with pytest.raises(ValueError, match="not a container's port"):
                    await got(box.port("80-90"))
        finally:
            await got(engine.networks.delete(network))

    run_with(mode, chosen(engine_host, age), engine_host.host, test)


@each_mode
def test_what_never_gets_healthy(engine_host: EngineHost, image: str, mode: str) -> None:
    sick = {"test": ["/bin/sh", "-c", "echo no luck; false"], "interval": 1, "retries": 1}

    async def test(engine: Any) -> None:
        async with entered(engine.running(image, SLEEP, health=sick)) as box:
            with pytest.raises(moorage.Unhealthy, match=r"(?s)unhealthy.*no luck.*\n    up"):
                await got(box.wait_healthy(20))
        slow = {**sick, "retries": 100}
        async with entered(engine.running(image, SLEEP, health=slow)) as box:
            with pytest.raises(moorage.TimedOut, match=r"did not become healthy in 0\.2 s"):
                await got(box.wait_healthy(0.2))
        async with entered(engine.running(image, SLEEP)) as box:
            with pytest.raises(moorage.Unhealthy, match=r"no health check"):
                await got(box.wait_healthy(20))
        end = ["/bin/sh", "-c", "echo gone; exit 4"]
        async with entered(engine.running(image, end, health=slow)) as box:
            assert await got(box.wait(20)) == 4
            with pytest.raises(moorage.Unhealthy, match=r"(?s)exit code 4.*\n    gone"):
                await got(box.wait_healthy(20))
        with pytest.raises(moorage.NotFound):
            await got(engine.wait_healthy("nothing", 1))

    run_with(mode, mixed(mode, engine_host), engine_host.host, test)


@each_mode
def test_an_error_in_the_block(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        with pytest.raises(ZeroDivisionError):
            async with entered(engine.running(image, SLEEP)):
                raise ZeroDivisionError
        with pytest.raises(moorage.APIError):
            async with entered(engine.running(image, ["/nowhere"])):
                pytest.fail("it started")

    run_with(mode, mixed(mode, engine_host), engine_host.host, test)


async def until_runs(engine: Any) -> None:
    while not await engine.containers.list(filters=LABELLED):
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancellation(engine_host: EngineHost, image: str, backend: str) -> None:
    async def run(engine: Any) -> None:
        await engine.run(image, SLEEP)

    async def enter(engine: Any) -> None:
        async with engine.running(image, SLEEP):
            await anyio.sleep_forever()

    async def test() -> None:
        async with moorage.connect_async(host=engine_host.host) as engine:
            for function in (run, enter):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(function, engine)
                    await until_runs(engine)
                    tasks.cancel_scope.cancel()
                assert await engine.containers.list(all=True, filters=LABELLED) == []

    anyio.run(test, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancellation_before_the_container_is_known(
    engine_host: EngineHost, image: str, backend: str
) -> None:
    async def test() -> None:
        async with moorage.connect_async(host=engine_host.host) as engine:
            for seconds in (0.001, 0.004, 0.016, 0.064):
                with anyio.move_on_after(seconds):
                    await engine.run(image, SLEEP)
                assert await engine.containers.list(all=True, filters=LABELLED) == []

    anyio.run(test, backend=backend)


@contextmanager
def interrupted_when_it_runs(host: str) -> Iterator[None]:
    """Press Ctrl-C once a container runs."""
    import signal

    ended = threading.Event()

    def press() -> None:
        with moorage.connect(host=host) as engine:
            while not engine.containers.list(filters=LABELLED):
                pass
        # Python may miss one that comes right before a system call which waits.
        while not ended.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            ended.wait(30)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("verb", ["run", "running"])
def test_ctrl_c(engine_host: EngineHost, image: str, verb: str) -> None:
    with moorage.connect(host=engine_host.host) as engine:
        with pytest.raises(KeyboardInterrupt), interrupted_when_it_runs(engine_host.host):
            if verb == "run":
                engine.run(image, SLEEP)
            else:
                with engine.running(image, SLEEP) as box:
                    box.wait()
        assert engine.containers.list(all=True, filters=LABELLED) == []
