"""An ssh agent for the steps of a build: the user's own, or one with a key that is given."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from moorage.buildkit.framing import Refused, Status
from moorage.buildkit.rpc import Call, Factory, Handler, Unary
from moorage.buildkit.secret_sources import SshSource
from moorage.buildkit.session import Session
from moorage_api.buildkit_messages import AgentRequest, Bytes, Empty

__all__ = ["Agents", "agent_methods"]

_VARIABLE = "SSH_AUTH_SOCK"
_NOTHING: bytes = Empty().SerializeToString()
_PIECE = 1 << 15
_SECONDS = 20.0


class Agents:
    """The agents by their IDs; those that were started end with `close`.

    Args:
        sources: True for the user's own agent, or several by their IDs.

    Raises:
        ValueError: No agent runs, or a key can't be used without asking for a passphrase.
        OSError: A key can't be read, or there is no ssh-agent.
    """

    def __init__(self, sources: Literal[True] | Mapping[str, SshSource] | None) -> None:
        self.sockets: dict[str, str] = {}
        self._started: list[tuple[subprocess.Popen[bytes], str]] = []
        named: Mapping[str, SshSource] = {"default": True} if sources is True else sources or {}
        try:
            for name, source in named.items():
                self.sockets[name] = self._socket(name, source)
        except BaseException:
            self.close()
            raise

    def _socket(self, name: str, source: SshSource) -> str:
        if source is True:
            path = os.environ.get(_VARIABLE, "")
            if not path:
                raise ValueError(f"ssh= {name!r}: {_VARIABLE} names no agent; start one")
        elif isinstance(source, str | os.PathLike):
            path = os.fspath(source)
        else:
            raise TypeError(f"ssh= {name!r} is True or a path, not {type(source).__name__}")
        if stat.S_ISSOCK(Path(path).stat().st_mode):
            return path
        return self._start(path)

    def _start(self, key: str) -> str:
        folder = tempfile.mkdtemp(prefix="moorage-ssh-")
        path = f"{folder}/agent"
        try:
            agent = subprocess.Popen(  # noqa: S603 - the machine's own
                ["ssh-agent", "-D", "-a", path],  # noqa: S607
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._started.append((agent, folder))
        # It writes its first line once it listens.
        if agent.stdout is not None:
            agent.stdout.readline()
        environment = {**os.environ, _VARIABLE: path, "SSH_ASKPASS_REQUIRE": "never"}
        environment.pop("DISPLAY", None)
        added = subprocess.run(  # noqa: S603
            ["ssh-add", "-q", "--", key],  # noqa: S607
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            start_new_session=True,  # it would ask at the terminal
        )
        if added.returncode:
            said = added.stderr.strip().partition("\n")[0] or "it has a passphrase"
            raise ValueError(
                f"ssh-add does not take {key} ({said:.200}): a key with a passphrase is added to an"
                " agent before, and others may not read it"
            )
        return path

    def close(self) -> None:
        """End the agents that were started."""
        for process, folder in self._started:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS)
            if process.stdout is not None:
                process.stdout.close()
            shutil.rmtree(folder, ignore_errors=True)
        self._started.clear()


def agent_methods(session: Session, agents: Agents) -> dict[str, Factory]:
    """Serve the agents."""
    service = "/moby.sshforward.v1.SSH"

    def check(message: bytes) -> bytes:
        _found(agents, AgentRequest.FromString(message).id.decode("utf-8", "replace"))
        return _NOTHING

    return {
        f"{service}/CheckAgent": lambda _: Unary(check),
        f"{service}/ForwardAgent": lambda call: _Forwarded(session, agents, call),
    }


def _found(agents: Agents, name: str) -> str:
    if (name or "default") not in agents.sockets:
        raise Refused(Status.NOT_FOUND, f"there is no ssh agent {name or 'default'}")
    return agents.sockets[name or "default"]


class _Forwarded(Handler):
    """Forwards bytes between a step and an agent."""

    def __init__(self, session: Session, agents: Agents, call: Call) -> None:
        path = _found(agents, next(iter(call.values("buildkit.ssh.id")), ""))
        self._call = call
        self._session = session
        self._agent = socket.socket(socket.AF_UNIX)
        self._agent.settimeout(_SECONDS)
        try:
            self._agent.connect(path)
        except OSError:
            self._agent.close()
            raise
        session.watched.add(self)

    def fileno(self) -> int:
        return self._agent.fileno()

    def message(self, call: Call, data: bytes) -> None:  # noqa: ARG002
        self._agent.sendall(Bytes.FromString(data).data)

    def end(self, call: Call) -> None:  # noqa: ARG002
        with suppress(OSError):
            self._agent.shutdown(socket.SHUT_WR)

    def ready(self) -> None:
        try:
            data = self._agent.recv(_PIECE)
        except OSError:
            data = b""
        if data:
            self._call.send(Bytes(data=data).SerializeToString())
        else:
            self._session.watched.discard(self)
            self._call.finish()

    def close(self) -> None:
        self._session.watched.discard(self)
        self._agent.close()
