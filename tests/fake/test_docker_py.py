"""docker-py speaks to fake engines: what its users do, at several versions."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest
from docker.errors import APIError, ContainerError, ImageNotFound, NotFound
from docker.types import Healthcheck, IPAMConfig, IPAMPool, LogConfig, Mount, Ulimit

from moorage.testing import FakeEngine, Process
from tests.engines.scenario.world import tar_of

VERSIONS = ["1.30", "1.51"]
Scenario = Callable[[Any, FakeEngine], None]
SCENARIOS: list[Scenario] = []


def scenario(function: Scenario) -> Scenario:
    SCENARIOS.append(function)
    return function


def greet(process: Process) -> int:
    process.write("out\n")
    process.error("err\n")
    return 0


@pytest.fixture(params=VERSIONS)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeEngine]:
    with FakeEngine(request.param) as made:
        made.image("busybox")
        made.image("greet:1", run=greet, Labels={"kind": "greeter"})
        made.image("remote:1", pulled=False)
        yield made


@pytest.fixture
def client(fake: FakeEngine) -> Iterator[Any]:
    made = docker.DockerClient(base_url=fake.host, version="auto", timeout=20)
    yield made
    made.close()


def name_of(function: Scenario) -> str:
    return function.__name__


@scenario
def version(client: Any, fake: FakeEngine) -> None:
    assert client.version()["ApiVersion"] == fake.version
    assert client.ping()


@scenario
def info(client: Any, fake: FakeEngine) -> None:
    assert client.info()["Images"] == 2


@scenario
def disk_usage(client: Any, fake: FakeEngine) -> None:
    used = client.df()
    assert "Images" in used or "ImageUsage" in used


@scenario
def run(client: Any, fake: FakeEngine) -> None:
    assert client.containers.run("busybox", ["echo", "hello"]) == b"hello\n"


@scenario
def run_and_remove(client: Any, fake: FakeEngine) -> None:
    assert client.containers.run("greet:1", remove=True, stderr=True) == b"out\nerr\n"
    assert client.containers.list(all=True) == []


@scenario
def run_that_fails(client: Any, fake: FakeEngine) -> None:
    with pytest.raises(ContainerError) as caught:
        client.containers.run("busybox", ["sh", "-c", "exit 3"])
    assert caught.value.exit_status == 3


@scenario
def run_of_a_missing_command(client: Any, fake: FakeEngine) -> None:
    with pytest.raises(APIError, match="no such file or directory"):
        client.containers.run("busybox", ["/nowhere"])


@scenario
def run_pulls(client: Any, fake: FakeEngine) -> None:
    assert client.containers.run("remote:1", ["echo", "pulled"]) == b"pulled\n"


@scenario
def run_of_nothing(client: Any, fake: FakeEngine) -> None:
    with pytest.raises(ImageNotFound):
        client.containers.run("missing")


@scenario
def detached(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run("busybox", ["sleep", "60"], detach=True, name="sleeper")
    assert made.status == "created"
    made.reload()
    assert made.status == "running"
    assert [each.name for each in client.containers.list()] == ["sleeper"]
    made.stop(timeout=1)
    assert made.wait()["StatusCode"] == 137
    made.remove()


@scenario
def conflicts(client: Any, fake: FakeEngine) -> None:
    made = client.containers.create("busybox", ["sleep", "60"], name="one")
    with pytest.raises(APIError) as caught:
        client.containers.create("busybox", ["sleep", "60"], name="one")
    assert caught.value.status_code == 409
    made.start()
    made.start()
    with pytest.raises(APIError) as caught:
        made.remove()
    assert caught.value.status_code == 409
    made.remove(force=True)
    with pytest.raises(NotFound):
        made.reload()


@scenario
def logs(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run("greet:1", detach=True)
    made.wait()
    assert made.logs(stdout=True, stderr=False) == b"out\n"
    assert made.logs(stdout=False, stderr=True) == b"err\n"
    assert made.logs(tail=1) == b"err\n"
    assert made.logs(timestamps=True, stderr=False).endswith(b"Z out\n")
    assert list(made.logs(stream=True, follow=True)) == [b"out\n", b"err\n"]


@scenario
def logs_with_a_terminal(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run("greet:1", detach=True, tty=True)
    made.wait()
    assert made.logs() == b"out\r\nerr\r\n"


@scenario
def attach(client: Any, fake: FakeEngine) -> None:
    made = client.containers.create("greet:1")
    stream = made.attach(stream=True, logs=True)
    made.start()
    assert b"".join(stream) == b"out\nerr\n"
    # docker-py's own close() leaves the socket open, here and below.
    stream._response.close()


@scenario
def attach_with_input(client: Any, fake: FakeEngine) -> None:
    made = client.containers.create("busybox", ["cat"], stdin_open=True)
    sock = made.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    made.start()
    sock._sock.sendall(b"word\n")
    assert sock._sock.recv(100)[8:] == b"word\n"
    sock._response.close()
    made.remove(force=True)


@scenario
def execute(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run("busybox", ["sleep", "60"], detach=True)
    assert made.exec_run(["echo", "hi"]) == (0, b"hi\n")
    assert made.exec_run(["sh", "-c", "echo o; echo e >&2; exit 4"], demux=True) == (
        4,
        (b"o\n", b"e\n"),
    )
    assert made.exec_run("env", environment={"A": "b"}).output.count(b"A=b\n") == 1
    if fake.version != "1.30":
        assert made.exec_run("pwd", workdir="/etc").output == b"/etc\n"
    assert made.exec_run(["sleep", "60"], detach=True).output == ""
    made.kill()
    with pytest.raises(APIError, match="not running"):
        made.exec_run(["true"])


@scenario
def files(client: Any, fake: FakeEngine) -> None:
    made = client.containers.create("busybox", ["true"])
    assert made.put_archive("/tmp", tar_of({"a": b"data"}))
    bits, facts = made.get_archive("/tmp/a")
    assert facts["name"] == "a"
    assert facts["size"] == 4
    with tarfile.open(fileobj=io.BytesIO(b"".join(bits))) as archive:
        assert archive.extractfile("a").read() == b"data"  # type: ignore[union-attr]
    assert {"Path": "/tmp/a", "Kind": 1} in made.diff()
    assert b"data" in b"".join(made.export())
    with pytest.raises(NotFound):
        made.get_archive("/none")
    assert fake.read_file(made.id, "/tmp/a") == b"data"


@scenario
def changes(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run("busybox", ["sleep", "60"], detach=True)
    made.rename("other")
    made.update(mem_limit="64m", memswap_limit="128m")
    made.pause()
    made.reload()
    assert (made.name, made.status) == ("other", "paused")
    made.unpause()
    made.restart(timeout=0)
    made.reload()
    assert made.attrs["HostConfig"]["Memory"] == 64 * 2**20
    made.resize(24, 80)


@scenario
def inspected(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run(
        "busybox",
        ["sleep", "60"],
        detach=True,
        environment={"A": "b"},
        labels={"x": "y"},
        ports={"80/tcp": 8080},
        volumes={"data": {"bind": "/data", "mode": "ro"}},
        mounts=[Mount("/tmpfs", None, type="tmpfs")],
        ulimits=[Ulimit(name="nofile", soft=10, hard=20)],
        log_config=LogConfig(type="json-file", config={"max-size": "1m"}),
        restart_policy={"Name": "on-failure", "MaximumRetryCount": 2},
        mem_limit="64m",
        cap_drop=["ALL"],
        hostname="there",
        user="1000",
        working_dir="/tmp",
    )
    made.reload()
    config, host = made.attrs["Config"], made.attrs["HostConfig"]
    assert "A=b" in config["Env"]
    assert config["Labels"] == {"x": "y"}
    assert (config["Hostname"], config["User"], config["WorkingDir"]) == ("there", "1000", "/tmp")
    assert host["CapDrop"] == ["ALL"]
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 2}
    assert made.ports["80/tcp"][0]["HostPort"] == "8080"
    kinds = {each["Type"]: each for each in made.attrs["Mounts"]}
    assert kinds["volume"]["Name"] == "data"
    assert kinds["volume"]["RW"] is False
    assert "tmpfs" in kinds


@scenario
def filters(client: Any, fake: FakeEngine) -> None:
    client.containers.run("greet:1", name="done", labels={"job": "a"}).decode()
    client.containers.run("busybox", ["sleep", "60"], name="runs", detach=True, labels=["job"])

    def found(**wanted: Any) -> list[str]:
        return [each.name for each in client.containers.list(all=True, filters=wanted)]

    assert found(label="job=a") == ["done"]
    assert found(label="job") == ["runs", "done"]
    assert found(status="exited") == ["done"]
    assert found(name="un") == ["runs"]
    assert found(ancestor="greet:1") == ["done"]
    assert found(exited="0") == ["done"]
    assert client.containers.list(limit=1, all=True)[0].name == "runs"
    with pytest.raises(APIError, match="nvalid filter"):
        found(nonsense="x")


@scenario
def health(client: Any, fake: FakeEngine) -> None:
    check = Healthcheck(test=["CMD", "true"], interval=10**9)
    made = client.containers.run("busybox", ["sleep", "60"], detach=True, healthcheck=check)
    event = next(
        each
        for each in client.events(since=0, decode=True)
        if each["Action"].startswith("health_status")
    )
    assert event["Action"] == "health_status: healthy"
    made.remove(force=True)


@scenario
def stats(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run("busybox", ["sleep", "60"], detach=True)
    assert made.stats(stream=False)["cpu_stats"]
    assert next(made.stats(decode=True))["memory_stats"]["usage"]
    assert made.top()["Processes"][0][-1] == "sleep 60"


@scenario
def prune(client: Any, fake: FakeEngine) -> None:
    client.containers.run("greet:1", name="done")
    assert len(client.containers.prune()["ContainersDeleted"]) == 1
    client.networks.create("n")
    assert client.networks.prune()["NetworksDeleted"] == ["n"]
    client.volumes.create()
    assert len(client.volumes.prune()["VolumesDeleted"]) == 1
    assert client.images.prune()["ImagesDeleted"] is None


@scenario
def images(client: Any, fake: FakeEngine) -> None:
    found = client.images.get("greet:1")
    assert found.labels == {"kind": "greeter"}
    assert found.tag("copy", tag="2")
    assert sorted(tag for each in client.images.list() for tag in each.tags) == [
        "busybox:latest",
        "copy:2",
        "greet:1",
    ]
    assert found.history()[0]["Id"] == found.id
    client.images.remove("copy:2")
    with pytest.raises(ImageNotFound):
        client.images.get("copy:2")
    assert len(client.images.list(filters={"label": "kind=greeter"})) == 1


@scenario
def an_image_in_use(client: Any, fake: FakeEngine) -> None:
    client.containers.run("busybox", ["sleep", "60"], detach=True)
    with pytest.raises(APIError) as caught:
        client.images.remove("busybox")
    assert caught.value.status_code == 409


@scenario
def pull(client: Any, fake: FakeEngine) -> None:
    assert client.images.pull("remote", tag="1").tags == ["remote:1"]
    lines = list(client.api.pull("remote:1", stream=True, decode=True))
    assert lines[-1]["status"] == "Status: Image is up to date for remote:1"
    with pytest.raises(NotFound):
        client.images.pull("nowhere", tag="1")


@scenario
def push(client: Any, fake: FakeEngine) -> None:
    client.images.get("greet:1").tag("localhost:5000/greet", tag="1")
    said = list(client.images.push("localhost:5000/greet", tag="1", stream=True, decode=True))
    assert said[-1]["aux"]["Tag"] == "1"
    assert client.images.get_registry_data("localhost:5000/greet:1").id.startswith("sha256:")


@scenario
def save_and_load(client: Any, fake: FakeEngine) -> None:
    data = b"".join(client.images.get("greet:1").save(named=True))
    client.images.remove("greet:1")
    (loaded,) = client.images.load(data)
    assert loaded.tags == ["greet:1"]
    assert client.containers.run("greet:1") == b"out\n"


@scenario
def build(client: Any, fake: FakeEngine) -> None:
    steps = ["FROM busybox", "COPY file /file", "RUN echo built", 'CMD ["cat", "/file"]']
    dockerfile = "\n".join(steps).encode()
    context = io.BytesIO(tar_of({"Dockerfile": dockerfile, "file": b"content"}))
    made, lines = client.images.build(fileobj=context, custom_context=True, tag="built:1")
    assert made.tags == ["built:1"]
    assert any(each.get("stream") == "built\n" for each in lines)
    assert client.containers.run("built:1") == b"content"


@scenario
def build_that_fails(client: Any, fake: FakeEngine) -> None:
    context = io.BytesIO(tar_of({"Dockerfile": b"FROM busybox\nRUN false\n"}))
    with pytest.raises(docker.errors.BuildError, match="returned a non-zero code: 1"):
        client.images.build(fileobj=context, custom_context=True)


@scenario
def commit(client: Any, fake: FakeEngine) -> None:
    made = client.containers.run("busybox", ["sh", "-c", "echo x > /made"], detach=True)
    made.wait()
    made.commit("committed", tag="1")
    assert client.containers.run("committed:1", ["cat", "/made"]) == b"x\n"


@scenario
def import_image(client: Any, fake: FakeEngine) -> None:
    client.api.import_image_from_data(tar_of({"hello": b"there"}), repository="imported", tag="1")
    assert client.containers.run("imported:1", ["cat", "/hello"]) == b"there"


@scenario
def networks(client: Any, fake: FakeEngine) -> None:
    ipam = IPAMConfig(pool_configs=[IPAMPool(subnet="10.20.0.0/24", gateway="10.20.0.1")])
    network = client.networks.create("net", driver="bridge", ipam=ipam, labels={"a": "b"})
    made = client.containers.run("busybox", ["sleep", "60"], detach=True)
    network.connect(made, aliases=["alias"])
    (there,) = client.networks.get("net").attrs["Containers"].values()
    assert there["IPv4Address"].startswith("10.20.0.")
    with pytest.raises(APIError, match="active endpoints"):
        network.remove()
    network.disconnect(made)
    network.remove()
    assert [each.name for each in client.networks.list()] == ["bridge", "host", "none"]
    with pytest.raises(APIError) as caught:
        client.networks.get("bridge").remove()
    assert caught.value.status_code == 403


@scenario
def volumes(client: Any, fake: FakeEngine) -> None:
    volume = client.volumes.create("data", labels={"a": "b"})
    assert client.volumes.create("data").id == volume.id
    made = client.containers.create("busybox", ["true"], volumes=["data:/data"])
    with pytest.raises(APIError) as caught:
        volume.remove()
    assert caught.value.status_code == 409
    made.remove()
    volume.remove()
    assert client.volumes.list() == []
    with pytest.raises(NotFound):
        client.volumes.get("data")


@scenario
def events(client: Any, fake: FakeEngine) -> None:
    with_filter = client.events(decode=True, filters={"type": "volume"}, since=1)
    client.networks.create("n")
    client.volumes.create("vv")
    event = next(with_filter)
    assert (event["Type"], event["Action"], event["Actor"]["ID"]) == ("volume", "create", "vv")
    with_filter.close()


@scenario
def swarm(client: Any, fake: FakeEngine) -> None:
    with pytest.raises(APIError, match="not a swarm manager"):
        client.services.list()
    client.swarm.init(advertise_addr="127.0.0.1")
    assert [each.attrs["Spec"]["Role"] for each in client.nodes.list()] == ["manager"]
    secret = client.secrets.create(name="secret", data=b"x")
    assert client.secrets.get(secret.id).attrs["Spec"]["Name"] == "secret"
    service = client.services.create("busybox", ["sleep", "60"], name="svc")
    assert [each["Status"]["State"] for each in service.tasks()] == ["running"]
    service.scale(2)
    assert len(service.tasks()) == 2
    service.remove()
    client.swarm.leave(force=True)


@scenario
def login(client: Any, fake: FakeEngine) -> None:
    assert client.login("me", "secret", registry="localhost:5000")["Status"] == "Login Succeeded"


@scenario
def trouble(client: Any, fake: FakeEngine) -> None:
    fake.fail("volumes.create", status=500, message="disk full", times=1)
    with pytest.raises(APIError, match="disk full"):
        client.volumes.create("vv")
    assert client.volumes.create("vv").name == "vv"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("play", SCENARIOS, ids=name_of)
def test_docker_py(play: Scenario, client: Any, fake: FakeEngine) -> None:
    play(client, fake)
    assert not [each for each in fake.requests if "moorage.testing" in str(each.status)]
    assert fake.problems == []
