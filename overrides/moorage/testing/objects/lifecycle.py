"""Start, stop and end of containers, by the rules of engines."""

from __future__ import annotations

import threading
import time
from typing import Any

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.container import Container, Exec, not_running
from moorage.testing.objects.network import (
    attach_default,
    close_endpoints,
    open_endpoint,
    published_ports,
)
from moorage.testing.objects.process import SIGNALS, Input, Output, Piece, Process, Program, run
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.shell import KNOWN, shell
from moorage.testing.objects.state import State
from moorage.testing.objects.terminal import Terminal

__all__ = ["check_signal", "kill", "launch_exec", "processes_of", "remove", "start", "stop"]

_KILLED = 137
_PATIENCE = 0.2


def start(state: State, container: Container) -> bool:
    """Start a container; returns whether it was not running yet.

    Raises:
        Refused: It can't be started.
    """
    with state.changing():
        if container.status == "paused":
            raise Refused(409, "cannot start a paused container, try unpause instead")
        if container.running:
            return False
        _tell_mounts(state, container, "mount")
        attach_default(state, container)
        _check_command(state, container)
        container.published = published_ports(state, container)
        _begin(state, container)
    return True


def _check_command(state: State, container: Container) -> None:
    code, reason = _why_not(container, container.image.program, container.args[0])
    if not code:
        return
    container.exit_code = code
    container.error = (
        f"{'failed to create task for container: ' if state.since('1.44') else ''}failed to create "
        "shim task: OCI runtime create failed: runc create failed: unable to start container "
        f"process: {reason}: unknown"
    )
    state.emit("container", "die", container.id, container.event, exitCode=str(code))
    raise Refused(400, container.error)


def _why_not(container: Container, program: Program, name: str) -> tuple[int, str]:
    """Return why a command can't be run: the exit code, 0 if it can, and the reason."""
    node = container.files.find(name) if "/" in name else None
    if node is not None and node.kind == "folder":
        return 126, f'exec: "{name}": permission denied'
    if program is not shell or node is not None or name.rpartition("/")[2] in KNOWN:
        return 0, ""
    reason = "executable file not found in $PATH"
    if "/" in name:
        reason = f"stat {name}: no such file or directory"
    return 127, f'exec: "{name}": {reason}'


def _begin(state: State, container: Container) -> None:
    """Run the container's program in a thread; the lock is held."""
    container.runs += 1
    container.status = "running"
    container.error = ""
    container.stopping = False
    container.started_at = timestamp()
    container.pid = state.new_pid()
    container.process = _process(
        state,
        container,
        container.args,
        container.pid,
        opened=bool(container.config.get("OpenStdin")),
        terminal=_terminal(state, container, container.config.get("Tty")),
    )
    if check := _health_check(container):
        container.health = {"Status": "starting", "FailingStreak": 0, "Log": []}
        later(_watch_health, state, container, container.runs, check)
    state.emit("container", "start", container.id, container.event)
    later(_run, state, container, container.runs, container.process)


def _tell_mounts(state: State, container: Container, action: str) -> None:
    """Emit the events of a container's volumes."""
    for each in container.mounts:
        if each["Type"] == "volume":
            about = {"container": container.id, "driver": each["Driver"]}
            if action == "mount":
                about |= {"destination": each["Destination"], "propagation": each["Propagation"]}
                about["read/write"] = str(each["RW"]).lower()
            state.emit("volume", action, each["Name"], about)


def later(function: Any, *args: Any) -> None:
    """Run a function in a thread of its own."""
    threading.Thread(target=function, args=args, daemon=True).start()


def _terminal(
    state: State, container: Container, wanted: bool | None, size: list[int] | None = None
) -> Terminal | None:
    if not wanted:
        return None
    if size is None:
        size = container.host_config.get("ConsoleSize")
    if not size or len(size) < 2 or not state.since("1.42"):
        return Terminal()  # until a client resizes it
    return Terminal(rows=size[0], columns=size[1])


def _process(
    state: State,
    container: Container,
    args: list[str],
    pid: int,
    *,
    opened: bool = False,
    terminal: Terminal | None = None,
) -> Process:
    run_number = container.runs

    def emit(stream: str, data: bytes) -> None:
        # Output of a program after its end is dropped.
        if container.runs == run_number and container.running:
            container.output.add(stream, data)

    return Process(
        args,
        container.variables(),
        container.files,
        container.working_dir,
        container.config.get("User") or "",
        terminal,
        pid,
        state,
        Input(opened=opened or terminal is not None),
        emit,
        lambda: processes_of(state, container),
    )


