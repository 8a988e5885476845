"""The rules of engines that a fake one keeps: what 20.10, 26.1 and 28.5 were seen to do."""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

import moorage
from moorage.testing import FakeEngine
from moorage.wire.frames import FrameParser
from moorage_api import v1_44
from tests.engines.scenario.world import tar_of
from tests.plain_http import plain_http

DOWNSTREAM = Path(__file__).parents[2] / "examples/downstream"
OLD, NEW = "1.41", "1.51"


class Http:
    """A plain client of a fake engine: status codes and messages are as they come."""

    def __init__(self, fake: FakeEngine) -> None:
        self.client = plain_http(fake.host, 20)

    def __call__(self, method: str, path: str, body: Any = None, /, **query: Any) -> httpx.Response:
        params = {n: json.dumps(v) if isinstance(v, dict) else v for n, v in query.items()}
        return self.client.request(method, path, json=body, params=params or None)

    def container(self, name: str, *command: str, **more: Any) -> str:
        body = {"Image": "busybox", "Cmd": command or ["sleep", "60"], **more}
        self("POST", "/containers/create", body, name=name).raise_for_status()
        self("POST", f"/containers/{name}/start").raise_for_status()
        return f"/containers/{name}"


@pytest.fixture(params=[OLD, NEW])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeEngine]:
    with FakeEngine(request.param, strict=False) as made:
        made.image("busybox")
        yield made


@pytest.fixture
def http(fake: FakeEngine) -> Iterator[Http]:
    made = Http(fake)
    yield made
    made.client.close()


HOST_CONFIGS = [
    ({"RestartPolicy": {"Name": "nope"}}, 400, "invalid restart policy"),
    ({"RestartPolicy": {"Name": "always"}, "AutoRemove": True}, 400, "can't create 'AutoRemove'"),
    ({"Memory": 1}, 400, "Minimum memory limit allowed is 6MB"),
    ({"Binds": ["/x:/y", "/z:/y"]}, 400, "Duplicate mount point: /y"),
    ({"Binds": ["rel:x"]}, 500, "mount path must be absolute"),
    ({"PortBindings": {"80/tcp": [{"HostPort": "x"}]}}, 400, 'invalid port specification: "x"'),
]
CONFIGS = [
    ({"WorkingDir": "rel"}, "the working directory 'rel' is invalid"),
    ({"Env": ["=x"]}, "invalid environment variable: =x"),
    ({"Healthcheck": {"Test": ["CMD", "x"], "Interval": 1}}, "Interval in Healthcheck cannot be"),
    ({"StopSignal": "NOPE"}, "nvalid signal: NOPE"),
    ({"ExposedPorts": {"x/tcp": {}}}, 'invalid port specification: "x/tcp"'),
]


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        *(({"HostConfig": host}, status, words) for host, status, words in HOST_CONFIGS),
        *((config, 400, words) for config, words in CONFIGS),
    ],
)
def test_a_container_is_refused(http: Http, more: Any, status: int, words: str) -> None:
    body = {"Image": "busybox", "Cmd": ["true"], **more}
    answer = http("POST", "/containers/create", body)
    assert (answer.status_code, words in answer.json()["message"]) == (status, True)
    assert http("GET", "/containers/json", all=1).json() == []


