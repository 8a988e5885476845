"""Operations whose answers are streams: logs, attaching, executing, stats."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from moorage.testing.objects.container import Exec, find_container, find_exec, not_running
from moorage.testing.objects.container_answers import stats
from moorage.testing.objects.lifecycle import launch_exec
from moorage.testing.objects.output import MULTIPLEXED, RAW, follow, log_lines, multiplexed, raw
from moorage.testing.objects.process import Output, Piece, Process
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.server.answers import Answer, document, nothing, stream, switch
from moorage.testing.server.call import Call, operation
from moorage.testing.server.connection import Connection, Cut
from moorage.testing.server.websocket import CLOSE, WebSocketReader, accept, frame

__all__ = ["logs_of"]

_DETACH = b"\x10\x11"
_SECOND = 10**9
_PATIENCE = 0.5


@operation("containers.logs")
def logs(call: Call) -> Answer:
    """Return a container's logs."""
    _wanted(call)
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
    tty = bool(container.config.get("Tty"))
    return logs_of(call, container.output, lambda: not container.running, tty=tty)


def logs_of(call: Call, output: Output, over: Callable[[], bool], *, tty: bool = False) -> Answer:
    """Answer with output, by the parameters of all logs."""
    wanted = _wanted(call)
    since, until = (_moment(call.text(each)) for each in ("since", "until"))
    tail = call.text("tail") or "all"
    if tail != "all" and not tail.lstrip("-").isdigit():
        tail = "all"
    with call.state.lock:
        start = len(output.pieces)
        old = output.pieces[:start]

    def good(piece: Piece) -> bool:
        return piece.moment >= (since or 0) and (until is None or piece.moment <= until)

    def pieces() -> Iterator[bytes]:
        write = raw if tty else multiplexed
        stamps = call.flag("timestamps")
        details = call.flag("details")
        lines = list(log_lines((each for each in old if good(each)), stamps, details))
        if tail != "all" and int(tail) >= 0:
            lines = lines[len(lines) - int(tail) :] if int(tail) < len(lines) else lines
        for each in lines:
            if each.stream in wanted:
                yield write(each)
        if call.flag("follow"):
            coming = follow(call.state, output, start, over, call.connection.is_gone)
            for each in log_lines((each for each in coming if good(each)), stamps, details):
                if each.stream in wanted:
                    yield write(each)

    # Engines before 23 don't tell.
    return stream(pieces(), _kind(call, tty=tty) if call.state.since("1.42") else "")


def _wanted(call: Call) -> set[str]:
    wanted = {name for name in ("stdout", "stderr") if call.flag(name)}
    if not wanted:
        raise Refused(400, "Bad parameters: you must choose at least one stream")
    return wanted


