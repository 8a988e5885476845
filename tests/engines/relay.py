"""A relay between a client and an engine, which cuts connections, and gets into networks."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import threading
from collections.abc import Callable, Iterator

__all__ = ["copy", "enter_network_of", "relay", "tcp_in_network_of", "unix"]

Dial = Callable[[], socket.socket]
_CLONE_NEWNET = 0x40000000


def unix(host: str) -> Dial:
    """Dial an engine's Unix socket."""

    def dial() -> socket.socket:
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(host.removeprefix("unix://"))
        return engine

    return dial


def enter_network_of(pid: int) -> None:
    """Have this thread in the network namespace of a process; its sockets stay there."""
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(network, _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(network)


def tcp_in_network_of(pid: int, port: int) -> Dial:
    """Dial a port of 127.0.0.1 in the network namespace of a process."""

    def dial() -> socket.socket:
        made: list[socket.socket] = []

        def enter() -> None:
            enter_network_of(pid)
            made.append(socket.create_connection(("127.0.0.1", port)))

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        return made[0]

    return dial


@contextlib.contextmanager
def relay(
    dial: Dial, cut_after: Callable[[bytes], int | None] = lambda head: None
) -> Iterator[str]:
    """Relay each connection to an engine; gives the address.

    Args:
        dial: Connects to the engine.
        cut_after: Is given what the client sent first, and tells after how many of the engine's
            bytes the connection is cut; None for not at all.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            sockets.append(client)
            threads.append(threading.Thread(target=_pump, args=[client, dial, cut_after, sockets]))
            threads[-1].start()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        serving.join()
        # An engine need not close a connection that it has ended its part of.
        for open_still in sockets:
            with contextlib.suppress(OSError):
                open_still.shutdown(socket.SHUT_RDWR)
        for each in threads:
            each.join(10)


def _pump(
    client: socket.socket,
    dial: Dial,
    cut_after: Callable[[bytes], int | None],
    sockets: list[socket.socket],
) -> None:
    with client, contextlib.suppress(OSError), dial() as engine:
        sockets.append(engine)
        first = client.recv(65536)
        engine.sendall(first)
        # In a thread of its own: the one way must not wait for the other.
        forth = threading.Thread(target=copy, args=[client, engine])
        forth.start()
        if copy(engine, client, cut_after(first)):
            client.shutdown(socket.SHUT_RDWR)
        forth.join()


def copy(source: socket.socket, target: socket.socket, left: int | None = None) -> bool:
    """Copy to the end of the one way, or so many bytes; returns whether these were too many."""
    with contextlib.suppress(OSError):
        while left != 0:
            data = source.recv(65536)
            if not data:
                break
            data = data[:left]
            left = None if left is None else left - len(data)
            target.sendall(data)
        else:
            return True
    # The other way may go on.
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
    return False
