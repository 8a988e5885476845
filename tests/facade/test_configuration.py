"""Configurations of the CLI by table, and headers that are sent with every request."""

from __future__ import annotations

import json
import logging
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import moorage
from moorage.auth import find, find_all
from moorage.host import TLS, parse_host
from moorage.transport.headers import configured_headers
from moorage.versions.own import VERSION
from moorage_api import v1_41
from tests.facade.canary import CANARY, shown
from tests.facade.config_table import (
    AUTH_VARIABLES,
    AUTHS,
    DETACH_KEYS,
    HEADERS,
    PROXIES,
    PROXY,
    VARIABLES,
    Config,
    install,
)
from tests.facade.peer import Peer, answer

HERE = parse_host("unix:///nowhere.sock")
Configure = Callable[[Config], None]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / ".docker"))
    monkeypatch.setenv("DOCKER_HOST", str(HERE))
    monkeypatch.delenv("DOCKER_CUSTOM_HEADERS", raising=False)

    def write(config: Config) -> None:
        monkeypatch.setenv("PATH", str(install(tmp_path, config)), prepend=os.pathsep)

    return write


@pytest.mark.parametrize("name", AUTHS)
def test_credentials(configure: Configure, name: str) -> None:
    config, right = AUTHS[name]
    configure(config)
    found = find("a.b/c")
    fields = found._fields() if found else {}
    assert {key: fields[key] for key in fields if key != "serveraddress"} == right