def test_what_a_container_is_not_fit_for(fake: FakeEngine, http: Http) -> None:
    one = http.container("one")
    key = http("GET", f"{one}/json").json()["Id"]
    old = fake.version == OLD
    cannot, container = ("Cannot", "Container") if old else ("cannot", "container")
    remove = f"You cannot remove a running container {key}. Stop the container before attempting "
    paused = f"You cannot remove a paused container {key}. Unpause and then stop the container "
    new = "cannot remove container"
    expected: list[tuple[tuple[Any, ...], int, str]] = [
        (("POST", f"{one}/start"), 304, ""),
        (("DELETE", one), 409, remove if old else f'{new} "one": container is running: stop the'),
        (("POST", f"{one}/pause"), 204, ""),
        (("DELETE", one), 409, paused if old else f'{new} "one": container is paused and must be'),
        (("POST", f"{one}/exec", {"Cmd": ["x"]}), 409, "Container one is paused, unpause the"),
        (("POST", f"{one}/unpause"), 204, ""),
        (("POST", f"{one}/rename?name=one"), 400, "Renaming a container with the same name"),
        (("POST", f"{one}/rename?name=!"), 400, "Error when allocating new name: Invalid "),
        (("POST", f"{one}/stop?t=0"), 204, ""),
        (("POST", f"{one}/stop?t=0"), 304, ""),
        (("POST", f"{one}/kill"), 409, f"{cannot} kill container: one: {container} {key} is not"),
        (("POST", f"{one}/pause"), 409, f"{container} {key} is not running"),
        (("GET", f"{one}/top"), 409, f"{container} {key} is not running"),
        (("GET", f"{one}/archive?path=/none"), 404, "Could not find the file /none in container o"),
        (("GET", f"{one}/archive?path=/etc/image/"), 500, "not a directory"),
        (("POST", f"{one}/wait?condition=next"), 400, "invalid condition"),
    ]
    for call, status, words in expected:
        answer = http(*call)
        message = answer.json()["message"] if answer.status_code >= 400 else ""
        assert (answer.status_code, words in message) == (status, True), (call, message)


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        ("/containers/json", {"status": ["nope"]}),
        ("/containers/json", {"health": ["nope"]}),
        ("/containers/json", {"exited": ["x"]}),
        ("/containers/json", {"is-task": ["x"]}),
        ("/images/json", {"dangling": ["x"]}),
        ("/volumes", {"dangling": ["x"]}),
        ("/networks", {"dangling": ["x"]}),
    ],
)
def test_a_filter_without_sense(http: Http, path: str, filters: Any) -> None:
    http("POST", "/volumes/create", {"Name": "data"})
    http.container("one")
    answer = http("GET", path, filters=filters, all=1)
    assert answer.status_code == 400
    assert "nvalid filter" in answer.json()["message"]


def test_pruning_removes_nothing_by_mistake(http: Http) -> None:
    assert http("POST", "/images/prune", filters={"dangling": ["x"]}).status_code == 400
    assert len(http("GET", "/images/json").json()) == 1


def test_events_come_in_order(fake: FakeEngine, http: Http) -> None:
    path = http.container("one", HostConfig={"Binds": ["data:/data"]})
    http("POST", f"{path}/stop", t=1)
    http("DELETE", path)
    said = http("GET", "/events", since=1, until=f"{time.time():.6f}").text
    events = [json.loads(each) for each in said.splitlines()]
    assert [f"{each['Type']} {each['Action']}" for each in events] == [
        "volume create",
        "container create",
        "volume mount",
        "network connect",
        "container start",
        "container kill",
        "container kill",
        "network disconnect",
        "container die",
        "volume unmount",
        "container stop",
        "container destroy",
    ]
    signals = [each["Actor"]["Attributes"].get("signal") for each in events]
    assert [each for each in signals if each] == ["15", "9"]
    first = next(each for each in events if each["Type"] == "container")
    # Fields that every engine before 29 has sent, and that no specification has.
    assert (first["status"], first["from"], first["id"]) == (
        "create",
        "busybox",
        first["Actor"]["ID"],
    )


def test_logs_count_the_lines_of_both_streams(http: Http) -> None:
    path = http.container("one", "sh", "-c", "echo one; echo two; echo err >&2; printf tail")
    http("POST", f"{path}/wait")

    def logs(**query: Any) -> list[bytes]:
        return [
            data for _, data in FrameParser().feed(http("GET", f"{path}/logs", **query).content)
        ]

    assert logs(stdout=1, tail=2) == [b"tail"]
    assert logs(stdout=1, stderr=1, tail=2) == [b"err\n", b"tail"]
    assert logs(stdout=1, tail=0) == []
    assert logs(stdout=1, details=1, tail=1) == [b" tail"]


def test_an_exec_runs_once(http: Http) -> None:
    path = http.container("one")
    made = http("POST", f"{path}/exec", {"Cmd": ["true"], "AttachStdout": True}).json()["Id"]
    assert http("POST", f"/exec/{made}/start", {}).status_code == 200
    again = http("POST", f"/exec/{made}/start", {"Detach": True})
    assert (again.status_code, "has already run" in again.json()["message"]) == (409, True)
    # Engines hand over the connection before they look.
    assert b"has already run" in http("POST", f"/exec/{made}/start", {}).content
    keys = http("POST", f"{path}/exec", {"Cmd": ["true"], "DetachKeys": "nope"})
    assert keys.status_code == 500


def test_an_archive_of_a_folders_content(fake: FakeEngine, http: Http) -> None:
    path = http.container("one")
    data = tar_of({"d/a": b"x", "d/b": b""})
    http.client.put(f"{path}/archive", params={"path": "/"}, content=data).raise_for_status()

    def names(of: str) -> list[str]:
        answer = http("GET", f"{path}/archive", path=of)
        return tarfile.open(fileobj=BytesIO(answer.content)).getnames()

    assert names("/d") == ["d", "d/a", "d/b"]
    assert names("/d/.") == [".", "./a", "./b"]


