"""Models keep what engines left out; their reprs."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve

from moorage.wire.collector import paused
from moorage_api import newest, v1_25, v1_38, v1_44, v1_51
from tests.facade.recorder import recorded

SUMMARY = {"Id": "0123", "Names": ["/web"], "Created": 0, "Ports": [], "Labels": None}


def version_of(api: ModuleType) -> str:
    version: str = api.Engine.api_version
    return version


each_api = pytest.mark.parametrize("api", [v1_25, v1_44, v1_51, newest], ids=version_of)


def container() -> v1_51.ContainerSummary:
    return v1_51.ContainerSummary.from_dict(SUMMARY)


def test_lists_and_maps_are_never_none() -> None:
    read = container()
    assert (read.names, read.ports, read.labels, read.mounts) == (["/web"], [], {}, [])
    assert read.to_dict() == SUMMARY


def test_every_model_has_lists_of_its_own() -> None:
    one, other = container(), container()
    one.mounts.append(v1_51.MountPoint.from_dict({"Source": "/data"}))
    assert other.mounts == []
    assert one.to_dict() == SUMMARY | {"Mounts": [{"Source": "/data"}]}
    one.mounts.clear()
    assert one.to_dict() == SUMMARY


def test_lists_that_were_absent_are_lists_like_others() -> None:
    read = container()
    assert (repr(read.mounts), repr(read.labels)) == ("[]", "{}")
    assert (type(read.mounts.copy()), type(read.labels.copy())) == (list, dict)
    read.labels["a"] = "b"
    assert read.to_dict() == SUMMARY | {"Labels": {"a": "b"}}
    assert "labels={'a': 'b'}" in repr(read)
    assert evolve(container(), status="up").to_dict() == SUMMARY | {"Status": "up"} | {
        "Image": "", "ImageID": "", "Command": "", "State": "", "HostConfig": {}
    }  # fmt: skip


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with paused(10):
            assert gc.isenabled() is enabled
        with pytest.raises(ZeroDivisionError), paused(1_000_000):
            assert not gc.isenabled()
            raise ZeroDivisionError
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize(("enabled", "size"), [(True, 1_000_000), (True, 10), (False, 1_000_000)])
def test_new_objects_are_scanned_where_the_collector_is_paused(enabled: bool, size: int) -> None:
    class Thing:
        pass

    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with paused(size) as scan_new:
            gc.disable()
            thing = Thing()
            thing.__dict__["itself"] = thing
            gone = weakref.ref(thing)
            del thing
            scan_new()
            assert (gone() is None) is (enabled and size > 10)
    finally:
        (gc.enable if before else gc.disable)()


def test_what_is_assigned_counts() -> None:
    read = container()
    read.mounts, read.labels = [], {}
    assert read.to_dict() == SUMMARY | {"Mounts": [], "Labels": {}}
    read.labels = {"a": "b"}
    assert read.to_dict()["Labels"] == {"a": "b"}


def test_null_of_a_request_s_model_goes_back() -> None:
    wire: dict[str, Any] = {"Binds": None, "CapAdd": [], "NetworkMode": "none", "Memory": 0}
    host = v1_44.HostConfig.from_dict(wire)
    assert (host.binds, host.cap_add, host.devices) == (None, [], None)
    assert host.to_dict() == wire
    host.binds = ["/a:/b"]
    assert host.to_dict() == wire | {"Binds": ["/a:/b"]}
    assert evolve(v1_44.HostConfig.from_dict(wire), memory=1).to_dict() == {
        "CapAdd": [],
        "NetworkMode": "none",
        "Memory": 1,
    }


PORTS = {"80/tcp": None, "81/tcp": [{"HostIp": "", "HostPort": "8081"}]}


@each_api
def test_ports_that_are_not_published(api: ModuleType) -> None:
    wire = {"Ports": PORTS}
    read = api.NetworkSettings.from_dict(wire)
    assert read.ports["80/tcp"] is None
    assert read.ports["81/tcp"] == [api.PublishedPort("", "8081")]
    assert read.to_dict() == wire


@each_api
def test_bindings_of_ports_that_are_not_published(api: ModuleType) -> None:
    wire = {"PortBindings": PORTS}
    read = api.HostConfig.from_dict(wire)
    assert read.port_bindings["80/tcp"] is None
    assert read.port_bindings["81/tcp"] == [api.PortBinding("", "8081")]
    assert read.to_dict() == wire
    # A container that was inspected can be created again.
    engine, recorder = recorded(api.Engine)
    engine.containers.create(image="x", host_config=read)
    assert recorder.sent.json["HostConfig"] == wire


@pytest.mark.parametrize("wire", [{}, {"Id": None, "State": None, "RestartCount": None}])
def test_an_engine_that_leaves_out_what_is_required(wire: dict[str, Any]) -> None:
    read = v1_51.ContainerInspectResponse.from_dict(wire)
    assert (read.id, read.restart_count, read.state.status, read.state.running) == (
        "", 0, "", False
    )  # fmt: skip
    assert read.state.health is None
    assert read.network_settings.ports == {}
    assert read.to_dict() == wire
    read.state.status = "running"
    assert read.to_dict()["State"] == {"Status": "running"}


def test_a_size_that_is_unknown_is_not_zero() -> None:
    assert container().size_rw is None


@pytest.mark.parametrize(
    "same", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_copies_go_back_as_well(same: Any) -> None:
    made = same(container())
    assert made == container()
    assert made.to_dict() == SUMMARY


def test_absence_and_emptiness_are_equal() -> None:
    assert v1_51.ContainerState.from_dict({"Error": ""}) == v1_51.ContainerState.from_dict({})


@pytest.mark.parametrize("api", [v1_38, v1_44, v1_51, newest], ids=version_of)
def test_a_build_with_buildkit(api: ModuleType) -> None:
    wire = {"id": "moby.buildkit.trace", "aux": "CgA="}
    assert api.BuildInfo.from_dict(wire).aux == "CgA="
    assert api.BuildInfo.from_dict(wire).to_dict() == wire
    assert api.BuildInfo.from_dict({"aux": {"ID": "sha256:0"}}).aux == api.ImageID("sha256:0")


@each_api
def test_the_lines_of_a_push(api: ModuleType) -> None:
    assert api.PushImageInfo.from_dict({"id": "0123", "status": "Pushed"}).id == "0123"
    aux = {"Tag": "1", "Digest": "sha256:0", "Size": 3}
    read = api.PushImageInfo.from_dict({"aux": aux})
    assert read.aux == api.PushResult("1", "sha256:0", 3)
    assert read.to_dict() == {"aux": aux}


def test_a_short_repr() -> None:
    assert repr(v1_44.HostConfig(network_mode="none", binds=[])) == (
        "HostConfig(binds=[], network_mode='none')"
    )
    assert repr(v1_44.HostConfig()) == "HostConfig()"
    shown = repr(v1_51.PortSummary.from_dict({"PrivatePort": 80, "Type": "tcp", "New": 1}))
    assert shown == "PortSummary(private_port=80, type='tcp')"


def test_a_long_repr_is_wrapped() -> None:
    host = v1_44.HostConfig(
        binds=["/a:/b"],
        restart_policy=v1_44.RestartPolicy(name="on-failure", maximum_retry_count=3),
        port_bindings={"80/tcp": [v1_44.PortBinding(host_ip="127.0.0.1", host_port="8" * 70)]},
    )
    assert (
        repr(host)
        == f"""\
HostConfig(
    binds=['/a:/b'],
    port_bindings={{
        '80/tcp': [
            PortBinding(
                host_ip='127.0.0.1',
                host_port='{"8" * 70}',
            ),
        ],
    }},
    restart_policy=RestartPolicy(name='on-failure', maximum_retry_count=3),
)"""
    )


def test_secrets_are_in_no_repr() -> None:
    spec = v1_51.SecretSpec(name="s", data=b"c2VjcmV0")
    auth = v1_51.AuthConfig(username="me", password="hidden")
    for model in (spec, auth, v1_51.SwarmJoinRequest(join_token="hidden", remote_addrs=["x"] * 99)):
        assert "c2VjcmV0" not in repr(model)
        assert "hidden" not in repr(model)


def test_a_model_within_itself() -> None:
    host = v1_44.HostConfig(network_mode="none")
    host.binds = [host]  # type: ignore[list-item]
    assert repr(host) == "HostConfig(binds=[...], network_mode='none')"