def _moment(text: str) -> int | None:
    if text in ("", "0"):
        return None
    try:
        return int(float(text) * _SECOND)
    except ValueError:
        raise Refused(500, f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _kind(call: Call, *, tty: bool) -> str:
    return MULTIPLEXED if call.since("1.42") and not tty else RAW


@operation("containers.attach")
def attach(call: Call) -> Answer:
    """Hand over a connection to a container's process."""
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
        if container.status == "paused":
            raise Refused(
                409, f"container {call.path['id']} is paused, unpause the container before attach"
            )
        tty = bool(container.config.get("Tty"))
        session = _Session(call, container.output, tty=tty, keys=tty)
        run = container.runs + (not container.running)
        session.start = 0 if call.flag("logs") else len(container.output.pieces)
    # Without `stream`, only earlier output is sent.
    if not call.flag("stream"):
        session.over = lambda: True
        session.reads = False
    else:
        session.over = lambda: (
            container.removed
            or container.runs > run
            or (container.runs == run and not container.running)
        )
        session.reads = call.flag("stdin") and bool(container.config.get("OpenStdin"))
        session.starts = lambda: container.runs >= run
        session.process = lambda: container.process
        session.ends_input = bool(container.config.get("StdinOnce")) and not tty
    session.wanted = {name for name in ("stdout", "stderr") if call.flag(name)}
    call.state.emit("container", "attach", container.id, container.event)
    return switch(session.run, _kind(call, tty=tty))


@operation("containers.attach_websocket")
def attach_websocket(call: Call) -> Answer:
    """Hand over a connection to a container's process as a websocket."""
    key = call.headers.get("sec-websocket-key")
    if key is None:
        raise Refused(400, "bad parameter: a websocket's handshake is expected")
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
        session = _Session(call, container.output, tty=True, keys=bool(container.config.get("Tty")))
        session.start = 0 if call.flag("logs") else len(container.output.pieces)
        run = container.runs + (not container.running)
    session.over = lambda: container.runs > run or (container.runs == run and not container.running)
    session.starts = lambda: container.runs >= run
    session.process = lambda: container.process
    # Before 1.42, all streams are attached, whatever the parameters.
    every = not call.since("1.42")
    session.reads = every or call.flag("stdin")
    session.wanted = {name for name in ("stdout", "stderr") if every or call.flag(name)}
    session.websocket = WebSocketReader()
    headers = {"Sec-WebSocket-Accept": accept(key), "Upgrade": "websocket"}
    return Answer(101, kind="", headers=headers, hijack=session.run)


class _Session:
    """A connection between a client and a process.

    Args:
        call: The request.
        output: The output of the process.
        tty: Whether the output is sent as it is, not in frames.
        keys: Whether keys detach it: those of the request, or the default ones.
    """

    def __init__(self, call: Call, output: Output, *, tty: bool, keys: bool) -> None:
        self._state: State = call.state
        self._output = output
        self._tty = tty
        self._detached = False
        self.start = 0
        self.over: Callable[[], bool] = bool
        self.starts: Callable[[], bool] = lambda: True
        self.process: Callable[[], Process | None] = lambda: None
        self.reads = False
        self.ends_input = True
        self.wanted = {"stdout", "stderr"}
        self.websocket: WebSocketReader | None = None
        given = _detach_keys(call.text("detachKeys"))
        self._keys = (given or _DETACH) if keys else b""

    def run(self, connection: Connection) -> None:
        """Carry input and output until the process ends, or the client hangs up."""
        threading.Thread(target=self._feed, args=[connection], daemon=True).start()

        def gone() -> bool:
            return self._detached

        write = raw if self._tty else multiplexed
        over = lambda: self.over() or self._detached  # noqa: E731
        for piece in follow(self._state, self._output, self.start, over, gone):
            if piece.stream in self.wanted:
                data = frame(piece.data) if self.websocket else write(piece)
                connection.write(data)
        if self.websocket:
            connection.write(CLOSE)

    def _feed(self, connection: Connection) -> None:
        """Pass the client's input to the process."""
        held = b""
        try:
            while data := connection.read():
                if not self.reads:
                    continue
                self._state.wait_for(self.starts, lambda: self._detached)
                for each in self.websocket.feed(data) if self.websocket else (data,):
                    rest, keys = each, b""
                    if self._keys:
                        rest, keys, _ = (held + each).partition(self._keys)
                        held = b"" if keys else _beginning(rest, self._keys)
                        rest = rest.removesuffix(held)
                    if process := self.process():
                        process.feed(rest)
                    if keys:
                        self._detach()
                        return
                if self.websocket and self.websocket.ended:
                    break
        except Cut:
            self._detach()
        if self.websocket or (self.reads and not self.ends_input):
            self._detach()
        elif self.reads:
            self._state.wait_for(self.starts, lambda: self._detached)
            if process := self.process():
                process.end_input()

    def _detach(self) -> None:
        with self._state.changing():
            self._detached = True


def _beginning(data: bytes, keys: bytes) -> bytes:
    """Return the end of the input that may be the beginning of the detach keys."""
    return next((keys[:n] for n in range(len(keys) - 1, 0, -1) if data.endswith(keys[:n])), b"")


def _detach_keys(text: str) -> bytes:
    made = bytearray()
    for each in text.split(",") if text else ():
        if each.startswith("ctrl-") and len(each) == 6:
            made.append(ord(each[-1].upper()) - 64 if each[-1].isalpha() else ord(each[-1]) & 31)
        elif len(each) == 1:
            made.extend(each.encode())
        else:
            raise Refused(500, f"Invalid escape keys ({text}) provided")
    return bytes(made)


@operation("exec.create")
def exec_create(call: Call) -> Answer:
    """Make an exec."""
    config = call.body or {}
    if not config.get("Cmd"):
        raise Refused(400, "No exec command specified")
    with call.state.changing():
        container = find_container(call.state, call.path["id"])
        if not container.running:
            raise not_running(call.state, container)
        if container.status == "paused":
            raise Refused(
                409, f"Container {call.path['id']} is paused, unpause the container before exec"
            )
        _detach_keys(config.get("DetachKeys") or "")
        made = Exec(container, config)
        call.state.execs[made.id] = made
        container.exec_ids.append(made.id)
        command = " ".join(config["Cmd"])
        call.state.emit("container", f"exec_create: {command}", container.id, container.event)
        return document({"Id": made.id}, 201)


@operation("exec.start")
def exec_start(call: Call) -> Answer:
    """Start an exec, and hand over the connection unless it is detached."""
    body = call.body or {}
    with call.state.changing():
        found = find_exec(call.state, call.path["id"])
        tty = bool(body.get("Tty"))
        if problem := _why_not(found):
            if body.get("Detach"):
                raise Refused(409, problem)
            # Engines hand over the connection before they look.
            text = f"{problem}\r\n".encode()
            return switch(lambda connection: connection.write(text), _kind(call, tty=tty))
        if body.get("Detach"):
            launch_exec(call.state, found, body.get("ConsoleSize"))
            return nothing(200)
        terminal = bool(found.config.get("Tty"))
        session = _Session(call, found.output, tty=tty, keys=terminal)
        session.over = lambda: found.over
        session.process = lambda: found.process
        session.reads = bool(found.config.get("AttachStdin"))
        session.ends_input = not terminal
        names = {"stdout": "AttachStdout", "stderr": "AttachStderr"}
        session.wanted = {name for name, key in names.items() if found.config.get(key)}
        keys = found.config.get("DetachKeys")
        if keys and terminal:
            session._keys = _detach_keys(keys)

        def run(connection: Connection) -> None:
            with call.state.changing():
                launch_exec(call.state, found, body.get("ConsoleSize"))
            session.run(connection)

    return switch(run, _kind(call, tty=tty))


def _why_not(found: Exec) -> str:
    """Return why an exec can't be started; empty if it can."""
    if found.over:
        return f"exec command {found.id} has already run"
    if found.running:
        return f"exec command {found.id} is already running"
    if not found.container.running:
        return f"container {found.container.id} is not running"
    return ""


@operation("exec.inspect")
def exec_inspect(call: Call) -> Answer:
    """Describe an exec."""
    with call.state.lock:
        found = find_exec(call.state, call.path["id"])
        config, (entry, *arguments) = found.config, found.config["Cmd"]
        return document(
            {
                "CanRemove": found.over,
                "ContainerID": found.container.id,
                "DetachKeys": base64.b64encode(
                    _detach_keys(config["DetachKeys"]) if config.get("DetachKeys") else b""
                ).decode(),
                "ExitCode": found.exit_code,
                "ID": found.id,
                "OpenStderr": bool(config.get("AttachStderr")),
                "OpenStdin": bool(config.get("AttachStdin")),
                "OpenStdout": bool(config.get("AttachStdout")),
                "ProcessConfig": {
                    "tty": bool(config.get("Tty")),
                    "entrypoint": entry,
                    "arguments": arguments,
                    "privileged": bool(config.get("Privileged")),
                    **({"user": config["User"]} if config.get("User") else {}),
                },
                "Running": found.running,
                "Pid": found.pid,
            }
        )


@operation("exec.resize")
def exec_resize(call: Call) -> Answer:
    """Resize the terminal of an exec."""
    size, state = _size(call), call.state
    with state.changing():
        found = find_exec(state, call.path["id"])
        # A client that starts it and resizes it at once is not refused; an engine waits for 10 s.
        if not state.lock.wait_for(lambda: found.running or found.over, _PATIENCE):
            raise Refused(500, "timeout waiting for exec session ready")
        if found.over:
            reason = f"process does not exist {found.id}: not found"
            raise Refused(404, reason if state.since("1.42") else "no such exec")
        if found.process is not None:
            found.process.resize(*size)
    return nothing(200)


@operation("containers.resize")
def resize(call: Call) -> Answer:
    """Resize the terminal of a container."""
    size = _size(call)
    with call.state.changing():
        container = find_container(call.state, call.path["id"])
        if not container.running:
            raise not_running(call.state, container)
        if container.process is not None:
            container.process.resize(*size)
        call.state.emit(
            "container",
            "resize",
            container.id,
            container.event,
            height=call.text("h"),
            width=call.text("w"),
        )
    return nothing(200)


def _size(call: Call) -> tuple[int, int]:
    """Return the rows and columns of a request."""
    found = []
    for name, word in (("h", "height"), ("w", "width")):
        text = call.text(name)
        reason = "" if re.fullmatch(r"[-+]?\d+", text) else "invalid syntax"
        if call.state.since("1.48"):
            reason = reason or ("value out of range" if text.startswith("-") else "")
            before = f"invalid resize {word} "
        else:
            before = "strconv.Atoi: parsing "
        if reason:
            raise Refused(400, f"{before}{json.dumps(text)}: {reason}")
        found.append(int(text))
    return found[0], found[1]


@operation("containers.stats")
def measured(call: Call) -> Answer:
    """Measure a container each second."""
    state = call.state
    with state.lock:
        container = find_container(state, call.path["id"])
        first = stats(container, None)
    if not call.flag("stream", default=True):
        return document(first if call.flag("one-shot") else stats(container, first))

    def pieces() -> Iterator[bytes]:
        previous: dict[str, Any] = first
        yield call.line(previous)
        while True:
            with state.lock:
                state.lock.wait_for(lambda: state.closed or container.removed, 1)
                if state.closed or container.removed or call.connection.is_gone():
                    return
                previous = stats(container, previous)
            yield call.line(previous)

    return stream(pieces())
