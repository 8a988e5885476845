"""Inputs of wrong types, of other versions and of other clients are refused in a sentence."""

from __future__ import annotations

import inspect
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import moorage
from moorage.guard import guarded
from moorage_api import newest, v1_25, v1_41, v1_44, v1_46, v1_51, v1_52
from tests.facade.canary import CANARY, shown
from tests.facade.recorder import recorded

CET = timezone(timedelta(hours=1))
AUTH = moorage.RegistryAuth("u", "p")
OLD_MOUNT = v1_25.Mount(type="bind", target="/x", source="/y")


def created(version: Any = v1_44, **fields: Any) -> Any:
    """Return the body of containers.create."""
    engine, recorder = recorded(version.Engine)
    engine.containers.create(**fields)
    return recorder.sent.json


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {
                "host_config": {
                    "network_mode": "none",
                    "CapDrop": ["ALL"],
                    "read_only": True,
                    "x": 1,
                }
            },
            "containers.create: host_config takes a HostConfig, not a dict: write"
            " HostConfig(network_mode=…, cap_drop=…, readonly_rootfs=…)",
        ),
        (
            {"host_config": v1_44.HostConfig(mounts=[v1_44.Mount(type=5)])},  # type: ignore[arg-type]
            "containers.create: host_config.mounts[0].type takes a str, not an int",
        ),
        (
            {"host_config": v1_44.HostConfig(mounts=[{"Target": "/x"}])},  # type: ignore[list-item]
            "host_config.mounts[0] takes a Mount, not a dict: write Mount(target=…)",
        ),
        (
            {"host_config": v1_44.Mount()},
            "host_config takes a HostConfig, not a Mount",
        ),
        ({"host_config": v1_44.HostConfig}, "takes a HostConfig, not the class HostConfig"),
        (
            {"networking_config": v1_44.NetworkingConfig(endpoints_config={"n": {}})},  # type: ignore[dict-item]
            "networking_config.endpoints_config['n'] takes an EndpointSettings, not a dict: write"
            " EndpointSettings(…)",
        ),
        (
            {"volumes": {"/home/me": {"bind": "/mnt", "mode": "rw"}}},
            "volumes['/home/me'] takes {} as a value, not a dict: a mount is HostConfig(binds=",
        ),
        ({"exposed_ports": {"80/tcp": 8080}}, "a published port is HostConfig(port_bindings="),
        ({"cmd": "ls -l"}, 'containers.create: cmd takes a list of str, not a str: write ["…"]'),
        ({"entrypoint": "ls"}, "entrypoint takes a list of str, not a str"),
        ({"cmd": ["ls", None]}, "cmd[1] takes a str, not None"),
        ({"env": {"A": 5}}, "env['A'] takes a str or None, not int"),
        ({"env": ["A=b", 5]}, "env[1] takes a str, not an int"),
        ({"labels": {"a": True}}, "labels['a'] takes a str, not a bool"),
        ({"labels": {5: "a"}}, "labels[5] takes str as keys, not an int"),
        ({"labels": ["a"]}, "labels takes a mapping, not a list"),
        ({"stop_timeout": True}, "stop_timeout takes an int, not a bool"),
        ({"stop_timeout": 1.5}, "stop_timeout takes an int, not a float"),
        ({"tty": 1}, "tty takes a bool, not an int"),
        ({"extra": {"New": b"x"}}, "extra['New'] takes JSON, not bytes"),
        ({"environment": ["A=b"]}, "containers.create: environment= is called env= here"),
        ({"Env": ["A=b"]}, "containers.create: Env= is called env= here"),
        ({"command": ["ls"]}, "command= is called cmd= here"),
        ({"NetworkMode": "none"}, "NetworkMode= belongs to HostConfig: write host_config=HostCon"),
        ({"privileged": True}, "write host_config=HostConfig(privileged=…)"),
        ({"mem_limit": 5}, "write host_config=HostConfig(memory=…)"),
        ({"ports": {"80/tcp": 80}}, "containers.create takes no ports=: write host_config=Host"),
        ({"detach": True}, "containers.create takes no detach=: use containers.attach or"),
        ({"imagge": "x"}, "containers.create takes no imagge="),
    ],
)
def test_bodies_that_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        created(image="x", **fields)
    assert message in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda e: e.containers.create({"Image": "x"}),
            "containers.create: body takes a ContainerCreateRequest, not a dict: write"
            " ContainerCreateRequest(image=…)",
        ),
        (lambda e: e.exec.create("c", cmd="ls"), "exec.create: cmd takes a list of str, not a str"),
        (lambda e: e.plugins.set("p", "A=1"), "plugins.set: body takes a list of str, not a str"),
        (lambda e: e.plugins.set("p", [5]), "plugins.set: body[0] takes a str, not an int"),
        (
            lambda e: e.plugins.pull([{"Name": "x"}], remote="r"),
            "plugins.pull: body[0] takes a PluginPrivilege, not a dict: write PluginPrivilege(name",
        ),
        (lambda e: e.secrets.create(name="s", data="cGFzcw=="), "data takes bytes, not a str"),
        (
            lambda e: e.services.create(
                name="s", task_template=v1_44.TaskSpec(container_spec={"Image": "x"})  # type: ignore[arg-type]
            ),
            "services.create: task_template.container_spec takes a ContainerSpec, not a dict",
        ),
        (lambda e: e.containers.inspect(None), "id takes a name or an id, not None"),
        (
            lambda e: e.containers.inspect(v1_44.ContainerSummary.from_dict({"Id": "c"})),
            "id takes a name or an id, not ContainerSummary: give its id, .id",
        ),
        (
            lambda e: e.volumes.inspect(v1_44.Volume.from_dict({"Name": "v"})),
            "name takes a name or an id, not Volume: give its name, .name",
        ),
        (lambda e: e.containers.list(filters="a=b"), 'takes a mapping, not str: write {"label": "'),
        (
            lambda e: e.containers.prune(filters={"label": {"env": "ci"}}),
            """filters['label']['env'] takes a bool, not str: write {"env": True}, or "key=val""",
        ),
        (lambda e: e.containers.list(filters={"label": [b"x"]}), "filters['label'] takes str, boo"),
        (lambda e: e.containers.list(filters={"label": ["x", None]}), "one or several, not None"),
        (lambda e: e.containers.list(filters={"label": b"x"}), "one or several, not bytes"),
        (lambda e: e.containers.list(filters={5: "x"}), "filters takes str as keys, not int"),
        (lambda e: e.containers.logs("c", tail=True), "tail takes a str or an int, not bool"),
        (lambda e: e.containers.list(limit="5"), "limit takes an int, not str"),
        (lambda e: e.containers.list(limit=True), "limit takes an int, not bool"),
        (lambda e: e.containers.list(all=1), "all takes a bool, not int"),
        (lambda e: e.containers.create(image="x", name=5), "name takes a str, not int"),
        (lambda e: e.containers.create(image="x", platform=v1_44.Platform()), "not Platform"),
        (lambda e: e.containers.logs("c", since=True), "since takes seconds, a datetime, or a str"),
        (lambda e: e.images.build(b"", buildargs=["A=b"]), "buildargs takes a mapping of names to"),
        (lambda e: e.images.build(b"", buildargs={"A": 5}), "buildargs['A'] takes a str or None"),
        (lambda e: e.images.build(b"", cachefrom="x"), "cachefrom takes a list of str, not a str"),
        (lambda e: e.images.build(b"", labels={"a": None}), "labels['a'] takes a str, not None"),
        (lambda e: e.images.build(b"", t={"a": "b"}), "t takes str, one or several, not dict"),
        (lambda e: e.images.push("x", registry_auth={"username": "u"}), "takes a RegistryAuth"),
        (lambda e: e.images.build(b"", registry_config={"r": {}}), "takes a RegistryAuth"),
    ],
)  # fmt: skip
def test_values_that_are_refused(call: Callable[[Any], Any], message: str) -> None:
    engine, _ = recorded(v1_44.Engine)
    with pytest.raises(TypeError) as caught:
        call(engine)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("version", "call", "message"),
    [
        (
            v1_44,
            lambda e: e.networks.create(newest.NetworkCreateRequest(name="n", enable_ipv4=False)),
            "networks.create(enable_ipv4) needs API 1.47; this engine speaks 1.44",
        ),
        (
            v1_44,
            lambda e: e.networks.create(name="n", enable_ipv4=False),
            "networks.create(enable_ipv4=) needs API 1.47; this engine speaks 1.44",
        ),
        (
            v1_41,
            lambda e: e.containers.create(
                image="x", host_config=newest.HostConfig(annotations={"a": "b"})
            ),
            "containers.create(host_config.annotations) needs API 1.43; this engine speaks 1.41",
        ),
        (
            v1_41,
            lambda e: e.containers.create(
                image="x", healthcheck=newest.HealthConfig(start_interval=5)
            ),
            "containers.create(healthcheck.start_interval) needs API 1.44; this engine speaks 1.41",
        ),
        (
            v1_25,
            lambda e: e.containers.create(
                image="x",
                host_config=newest.HostConfig(
                    mounts=[newest.Mount(image_options=newest.ImageOptions(subpath="s"))]
                ),
            ),
            "containers.create(host_config.mounts[0].image_options) needs API 1.48; this engine",
        ),
        (
            v1_52,
            lambda e: e.containers.create(image="x", mac_address="02:42:00:00:00:01"),
            "containers.create(mac_address=) was removed after API 1.51; this engine speaks 1.52",
        ),
    ],
)
def test_fields_of_other_versions(version: Any, call: Callable[[Any], Any], message: str) -> None:
    for api in (version.Engine, guarded(version.Engine)):
        engine, _ = recorded(api)
        with pytest.raises(moorage.OperationUnavailable) as caught:
            call(engine)
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda e: e.images.create(fromImage="x"),
            "images.create: fromImage= is called from_image= here",
        ),
        (
            lambda e: e.images.build(b"", cache_from=["x"]),
            "images.build: cache_from= is called cachefrom= here",
        ),
        (lambda e: e.exec.create("c", cmd=["x"], workdir="/"), "workdir= is called working_dir= "),
    ],
)
def test_other_names_of_keywords(call: Callable[[Any], Any], message: str) -> None:
    engine, _ = recorded(guarded(v1_44.Engine))
    with pytest.raises(TypeError) as caught:
        call(engine)
    assert message in str(caught.value)


