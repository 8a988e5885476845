"""A body is a model, or its fields as keywords; path parameters come first, the others by name."""

from __future__ import annotations

from typing import Any, cast

import pytest

import moorage
from moorage.guard import guarded
from moorage.request import Options, Request
from moorage_api import v1_25, v1_44


class Recorder:
    """A transport that keeps what it is to send."""

    version = "1.44"

    def json(self, request: Request[Any], _options: Options) -> Any:
        self.sent = request
        return None

    nothing = json


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def engine(recorder: Recorder) -> v1_44.Engine:
    return v1_44.Engine(cast("Any", recorder))


HOST = v1_44.HostConfig(network_mode="none")
WIRE = {"Image": "bb", "Cmd": ["sh"], "HostConfig": {"NetworkMode": "none"}}


def test_a_model(engine: v1_44.Engine, recorder: Recorder) -> None:
    body = v1_44.ContainerCreateRequest(image="bb", cmd=["sh"], host_config=HOST)
    engine.containers.create(body, name="x")
    assert recorder.sent.json == WIRE
    assert recorder.sent.query == {"name": "x", "platform": None}


def test_its_fields(engine: v1_44.Engine, recorder: Recorder) -> None:
    engine.containers.create(image="bb", cmd=["sh"], host_config=HOST, name="x")
    assert recorder.sent.json == WIRE
    assert recorder.sent.query == {"name": "x", "platform": None}


def test_defaults_of_the_specification_are_not_sent(
    engine: v1_44.Engine, recorder: Recorder
) -> None:
    engine.containers.create(image="bb")
    assert recorder.sent.json == {"Image": "bb"}


def test_after_the_path(engine: v1_44.Engine, recorder: Recorder) -> None:
    engine.networks.connect("net", container="web")
    assert (recorder.sent.path, recorder.sent.json) == (
        "/networks/net/connect",
        {"Container": "web"},
    )
    engine.services.update("s", v1_44.ServiceSpec(name="s"), version=7)
    assert (recorder.sent.json, recorder.sent.query["version"]) == ({"Name": "s"}, 7)
    engine.services.update("s", name="s", version=7)
    assert (recorder.sent.json, recorder.sent.query["version"]) == ({"Name": "s"}, 7)


def test_a_body_of_which_nothing_is_given(engine: v1_44.Engine, recorder: Recorder) -> None:
    engine.containers.update("web")
    assert recorder.sent.json == {}


def test_a_list(engine: v1_44.Engine, recorder: Recorder) -> None:
    engine.plugins.set("p", ["DEBUG=1"])
    assert recorder.sent.json == ["DEBUG=1"]


def test_what_is_not_known_is_sent_back(engine: v1_44.Engine, recorder: Recorder) -> None:
    spec = v1_44.ServiceSpec.from_dict({"Name": "s", "New": {"A": None}, "Labels": {"a": "b"}})
    spec.name = "t"
    engine.services.update("s", spec, version=1)
    assert recorder.sent.json == {"Name": "t", "New": {"A": None}, "Labels": {"a": "b"}}


def test_not_both(engine: v1_44.Engine) -> None:
    create: Any = engine.containers.create
    with pytest.raises(
        TypeError, match=r"give the body, or its fields as keywords, not both: .*cmd"
    ):
        create(v1_44.ContainerCreateRequest(image="bb"), cmd=["sh"])


def test_no_such_field(engine: v1_44.Engine) -> None:
    create: Any = engine.containers.create
    with pytest.raises(TypeError, match="imagge"):
        create(imagge="bb")


def test_a_field_of_a_newer_version(recorder: Recorder) -> None:
    recorder.version = "1.25"
    old: Any = guarded(v1_25.Engine)(cast("Any", recorder))
    needs = r"volumes\.create\(cluster_volume_spec=\) needs API 1\.42; this engine speaks 1\.25"
    with pytest.raises(moorage.OperationUnavailable, match=needs):
        old.volumes.create(name="v", cluster_volume_spec=None)
