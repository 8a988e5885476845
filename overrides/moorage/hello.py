"""A first look: a tiny image, a container from it, its output as it comes, and nothing left.

`python -m moorage hello` is also an example of the client, and the quickest test that an engine
and this installation understand each other.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import moorage
from moorage.host import DEFAULT_HOST
from moorage.private import PrivateEngineError, busybox, busybox_tar, private_engine, why_not
from moorage.versions import span

__all__ = ["hello"]

LABEL = "moorage.hello"
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SCRIPT = """
for i in 1 2 3 4 5
do
    echo "line $i on stdout"
    echo "line $i on stderr" >&2
    sleep 0.3
done
"""

FAILED, NO_ENGINE, INTERRUPTED = 1, 2, 130


class _NoEngineError(Exception):
    """There is no engine to talk to; the message says what to do."""


def hello(api: str | None = None) -> int:
    """Greet an engine and tell on stdout what happens.

    Args:
        api: the API version to speak; by default it is negotiated.

    Returns:
        The exit status: 0, or 1 where something failed, 2 where there is no engine, 130 where a
        signal ended it. Whichever it is, what was made is removed.
    """
    try:
        with contextlib.ExitStack() as stack:
            _interruptible(stack)
            try:
                _greet(stack.enter_context(_engine_host()), api, stack)
            finally:
                _ignore_signals()  # from here on things are being removed
    except KeyboardInterrupt:
        return _complain("interrupted; removed what was made", INTERRUPTED)
    except _NoEngineError as error:
        return _complain(str(error), NO_ENGINE)
    except (PrivateEngineError, moorage.EngineError, ValueError) as error:
        return _complain(str(error), FAILED)
    _say("done: nothing is left")
    return 0


def _greet(host: str, api: str | None, stack: contextlib.ExitStack) -> None:
    """Do what is to be seen; what has to be undone goes onto the stack."""
    try:
        engine = stack.enter_context(moorage.connect(host=host, version=api))
        about = engine.system.version()
    except moorage.ConnectionFailed as error:
        raise _NoEngineError(
            f"{error}\nStart an engine there, or set DOCKER_HOST to where one listens"
        ) from error
    package = type(engine).__module__.rpartition(".")[0]
    _say(f"engine {about.version} at {host}")
    _say(f"    the engine speaks API {about.min_api_version} to {about.api_version}")
    _say(f"    moorage speaks API {span(moorage.VERSIONS)}")
    _say(f"    both speak {engine.api_version}: {package}")

    name = f"moorage-hello-{secrets.token_hex(4)}"
    image = f"{name}:latest"
    archive = busybox_tar(busybox())
    with _uninterrupted():
        # Registered first: an import that fails late may have made the image all the same.
        stack.callback(_removed, f"image {image}", lambda: engine.images.delete(image, force=True))
        for _progress in engine.images.create(archive, from_src="-", repo=name, tag="latest"):
            pass
    _say(f"made the image {image}, {len(archive) / 1e6:.1f} MB: a busybox and nothing else")

    with _uninterrupted():
        stack.callback(
            _removed, f"container {name}", lambda: engine.containers.delete(name, force=True)
        )
        container = engine.containers.create(
            image=image, cmd=["/bin/sh", "-c", SCRIPT], labels={LABEL: name}, name=name
        ).id
    engine.containers.start(container)
    _say(f"started the container {name}; what it says, as it comes:")
    with engine.containers.logs(container, follow=True, stdout=True, stderr=True) as frames:
        for frame in frames:
            text = frame.data.decode(errors="replace").rstrip("\n")
            for line in text.split("\n"):
                _say(f"    {frame.stream} | {line}")
    status = engine.containers.wait(container).status_code
    _say(f"it ended with status {status}")
    _say("containers that this run made:")
    for each in engine.containers.list(all=True, filters={"label": [f"{LABEL}={name}"]}):
        names = ", ".join(each.names or []).replace("/", "")
        _say(f"    {(each.id or '')[:12]}  {names}  {each.image}  {each.state}")


def _removed(what: str, remove: Callable[[], Any]) -> None:
    """Remove something that may not have come into being."""
    with contextlib.suppress(moorage.NotFound):
        remove()
        _say(f"removed the {what}")


@contextlib.contextmanager
def _engine_host() -> Iterator[str]:
    """Give the engine that the environment names, or the default one, or a private one.

    Raises:
        _NoEngineError: none of them can be had.
    """
    named = os.environ.get("DOCKER_HOST")
    if named or _listens(DEFAULT_HOST.removeprefix("unix://")):
        yield named or DEFAULT_HOST
        return
    if reason := why_not():
        raise _NoEngineError(
            f"there is no engine at {DEFAULT_HOST}, DOCKER_HOST is not set, and {reason}.\n"
            "Start Docker, or set DOCKER_HOST to where an engine listens "
            "(unix:///path/to/socket, tcp://host:port)"
        )
    _say(f"there is no engine at {DEFAULT_HOST}: starting a private one, with Debian's docker.io,")
    _say("containerd and runc unpacked into .engines here, and its data in a temporary folder")
    with private_engine() as engine:
        try:
            yield engine.host
        finally:
            _say("stopping the private engine")


def _listens(path: str) -> bool:
    """Tell whether something accepts connections at a socket.

    Raises:
        _NoEngineError: an engine may well be there, but this user may not talk to it.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except PermissionError:
            raise _NoEngineError(
                f"this user may not talk to the engine at {path}: become one who may (root, the "
                "group docker), or set DOCKER_HOST to another engine"
            ) from None
        except OSError:
            return False
    return True


def _interruptible(stack: contextlib.ExitStack) -> None:
    """Make SIGTERM an interruption as Ctrl-C is one; a second one changes nothing."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    for each in SIGNALS:
        stack.callback(signal.signal, each, signal.getsignal(each))
        signal.signal(each, interrupt)


def _ignore_signals() -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let signals wait, so that it's certain whether the engine made what it was asked for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(message: str, status: int) -> int:
    print(f"moorage hello: {message}", file=sys.stderr)
    return status
