"""The fake engine: versions, strictness, scripts, and what it tells of requests."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import moorage
from moorage.conformance import check
from moorage.testing import FakeEngine, Process, Stopped
from moorage.testing.server.connection import Connection
from moorage.testing.server.routing import _routes
from moorage.testing.server.shapes import UNSPECIFIED
from moorage.versions.bundled import bundled_versions, version_module
from tests.engines.scenario.world import just_pinned
from tests.plain_http import plain_http

VERSIONS = bundled_versions()
UNSPECIFIED_FIELDS = {field for fields in UNSPECIFIED.values() for field in fields}


@pytest.fixture
def fake() -> Iterator[FakeEngine]:
    with FakeEngine("1.44") as made:
        made.image("busybox")
        yield made


@pytest.fixture
def http(fake: FakeEngine) -> Iterator[httpx.Client]:
    with plain_http(fake.host, 10) as client:
        yield client


def engine(fake: FakeEngine, **more: Any) -> Any:
    return moorage.connect(host=fake.host, **more)


@pytest.mark.parametrize("version", VERSIONS)
def test_negotiation(version: str) -> None:
    with FakeEngine(version) as fake, engine(fake) as connected:
        assert connected.api_version == version
        said = connected.system.version()
        assert (said.api_version, said.min_api_version) == (version, fake.min_version)
        if version_module(version).Engine.api_version != VERSIONS[-1]:
            with (
                pytest.raises(moorage.UnsupportedVersion, match="is too new"),
                engine(fake, version=VERSIONS[-1]) as newer,
            ):
                newer.system.info()


def test_the_oldest_version() -> None:
    with FakeEngine("1.52") as fake:
        assert fake.min_version == "1.44"
        with (
            pytest.raises(moorage.UnsupportedVersion, match="is too old"),
            engine(fake, version="1.43") as older,
        ):
            older.system.info()
    with FakeEngine("1.52", min_version="1.24") as fake, engine(fake, version="1.30") as older:
        assert older.system.info().server_version == "29.0.0"
    with pytest.raises(ValueError, match="is newer than the version"):
        FakeEngine("1.44", min_version="1.45")
    with pytest.raises(moorage.UnsupportedVersion, match=r"9\.99"):
        FakeEngine("9.99")


def test_on_a_port() -> None:
    with FakeEngine("1.44", tcp=True) as fake, engine(fake) as connected:
        assert fake.host.startswith("tcp://127.0.0.1:")
        assert connected.system.ping() == "OK"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_is_there(version: str) -> None:
    from moorage.testing.server.call import HANDLERS

    assert {each.operation for each in _routes(version)} <= HANDLERS.keys() | just_pinned()


@pytest.mark.parametrize("version", ["1.25", "1.41", "1.48", "1.55"])
def test_answers_conform(version: str) -> None:
    """What a fake engine says has nothing that its version's specification does not know."""
    with FakeEngine(version) as fake:
        fake.image("busybox", Healthcheck={"Test": ["CMD", "true"]})
        with engine(fake) as connected:
            made = connected.containers.create(
                image="busybox",
                cmd=["sleep", "60"],
                exposed_ports={"80/tcp": {}},
                labels={"a": "b"},
            ).id
            connected.containers.start(made)
            connected.volumes.create(name="data", labels={"a": "b"})
            answers = {
                "containers.list": connected.containers.list(),
                "containers.inspect": connected.containers.inspect(made),
                "images.list": connected.images.list(),
                "volumes.inspect": connected.volumes.inspect("data"),
                "networks.inspect": connected.networks.inspect("bridge"),
                "system.info": connected.system.info(),
            }
    for operation, answer in answers.items():
        plain = [e.to_dict() for e in answer] if isinstance(answer, list) else answer.to_dict()
        unknown = [
            each
            for each in check(operation, version, plain)
            if "no such" in str(each) and not UNSPECIFIED_FIELDS & {*each.path.split(".")}
        ]
        assert not unknown, operation


