"""The parts of an ssh:// host, and those that are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moorage.host.ssh import Ssh, parse_ssh
from moorage.transport.ssh import SshTunnel, Waiting
from moorage.transport.threads import ThreadLock

SOCKET = "/run/user/1000/docker.sock"


@pytest.mark.parametrize(
    ("rest", "parts"),
    [
        ("host", (None, "host", None, None)),
        ("Host_1.example-2.com", (None, "Host_1.example-2.com", None, None)),
        ("user@host", ("user", "host", None, None)),
        ("first.last_1+a-b@host:22", ("first.last_1+a-b", "host", 22, None)),
        ("host:65535", (None, "host", 65535, None)),
        ("127.0.0.1:2222", (None, "127.0.0.1", 2222, None)),
        ("[::1]", (None, "::1", None, None)),
        ("user@[fe80::1:2]:22", ("user", "fe80::1:2", 22, None)),
        ("host/", (None, "host", None, None)),
        (f"user@host:22{SOCKET}", ("user", "host", 22, SOCKET)),
    ],
)
def test_hosts(rest: str, parts: tuple[Any, ...]) -> None:
    assert parse_ssh(rest) == Ssh(*parts)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("", "can't be given the host ''"),
        ("user@", "can't be given the host ''"),
        ("-oProxyCommand=x", "can't be given the host '-oProxyCommand=x'"),
        ("-host", "can't be given the host"),
        (".host", "can't be given the host"),
        ("user@-host", "can't be given the host"),
        ("a;b", "can't be given the host"),
        ("a b", "can't be given the host"),
        (" host", "can't be given the host"),
        ("host ", "can't be given the host"),
        ("host\n", "can't be given the host"),
        ("ho\0st", "can't be given the host"),
        ("$(x)", "can't be given the host"),
        ("`x`", "can't be given the host"),
        ("a|b", "can't be given the host"),
        ("a&b", "can't be given the host"),
        ("a'b", "can't be given the host"),
        ('a"b', "can't be given the host"),
        ("a\\b", "can't be given the host"),
        ("a*", "can't be given the host"),
        ("~", "can't be given the host"),
        ("a\x7f", "can't be given the host"),
        ("host\u2010", "can't be given the host"),
        ("h\u043est", "can't be given the host"),
        ("%2doProxyCommand=x", "can't be given the host"),
        ("%h", "can't be given the host"),
        ("host%0a", "can't be given the host"),
        ("host?query", "can't be given the host"),
        ("host#fragment", "can't be given the host"),
        ("[-o]", "brackets"),
        ("[::1%25eth0]", "brackets"),
        ("[::1", "brackets"),
        ("[host]", "brackets"),
        ("-oProxyCommand=x@host", "such a user"),
        ("@host", "such a user"),
        ("us er@host", "such a user"),
        ("$(x)@host", "such a user"),
        ("%2dl@host", "such a user"),
        ("user\n@host", "such a user"),
        ("user:word@host", "can't have a password"),
        ("host:-1", "port"),
        ("host:+1", "port"),
        ("host:0", "port"),
        ("host:65536", "port"),
        ("host:22;x", "port"),
        ("host:22 ", "port"),
        ("host:2_2", "port"),
        ("host:\u0662\u0662", "port"),
        ("host:22:22", "port"),
        ("::1", "can't be given the host ''"),
        ("host/a b", "path"),
        ("host/a;b", "path"),
        ("host/$(x)", "path"),
        ("host/%2e%2e", "path"),
        ("host/a\nb", "path"),
        ("host/a?b", "path"),
        ("host/a@b", "path"),
    ],
)
def test_what_is_refused(rest: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_ssh(rest)


@pytest.mark.parametrize(
    "parts",
    [
        ("-lroot", "host"),
        ("", "host"),
        ("user", "-host"),
        ("user", ""),
        ("user", "host\n"),
        ("user", "::1%eth0"),
        ("user", "host", -1),
        ("user", "host", 0),
        ("user", "host", True),
        ("user", "host", "22"),
        ("user", "host", "-oProxyCommand=x"),
        ("user", "host", 22, ""),
        ("user", "host", 22, "-x"),
        ("user", "host", 22, "relative"),
        ("user", "host", 22, "/a\n"),
        ("user", "host", 22, "/'"),
    ],
)
def test_the_constructor_refuses_too(parts: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="ssh"):
        Ssh(*parts)


def test_a_password_is_not_repeated() -> None:
    for rest in ("user:canary@host", "user:can/ary@host", "user:1/canary@host", "canary;@host"):
        with pytest.raises(ValueError, match="ssh") as caught:
            parse_ssh(rest)
        assert "can" not in str(caught.value).replace("can't", "")


ANY = st.text(max_size=8)


@given(ANY, ANY, ANY, ANY)
@example("u", "h", "1", "p")
def test_nothing_gets_by(user: str, address: str, port: str, path: str) -> None:
    try:
        ssh = parse_ssh(f"{user}@{address}:{port}/{path}")
    except ValueError:
        return
    for part in (ssh.user, ssh.address, str(ssh.port), ssh.path or "/"):
        assert part
        assert not part.startswith("-")
        assert part.isascii()
        assert not set(part) & set(" ;&|<>(){}$`'\"\\*?!#~%^\x7f")
        assert part.isprintable()


def test_a_connection_that_queues_has_not_begun() -> None:
    locks: list[ThreadLock] = []

    def lock() -> ThreadLock:
        locks.append(ThreadLock())
        return locks[-1]

    class Begun(Exception):
        pass

    def begin() -> Waiting:
        raise Begun

    tunnel = SshTunnel(Ssh(None, "host", None, None), lock)
    for each in locks:
        each.acquire()
    steps = tunnel.connect(begin)
    queued = next(steps)
    assert queued in locks
    # Its turn comes: now the connect timeout starts.
    with pytest.raises(Begun):
        steps.send(0)
    tunnel.close()
