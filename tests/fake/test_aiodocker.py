"""aiodocker speaks to fake engines: what its users do, at several versions."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import aiodocker
import pytest
from aiodocker.exceptions import DockerError

from moorage.testing import FakeEngine, Process, Stopped
from tests.engines.scenario.world import tar_of

VERSIONS = ["1.41", "1.51"]
Scenario = Callable[[Any, FakeEngine], Awaitable[None]]
SCENARIOS: list[Scenario] = []


def scenario(function: Scenario) -> Scenario:
    SCENARIOS.append(function)
    return function


def server(process: Process) -> int:
    process.write("ready\n")
    try:
        for line in process.lines():
            process.write(line.upper())
    except Stopped as stopped:
        process.write(f"{stopped.signal}\n")
        return 5
    return 0


async def sleeper(client: Any, name: str = "sleeper", **config: Any) -> Any:
    made = await client.containers.create(
        {"Image": "busybox", "Cmd": ["sleep", "60"], **config}, name=name
    )
    await made.start()
    return made


async def refused(status: int, call: Awaitable[Any]) -> str:
    with pytest.raises(DockerError) as caught:
        await call
    assert caught.value.status == status
    return str(caught.value.message)


@scenario
async def version(client: Any, fake: FakeEngine) -> None:
    assert (await client.version())["ApiVersion"] == fake.version


@scenario
async def info(client: Any, fake: FakeEngine) -> None:
    assert (await client.system.info())["Images"] == 2


async def read(stream: Any, words: bytes) -> bool:
    """Read as much as some words are long; returns whether it is them."""
    said = b""
    while len(said) < len(words):
        said += (await stream.read_out()).data
    return said == words


@scenario
async def life(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    assert (await made.show())["State"]["Running"]
    await made.stop(t=1)
    assert (await made.wait())["StatusCode"] == 137
    await made.delete()
    await refused(404, made.show())


@scenario
async def listed(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    assert [each.id for each in await client.containers.list()] == [made.id]
    assert await client.containers.list(filters='{"status":["exited"]}') == []


@scenario
async def logs(client: Any, fake: FakeEngine) -> None:
    made = await client.containers.create({"Image": "busybox", "Cmd": ["echo", "said"]})
    await made.start()
    await made.wait()
    assert await made.log(stdout=True) == ["said\n"]
    assert [each async for each in made.log(stdout=True, follow=True)] == ["said\n"]


@scenario
async def scripted(client: Any, fake: FakeEngine) -> None:
    made = await client.containers.create({"Image": "server:1", "OpenStdin": True})
    await made.start()
    async for line in made.log(stdout=True, follow=True):
        assert line == "ready\n"
        break
    await made.stop(t=2)
    assert (await made.wait())["StatusCode"] == 5
    assert await made.log(stdout=True) == ["ready\n", "SIGTERM\n"]


@scenario
async def killed(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    await made.kill()
    assert (await made.wait())["StatusCode"] == 137
    assert "not running" in await refused(409, made.kill())


@scenario
async def restarted(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    before = (await made.show())["State"]["StartedAt"]
    await made.restart(timeout=0)
    assert (await made.show())["State"]["StartedAt"] > before


@scenario
async def paused(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    await made.pause()
    assert "already paused" in await refused(409, made.pause())
    await made.unpause()


@scenario
async def renamed(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    await made.rename("other")
    assert (await client.containers.get("other"))["Name"] == "/other"


@scenario
async def conflict(client: Any, fake: FakeEngine) -> None:
    await sleeper(client, "one")
    again = client.containers.create({"Image": "busybox", "Cmd": ["true"]}, name="one")
    assert "already in use" in await refused(409, again)


@scenario
async def no_image(client: Any, fake: FakeEngine) -> None:
    message = await refused(404, client.containers.create({"Image": "none", "Cmd": ["true"]}))
    assert message == "No such image: none:latest"


@scenario
async def run(client: Any, fake: FakeEngine) -> None:
    made = await client.containers.run({"Image": "busybox", "Cmd": ["false"]}, name="failing")
    assert (await made.wait())["StatusCode"] == 1


@scenario
async def create_or_replace(client: Any, fake: FakeEngine) -> None:
    config = {"Image": "busybox", "Cmd": ["sleep", "60"]}
    first = await client.containers.create_or_replace("same", config)
    await first.start()
    second = await client.containers.create_or_replace("same", {**config, "Env": ["A=b"]})
    assert first.id != second.id


@scenario
async def execute(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    execution = await made.exec(["sh", "-c", "echo out; exit 3"], stdout=True)
    async with execution.start(detach=False) as stream:
        message = await stream.read_out()
        assert message.data == b"out\n"
        assert await stream.read_out() is None
    assert (await execution.inspect())["ExitCode"] == 3


@scenario
async def execute_with_input(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    execution = await made.exec(["cat"], stdin=True, stdout=True, tty=True)
    async with execution.start(detach=False) as stream:
        await stream.write_in(b"word\n")
        assert await read(stream, b"word\r\n" * 2)  # the terminal writes back what is typed


@scenario
async def execute_detached(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    execution = await made.exec(["touch", "/made"])
    await execution.start(detach=True)
    while (await execution.inspect())["Running"]:
        pass
    assert fake.read_file(made.id, "/made") == b""


@scenario
async def attach(client: Any, fake: FakeEngine) -> None:
    made = await client.containers.create({"Image": "server:1", "OpenStdin": True, "Tty": True})
    async with made.attach(stdout=True, stdin=True) as stream:
        await made.start()
        assert (await stream.read_out()).data == b"ready\r\n"
        await stream.write_in(b"word\n")
        assert await read(stream, b"word\r\nWORD\r\n")
    await made.delete(force=True)


@scenario
async def websocket(client: Any, fake: FakeEngine) -> None:
    made = await client.containers.create({"Image": "server:1", "OpenStdin": True})
    await made.start()
    # Before 1.42, all streams are attached, and there are no parameters for them.
    streams = {} if fake.version == "1.41" else {"stdin": True, "stdout": True}
    socket = await made.websocket(stream=True, **streams)
    await socket.send_bytes(b"word\n")
    said = ""
    while "WORD\n" not in said:  # after what it said at its start, if that was not over
        data = (await socket.receive()).data
        said += data if isinstance(data, str) else data.decode()
    await socket.close()


@scenario
async def archives(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    await made.put_archive("/tmp", tar_of({"a": b"data"}))
    archive = await made.get_archive("/tmp/a")
    assert archive.extractfile("a").read() == b"data"


@scenario
async def stats(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    (measured,) = await made.stats(stream=False)
    assert measured["memory_stats"]["usage"]


@scenario
async def top(client: Any, fake: FakeEngine) -> None:
    made = await sleeper(client)
    assert (await made.show())["State"]["Pid"] > 0


@scenario
async def ports(client: Any, fake: FakeEngine) -> None:
    bindings = {"80/tcp": [{"HostPort": "8080"}]}
    made = await sleeper(client, ExposedPorts={"80/tcp": {}}, HostConfig={"PortBindings": bindings})
    assert (await made.port("80"))[0]["HostPort"] == "8080"


@scenario
async def images(client: Any, fake: FakeEngine) -> None:
    assert len(await client.images.list()) == 2
    await client.images.tag("busybox", "copy", tag="2")
    assert "copy:2" in (await client.images.inspect("busybox"))["RepoTags"]
    await client.images.delete("copy:2")
    assert (await client.images.history("busybox"))[0]["Id"].startswith("sha256:")


@scenario
async def pull(client: Any, fake: FakeEngine) -> None:
    said = await client.images.pull("remote", tag="1")
    assert said[-1]["status"].startswith("Status: Downloaded newer image")
    await refused(404, client.images.pull("nowhere"))


@scenario
async def push(client: Any, fake: FakeEngine) -> None:
    await client.images.tag("busybox", "localhost:5000/b", tag="1")
    said = await client.images.push("localhost:5000/b", tag="1")
    assert said[-1]["aux"]["Tag"] == "1"


@scenario
async def build(client: Any, fake: FakeEngine) -> None:
    context = io.BytesIO(tar_of({"Dockerfile": b"FROM busybox\nLABEL a=b\n"}))
    await client.images.build(fileobj=context, encoding="identity", tag="built:1")
    assert (await client.images.inspect("built:1"))["Config"]["Labels"] == {"a": "b"}


@scenario
async def save_and_load(client: Any, fake: FakeEngine) -> None:
    async with client.images.export_image("busybox") as content:
        data = await content.read()
    await client.images.delete("busybox")
    said = await client.images.import_image(data)
    assert "Loaded image: busybox:latest\n" in [each.get("stream") for each in said]


@scenario
async def networks(client: Any, fake: FakeEngine) -> None:
    network = await client.networks.create({"Name": "net", "Labels": {"a": "b"}})
    made = await sleeper(client)
    await network.connect({"Container": made.id})
    assert made.id in (await network.show())["Containers"]
    await network.disconnect({"Container": made.id})
    assert await network.delete()


@scenario
async def volumes(client: Any, fake: FakeEngine) -> None:
    volume = await client.volumes.create({"Name": "data"})
    assert (await volume.show())["Driver"] == "local"
    await sleeper(client, HostConfig={"Binds": ["data:/data"]})
    assert "in use" in await refused(409, volume.delete())


@scenario
async def events(client: Any, fake: FakeEngine) -> None:
    fake.strict = False  # aiodocker gives a parameter that there is not
    subscriber = client.events.subscribe()
    await asyncio.sleep(0.1)
    await client.volumes.create({"Name": "data"})
    while (event := await subscriber.get())["Type"] != "volume":
        pass
    assert event["Actor"]["ID"] == "data"
    await client.events.stop()


@scenario
async def swarm(client: Any, fake: FakeEngine) -> None:
    await client.swarm.init(advertise_addr="127.0.0.1")
    service = await client.services.create(
        task_template={"ContainerSpec": {"Image": "server:1", "OpenStdin": True}}, name="svc"
    )
    (task,) = await client.tasks.list(filters={"service": "svc"})
    assert task["ServiceID"] == service["ID"]
    assert len(await client.nodes.list()) == 1
    await client.services.delete("svc")
    await client.swarm.leave(force=True)


@scenario
async def secrets(client: Any, fake: FakeEngine) -> None:
    await client.swarm.init()
    made = await client.secrets.create(name="one", data="secret")
    assert "Data" not in (await client.secrets.inspect(made["ID"]))["Spec"]
    await client.secrets.delete(made["ID"])


@scenario
async def trouble(client: Any, fake: FakeEngine) -> None:
    fake.fail("containers.start", status=503, message="busy")
    made = await client.containers.create({"Image": "busybox", "Cmd": ["true"]})
    assert await refused(503, made.start()) == "busy"
    await made.start()
    fake.restart()
    assert (await made.show())["State"]["Status"] == "exited"


def name_of(function: Scenario) -> str:
    return function.__name__


@pytest.mark.parametrize("play", SCENARIOS, ids=name_of)
@pytest.mark.parametrize("version", VERSIONS)
def test_aiodocker(play: Scenario, version: str) -> None:
    async def run() -> None:
        async with aiodocker.Docker(url=fake.host) as client:
            await asyncio.wait_for(play(client, fake), 20)

    with FakeEngine(version) as fake:
        fake.image("busybox")
        fake.image("server:1", run=server)
        fake.image("remote:1", pulled=False)
        asyncio.run(run())
        assert not fake.strict or fake.problems == []