class TestStrictness:
    def test_an_unknown_field(self, fake: FakeEngine, http: httpx.Client) -> None:
        body = {"Image": "busybox", "HostConfig": {"Memroy": 1, "NetworkMode": "none"}}
        answer = http.post("/v1.44/containers/create", json=body)
        assert answer.status_code == 400
        told = "HostConfig has no field 'Memroy' in API 1.44; it has 'Memory'"
        assert answer.json() == {"message": told}
        assert fake.problems == [told]

    def test_a_newer_field(self, fake: FakeEngine, http: httpx.Client) -> None:
        body = {"Name": "net", "EnableIPv4": True, "ConfigOnly": True}
        answer = http.post("/v1.44/networks/create", json=body)
        assert "no field 'EnableIPv4' in API 1.44" in answer.json()["message"]

    def test_an_unknown_parameter(self, fake: FakeEngine, http: httpx.Client) -> None:
        answer = http.get("/v1.44/containers/json", params={"al": "1"})
        assert answer.status_code == 400
        assert "has no parameter 'al' in API 1.44" in answer.json()["message"]

    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"limit": "few"}, "limit takes an integer"),
            ({"all": "perhaps"}, "all takes true or false"),
            ({"filters": "{"}, "filters"),
            ({"filters": '{"label": "a"}'}, "the filter label takes a list of strings"),
            ({"filters": '{"nonsense": ["a"]}'}, "invalid filter 'nonsense'"),
        ],
    )
    def test_a_wrong_value(self, http: httpx.Client, params: dict[str, str], words: str) -> None:
        answer = http.get("/v1.44/containers/json", params=params)
        assert answer.status_code == 400
        assert words in answer.json()["message"]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"Image": 1}, "Image takes a string, not 1"),
            ({"Cmd": {"a": 1}}, "Cmd takes an array"),
            ({"Env": ["A=b", 1]}, "Env[1] takes a string"),
            ({"HostConfig": {"Memory": "64m"}}, "HostConfig.Memory takes an integer"),
            ({"Labels": {"a": True}}, "Labels['a'] takes a string"),
            ([], "the body takes an object"),
        ],
    )
    def test_a_wrong_type(
        self, fake: FakeEngine, http: httpx.Client, body: Any, words: str
    ) -> None:
        for strict in (True, False):
            fake.strict = strict
            answer = http.post("/v1.44/containers/create", json=body)
            assert answer.status_code == 400
            assert words in answer.json()["message"]

    def test_off(self, fake: FakeEngine, http: httpx.Client) -> None:
        fake.strict = False
        body = {"image": "busybox", "cmd": ["true"], "Nonsense": 1}
        answer = http.post("/v1.44/containers/create", params={"nonsense": "1"}, json=body)
        assert answer.status_code == 201
        assert len(fake.problems) == 2
        assert len(fake.requests[-1].problems) == 4  # other letters, which engines read

    def test_empty_values_say_nothing(self, fake: FakeEngine, http: httpx.Client) -> None:
        body = {"Image": "busybox", "Cmd": ["true"], "Nonsense": None, "Other": {"A": ""}}
        assert http.post("/v1.44/containers/create", json=body).status_code == 201
        assert fake.problems == []
        assert len(fake.requests[-1].problems) == 2

    def test_another_version_has_it(self, fake: FakeEngine, http: httpx.Client) -> None:
        answer = http.get("/v1.44/images/busybox/attestations")
        assert (answer.status_code, answer.json()) == (404, {"message": "page not found"})
        assert "API 1.44 has no GET" in fake.problems[0]

    def test_no_json(self, http: httpx.Client) -> None:
        answer = http.post("/v1.44/volumes/create", content="Name=x")
        assert "unsupported Content-Type" in answer.json()["message"]
        headers = {"Content-Type": "application/json"}
        answer = http.post("/v1.44/volumes/create", content="{", headers=headers)
        assert answer.status_code == 400


def test_requests_are_typed(fake: FakeEngine) -> None:
    with engine(fake) as connected:
        connected.containers.create(image="busybox", cmd=["true"], env={"A": "b"}, name="one")
    seen = fake.requests[-1]
    assert (seen.operation, seen.version, seen.status) == ("containers.create", "1.44", 201)
    assert seen.query == {"name": "one"}
    assert seen.model == version_module("1.44").ContainerCreateRequest(
        image="busybox", cmd=["true"], env=["A=b"]
    )
    assert seen.body["Image"] == "busybox"


def test_credentials_stand_in_no_repr(fake: FakeEngine) -> None:
    with engine(fake) as connected:
        connected.system.auth(username="me", password="canary")
    assert "canary" not in repr(fake.requests)
    assert "canary" not in repr(fake)