@pytest.mark.parametrize("name", AUTH_VARIABLES)
def test_credentials_of_the_variable(
    configure: Configure, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, right = AUTH_VARIABLES[name]
    configure({"auths": {"a.b": {"auth": "bWU6cHc="}}})
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", value)
    found = find("a.b/c")
    assert found is not None
    assert {key: each for key, each in found._fields().items() if key != "serveraddress"} == right
    assert found == find_all()["a.b"]


@pytest.mark.parametrize("name", PROXIES)
def test_proxies_of_what_runs(
    configure: Configure, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    config, given, right = PROXIES[name]
    with Peer(answer(201, {"Id": "1"}), answer(200, {"aux": {}})) as peer:
        text = config if isinstance(config, str) else json.dumps(config)
        configure(text.replace('"HOST"', f'"{peer.host}"'))
        with moorage.connect(v1_41.Engine, host=peer.host) as engine:
            engine.create("x", env=given)
            with pytest.raises(moorage.EngineError):
                engine.build(
                    {"Dockerfile": b"FROM x"}, args={"A": "b"}, auth=None, builder="classic"
                )
    assert sorted(json.loads(peer.bodies[0]).get("Env") or []) == sorted(right)
    query = parse_qs(urlsplit(peer.requests[1].split(" ")[1]).query)
    args = json.loads(query["buildargs"][0])
    assert args["A"] == "b"
    if not given:
        assert {f"{key}={value}" for key, value in args.items() if key != "A"} == {*right}
    assert PROXY not in caplog.text
    assert bool(caplog.records) is (name in ("malformed", "of another type"))


@pytest.mark.parametrize("name", DETACH_KEYS)
def test_detach_keys(configure: Configure, name: str, caplog: pytest.LogCaptureFixture) -> None:
    config, given, right = DETACH_KEYS[name]
    configure(config)
    with (
        Peer(
            *(answer(201, {"Id": "1"}), answer(201, {"Id": "2"})),
            *(b"HTTP/1.1 101 UPGRADED\r\n\r\n", answer(200, {"Config": {"Tty": True}})),
        ) as peer,
        moorage.connect(v1_41.Engine, host=peer.host) as engine,
    ):
        engine.exec.create("x", tty=True, detach_keys=given)
        engine.exec.create("x", v1_41.ExecConfig(cmd=["sh"], tty=True, detach_keys=given))
        caplog.clear()
        with engine.containers.attach("x", stream=True, stdin=True, detach_keys=given):
            pass
    assert [json.loads(each).get("DetachKeys") for each in peer.bodies[:2]] == [right, right]
    query = parse_qs(urlsplit(peer.requests[2].split(" ")[1]).query)
    assert query.get("detachKeys") == ([right] if right else None)
    assert bool(caplog.records) is (name in ("a file that is broken", "of another type"))


@pytest.mark.parametrize("keys", ["ctrl-", "a,,b", "\u00e9", " ctrl-a", "\ud800"])
def test_detach_keys_that_are_malformed(
    configure: Configure, keys: str, caplog: pytest.LogCaptureFixture
) -> None:
    configure({"detachKeys": keys})
    with (
        Peer(answer(201, {"Id": "1"}), answer(201, {"Id": "2"})) as peer,
        moorage.connect(v1_41.Engine, host=peer.host) as engine,
    ):
        engine.exec.create("x", cmd=["sh"])
        assert not caplog.records
        engine.exec.create("x", cmd=["sh"], tty=True)
    assert not any("DetachKeys" in json.loads(each) for each in peer.bodies)
    (warning,) = caplog.messages
    assert warning.startswith("did not send the detach keys of config.json: ")


@pytest.mark.parametrize("name", HEADERS)
def test_headers(configure: Configure, name: str) -> None:
    config, right = HEADERS[name]
    configure(config)
    assert configured_headers(HERE) == right


@pytest.mark.parametrize("name", VARIABLES)
def test_the_variable(configure: Configure, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, right = VARIABLES[name]
    configure({"HttpHeaders": {"X-A": "1"}})
    monkeypatch.setenv("DOCKER_CUSTOM_HEADERS", value)
    if right is None:
        with pytest.raises(ValueError, match=r"^DOCKER_CUSTOM_HEADERS: give name=value pairs"):
            configured_headers(HERE)
    else:
        assert configured_headers(HERE) == right


@pytest.mark.parametrize(
    ("host", "sent"),
    [
        ("unix:///x", True),
        ("ssh://x", True),
        ("tcp://localhost:1", True),
        ("tcp://127.3.2.1:1", True),
        ("tcp://[::1]:1", True),
        ("https://10.1.2.3:1", True),
        ("tcp://10.1.2.3:1", False),
        ("tcp://a.localhost.example:1", False),
    ],
)
def test_no_plain_request_to_another_machine_has_them(
    configure: Configure, host: str, sent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    configure({"HttpHeaders": {"X-A": CANARY}})
    assert bool(configured_headers(parse_host(host))) is sent
    assert ("did not send the headers of" in caplog.text) is not sent
    assert CANARY not in caplog.text
    assert configured_headers(parse_host("tcp://10.1.2.3:1", TLS()))


@pytest.mark.parametrize(
    "config", ["{", {"HttpHeaders": 1}, {"HttpHeaders": {"X": 1}}, {"HttpHeaders": {"Host": "x"}}]
)
def test_what_is_not_sent_is_logged(
    configure: Configure, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    configure(config)
    assert configured_headers(HERE) == {}
    assert [each.levelno for each in caplog.records] == [logging.WARNING]


def sent(headers: dict[str, str] | None = None, own: dict[str, str] | None = None) -> list[str]:
    with Peer(answer(200, [])) as peer:
        with moorage.connect(v1_41.Engine, host=peer.host, headers=headers) as engine:
            engine.request("GET", "/containers/json", headers=own)
        return peer.requests[0].split("\r\n")[1:]


def test_all_go_over_the_wire_once(configure: Configure) -> None:
    configure({"HttpHeaders": {"X-A": "config", "X-B": "config", "X-C": "config"}})
    lines = sent({"x-b": "given", "x-c": "given", "user-agent": "tool/1"}, {"X-c": "own"})
    assert [each for each in lines if each.lower().startswith("x-")] == [
        "X-A: config",
        "x-b: given",
        "X-c: own",
    ]
    agents = [each for each in lines if each.lower().startswith("user-agent")]
    assert agents == [f"user-agent: tool/1 moorage/{VERSION}"]


def test_the_engine_is_told_who_asks(configure: Configure) -> None:
    configure({})
    assert f"User-Agent: moorage/{moorage.__version__}" in sent()
    text = Path(__file__).parents[2].joinpath("pyproject.toml").read_text()
    assert tomllib.loads(text)["project"]["version"] == VERSION


@pytest.mark.parametrize(
    ("headers", "error", "says"),
    [
        ([CANARY], TypeError, "headers takes a mapping, not list"),
        ({1: CANARY}, TypeError, "str as keys, not int"),
        ({"X": CANARY.encode()}, TypeError, r"headers\['X'\] takes a str, not bytes"),
        ({f"X {CANARY}": "x"}, ValueError, "a name has characters"),
        ({"X": f"{CANARY}\r\nY: z"}, ValueError, "the value of X has characters"),
        ({"host": CANARY}, ValueError, "moorage sets host itself"),
        ({"Content-Length": CANARY}, ValueError, "moorage sets Content-Length itself"),
        ({"Transfer-Encoding": CANARY}, ValueError, "sets Transfer-Encoding itself"),
        ({"Connection": CANARY}, ValueError, "moorage sets Connection itself"),
        ({"X-Registry-Auth": CANARY}, ValueError, "moorage sets X-Registry-Auth itself"),
        ({"Sec-WebSocket-Key": CANARY}, ValueError, "sets Sec-WebSocket-Key itself"),
    ],
)
@pytest.mark.parametrize("connect", [moorage.connect, moorage.connect_async])
def test_what_is_refused(
    connect: Any, headers: Any, error: type[Exception], says: str, configure: Configure
) -> None:
    configure({})
    with pytest.raises(error, match=says) as caught:
        connect(host="unix:///x", headers=headers)
    assert CANARY not in str(caught.value)
    assert not shown(caught.value)


def test_no_value_shows(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    configure({"HttpHeaders": {"X-A": f"\n{CANARY}"}})
    with pytest.raises(ValueError, match=r"config\.json: the value of X-A") as caught:
        moorage.connect(v1_41.Engine, host="unix:///x", headers={"X-B": CANARY})
    assert not shown(caught.value)
    monkeypatch.setenv("DOCKER_CUSTOM_HEADERS", f"X-A={CANARY},X")
    with pytest.raises(ValueError, match="DOCKER_CUSTOM_HEADERS") as caught:
        moorage.connect(v1_41.Engine, host="unix:///x", headers={"X-B": CANARY})
    assert not shown(caught.value)
    monkeypatch.delenv("DOCKER_CUSTOM_HEADERS")
    given = {"X-B": CANARY, "Authorization": CANARY}
    (Path(os.environ["DOCKER_CONFIG"]) / "config.json").unlink()
    with (
        moorage.connect(v1_41.Engine, host="unix:///x", headers=given) as engine,
        pytest.raises(moorage.ConnectionFailed) as failed,
    ):
        engine.containers.list()
    assert not shown(failed.value)
    assert CANARY not in repr(engine)
