"""A swarm of private engines, of one release or of several."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moorage.private.engine import PrivateEngine, private_engine
from moorage.private.errors import PrivateEngineError
from moorage.private.releases import RELEASES

__all__ = ["PrivateSwarm", "private_swarm"]

_PORT = 2377
_SUBNET = "192.168.77.0/24"
_SECONDS = 60.0


@dataclass(frozen=True)
class PrivateSwarm:
    """A swarm that is running, and that ends with the `private_swarm` that started it."""

    managers: tuple[PrivateEngine, ...]
    """The managers; the first one created the swarm and leads it while it runs."""
    workers: tuple[PrivateEngine, ...]
    nodes: dict[str, str] = field(repr=False)
    """The ID of each engine's node, by the address of the engine's socket."""
    addresses: dict[str, str] = field(repr=False)
    """The IP address of each node in the network of the swarm, by its ID."""

    @property
    def engines(self) -> tuple[PrivateEngine, ...]:
        """All engines, in the order of the releases."""
        return self.managers + self.workers


@contextlib.contextmanager
def private_swarm(
    releases: Sequence[str], *, managers: int | None = None, folder: Path | None = None
) -> Iterator[PrivateSwarm]:
    """Start a swarm of private engines; stop them and remove their data at the end.

    Each engine has a network namespace of its own. These are joined by a bridge, at 192.168.77.1,
    192.168.77.2 and so on, which reaches nothing else. Overlay networks carry traffic between
    nodes, and registries on the nodes need no TLS. The routing mesh and the virtual addresses of
    services need a kernel with IPVS; without it, ask for `tasks.NAME`, and publish ports in host
    mode.

    Args:
        releases: The release of each engine, such as `["28.5", "26.1", "20.10"]`.
        managers: Number of managers, counted from the first engine; defaults to all. A swarm works
            as long as more than half of its managers do.
        folder: The folder to unpack packages into.

    Raises:
        PrivateEngineError: A release is unknown, an engine did not start or join, or the kernel
            has no bridges.
    """
    count = len(releases) if managers is None else managers
    unknown = [each for each in releases if each not in RELEASES]
    if unknown or not releases:
        raise PrivateEngineError(f"no swarm of {unknown!r:.100}: there are {', '.join(RELEASES)}")
    if not 0 < count <= len(releases):
        raise PrivateEngineError(f"{count} managers of {len(releases)} engines")
    with contextlib.ExitStack() as stack:
        plain = [f"--insecure-registry={_SUBNET}"]
        engines = [
            stack.enter_context(private_engine(RELEASES[each], extra_args=plain, folder=folder))
            for each in releases
        ]
        _connect(engines)
        _make(engines, count)
        nodes = {each.host: _ask(each, "GET", "/info")["Swarm"]["NodeID"] for each in engines}
        addresses = {node: _address(number) for number, node in enumerate(nodes.values())}
        yield PrivateSwarm(tuple(engines[:count]), tuple(engines[count:]), nodes, addresses)


def _connect(engines: Sequence[PrivateEngine]) -> None:
    """Join the networks of engines, by a bridge in the first one's."""
    first, *others = [each.daemon for each in engines]
    lines = ["link add swarm type bridge", f"addr add {_address(0)}/24 dev swarm"]
    lines.append("link set swarm up")
    for number, other in enumerate(others, 1):
        lines.append(f"link add node{number} type veth peer name swarm netns {other.pid}")
        lines.append(f"link set node{number} master swarm up")
    first.run("ip", "-batch", "-", stdin="\n".join(lines))
    for number, other in enumerate(others, 1):
        lines = [f"addr add {_address(number)}/24 dev swarm", "link set swarm up"]
        other.run("ip", "-batch", "-", stdin="\n".join(lines))


def _make(engines: Sequence[PrivateEngine], managers: int) -> None:
    first = engines[0]
    _ask(first, "POST", "/swarm/init", _place(0))
    tokens = _ask(first, "GET", "/swarm")["JoinTokens"]
    for number, engine in enumerate(engines[1:], 1):
        role = "Manager" if number < managers else "Worker"
        joining = {"RemoteAddrs": [f"{_address(0)}:{_PORT}"], "JoinToken": tokens[role]}
        _ask(engine, "POST", "/swarm/join", _place(number) | joining)


def _address(number: int) -> str:
    return str(ipaddress.ip_network(_SUBNET)[number + 1])


def _place(number: int) -> dict[str, Any]:
    address = _address(number)
    return {"ListenAddr": f"{address}:{_PORT}", "AdvertiseAddr": address}


class _Connection(http.client.HTTPConnection):
    """A connection to an engine's socket."""

    def __init__(self, path: str) -> None:
        super().__init__("engine")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)


def _ask(engine: PrivateEngine, method: str, path: str, body: Any = None) -> Any:
    with contextlib.closing(_Connection(engine.host.removeprefix("unix://"))) as connection:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    if response.status != 200:
        raise PrivateEngineError(f"{path}: {answer.decode(errors='replace')[:500]}")
    return json.loads(answer) if answer else None
