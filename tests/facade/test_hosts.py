"""Hosts by table: what they are taken for, and what is refused, without showing a password."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import moorage
from moorage.host import TLS, Host, Ssh, find, parse_host
from moorage_api import v1_41
from tests.facade.canary import CANARY, everything


@pytest.mark.parametrize(
    ("host", "base", "name"),
    [
        ("tcp://example.com", "http://example.com:2375", "tcp://example.com:2375"),
        (" tcp://EXAMPLE.com\n", "http://example.com:2375", "tcp://example.com:2375"),
        ("TCP://10.0.0.1:", "http://10.0.0.1:2375", "tcp://10.0.0.1:2375"),
        ("tcp://[::1]:80/", "http://[::1]:80", "tcp://[::1]:80"),
        ("tcp://[::1]", "http://[::1]:2375", "tcp://[::1]:2375"),
        ("tcp://[fe80::1%eth0]:1", "http://[fe80::1%eth0]:1", "tcp://[fe80::1%eth0]:1"),
        ("tcp://bücher.example:1", "http://bücher.example:1", "tcp://bücher.example:1"),
        ("http://a_b:80/sub", "http://a_b:80/sub", "tcp://a_b:80/sub"),
        ("https://example.com", "https://example.com:2376", "tcp://example.com:2376"),
        ("tcp://me:se%3Acret@x:1/a/b/", "http://x:1/a/b", "tcp://x:1/a/b"),
    ],
)
def test_tcp(host: str, base: str, name: str) -> None:
    parsed = parse_host(host)
    assert (parsed.base_url, parsed.name) == (base, name)
    assert (parsed.socket, parsed.ssh, parsed.fd) == (None, None, None)


@pytest.mark.parametrize("path", ["/run/x.sock", "/run/a b@c:d%2f?e", "/x/../y"])
def test_unix(path: str) -> None:
    assert parse_host(f"unix://{path}") == Host(f"unix://{path}", socket=path)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("unix://var/run/docker.sock", "/var/run/docker.sock"),
        ("unix://x", "/x"),
        ("unix://", "/var/run/docker.sock"),
    ],
)
def test_unix_as_docker_py_reads_it(host: str, path: str) -> None:
    assert parse_host(host) == Host(f"unix://{path}", socket=path)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("/run/x.sock", "/run/x.sock"),
        (" /run/a b@c:d%2f?e ", "/run/a b@c:d%2f?e"),
        ("//run/x", "//run/x"),
        ("http+unix:///run/x", "/run/x"),
        ("HTTP+UNIX:///run/x", "/run/x"),
        ("http+unix://run/x", "/run/x"),
        ("http+unix://%2Frun%2fa%20b", "/run/a b"),
        ("http+unix:///run/%2F", "/run/%2F"),
        ("http+unix://", "/var/run/docker.sock"),
    ],
)
def test_unix_as_docker_py_writes_it(host: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_host(host) == Host(f"unix://{path}", socket=path)
    # A socket has no use for TLS that the environment wants.
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_HOST", host)
    assert moorage.find_host().socket == path


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("unix:///x", "localhost"),
        ("tcp://10.0.0.1:2375/x", "10.0.0.1"),
        ("tcp://[fd99::1]:2375", "fd99::1"),
        ("ssh://me@build:22/run/x", "build"),
    ],
)
def test_where_published_ports_are(host: str, address: str) -> None:
    with moorage.connect(v1_41.Engine, host=host) as engine:
        assert engine.host.published_address == address
        assert engine.host == moorage.find_host(host)
        assert isinstance(engine.host, moorage.Host)


def test_a_rootless_socket_without_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(find, "DEFAULT_SOCKET", str(tmp_path / "none"))
    monkeypatch.setattr(find, "PODMAN_SOCKET", str(tmp_path / "none"))
    monkeypatch.setattr(find, "RUNTIME_FOLDERS", str(tmp_path / "user"))
    runtime = tmp_path / "user" / str(os.getuid())
    paths = [
        runtime / "podman/podman.sock",
        tmp_path / ".docker/run/docker.sock",
        runtime / "docker.sock",
    ]
    for variable in ("", "relative"):
        monkeypatch.setenv("XDG_RUNTIME_DIR", variable)
        assert moorage.find_host().source == find.DEFAULT_SOURCE
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    with contextlib.ExitStack() as stack:
        for path in paths:  # each goes before the ones before
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(socket.socket(socket.AF_UNIX)).bind(str(path))
            assert moorage.find_host().socket == str(path)


@pytest.mark.parametrize(
    ("host", "ssh"),
    [
        ("ssh://me@Alias:22/run/docker.sock", Ssh("me", "Alias", 22, "/run/docker.sock")),
        ("ssh://build-host_1", Ssh(None, "build-host_1", None, None)),
        ("ssh://me@example.com@host/", Ssh("me@example.com", "host", None, None)),
        ("ssh://_m.e-+@10.0.0.1:", Ssh("_m.e-+", "10.0.0.1", None, None)),
        ("ssh://[::1]:2222", Ssh(None, "::1", 2222, None)),
    ],
)
def test_ssh(host: str, ssh: Ssh) -> None:
    parsed = parse_host(host)
    assert parsed == Host(host.rstrip("/"), ssh=ssh)
    assert parsed.base_url == "http://localhost"


def test_a_descriptor() -> None:
    assert parse_host("fd://03") == Host("fd://3", fd=3)


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("", "'': it has no scheme: give unix:///path/to/socket, tcp://"),
        ("run/x", "'run/x': it has no scheme"),
        ("http+unix://%2Frun%00", "'http\\+unix://%2Frun%00': it has control characters"),
        ("http+unix://./x", "'http\\+unix://./x': the path of a unix:// host must be absolute"),
        ("example.com:2375", "'example.com:2375': it has no scheme"),
        ("://x", "'://x': it has a scheme that no engine has"),
        ("ftp://x", "'ftp://x': it has a scheme that no engine has"),
        ("npipe:////./pipe/docker_engine", r"'npipe:////\./pipe/docker_engine': npipe:// is not"),
        ("unix://./x", r"'unix://\./x': the path of a unix:// host must be absolute"),
        ("unix://me:word@x", "'unix://…@x': the path of a unix:// host must be absolute"),
        ("unix:///run/\0x", r"'unix:///run/\\x00x': it has control characters"),
        ("tcp://", "'tcp://': it is not an address with a port"),
        ("tcp://:2375", "'tcp://:2375': it is not an address"),
        ("tcp://x:port", "'tcp://x:…': it is not an address"),
        ("tcp://x:99999", "'tcp://x:99999': its port is not from 1 to 65535"),
        ("tcp://x:0", "its port is not"),
        ("tcp://x:8\u0660", "not an address"),
        ("tcp://[x", r"'tcp://\[x': it is not an address"),
        ("tcp://[x]", r"'tcp://\[x\]': its address is neither"),
        ("tcp://::1", "'tcp://::1': it is not an address"),
        ("tcp://a b", "'tcp://a b': its address is neither"),
        ("tcp://a..b", r"'tcp://a\.\.b': its address is neither"),
        ("tcp://" + "a" * 200, "'tcp://a{94}…': its address is neither"),
        ("tcp://a%2fb", "'tcp://a%2fb': its address"),
        ("tcp://a\nb", r"'tcp://a\\nb': it has control characters"),
        ("tcp://a\x1b[31m", r"'tcp://a\\x1b\[31m': it has control characters"),
        ("tcp://a\u202eb", r"'tcp://a\\u202eb': it has control characters"),
        ("tcp://x?token=y", r"'tcp://x\?…': it is not an address"),
        ("tcp://x#y", "'tcp://x#…': it is not an address"),
        ("tcp://x/a b", "'tcp://x/a b': it is not an address"),
        ("tcp://x\\y", r"'tcp://x\\\\y': its address"),
        ("ssh://me:word@x", "'ssh://…@x': an ssh:// host can't have a password: give ssh a key"),
        ("ssh://", "'ssh://': ssh can't be given the host ''"),
        ("ssh://-oProxyCommand=x", "'ssh://-oProxyCommand=x': ssh can't be given the host"),
        ("ssh://-l@x", "'ssh://…@x': ssh can't be given such a user"),
        ("ssh://x:-1", "'ssh://x:…': the port of an ssh:// host must be"),
        ("ssh://x:70000", "the port of an ssh:// host must be"),
        ("ssh://a;b", "'ssh://a;b': ssh can't be given the host 'a;b'"),
        ("ssh://a$(b)", "give"),
        ("ssh://a`b`", "give"),
        ("ssh://a b", "give"),
        ("ssh://a%20b", "give"),
        ("ssh://a|b@x", "give"),
        ("ssh://a'b@x", "give"),
        ("ssh://x/a;b", "the path of an ssh:// host must be"),
        ("ssh://x/a b", "the path of an ssh:// host must be"),
        ("ssh://x?y", "give"),
        ("ssh://a\nb", r"'ssh://a\\nb': it has control characters"),
        ("ssh://[::1;]", "must be an IPv6 address"),
        ("ssh://[abc]", "must be an IPv6 address"),
        ("fd://", "'fd://': give fd:// and the number"),
        ("fd://-1", "'fd://-1': give fd://"),
        ("fd://x", "give fd://"),
    ],
)
def test_what_is_refused_and_quoted(host: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=f"^{says}" if says.startswith("'") else says):
        parse_host(host)
    with pytest.raises(ValueError, match="the argument host=: '"):
        moorage.connect(host=host)
    if host and "\0" not in host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ValueError, match=r"^DOCKER_HOST: '"):
            moorage.connect()


@pytest.mark.parametrize("host", ["unix:///x", "http://x", "ssh://x", "fd://3"])
def test_tls_that_a_host_can_not_have(host: str) -> None:
    with pytest.raises(ValueError, match=f"a {host.partition(':')[0]}:// host has no TLS"):
        parse_host(host, TLS())


def test_credentials_are_kept_but_not_shown() -> None:
    host = parse_host(f"tcp://me:se%3Acret%40{CANARY}@example.com")
    assert host.credentials == ("me", f"se:cret@{CANARY}")
    assert CANARY not in f"{host} {host!r} {host.credentials!r}"
    assert parse_host("tcp://me@example.com").credentials == ("me", "")


MESS = st.text(st.sampled_from("a0:@/?#%[]\\ \n\u202e-."), max_size=6)


@given(
    st.sampled_from(["tcp", "http", "https", "ssh", "unix", "fd", "x", ""]),
    st.tuples(MESS, MESS, MESS),
    st.sampled_from(["example.com", "example.com:1", "example.com:x/y", "[::1]:2", "[::1", ""]),
)
@example("tcp", ("me:1/", "", ""), "x")
@example("tcp", ("me:", "", "@"), "x/y@z")
@example("ssh", ("me:", "", ""), "x")
def test_no_password_is_shown(scheme: str, mess: tuple[str, str, str], rest: str) -> None:
    user, before, after = mess
    text = f"{scheme}://{user}:{before}{CANARY}{after}@{rest}"
    try:
        said = [repr(parse_host(text))]
    except ValueError as error:
        said = [*everything(error)]
    if not text.strip().startswith("unix:///"):
        assert CANARY not in "".join(said)


def _connect(**options: Any) -> None:
    moorage.connect(**options)


def _connect_async(**options: Any) -> None:
    async def run() -> None:
        await moorage.connect_async(**options)

    asyncio.run(run())


@pytest.mark.parametrize("connect", [_connect, _connect_async])
@pytest.mark.parametrize(
    "host", ["tcp://me:{}@127.0.0.1:1", "tcp://me:{}", "tcp://me:{}@x:y", "ssh://me:{}@x"]
)
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_no_password_in_tracebacks(
    connect: Callable[..., None], host: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = host.format(CANARY)
    if by == "environment":
        monkeypatch.setenv("DOCKER_HOST", secret)
    with pytest.raises((ValueError, moorage.EngineError)) as caught:
        connect(**({"host": secret} if by == "argument" else {}))
    frames = [*everything(caught.value)]
    assert len(frames) > 5
    assert not [each for each in frames if CANARY in each and "environ({" not in each]