def test_a_health_check_is_told_at_every_version(http: Http, fake: FakeEngine) -> None:
    path = http.container("one", Healthcheck={"Test": ["CMD", "true"]})
    found = http("GET", f"/v1.25{path}/json").json()
    assert found["State"]["Health"]["Status"] in ("starting", "healthy")
    assert found["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]


def test_a_build_tells_what_a_failing_step_said(http: Http) -> None:
    context = tar_of({"Dockerfile": b"FROM busybox\nRUN echo out; exit 3\n"})
    said = http.client.post("/build", content=context).text
    assert '"out\\n"' in said
    assert '"code": 3' in said
    quiet = tar_of({"Dockerfile": b"FROM busybox\nRUN echo out\n"})
    (line,) = http.client.post("/build", params={"q": "1"}, content=quiet).text.splitlines()
    assert json.loads(line)["stream"].startswith("sha256:")


def test_the_sample_project_on_fakes() -> None:
    """It needs no engine and no root, and takes a few seconds."""

    def used() -> float:
        found = resource.getrusage(resource.RUSAGE_CHILDREN)
        return found.ru_utime + found.ru_stime

    before = used()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--engine-fake=1.41,1.51,newest"),
            *("-pno:asyncio", "-pno:cacheprovider", "-pno:hypothesispytest"),
        ],
        cwd=DOWNSTREAM,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "9 failed, 84 passed, 51 skipped" in done.stdout, done.stdout + done.stderr
    assert used() - before < 5


def test_detach_keys_that_come_one_by_one() -> None:
    with FakeEngine("1.44") as fake, moorage.connect(v1_44.Engine, host=fake.host) as engine:
        fake.image("app:1")
        made = engine.containers.create(image="app:1", cmd=["cat"], tty=True, open_stdin=True)
        engine.containers.start(made.id)
        command = engine.exec.create(
            made.id, cmd=["cat"], tty=True, attach_stdin=True, attach_stdout=True
        )
        with engine.exec.start(command.id, tty=True, idle_timeout=20) as session:
            session.write(b"half\x10\n")  # the first of the keys alone is input
            session.detach()
            said = b"".join(frame.data for frame in session)
        assert b"half^P\r\nhalf\x10\r\n".startswith(said)
        assert engine.exec.inspect(command.id).running


def test_files_of_the_engine_get_into_no_image(http: Http) -> None:
    path = http.container("one", Hostname="there")
    assert http("GET", f"{path}/changes").json() is None
    http("POST", "/commit", {}, container="one", repo="copied").raise_for_status()
    sizes = [http("GET", f"/images/{each}/json").json()["Size"] for each in ("busybox", "copied")]
    assert sizes[0] == sizes[1]
    with tarfile.open(fileobj=BytesIO(http("GET", f"{path}/export").content)) as exported:
        names = {*exported.getnames()}
    assert {"etc/hosts", "etc/hostname", "etc/mtab", "dev/console", "proc"} <= names
    headers = http("HEAD", f"{path}/archive", path="/etc/mtab").headers
    found = headers["X-Docker-Container-Path-Stat"]
    about = json.loads(base64.b64decode(found))
    assert (about["linkTarget"], about["size"]) == ("/proc/mounts", 12)


@pytest.mark.parametrize(
    ("platform", "status", "words"),
    [
        ("linux/amd64", 201, ""),
        ("linux/X86_64/v2", 201, ""),
        ("linux", 201, ""),
        ("amd64", 201, ""),
        ("aarch64", 404, "linux/arm64"),
        ("linux/arm/v7", 404, "linux/arm/v7"),
        ("windows", 404, "windows/amd64"),
        ("x", 400, "unknown operating system or architecture"),
        ("a/b/c/d", 400, "cannot parse platform specifier"),
        ("linux/", 400, "is an invalid component of"),
    ],
)
def test_a_platform(http: Http, platform: str, status: int, words: str) -> None:
    body = {"Image": "busybox", "Cmd": ["true"]}
    answer = http("POST", "/containers/create", body, platform=platform)
    assert answer.status_code == status
    assert words in answer.json().get("message", "")


def test_detach_keys_that_are_none(http: Http) -> None:
    path = http.container("one")
    answer = http("POST", f"{path}/attach", stdout="1", stream="1", detachKeys="nonsense")
    assert answer.status_code == 500
