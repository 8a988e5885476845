"""The fake engine, as tests use it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moorage.testing import operations
from moorage.testing.closing import Closing
from moorage.testing.objects.container import find_container
from moorage.testing.objects.files import Files
from moorage.testing.objects.image import default_tag, name_image, new_image
from moorage.testing.objects.lifecycle import start
from moorage.testing.objects.network import predefined
from moorage.testing.objects.process import Program
from moorage.testing.objects.shell import shell
from moorage.testing.objects.state import State
from moorage.testing.server.contract import contract_of, kind_of
from moorage.testing.server.dispatch import Dispatcher
from moorage.testing.server.listener import Server
from moorage.testing.server.scripts import Scripts, Trouble
from moorage.testing.server.seen import SeenRequest
from moorage.testing.server.validation import body_problems
from moorage.versions.bundled import bundled_versions, require_bundled
from moorage.versions.numbers import version_key
from moorage.versions.releases import oldest_accepted
from moorage_api.engines import ENGINES

__all__ = ["FakeEngine"]

assert operations.__all__, "they register what answers each operation"  # noqa: S101

_RESTARTED = ("always", "unless-stopped")


class FakeEngine(Closing):
    """An engine in this process, true to an API version, without real containers.

    It listens on a socket of its own, for any client of the Engine API. It has no images at first.
    Its containers run a Python function, or a small shell:

        with FakeEngine("1.44") as fake:
            fake.image("app:1", run=lambda process: process.write("ready\\n"))
            with moorage.connect(host=fake.host) as engine:
                ...

    Args:
        version: The newest API version that it speaks; by default the newest that moorage has.
        min_version: The oldest; defaults to the oldest that engines of that version accept
            (DOCKER_MIN_API_VERSION changes that of a real one).
        tcp: Listen on a loopback port instead of a Unix socket.
        strict: Refuse requests with parameters or fields that the version lacks, which real engines
            ignore.

    Raises:
        ValueError: A version is malformed, or the oldest is newer than the newest.
        UnsupportedVersion: The installation has no client for the version.
    """

    def __init__(
        self,
        version: str | None = None,
        *,
        min_version: str | None = None,
        tcp: bool = False,
        strict: bool = True,
    ) -> None:
        version = require_bundled(version) if version else bundled_versions()[-1]
        oldest = min_version or oldest_accepted(ENGINES[version])
        if version_key(oldest) > version_key(version):
            raise ValueError(f"min_version={oldest!r} is newer than the version {version}")
        self._state = State(version, oldest)
        predefined(self._state)
        self._scripts = Scripts(version)
        self._dispatcher = Dispatcher(self._state, self._scripts, strict=strict)
        self._server = Server(self._dispatcher.serve, tcp=tcp)
        self._server.open()

    @property
    def host(self) -> str:
        """Its address, for `moorage.connect(host=…)` and DOCKER_HOST."""
        return self._server.host

    @property
    def version(self) -> str:
        """The newest API version that it speaks."""
        return self._state.version

    @property
    def min_version(self) -> str:
        """The oldest API version that it accepts."""
        return self._state.min_version

    @property
    def strict(self) -> bool:
        """Whether requests with parts that the version lacks are refused."""
        return self._dispatcher.strict

    @strict.setter
    def strict(self, value: bool) -> None:
        self._dispatcher.strict = value

    @property
    def requests(self) -> list[SeenRequest]:
        """All received requests, the oldest first."""
        return self._dispatcher.requests

    @property
    def problems(self) -> list[str]:
        """Parts of requests that the version lacks.

        Harmless ones are omitted: empty values, which Go programs send for unset fields, and names
        that differ in case, which engines accept.
        """
        return [
            problem
            for each in list(self.requests)
            for problem in each.problems
            if not problem.harmless
        ]

    def image(
        self,
        name: str,
        run: Program | None = None,
        *,
        execute: Program | None = None,
        files: Mapping[str, bytes | str] | None = None,
        pulled: bool = True,
        **config: Any,
    ) -> str:
        """Add an image.

        Args:
            name: Its name; without a tag it is `latest`.
            run: The program of its containers instead of a small shell: a function of a `Process`
                that returns the exit code.
            execute: The program for commands executed in its containers.
            files: Its files, by their paths.
            pulled: Whether the engine has it; False puts it only into the registry.
            config: More of its configuration, in the names of the API: `Cmd`, `Env`, `Labels`,
                `Healthcheck`. Without `Cmd` and `Entrypoint`, an image with `run` has a command
                of its own.

        Returns:
            Its ID.

        Raises:
            TypeError: The version's configuration has no such field, or it has another type.
        """
        shape = kind_of(contract_of(self.version, "images.inspect").answer.model)["Config"]
        if problems := [*body_problems(config, shape, self.version)]:
            raise TypeError("; ".join(problems))
        tree = Files.empty()
        for folder in ("/bin", "/etc", "/tmp"):  # noqa: S108 - in the image
            tree.make_folder(folder)
        tree.write("/etc/image", default_tag(name))
        for path, content in (files or {}).items():
            tree.write(path, content)
        if not config.get("Cmd") and not config.get("Entrypoint"):
            config["Cmd"] = ["/bin/sh"] if run is None else [f"/{name.partition(':')[0]}"]
        made = new_image(tree, config, run or shell, execute or shell)
        with self._state.changing():
            self._state.registry[default_tag(name)] = made
            self._state.known[made.id] = made
            if pulled:
                name_image(self._state, made, name)
        return made.id

    def fail(
        self,
        operation: str,
        status: int = 500,
        message: str = "this failure is on purpose",
        *,
        times: int | None = 1,
    ) -> None:
        """Answer the next requests of an operation with an error.

        Args:
            operation: The operation, like "containers.start".
            status: The HTTP status.
            message: The engine's message.
            times: Number of requests; None is all.

        Raises:
            ValueError: The version lacks the operation.
        """
        self._scripts.add(operation, Trouble(status, message, left=times))

    def cut(self, operation: str, after: int = 0, *, times: int | None = 1) -> None:
        """Break the connection within the response, after some bytes of its body.

        Args:
            operation: The operation, like "containers.logs".
            after: Number of bytes of the body to send before.
            times: Number of requests; None is all.
        """
        self._scripts.add(operation, Trouble(after=after, left=times))

    def drop(self, operation: str, *, times: int | None = 1) -> None:
        """Hang up without any response.

        Args:
            operation: The operation, like "system.info".
            times: Number of requests; None is all.
        """
        self._scripts.add(operation, Trouble(drop=True, left=times))

    def slow(self, operation: str, seconds: float, *, times: int | None = None) -> None:
        """Delay an operation's responses.

        Args:
            operation: The operation, like "images.create".
            seconds: The delay.
            times: Number of requests; all by default.
        """
        self._scripts.add(operation, Trouble(seconds=seconds, left=times))

    def well(self) -> None:
        """Undo `fail`, `cut`, `drop` and `slow`."""
        self._scripts.clear()

    def read_file(self, container: str, path: str) -> bytes:
        """Return a file of a container.

        Args:
            container: Its name or ID.
            path: The path in it.
        """
        with self._state.lock:
            return find_container(self._state, container).files.read(path)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Stop the engine for the time of a block: nobody can connect, and containers end.

        Afterwards it has all its objects again, and containers run by their restart policy. Events
        are forgotten.
        """
        self._halt()
        try:
            yield
        finally:
            self._resume()

    def restart(self, seconds: float = 0.0) -> None:
        """Stop the engine and start it again.

        Args:
            seconds: The downtime.
        """
        with self.down():
            time.sleep(seconds)

    def close(self) -> None:
        """Stop it for good."""
        # Before streams learn of it, which would end well: engines cut them.
        self._server.shut()
        with self._state.changing():
            self._state.closed = True
        self._server.close()

    def __repr__(self) -> str:
        return f"<FakeEngine {self.version} at {self.host}>"

    def _halt(self) -> None:
        self._server.shut()
        state = self._state
        with state.changing():
            self._to_restart = []
            for each in state.containers.values():
                if not each.running:
                    continue
                policy = each.host_config["RestartPolicy"]["Name"]
                if policy in _RESTARTED:
                    self._to_restart.append(each)
                each.runs += 1  # its program runs without an engine
                if each.process is not None:
                    each.process.stop("SIGKILL")
                each.status, each.exit_code, each.pid, each.process = "exited", 255, 0, None
            for each in state.execs.values():
                if each.running:
                    each.running, each.exit_code = False, 255
            state.events.clear()

    def _resume(self) -> None:
        for each in self._to_restart:
            start(self._state, each)
        self._server.open()
