"""Credentials and headers of each configuration, compared with what three docker CLIs send."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.engines.cli import Cli
from tests.engines.conftest import ENGINES
from tests.facade.config_table import (
    AUTH_VARIABLES,
    AUTHS,
    DETACH_KEYS,
    HEADERS,
    PROXIES,
    VARIABLES,
    Config,
    install,
)
from tests.facade.peer import Peer, answer, ping

each_cli = pytest.mark.parametrize("release", ENGINES)


def pulled(
    release: str, folder: Path, config: Config, variables: dict[str, str] | None = None
) -> dict[str, str] | None:
    """Let a CLI pull an image; returns the headers that it sent, or None if it refused."""
    programs = install(folder, config)
    environment = {"PATH": f"{programs}:/usr/bin:/bin"} | (variables or {})
    peer = Peer()
    # It may ask who the engine is more than once, or not at all.
    peer.script = [ping("1.41"), answer(200), answer(200), answer(200)]
    with peer:
        done = Cli(release, folder).run(
            "pull", "a.b/c", environment=environment | {"DOCKER_HOST": peer.host}
        )
        peer.script.clear()
    found = [each for each in peer.requests if "/images/create?" in each]
    if not found:
        assert "DOCKER_CUSTOM_HEADERS" in done.stderr
        return None
    lines = (line.partition(": ") for line in found[0].split("\r\n")[1:])
    return {name: value for name, _, value in lines}


def own(headers: dict[str, str] | None) -> dict[str, str] | None:
    if headers is None:
        return None
    return {
        name: value
        for name, value in headers.items()
        if name.startswith("X-") and name != "X-Registry-Auth"
    }


@each_cli
@pytest.mark.parametrize("name", AUTHS)
def test_credentials(release: str, name: str, tmp_path: Path) -> None:
    config, right = AUTHS[name]
    headers = pulled(release, tmp_path, config)
    assert headers is not None
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(headers["X-Registry-Auth"]))
    assert {key: found[key] for key in found if key != "serveraddress"} == right


@each_cli
@pytest.mark.parametrize("name", HEADERS)
def test_headers(release: str, name: str, tmp_path: Path) -> None:
    config, right = HEADERS[name]
    assert own(pulled(release, tmp_path, config)) == right


@pytest.mark.parametrize("name", AUTH_VARIABLES)
def test_credentials_of_the_variable(name: str, tmp_path: Path) -> None:
    # Older CLIs do not read it.
    value, right = AUTH_VARIABLES[name]
    config: Config = {"auths": {"a.b": {"auth": "bWU6cHc="}}}
    headers = pulled("28.5", tmp_path, config, {"DOCKER_AUTH_CONFIG": value})
    assert headers is not None
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(headers["X-Registry-Auth"]))
    assert {key: found[key] for key in found if key != "serveraddress"} == right


@each_cli
@pytest.mark.parametrize("name", PROXIES)
def test_proxies_of_containers(release: str, name: str, tmp_path: Path) -> None:
    config, given, right = PROXIES[name]
    with Peer() as peer:
        peer.script = [ping("1.41"), *[answer(201, {"Id": "1", "Warnings": []})] * 3]
        text = config if isinstance(config, str) else json.dumps(config)
        install(tmp_path, text.replace('"HOST"', f'"{peer.host}"'))
        variables = [part for each in given for part in ("--env", each)]
        done = Cli(release, tmp_path).run(
            "create", *variables, "x", environment={"DOCKER_HOST": peer.host}
        )
        peer.script.clear()
    sent = [body for line, body in zip(peer.lines, peer.bodies, strict=True) if "/create" in line]
    assert sent, done.stderr
    assert sorted(json.loads(sent[0])["Env"] or []) == sorted(right)


@each_cli
@pytest.mark.parametrize("name", DETACH_KEYS)
def test_detach_keys(release: str, name: str, tmp_path: Path) -> None:
    config, given, right = DETACH_KEYS[name]
    install(tmp_path, config)
    options = () if given is None else ("--detach-keys", given)
    running = {"Id": "1", "State": {"Running": True}, "Config": {"Tty": False}}
    with Peer() as peer:
        peer.script = [ping("1.41"), answer(200, running), answer(201, {"Id": "2"})]
        Cli(release, tmp_path).run(
            "exec", "--tty", *options, "x", "true", environment={"DOCKER_HOST": peer.host}
        )
        peer.script.clear()
    bodies = [body for line, body in zip(peer.lines, peer.bodies, strict=True) if "/exec" in line]
    assert (json.loads(bodies[0])["DetachKeys"] or None) == right


@pytest.mark.parametrize("name", VARIABLES)
def test_the_variable(name: str, tmp_path: Path) -> None:
    # Older CLIs do not read it.
    value, right = VARIABLES[name]
    variables = {"DOCKER_CUSTOM_HEADERS": value}
    assert own(pulled("28.5", tmp_path, {"HttpHeaders": {"X-A": "1"}}, variables)) == right