def test_models_of_other_versions_are_taken() -> None:
    given = newest.HostConfig(network_mode="none", mounts=[newest.Mount(target="/x")])
    for version in (v1_25, v1_41, v1_44):
        assert created(version, image="x", host_config=given)["HostConfig"] == {
            "NetworkMode": "none",
            "Mounts": [{"Target": "/x"}],
        }
    assert created(newest, image="x", host_config=v1_25.HostConfig(mounts=[OLD_MOUNT]))
    # The limits' class had another name before 1.40.
    engine, recorder = recorded(v1_25.Engine)
    resources: Any = newest.TaskResources(limits=newest.Limit(memory_bytes=5))
    engine.services.create(name="s", task_template=v1_25.TaskSpec(resources=resources))
    assert recorder.sent.json["TaskTemplate"]["Resources"] == {"Limits": {"MemoryBytes": 5}}


def test_a_field_that_was_removed_is_told_when_it_is_read() -> None:
    usage = newest.SystemDataUsageResponse()
    with pytest.raises(moorage.OperationUnavailable) as caught:
        usage.containers  # type: ignore[attr-defined]  # noqa: B018
    message = "SystemDataUsageResponse.containers was removed after API 1.51; this model is that of"
    assert message in str(caught.value)
    assert not hasattr(usage, "containers")
    with pytest.raises(moorage.OperationUnavailable, match=r"annotations needs API 1\.43"):
        v1_25.HostConfig().annotations  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match="'HostConfig' object has no attribute 'nonsense'"):
        v1_25.HostConfig().nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_fields_that_the_types_lack() -> None:
    # The newest version dropped mac_address, and 1.44 has it.
    assert created(v1_44, image="x", extra={"MacAddress": "02:42:00:00:00:01"}) == {
        "Image": "x",
        "MacAddress": "02:42:00:00:00:01",
    }
    assert created(newest, image="x", extra=None) == {"Image": "x"}
    unknown = {"New": {"a": [1, None, 2.5]}}
    assert created(newest, image="x", extra=unknown) == {"Image": "x", **unknown}