class TestScripts:
    def test_failures(self, fake: FakeEngine) -> None:
        fake.fail("containers.list", status=503, message="busy", times=2)
        with engine(fake) as connected:
            for _ in range(2):
                with pytest.raises(moorage.Unavailable, match="busy"):
                    connected.containers.list()
            assert connected.containers.list() == []

    def test_an_unknown_operation(self, fake: FakeEngine) -> None:
        with pytest.raises(ValueError, match=r"did you mean 'containers.start'\?"):
            fake.fail("container.start")
        with pytest.raises(ValueError, match=r"is not an operation of API 1\.44"):
            fake.fail("images.attestations")

    def test_an_unknown_setting_of_an_image(self, fake: FakeEngine) -> None:
        with pytest.raises(TypeError, match=r"has no field 'cmd' in .*; it has 'Cmd'"):
            fake.image("app:1", cmd=["x"])
        with pytest.raises(TypeError, match="Env takes an array"):
            fake.image("app:1", Env={"A": "b"})

    def test_a_cut(self, fake: FakeEngine) -> None:
        fake.image("long:1", run=lambda process: process.write("x" * 1000))
        fake.cut("containers.logs", after=100)
        with engine(fake) as connected:
            made = connected.containers.create(image="long:1").id
            connected.containers.start(made)
            connected.containers.wait(made)
            with pytest.raises(moorage.StreamInterrupted):
                list(connected.containers.logs(made, stdout=True))
            assert sum(len(e.data) for e in connected.containers.logs(made, stdout=True)) == 1000

    def test_a_dropped_connection(self, fake: FakeEngine) -> None:
        fake.drop("volumes.create")
        with engine(fake) as connected:
            with pytest.raises(moorage.ConnectionFailed):
                connected.volumes.create(name="data")
            assert connected.volumes.list().volumes == []

    def test_a_slow_answer(self, fake: FakeEngine) -> None:
        fake.slow("system.info", 30)
        with engine(fake) as connected:
            with pytest.raises(moorage.TimedOut):
                connected.system.info(timeout=0.2)
            fake.well()
            assert connected.system.info(timeout=10).images == 1

    def test_a_restart(self, fake: FakeEngine) -> None:
        with engine(fake) as connected:
            host = version_module("1.44").HostConfig
            policy = version_module("1.44").RestartPolicy(name="always")
            names = {"stays": host(restart_policy=policy), "ends": host()}
            for name, config in names.items():
                connected.containers.create(
                    image="busybox", cmd=["sleep", "60"], name=name, host_config=config
                )
                connected.containers.start(name)
            with fake.down(), pytest.raises(moorage.ConnectionFailed):
                connected.system.ping()
            states = {name: connected.containers.inspect(name).state.status for name in names}
        assert states == {"stays": "running", "ends": "exited"}

    def test_a_program(self, fake: FakeEngine) -> None:
        def app(process: Process) -> int:
            process.files.write("/ran", " ".join([*process.args, process.env["A"]]))
            process.write("ready\n")
            try:
                process.sleep(60)
            except Stopped as stopped:
                process.error(f"{stopped.signal}\n")
            return 3

        fake.image("app:1", run=app)
        with engine(fake) as connected:
            made = connected.containers.create(image="app:1", env={"A": "b"}, cmd=["serve"]).id
            connected.containers.start(made)
            with connected.containers.logs(made, stdout=True, stderr=True, follow=True) as frames:
                assert next(frames).data == b"ready\n"
                connected.containers.stop(made, t=5)
                assert next(frames).data == b"SIGTERM\n"
            assert connected.containers.wait(made).status_code == 3
        assert fake.read_file(made, "/ran") == b"serve b"

    def test_a_program_that_does_not_end(self, fake: FakeEngine) -> None:
        fake.image("app:1", run=lambda process: time.sleep(3))
        with engine(fake) as connected:
            made = connected.containers.create(image="app:1").id
            connected.containers.start(made)
            connected.containers.kill(made)
            assert connected.containers.wait(made).status_code == 137

    def test_health(self, fake: FakeEngine) -> None:
        def app(process: Process) -> None:
            process.healthy = False
            process.sleep(60)

        fake.image("app:1", run=app, Healthcheck={"Test": ["CMD", "x"], "Retries": 1})
        with engine(fake) as connected:
            made = connected.containers.create(image="app:1").id
            connected.containers.start(made)
            with pytest.raises(moorage.Unhealthy):
                connected.wait_healthy(made, timeout=10)

    def test_a_program_with_a_mistake(self, fake: FakeEngine) -> None:
        fake.image("app:1", run=lambda process: process.nonsense)  # type: ignore[attr-defined]
        with engine(fake) as connected:
            made = connected.containers.create(image="app:1").id
            connected.containers.start(made)
            assert connected.containers.wait(made).status_code == 1
            (said,) = connected.containers.logs(made, stderr=True)
        assert b"AttributeError" in said.data

    def test_a_program_that_returns_no_exit_code(self, fake: FakeEngine) -> None:
        fake.image("app:1", run=lambda process: "text")
        with engine(fake) as connected, pytest.raises(moorage.RunFailed, match="ValueError"):
            connected.run("app:1")


def test_engine_labels_may_have_any_name(fake: FakeEngine) -> None:
    labels = {"kind": "x", "action": "y", "name": "z", "exitCode": "1"}
    with engine(fake) as connected:
        made = connected.containers.create(image="busybox", cmd=["true"], labels=labels).id
        connected.containers.start(made)
        assert connected.containers.wait(made).status_code == 0
        assert connected.containers.inspect(made).config.labels == labels


def test_a_closed_connection_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection(ours)
        connection.close()
        connection.let_read()
        assert connection.is_gone()


def test_starting_is_quick() -> None:
    with FakeEngine("1.44"):
        pass
    times = []
    for version in VERSIONS[:10]:
        began = time.process_time()
        with FakeEngine(version):
            times.append(time.process_time() - began)
    assert sorted(times)[len(times) // 2] < 0.02


def test_moorage_alone_loads_none_of_it() -> None:
    program = """
import sys, json, moorage
with moorage.connect(host=sys.argv[1]) as engine:
    engine.system.ping()
print(json.dumps(sorted(each for each in sys.modules if "moorage.testing" in each)))
"""
    with FakeEngine("1.44") as fake:
        done = subprocess.run(
            [sys.executable, "-c", program, fake.host],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert json.loads(done.stdout) == []
