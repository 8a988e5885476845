"""Terminals of a fake engine: what real ones made of the same keys, sizes and settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import moorage
from moorage.testing import FakeEngine, Process
from moorage.testing.objects.terminal import Terminal
from tests.plain_http import plain_http

KEYS = [
    # Typed keys, input of the process, output of the terminal, and signals.
    (b"one\r", [b"one\n"], b"one\r\n", []),
    (b"one\ntw", [b"one\n"], b"one\r\ntw", []),
    (b"tw\x7fo\n", [b"to\n"], b"tw\b \bo\r\n", []),
    (b"\x7f\r", [b"\n"], b"\r\n", []),
    (b"one two \x17x\r", [b"one x\n"], b"one two \b \b\b \b\b \b\b \bx\r\n", []),
    (b"a\x01\x15d\r", [b"d\n"], b"a^A\b \b\b \b\b \bd\r\n", []),
    (b"\x01\x1b[A\t\r", [b"\x01\x1b[A\t\n"], b"^A^[[A\t\r\n", []),
    (b"\xc3\xa4\r", [b"\xc3\xa4\n"], b"\xc3\xa4\r\n", []),
    (b"d\x04e\n\x04", [b"d", b"e\n", b""], b"de\r\n", []),
    (b"ab\x03\r", [b"\n"], b"ab^C\r\n", ["SIGINT"]),
    (b"\x1c", [], b"^\\", ["SIGQUIT"]),
]


@pytest.mark.parametrize(("keys", "pieces", "shown", "signals"), KEYS)
def test_keys(keys: bytes, pieces: list[bytes], shown: bytes, signals: list[str]) -> None:
    assert Terminal().typed(keys) == (pieces, shown, signals)
    # One by one, as they are typed.
    terminal = Terminal()
    each = [terminal.typed(bytes([key])) for key in keys]
    assert [piece for one in each for piece in one.pieces] == pieces
    assert b"".join(one.shown for one in each) == shown


def test_settings() -> None:
    terminal = Terminal()
    terminal.set(["raw", "rows", "5", "cols", "7"])
    assert terminal.typed(b"a\r\x03\x04\n") == ([b"a\r\x03\x04\n"], b"a^M^C^D\n", [])
    assert (terminal.rows, terminal.columns, terminal.output(b"\n")) == (5, 7, b"\n")
    terminal.set(["sane", "-echo", "-ixon", "min", "1"])
    assert terminal.typed(b"a\n") == ([b"a\n"], b"", [])
    for wrong in ["nonsense", "rows x", "rows"]:
        with pytest.raises(ValueError, match=r"nonsense|invalid literal"):
            terminal.set(wrong.split())


@pytest.fixture(scope="module", params=["1.41", "1.51"])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeEngine]:
    with FakeEngine(request.param) as made:
        made.image("busybox")
        yield made


@pytest.fixture(scope="module")
def engine(fake: FakeEngine) -> Iterator[Any]:
    with moorage.connect(host=fake.host, timeout=20) as connected:
        yield connected


@pytest.fixture(scope="module")
def http(fake: FakeEngine) -> Iterator[httpx.Client]:
    with plain_http(fake.host, 20) as client:
        yield client


@pytest.fixture(scope="module")
def sleeper(engine: Any) -> str:
    return started(engine, "sleep", "600")


def started(engine: Any, *command: str, **more: Any) -> str:
    made: str = engine.containers.create(image="busybox", cmd=list(command), **more).id
    engine.containers.start(made)
    return made


def exec_in(engine: Any, container: str, script: str, **more: Any) -> str:
    made: str = engine.exec.create(
        container, cmd=["sh", "-c", script], attach_stdin=True, attach_stdout=True, **more
    ).id
    return made


def played(engine: Any, command: str, *steps: tuple[bytes, bytes]) -> tuple[int, bytes]:
    """Wait for words and type keys, step by step; returns the exit code and all that was seen."""
    with engine.exec.start(command, tty=True, idle_timeout=20) as session:
        seen = b""
        for sees, typed in steps:
            seen += heard(session, sees) if sees else b""
            session.write(typed)
        seen += b"".join(frame.data for frame in session)
    return engine.exec.inspect(command).exit_code, seen


def heard(session: Any, words: bytes) -> bytes:
    """Read up to some words."""
    said = b""
    while not said.endswith(words):
        said += next(session).data
    return said


def test_typing(engine: Any, sleeper: str) -> None:
    twice = b"ab\r\n" * 2
    for script, steps, code, seen in (
        ("cat", [(b"", b"ab\r"), (twice, b"c\x04"), (b"cc", b"d\n\x04")], 0, b"ccd\r\nd\r\n"),
        ("cat", [(b"", b"ab\r"), (twice, b"lost\x03")], 130, b"lost^C"),
        ("echo up; cat", [(b"up\r\n", b"lost\r\x1c")], 131, b"lost\r\n^\\"),
        ("cat; read a; echo $a", [(b"", b"\x04y\n")], 0, b"y\r\ny\r\n"),
        (
            "trap 'echo int' INT; echo up; read a; echo $?",
            [(b"up\r\n", b"\x03")],
            0,
            b"int\r\n130\r\n",
        ),
        ("head -n 1 | wc -c; test -t 0; echo $?", [(b"", b"abc\r")], 0, b"abc\r\n4\r\n0\r\n"),
    ):
        command = exec_in(engine, sleeper, script, tty=True)
        ended, said = played(engine, command, *steps)
        assert ended == code, script
        assert said.endswith(seen), script


def test_a_password(engine: Any, sleeper: str) -> None:
    script = "stty -echo; echo ready; read a; stty echo; echo got $a"
    command = exec_in(engine, sleeper, script, tty=True)
    assert played(engine, command, (b"ready\r\n", b"secret\r")) == (0, b"ready\r\ngot secret\r\n")


def test_the_size(engine: Any, http: httpx.Client, sleeper: str) -> None:
    command = exec_in(engine, sleeper, "read a; stty size", tty=True)
    assert played(engine, command, (b"", b"\r"))[1].endswith(b"stty: standard input\r\n")  # unknown
    script = "trap 'stty size' WINCH; echo ready; read a"
    command = exec_in(engine, sleeper, script, tty=True)
    with engine.exec.start(command, tty=True, idle_timeout=20) as session:
        assert next(session).data == b"ready\r\n"
        session.resize(height=33, width=111)
        assert b"".join(frame.data for frame in session) == b"33 111\r\n"
    said = engine.execute(sleeper, ["sh", "-c", "stty size; echo $?"]).stderr
    assert b"Inappropriate ioctl" in said


def test_a_resize_that_is_refused(
    engine: Any, http: httpx.Client, fake: FakeEngine, sleeper: str
) -> None:
    def resized(path: str, height: str = "1") -> tuple[int, str]:
        response = http.post(f"{path}/resize", params={"h": height, "w": "2"})
        return response.status_code, response.json().get("message", "") if response.text else ""

    assert resized(f"/containers/{sleeper}") == (200, "")  # it has no terminal
    command = exec_in(engine, sleeper, "true", tty=True)
    assert resized(f"/exec/{command}") == (500, "timeout waiting for exec session ready")
    played(engine, command)
    status, message = resized(f"/exec/{command}")
    assert (status, "no such exec" in message or "does not exist" in message) == (404, True)
    fake.strict = False
    try:
        status, message = resized("/containers/none", "x")
    finally:
        fake.strict = True
    assert (status, message.endswith('"x": invalid syntax')) == (400, True)


def test_the_size_of_the_request(engine: Any, http: httpx.Client, fake: FakeEngine) -> None:
    """Docker 23 and newer take it when a terminal is made."""
    body = {"Image": "busybox", "Cmd": ["sh"], "Tty": True, "HostConfig": {"ConsoleSize": [15, 16]}}
    made = http.post("/containers/create", json=body).json()["Id"]
    http.post(f"/containers/{made}/start").raise_for_status()
    assert engine.containers.inspect(made).state.running  # a terminal's input has no end
    new = fake.version != "1.41"
    for create, start, size in (
        ({}, {}, b"15 16"),
        ({"ConsoleSize": [12, 34]}, {}, b"12 34"),
        ({}, {"ConsoleSize": [5, 6]}, b"5 6"),
    ):
        if not new and (create or start):
            continue  # 1.41 has no such field
        body = {"Cmd": ["stty", "size"], "Tty": True, "AttachStdout": True, **create}
        command = http.post(f"/containers/{made}/exec", json=body).json()["Id"]
        said = http.post(f"/exec/{command}/start", json={"Tty": True, **start}).content
        assert said == (size if new else b"stty: standard input") + b"\r\n"


def test_the_main_process(engine: Any) -> None:
    """It ignores keys that send signals, and has another terminal each time it starts."""
    made = started(engine, "cat", tty=True, open_stdin=True)
    streams = {"stdin": True, "stdout": True, "stream": True, "idle_timeout": 20}
    with engine.containers.attach(made, **streams) as session:
        session.write(b"a\x03b\r")
        assert heard(session, b"b\r\nb\r\n") == b"a^Cb\r\nb\r\n"
        session.write(b"\x04")
        assert b"".join(frame.data for frame in session) == b""
    assert engine.containers.wait(made).status_code == 0


def test_a_client_that_stops_writing(engine: Any) -> None:
    """It sees no more of a terminal, which goes on; a terminal's input has no end."""
    made = started(engine, "cat", tty=True, open_stdin=True, stdin_once=True)
    streams = {"stdin": True, "stdout": True, "stream": True, "idle_timeout": 20}
    with engine.containers.attach(made, **streams) as session:
        session.close_write()
        with pytest.raises(moorage.StreamInterrupted):
            next(session)
    assert engine.containers.inspect(made).state.running


def test_a_function(engine: Any, fake: FakeEngine) -> None:
    def login(process: Process) -> int:
        assert process.terminal is not None
        process.terminal.echo = False
        process.write("password: ")
        secret = process.readline()
        process.terminal.echo = True
        process.write(f"{process.terminal.rows} {process.terminal.columns} ")
        process.write(secret)
        return len(process.read())

    fake.image("login:1", run=login)
    made = engine.containers.create(image="login:1", tty=True, open_stdin=True).id
    streams = {"stdin": True, "stdout": True, "stream": True, "idle_timeout": 20}
    with engine.containers.attach(made, **streams) as session:
        engine.containers.start(made)
        assert heard(session, b": ") == b"password: "
        engine.containers.resize(made, h=4, w=5)
        session.write(b"secret\r")
        assert heard(session, b"\r\n") == b"4 5 secret\r\n"
        session.write(b"xyz\r\x04")
        assert b"".join(frame.data for frame in session) == b"xyz\r\n"
    assert engine.containers.wait(made).status_code == 4