def processes_of(state: State, container: Container) -> list[Process]:
    """Return the running processes of a container, the main process first."""
    beside = [state.execs[each] for each in container.exec_ids]
    found = [container.process, *(each.process for each in beside if each.running)]
    return [each for each in found if each is not None]


def _run(state: State, container: Container, run_number: int, process: Process) -> None:
    code = run(container.image.program, process)
    _end(state, container, run_number, code)


def _end(state: State, container: Container, run_number: int, code: int) -> None:
    """Record the end of a container's process, and apply its restart policy."""
    with state.changing():
        if container.runs != run_number or not container.running or state.closed:
            return
        for each in container.exec_ids:
            _end_exec(state.execs[each])
        container.status = "exited"
        container.exit_code = code
        container.finished_at = timestamp()
        container.process, container.pid, container.published = None, 0, {}
        close_endpoints(state, container)
        if container.health:
            container.health["Status"] = "unhealthy"
        state.emit("container", "die", container.id, container.event, exitCode=str(code))
        _tell_mounts(state, container, "unmount")
        if _restarts(container, code):
            container.restarts += 1
            container.published = published_ports(state, container)
            _tell_mounts(state, container, "mount")
            for network_id in container.endpoints:
                open_endpoint(state, container, network_id)
            _begin(state, container)
        elif container.host_config.get("AutoRemove"):
            remove(state, container, volumes=True)


def _restarts(container: Container, code: int) -> bool:
    if container.stopping:
        return False
    policy = container.host_config.get("RestartPolicy") or {}
    match policy.get("Name"):
        case "always" | "unless-stopped":
            return True
        case "on-failure":
            most = policy.get("MaximumRetryCount") or 0
            return code != 0 and (not most or container.restarts < most)
    return False


def stop(state: State, container: Container, seconds: float) -> bool:
    """Stop a container; returns whether it was running."""
    with state.changing():
        if not container.running:
            return False
        signal = container.config.get("StopSignal") or "SIGTERM"
        state.emit(
            "container", "kill", container.id, container.event, signal=check_signal(state, signal)
        )
        _signal(state, container, signal, seconds)
        state.emit("container", "stop", container.id, container.event)
    return True


def kill(state: State, container: Container, signal: str) -> None:
    """Send a signal to a container's process.

    Raises:
        Refused: It does not run, or the signal is unknown.
    """
    with state.changing():
        number = check_signal(state, signal)
        if not container.running:
            raise not_running(state, container)
        state.emit("container", "kill", container.id, container.event, signal=number)
        if number == "9":
            container.stopping = True
            _signal(state, container, "SIGKILL", 0)
        elif container.process:
            container.process.signal(_name(number))


def check_signal(state: State, signal: str) -> str:
    """Return a signal's number.

    Raises:
        Refused: The signal does not exist.
    """
    number = SIGNALS.get(signal.upper())
    if number is None:
        word = "invalid" if state.since("1.45") else "Invalid"
        raise Refused(400, f"{word} signal: {signal}")
    return number


def _name(number: str) -> str:
    return next(e for e, other in SIGNALS.items() if other == number and e.startswith("SIG"))


def _signal(state: State, container: Container, signal: str, seconds: float) -> None:
    """Make a program end, and wait for it; the lock is released meanwhile."""
    run_number, process = container.runs, container.process
    container.stopping = True
    if process is None:
        return
    signal = _name(check_signal(state, signal))
    if not process.takes(signal):
        signal, seconds = "SIGKILL", 0  # an engine waits first
        state.emit("container", "kill", container.id, container.event, signal="9")
    process.stop(signal)
    deadline = time.monotonic() + (seconds or _PATIENCE)
    while container.runs == run_number and container.running:
        left = deadline - time.monotonic()
        if left <= 0 or state.closed:
            if signal != "SIGKILL":
                state.emit("container", "kill", container.id, container.event, signal="9")
            process.stop("SIGKILL")
            _end(state, container, run_number, _KILLED)
            return
        state.lock.wait(left)


