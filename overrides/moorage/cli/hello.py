"""`moorage hello`: a tiny image, a container from it with live output, and nothing left behind.

`python -m moorage hello` is also an example of the client, and the quickest test of an engine with
this installation.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import moorage
from moorage.cli.signals import SIGNALS, ignore_signals, interruptible
from moorage.cli.status import DONE, FAILED, INTERRUPTED
from moorage.cli.terminal import complain, say
from moorage.host import find_host
from moorage.host.find import DEFAULT_SOCKET, DEFAULT_SOURCE, is_socket
from moorage.private import PrivateEngineError, busybox, busybox_tar, private_engine, why_not
from moorage.private.releases import RELEASES
from moorage.versions.numbers import span

__all__ = ["add", "hello"]

LABEL = "moorage.hello"
SCRIPT = """
for i in 1 2 3 4 5
do
    echo "line $i on stdout"
    echo "line $i on stderr" >&2
    sleep 0.3
done
"""


class _NoEngineError(Exception):
    """No engine is available; the message says what to do."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "hello",
        help="run a container from a tiny image made on the spot, and leave nothing behind",
        description="Run a container from a tiny image made on the spot, on the engine that "
        "DOCKER_HOST, a context of the docker CLI or a socket names. Where there is none, root on "
        "Debian gets a private one, which is unpacked in this folder and stopped at the end.",
    )
    verb.add_argument("--api", metavar="X.Y", help="the API version to speak (1.41)")
    verb.add_argument(
        "-v", "--verbose", action="store_true", help="show how the engine and version were chosen"
    )
    verb.add_argument(
        "-y", "--yes", action="store_true", help="do not ask before a private engine is unpacked"
    )
    verb.set_defaults(run=lambda given: hello(given.api, verbose=given.verbose, yes=given.yes))


def hello(api: str | None = None, *, verbose: bool = False, yes: bool = False) -> int:
    """Greet an engine and report each step on stdout.

    Args:
        api: The API version to speak; by default it is negotiated.
        verbose: Show how the engine and the version were chosen.
        yes: Unpack a private engine without asking.

    Returns:
        The exit status: 0; 2 after a failure or without an engine; 130 after a signal. Everything
            made is removed in any case.
    """
    try:
        with contextlib.ExitStack() as stack:
            interruptible(stack)
            try:
                _greet(stack.enter_context(_engine_host(yes)), api, stack, verbose=verbose)
            finally:
                ignore_signals()  # objects are removed from here on
    except KeyboardInterrupt:
        complain("hello", "interrupted; removed what was made")
        return INTERRUPTED
    except (_NoEngineError, PrivateEngineError, moorage.EngineError, ValueError) as error:
        complain("hello", error)
        return FAILED
    say("done: nothing is left")
    return DONE


def _greet(
    private: str | None, api: str | None, stack: contextlib.ExitStack, *, verbose: bool
) -> None:
    """Run the demonstration; clean-up goes onto the stack."""
    host = find_host(private)
    try:
        engine = stack.enter_context(moorage.connect(host=private, version=api))
        about = engine.system.version()
    except moorage.ConnectionFailed as error:
        raise _NoEngineError(
            f"{error}\nStart an engine there, or set DOCKER_HOST to where one listens"
        ) from error
    package = type(engine).__module__.rpartition(".")[0]
    say(f"engine {about.version} at {host}")
    if verbose:
        say(f"    found by {host.source}" if private is None else "    started for this run")
    say(f"    the engine speaks API {about.min_api_version} to {about.api_version}")
    say(f"    moorage speaks API {span(moorage.VERSIONS)}")
    say(f"    this run speaks {engine.api_version}: {package}")
    if verbose:
        say(f"    chosen by {_version_source(api)}")

    name = f"moorage-hello-{secrets.token_hex(4)}"
    image = f"{name}:latest"
    archive = busybox_tar(busybox())
    with _uninterrupted():
        # Registered first: a failed import may still have made the image.
        stack.callback(_removed, f"image {image}", lambda: engine.images.delete(image, force=True))
        for _progress in engine.images.create(archive, from_src="-", repo=name, tag="latest"):
            pass
    say(f"made the image {image}, {len(archive) / 1e6:.1f} MB: a busybox and nothing else")

    with _uninterrupted():
        stack.callback(
            _removed, f"container {name}", lambda: engine.containers.delete(name, force=True)
        )
        # Without a network: an engine may have no bridge, and a Podman nothing to make one with.
        container = engine.create(
            image,
            ["/bin/sh", "-c", SCRIPT],
            labels={LABEL: name},
            name=name,
            network_mode="none",
            pull="never",
        )
    engine.containers.start(container)
    say(f"started the container {name}; its output as it arrives:")
    with engine.containers.logs(container, follow=True, stdout=True, stderr=True) as frames:
        for frame in frames:
            text = frame.data.decode(errors="replace").rstrip("\n")
            for line in text.split("\n"):
                say(f"    {frame.stream} | {line}")
    status = engine.containers.wait(container).status_code
    say(f"it ended with status {status}")
    say("containers that this run made:")
    for each in engine.containers.list(all=True, filters={"label": [f"{LABEL}={name}"]}):
        names = ", ".join(each.names or []).replace("/", "")
        say(f"    {(each.id or '')[:12]}  {names}  {each.image}  {each.state}")


def _removed(what: str, remove: Callable[[], Any]) -> None:
    """Remove an object that may not exist."""
    with contextlib.suppress(moorage.NotFound):
        remove()
        say(f"removed the {what}")


def _version_source(api: str | None) -> str:
    if api is not None:
        return "the argument --api"
    return "DOCKER_API_VERSION" if os.environ.get("DOCKER_API_VERSION") else "negotiation"


@contextlib.contextmanager
def _engine_host(yes: bool) -> Iterator[str | None]:
    """Return the address of a private engine; None if one is named, or found at a socket.

    In a checkout, the oldest engine of its tests is used, without asking.

    Raises:
        _NoEngineError: No engine is available.
    """
    host = find_host()
    if host.source != DEFAULT_SOURCE or is_socket(DEFAULT_SOCKET):
        yield None
        return
    if reason := why_not():
        raise _NoEngineError(
            f"there is no engine at {host}, DOCKER_HOST is not set, and {reason}.\n"
            "Start Docker, or set DOCKER_HOST to where an engine listens "
            "(unix:///path/to/socket, tcp://host:port)"
        )
    checkout = _is_checkout()
    release = min(RELEASES) if checkout else max(RELEASES)
    what = f"a private one ({release}), with Debian's docker.io,\ncontainerd and runc unpacked into"
    if not (checkout or yes):
        _ask(f"there is no engine at {host}: start {what} {Path('.engines').absolute()}?")
    say(f"there is no engine at {host}: starting {what} .engines here, and its data in a")
    say("temporary folder")
    with private_engine(RELEASES[release]) as engine:
        try:
            yield engine.host
        finally:
            say("stopping the private engine")


def _is_checkout() -> bool:
    """Return whether this is moorage's own source, and not an installation."""
    return (Path(__file__).parents[3] / "spec" / "versions.toml").is_file()


def _ask(question: str) -> None:
    """Ask on the terminal.

    Raises:
        _NoEngineError: The user declined.
    """
    print(f"{question} [y/N] ", end="", flush=True)
    answer = sys.stdin.readline() if sys.stdin is not None and sys.stdin.isatty() else ""
    if answer.strip().lower() not in ("y", "yes"):
        if not answer:
            print()
        raise _NoEngineError("nothing was unpacked; --yes does it, DOCKER_HOST names an engine")


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay signals, so that it is certain whether the engine made the object."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