@pytest.mark.parametrize(
    ("version", "extra", "kind", "message"),
    [
        (newest, {"MacAddress": "a"}, moorage.OperationUnavailable, "was removed after API 1.51"),
        (v1_41, {"PlatformX": 1, "Image": "y"}, TypeError, "image= and extra['Image'] are one"),
        (v1_44, {"MacAddress": 5}, TypeError, "mac_address takes a str, not an int"),
        (v1_44, {"HostConfig": {"NetworkMode": "none"}}, TypeError, "HostConfig(network_mode=…)"),
        (v1_44, {"host_config": {}}, TypeError, "extra takes JSON names: write host_config="),
        (v1_44, {5: 5}, TypeError, "extra[5] takes str as keys"),
        (v1_44, [5], TypeError, "extra takes a mapping, not a list"),
    ],
)
def test_fields_that_are_given_by_their_json_names(
    version: Any, extra: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as caught:
        created(version, image="x", extra=extra)
    assert message in str(caught.value)


def test_a_field_that_came_later_is_told_by_its_json_name() -> None:
    engine, _ = recorded(v1_44.Engine)
    with pytest.raises(moorage.OperationUnavailable, match=r"networks\.create.* needs API 1\.47"):
        engine.networks.create(name="n", extra={"EnableIPv4": False})


def test_an_environment() -> None:
    env = {"A": "b", "C": "", "D": None, "E": "x=y"}
    listed = ["A=b", "C=", "D", "E=x=y"]
    assert created(image="x", env=env)["Env"] == listed
    assert created(image="x", env=listed)["Env"] == listed
    assert v1_44.ContainerSpec(env=env).env == listed
    engine, recorder = recorded(v1_44.Engine)
    engine.exec.create("c", cmd=["env"], env=env)
    assert recorder.sent.json["Env"] == listed


def test_bytes() -> None:
    engine, recorder = recorded(v1_44.Engine)
    # These are valid base64 by chance, and bytes of which base64 has + and /.
    for data, sent in ((b"password", "cGFzc3dvcmQ="), (b"\xfb\xff", "+/8=")):
        engine.secrets.create(name="s", data=data)
        assert recorder.sent.json == {"Name": "s", "Data": sent}
        assert v1_44.SecretSpec(data=data).to_dict() == {"Data": sent}
        assert v1_44.ConfigSpec.from_dict({"Data": sent}).data == data
    assert "password" not in repr(v1_44.SecretSpec(data=b"password"))
    odd: Any = v1_44.ConfigSpec.from_dict({"Data": "?"}).data
    assert odd == "?"  # an engine sends none such; what it sends is kept


OCI = newest.OCIPlatform(os="linux", architecture="arm64", variant="v8")
TEXT = "linux/arm64/v8"
JSON = '{"os":"linux","architecture":"arm64","variant":"v8"}'


@pytest.mark.parametrize("platform", [TEXT, OCI])
@pytest.mark.parametrize(
    ("version", "call", "sent"),
    [
        (v1_44, lambda e, p: e.containers.create(image="x", platform=p), TEXT),
        (v1_44, lambda e, p: e.images.create(from_image="x", platform=p), TEXT),
        (v1_44, lambda e, p: e.images.build(b"", platform=p), TEXT),
        (v1_46, lambda e, p: e.images.push("x", registry_auth=AUTH, platform=p), JSON),
        (v1_51, lambda e, p: e.images.history("x", platform=p), JSON),
        (v1_51, lambda e, p: e.images.get("x", platform=p), JSON),
        (v1_51, lambda e, p: e.images.load(b"", platform=p), JSON),
        (v1_52, lambda e, p: e.images.inspect("x", platform=p), JSON),
        (v1_52, lambda e, p: e.images.get("x", platform=p), [JSON]),
        (v1_52, lambda e, p: e.images.get_all(names="x", platform=[p, p]), [JSON, JSON]),
        (v1_52, lambda e, p: e.images.load(b"", platform=(p,)), [JSON]),
        (newest, lambda e, p: e.images.attestations("x", platform=p), [JSON]),
    ],
)
def test_platforms(version: Any, call: Any, sent: Any, platform: Any) -> None:
    engine, recorder = recorded(version.Engine)
    call(engine, platform)
    found = recorder.sent.query["platform"]
    if isinstance(sent, list):
        assert [json.loads(each) for each in found] == [json.loads(each) for each in sent]
    elif sent == JSON:
        assert json.loads(found) == json.loads(JSON)
    else:
        assert found == sent
    with pytest.raises(TypeError, match="platform takes 'os/arch'"):
        call(engine, 5)
    with pytest.raises((ValueError, TypeError), match="platform"):
        call(engine, '{"os":"linux"}')


def test_platforms_that_are_deleted() -> None:
    engine, recorder = recorded(v1_51.Engine)
    engine.images.delete("x", platforms=[TEXT, OCI])
    found = [json.loads(each) for each in recorder.sent.query["platforms"]]
    assert found == [json.loads(JSON)] * 2
    with pytest.raises(ValueError, match=r"platforms is os/arch\[/variant\], such as"):
        engine.images.delete("x", platforms="linux")


@pytest.mark.parametrize(
    ("since", "sent"),
    [
        (5, "5"),
        (1.5, "1.500000000"),
        (1136073600.000001, "1136073600.000001000"),
        ("1136073600.000000001", "1136073600.000000001"),
        (datetime(2006, 1, 1, tzinfo=UTC), "1136073600"),
        (datetime(2006, 1, 1, 0, 0, 0, 123456, CET), "1136070000.123456000"),
        ("2006-01-01T00:00:00Z", "1136073600"),
        ("2006-01-01T00:00:00.123456789+01:00", "1136070000.123456789"),
        (datetime(1969, 12, 31, 23, 59, 58, 500000, UTC), "-1.500000000"),
    ],
)  # fmt: skip
def test_points_in_time(since: Any, sent: str) -> None:
    engine, recorder = recorded(v1_44.Engine)
    calls: list[Callable[[], object]] = [
        lambda: engine.containers.logs("c", since=since),
        lambda: engine.services.logs("s", since=since),
        lambda: engine.tasks.logs("t", since=since),
        lambda: engine.system.events(since=since),
    ]
    for call in calls:
        call()
        assert recorder.sent.query["since"] == sent


def test_a_datetime_without_a_time_zone_is_local_time() -> None:
    engine, recorder = recorded(v1_44.Engine)
    local = datetime(2006, 1, 1)
    engine.containers.logs("c", until=local)
    assert recorder.sent.query["until"] == str(int(local.timestamp()))


@pytest.mark.parametrize(
    ("duration", "seconds"), [("10m", 600), ("1h30m", 5400), ("1.5h", 5400), ("300ms", 0.3)]
)
def test_durations(duration: str, seconds: float) -> None:
    engine, recorder = recorded(v1_44.Engine)
    before = time.time()
    engine.system.events(since=duration)
    sent = float(recorder.sent.query["since"])
    assert before - seconds - 0.001 <= sent <= time.time() - seconds + 0.001


@pytest.mark.parametrize("text", ["", "yesterday", "10 m", "2006-01-01", "1.2.3", "10M", "-5m"])
def test_what_is_no_point_in_time(text: str) -> None:
    engine, _ = recorded(v1_44.Engine)
    with pytest.raises(ValueError, match="since is a duration before now, such as '10m'"):
        engine.system.events(since=text)


def test_one_or_several() -> None:
    engine, recorder = recorded(v1_44.Engine)
    engine.images.build(b"", t="a", extrahosts=("a:1", "b:2"), pull=True)
    query: Any = recorder.sent.query
    assert (query["t"], query["extrahosts"], query["pull"]) == (["a"], ["a:1", "b:2"], True)
    engine.images.build(b"", t=iter(["a", "b"]), buildargs={"A": "b", "C": None})
    query = recorder.sent.query
    assert (query["t"], query["buildargs"]) == (["a", "b"], '{"A":"b","C":null}')
    engine.images.commit(changes=["A", "B"])
    assert recorder.sent.query["changes"] == ["A", "B"]
    engine.images.create(b"", from_src="-", changes="ENV A=b")
    assert recorder.sent.query["changes"] == ["ENV A=b"]
    engine.containers.logs("c", tail=5)
    assert recorder.sent.query["tail"] == "5"
    engine.containers.kill("c", signal=9)
    assert recorder.sent.query["signal"] == "9"
    engine.containers.put_archive("c", b"", path="/", copy_uid_gid=True)
    assert recorder.sent.query["copyUIDGID"] is True


def test_filters() -> None:
    engine, recorder = recorded(v1_44.Engine)
    label = {"a=b": True, "c": False}
    engine.containers.list(
        filters={"label": label, "exited": [0, "1"], "dangling": True, "s": ("x",)}
    )
    assert json.loads(recorder.sent.query["filters"] or "") == {
        "label": ["a=b"],
        "exited": ["0", "1"],
        "dangling": ["true"],
        "s": ["x"],
    }
    nothing: Any
    for nothing in ([], {"a": False}, iter(())):
        # An engine reads a filter without values as none: a prune would take everything.
        with pytest.raises(ValueError, match=r"filters\['label'\] has no value and would match"):
            engine.containers.prune(filters={"label": nothing})


def test_a_name_as_engines_write_it() -> None:
    engine, recorder = recorded(v1_44.Engine)
    engine.containers.inspect("/web")
    assert recorder.sent.path == "/containers/web/json"
    engine.exec.create("/web", cmd=["ls"])
    assert recorder.sent.path == "/containers/web/exec"
    for path in ("//web", "/", "/../x"):
        with pytest.raises(ValueError, match="can't be part of a path"):
            engine.containers.inspect(path)
    with pytest.raises(ValueError, match="can't be part of a path"):
        engine.images.inspect("/web")


@pytest.mark.parametrize(
    "call",
    [
        lambda e: e.secrets.create(name="s", data=CANARY),
        lambda e: e.secrets.create(v1_44.SecretSpec(name="s", data=CANARY)),  # type: ignore[arg-type]
        lambda e: e.secrets.create(name=5, data=CANARY.encode()),
        lambda e: e.secrets.create(nonsense=1, data=CANARY.encode()),
        lambda e: e.secrets.create(v1_44.SecretSpec(name="s"), data=CANARY.encode()),
        lambda e: e.swarm.join(join_token=[CANARY]),
        lambda e: e.swarm.unlock(unlock_key={"a": CANARY}),
        lambda e: e.system.auth(v1_44.AuthConfig(username=5, password=CANARY)),  # type: ignore[arg-type]
        lambda e: e.system.auth(username=5, password=CANARY),
    ],
)
def test_no_refusal_shows_a_secret(call: Callable[[Any], Any]) -> None:
    engine, _ = recorded(v1_44.Engine)
    with pytest.raises(TypeError) as caught:
        call(engine)
    assert shown(caught.value) == []


def test_a_list_that_is_not_given() -> None:
    engine, recorder = recorded(v1_44.Engine)
    engine.plugins.pull(remote="x")
    assert recorder.sent.json is None


def test_options_depend_on_the_kind() -> None:
    for version in (v1_25, v1_44, newest):
        engine: Any
        engine, _ = recorded(version.Engine)
        engine.images.push("x", registry_auth=AUTH, raise_errors=False, idle_timeout=1)
        engine.images.load(b"", raise_errors=False, progress=print)
        engine.plugins.pull([], remote="x", raise_errors=False, total_timeout=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.containers.create(image="x", env={"A=B": "c"}), "'A=B' is not a name"),
        (lambda e: e.exec.create("x", cmd=["a"], env={"": "c"}), "'' is not a name of a variable"),
        (lambda e: e.images.build(b"", buildargs={"A": "b\0"}), "buildargs['A'] has a NUL"),
        (lambda e: e.containers.logs("x", tail="ten"), """or "all", not 'ten'"""),
        (lambda e: e.containers.logs("x", tail=-1), """a number of lines from 0, or "all", not"""),
        (lambda e: e.services.logs("x", tail="1.5"), "tail takes a number of lines"),
        (lambda e: e.images.create(from_image="x", platform="linux/"), "platform is os/arch[/var"),
        (lambda e: e.images.create(from_image="x", platform="a/b/c/d"), "platform is os/arch"),
    ],
)
def test_values_that_can_not_be_right(call: Callable[[Any], Any], message: str) -> None:
    engine, _ = recorded(v1_44.Engine)
    with pytest.raises(ValueError, match=re.escape(message)):
        call(engine)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: v1_44.HostConfig(mem_limit=5), TypeError, "mem_limit= is called memory= here"),  # type: ignore[call-arg]
        (lambda: v1_44.HostConfig(NetworkMode="x"), TypeError, "is called network_mode= here"),  # type: ignore[call-arg]
        (lambda: v1_44.Mount(Source="x", target="y"), TypeError, "Source= is called source= here"),  # type: ignore[call-arg]
        (lambda: v1_41.HostConfig(annotations={}), AttributeError, "annotations needs API 1.43"),  # type: ignore[call-arg]
        (lambda: v1_44.Mount(nonsense=5), TypeError, "Mount takes no nonsense="),  # type: ignore[call-arg]
        (lambda: v1_44.Mount(*["x"] * 40), TypeError, "positional arguments"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_keywords_of_models(make: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=re.escape(message)):
        make()


def test_the_signature_of_a_model_has_its_fields() -> None:
    signature = inspect.signature(v1_44.Mount)
    assert [*signature.parameters][:2] == ["target", "source"]