def remove(state: State, container: Container, *, volumes: bool) -> None:
    """Remove a container, and its anonymous volumes."""
    with state.changing():
        if state.containers.pop(container.id, None) is None:
            return
        container.removed = True
        for network in container.endpoints:
            if network in state.networks:
                state.networks[network]["Containers"].pop(container.id, None)
        if volumes:
            for mount in container.mounts:
                if mount.get("anonymous"):
                    state.volumes.pop(mount["Name"], None)
        state.emit("container", "destroy", container.id, container.event)


def launch_exec(state: State, started: Exec, size: list[int] | None = None) -> None:
    """Run the process of an exec in a thread; the lock is held.

    Args:
        state: The state of the engine.
        started: The exec.
        size: Rows and columns of its terminal; defaults to what the exec was made with.
    """
    container, config = started.container, started.config
    variables = container.variables()
    for each in config.get("Env") or ():
        name, _, value = each.partition("=")
        variables[name] = value
    started.running = True
    started.pid = state.new_pid()

    def emit(stream: str, data: bytes) -> None:
        if started.running:
            started.output.add(stream, data)

    if size is None:
        size = config.get("ConsoleSize")
    terminal = _terminal(state, container, config.get("Tty"), size)
    started.process = Process(
        config.get("Cmd") or [],
        variables,
        container.files,
        config.get("WorkingDir") or container.working_dir,
        config.get("User") or container.config.get("User") or "",
        terminal,
        started.pid,
        state,
        Input(opened=bool(config.get("AttachStdin")) or terminal is not None),
        emit,
        lambda: processes_of(state, container),
    )
    command = " ".join(config.get("Cmd") or [])
    state.emit("container", f"exec_start: {command}", container.id, container.event)
    later(_run_exec, state, started)


def _run_exec(state: State, started: Exec) -> None:
    assert started.process is not None  # noqa: S101
    program, (name, *_) = started.container.image.execute, started.process.args
    code, reason = _why_not(started.container, program, name)
    if code:
        what = "OCI runtime exec failed: exec failed: unable to start container process"
        started.output.add("stdout", f"{what}: {reason}: unknown\r\n".encode())
        code = code if state.since("1.44") else 126
    else:
        code = run(program, started.process)
    with state.changing():
        if started.running:
            started.running, started.exit_code = False, code
            container = started.container
            state.emit("container", "exec_die", container.id, container.event, exitCode=str(code))


def _end_exec(ended: Exec) -> None:
    if ended.running:
        ended.running, ended.exit_code = False, _KILLED
        if ended.process:
            ended.process.stop("SIGKILL")


def _health_check(container: Container) -> dict[str, Any] | None:
    check = container.config.get("Healthcheck")
    if not check or (check.get("Test") or ["NONE"])[0] == "NONE":
        return None
    return dict(check)


def _watch_health(
    state: State, container: Container, run_number: int, check: dict[str, Any]
) -> None:
    """Check a container's health, first at once, until it ends."""
    interval = (check.get("Interval") or 30 * 10**9) / 10**9
    retries = check.get("Retries") or 3
    while True:
        began = timestamp()
        code, said = _probe(state, container, check)
        with state.changing():
            if container.runs != run_number or not container.running or state.closed:
                return
            health = container.health
            assert health is not None  # noqa: S101
            entry = {"Start": began, "End": timestamp(), "ExitCode": code, "Output": said}
            health["Log"] = [*health["Log"], entry][-5:]
            health["FailingStreak"] = health["FailingStreak"] + 1 if code else 0
            now = health["Status"] if code else "healthy"
            if code and health["FailingStreak"] >= retries:
                now = "unhealthy"
            if now != health["Status"]:
                health["Status"] = now
                state.emit("container", f"health_status: {now}", container.id, container.event)
            state.lock.wait_for(lambda: _is_over(state, container, run_number), interval)


def _is_over(state: State, container: Container, run_number: int) -> bool:
    return state.closed or container.runs != run_number or not container.running


def _probe(state: State, container: Container, check: dict[str, Any]) -> tuple[int, str]:
    process = container.process
    if process is not None and process.healthy is not None:
        return int(not process.healthy), ""
    kind, *words = check["Test"]
    args = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
    output = Output()
    probe = _process(state, container, args, state.new_pid())
    probe._emit = output.add
    code = run(container.image.execute, probe)
    return code, b"".join(map(_data, output.pieces)).decode("utf-8", "replace")


def _data(piece: Piece) -> bytes:
    return piece.data
