"""Recordings: what is written, what is not, and how they are replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

import moorage
from moorage.testing import FakeEngine, record, replay
from moorage.testing.recordings.entry import Entry, content_bytes, content_of
from moorage.testing.recordings.replayer import NotRecorded
from moorage.testing.recordings.secrecy import BLANK, Secrets
from moorage.versions.bundled import version_module
from tests.engines.scenario.world import tar_of
from tests.facade.canary import CANARY
from tests.plain_http import plain_http


@pytest.fixture
def fake() -> Iterator[FakeEngine]:
    with FakeEngine("1.44") as made:
        made.image("busybox")
        yield made


def work(host: str) -> list[Any]:
    """Do something of each kind: documents, streams, hijacking, archives, errors."""
    with moorage.connect(host=host) as engine:
        came: list[Any] = [engine.system.version().api_version]
        script = "echo out; echo err >&2; sleep 60"
        made = engine.containers.create(image="busybox", cmd=["sh", "-c", script], name="web").id
        came.append(made)
        engine.containers.start(made)
        engine.containers.start(made)
        with engine.containers.logs(made, stdout=True, stderr=True, follow=True) as frames:
            came += [next(frames), next(frames)]
        came.append(engine.execute(made, ["cat"], input=b"piped").stdout)
        came.append(next(engine.containers.stats(made, stream=False)).id)
        engine.containers.put_archive(made, tar_of({"a": b"data"}), path="/tmp")
        came.append(b"".join(engine.containers.archive(made, path="/tmp/a")))
        came.append(engine.containers.archive_info(made, path="/tmp/a").size)
        came.append([each.name for each in engine.networks.list()])
        came.append(
            [str(each) for each in engine.images.build(tar_of({"Dockerfile": b"FROM busybox"}))]
        )
        engine.containers.kill(made)
        came.append(engine.containers.wait(made).status_code)
        engine.containers.delete(made)
        try:
            engine.containers.inspect(made)
        except moorage.NotFound as error:
            came.append(str(error))
        return came


@pytest.mark.parametrize("normalize", [False, True])
def test_a_recording_answers_the_same(fake: FakeEngine, tmp_path: Path, normalize: bool) -> None:
    with record(fake.host, tmp_path, normalize=normalize) as recorder:
        work(recorder.host)
    fake.close()
    results = []
    for _ in range(2):
        with replay(tmp_path) as replayer:
            results.append(work(replayer.host))
            assert replayer.unused() == []
    assert results[0] == results[1]
    assert results[0][0] == "1.44"
    assert results[0][2].data == b"out\n"


def test_what_was_recorded_is_what_was_said(fake: FakeEngine, tmp_path: Path) -> None:
    with record(fake.host, tmp_path) as recorder:
        said = work(recorder.host)
    with replay(tmp_path) as replayer:
        assert work(replayer.host) == said


def test_recordings_that_are_normalized_are_the_same(tmp_path: Path) -> None:
    texts = []
    for folder in ("one", "other"):
        with FakeEngine("1.44") as fake:
            fake.image("busybox")
            with (
                record(fake.host, tmp_path / folder, normalize=True) as recorder,
                moorage.connect(host=recorder.host) as engine,
            ):
                made = engine.containers.create(image="busybox", cmd=["true"], name="one").id
                engine.volumes.create(name="data")
                assert engine.volumes.inspect("data").name == "data"
                engine.containers.delete(made)
        texts.append((tmp_path / folder / "session.jsonl").read_text())
    assert texts[0] == texts[1]


def test_lines_are_readable(fake: FakeEngine, tmp_path: Path) -> None:
    with record(fake.host, tmp_path) as recorder:
        work(recorder.host)
    lines = [json.loads(each) for each in (tmp_path / "session.jsonl").read_text().splitlines()]
    by_name = {each["operation"]: each for each in lines}
    assert by_name["containers.create"]["query"] == {"name": "web"}
    assert by_name["containers.create"]["request"]["Image"] == "busybox"
    logs = by_name["containers.logs"]
    assert sorted(logs["answer"]["frames"]) == [["stderr", "err\n"], ["stdout", "out\n"]]
    assert logs["cut"] is True
    assert by_name["images.build"]["answer"]["lines"][0]["stream"] == "Step 1/1 : FROM busybox"
    assert by_name["exec.start"]["status"] == 101
    assert by_name["containers.put_archive"]["uploaded"] == 10240


@pytest.mark.parametrize(
    "entry",
    [
        Entry("containers.create", "1.44", "POST", "/x", {}, {"Env": [f"MY_TOKEN={CANARY}"]}),
        Entry("containers.list", "1.44", "GET", "/x", {}, answer={"text": f"?token={CANARY}&a=b"}),
        Entry("containers.create", "1.44", "POST", "/x", {}, {"Cmd": [f"--db-password={CANARY}"]}),
        Entry("containers.create", "1.44", "POST", "/x", {}, {"X": {"splunk-token": CANARY}}),
        Entry("images.build", "1.44", "POST", "/x", {"remote": f"https://me:{CANARY}@host/x"}),
        Entry("images.build", "1.44", "POST", "/x", {"buildargs": f'{{"A_KEY": "{CANARY}"}}'}),
        Entry("images.commit", "1.44", "POST", "/x", {"changes": f"ENV MY_KEY {CANARY}"}),
        Entry("plugins.set", "1.44", "POST", "/x", {}, [f"API_TOKEN={CANARY}"]),
        Entry("secrets.create", "1.44", "POST", "/x", {}, {"Name": "a", "Data": CANARY}),
        Entry(
            "swarm.inspect",
            "1.44",
            "GET",
            "/x",
            {},
            answer={"json": {"JoinTokens": {"Worker": CANARY}}},
        ),
        Entry(
            "volumes.create", "1.44", "POST", "/x", {}, {"DriverOpts": {"o": f"password={CANARY}"}}
        ),
    ],
)
def test_a_secret_is_blanked_where_it_first_stands(entry: Entry) -> None:
    blanked = Secrets().blanked(entry)
    assert CANARY not in blanked.line()
    assert BLANK in blanked.line()


def test_no_secret_is_written(fake: FakeEngine, tmp_path: Path) -> None:
    models = version_module("1.44")
    auth = moorage.RegistryAuth(username="me", password=CANARY)
    fake.image("private:1", pulled=False)
    with (
        record(fake.host, tmp_path, secrets=[f"{CANARY}-in-output"]) as recorder,
        moorage.connect(host=recorder.host, headers={"X-Token": CANARY}) as connected,
    ):
        engine: Any = connected
        engine.system.auth(username="me", password=CANARY, serveraddress="registry")
        list(engine.images.create(from_image="private", tag="1", registry_auth=auth))
        env = {"API_TOKEN": CANARY, "DB_PASSWORD": CANARY, "PLAIN": "shown"}
        made = engine.containers.create(
            image="busybox", cmd=["sh", "-c", f"echo {CANARY}-in-output; sleep 9"], env=env
        ).id
        assert f"API_TOKEN={CANARY}" in engine.containers.inspect(made).config.env
        engine.containers.start(made)
        with engine.containers.logs(made, stdout=True, follow=True) as frames:
            next(frames)
        engine.execute(made, ["cat"], input=CANARY.encode(), env={"MY_SECRET": CANARY})
        engine.containers.put_archive(made, tar_of({"a": CANARY.encode()}), path="/tmp")
        context = tar_of({"Dockerfile": b"FROM busybox\nARG token\n"})
        list(engine.images.build(context, buildargs={"token": CANARY}))
        engine.images.commit(container=made, changes=[f"ENV SECRET={CANARY}"])
        engine.containers.kill(made)
        engine.swarm.init(listen_addr="127.0.0.1", advertise_addr="127.0.0.1")
        tokens = engine.swarm.inspect().join_tokens
        engine.secrets.create(name="secret", data=CANARY.encode())
        engine.services.create(
            name="service",
            task_template=models.TaskSpec(
                container_spec=models.ContainerSpec(image="busybox", env=[f"PASS={CANARY}"])
            ),
        )
        with plain_http(recorder.host) as client:
            client.post("/v1.44/build", params={"remote": f"https://me:{CANARY}@host/x.git"})
    text = (tmp_path / "session.jsonl").read_text()
    assert "PLAIN=shown" in text
    assert CANARY not in text
    assert "WHU3Y2FuYXJ5UQ" not in text  # the canary in base64
    assert tokens.worker not in text
    assert tokens.manager not in text


def test_a_request_that_was_not_recorded(fake: FakeEngine, tmp_path: Path) -> None:
    with record(fake.host, tmp_path) as recorder, moorage.connect(host=recorder.host) as engine:
        engine.volumes.create(name="data", labels={"a": "b"})
    told = (
        "POST /volumes/create was not recorded; nearest is POST /volumes/create: "
        'request.Name is "date", and was "data"'
    )
    with (
        pytest.raises(NotRecorded, match="nearest is POST") as caught,
        replay(tmp_path) as replayer,
    ):
        with moorage.connect(host=replayer.host) as engine:
            with pytest.raises(moorage.ServerError) as refused:
                engine.volumes.create(name="date", labels={"a": "b"})
            assert told in str(refused.value)
        assert replayer.unused() == ["POST /volumes/create"]
    assert str(caught.value) == told


def test_the_order_is_free(fake: FakeEngine, tmp_path: Path) -> None:
    names = ["one", "two", "three"]
    with record(fake.host, tmp_path) as recorder, moorage.connect(host=recorder.host) as engine:
        made = [engine.volumes.create(name=name).name for name in names]
        assert len(engine.volumes.list().volumes) == 3
    with replay(tmp_path) as replayer, moorage.connect(host=replayer.host) as engine:
        assert len(engine.volumes.list().volumes) == 3
        assert len(engine.volumes.list().volumes) == 3  # it changes nothing: as often as you like
        assert [engine.volumes.create(name=name).name for name in reversed(names)] == made[::-1]
        with pytest.raises(moorage.ServerError, match="so often"):
            engine.volumes.create(name="one")
        replayer.missing.clear()


def test_docker_py_replays(fake: FakeEngine, tmp_path: Path) -> None:
    def use(host: str) -> Any:
        client = docker.DockerClient(base_url=host, version="auto")
        try:
            return client.containers.run("busybox", ["echo", "hello"], name="hello")
        finally:
            client.close()

    with record(fake.host, tmp_path) as recorder:
        assert use(recorder.host) == b"hello\n"
    with replay(tmp_path) as replayer:
        assert use(replayer.host) == b"hello\n"


def test_no_engine(tmp_path: Path) -> None:
    with (
        record(f"unix://{tmp_path}/none", tmp_path) as recorder,
        pytest.raises(moorage.ConnectionFailed),
    ):
        moorage.connect(host=recorder.host).system.ping()
    with pytest.raises(FileNotFoundError), replay(tmp_path / "none"):
        pass


@pytest.mark.parametrize("line", ["{", "[]", '{"nonsense": 1}', '{"method": "GET"}'])
def test_a_malformed_recording(tmp_path: Path, line: str) -> None:
    (tmp_path / "session.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(ValueError, match=r"session\.jsonl, line 2: "), replay(tmp_path):
        pass


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"a": 1}\n', "application/json"),
        (b'{"a": 1}\r\n{"b": 2}\r\n', "application/json"),
        (
            b"\x01\0\0\0\0\0\0\x02ab\x02\0\0\0\0\0\0\x02\xff\xfe",
            "application/vnd.docker.raw-stream",
        ),
        (b"terminal\r\n", "application/vnd.docker.raw-stream"),
        (bytes(range(256)), "application/x-tar"),
        (b"", "application/json"),
    ],
)
def test_contents_come_back(data: bytes, kind: str) -> None:
    answer = content_of(data, {"content-type": kind})
    assert b"".join(content_bytes(answer)) == data
    entry = Entry("", "", "GET", "/x", {}, answer=answer)
    assert Entry.parse(entry.line()) == entry
