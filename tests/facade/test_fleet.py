"""Fleets: one call on many engines, and their events in one stream, against scripted peers."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any

import anyio
import pytest

import moorage
from moorage.fleet import AsyncFleet, Fleet, node_hosts
from moorage.fleet.resumption import Resumption
from moorage.testing import FakeEngine
from moorage_api import v1_30, v1_44
from tests.facade.peer import Peer, answer, chunked, ping

each_mode = pytest.mark.parametrize("mode", ["threads", "asyncio", "trio"])
NOWHERE = "unix:///nowhere/docker.sock"
VOLUMES = answer(200, {"Volumes": [{"Name": "v"}]})


def with_fleet(
    mode: str, hosts: Any, test: Callable[[Any], Awaitable[None]], **options: Any
) -> None:
    """Run a test with a fleet of either form; `each` and `got` take what it gives."""

    async def run() -> None:
        if mode == "threads":
            with Fleet(hosts, **{"api": v1_44.Engine, "timeout": 10, **options}) as fleet:
                await test(fleet)
        else:
            awaited = {"api": v1_44.AsyncEngine, "timeout": 10, **options}
            async with AsyncFleet(hosts, **awaited) as fleet:
                await test(fleet)

    anyio.run(run, backend="trio" if mode == "trio" else "asyncio")


async def each(items: Any) -> AsyncGenerator[Any, None]:
    if hasattr(items, "__aiter__"):
        async with contextlib.aclosing(items):
            async for item in items:
                yield item
    else:
        with contextlib.closing(items):
            for item in items:
                yield item


async def got(result: Any) -> Any:
    return await result if hasattr(result, "__await__") else result


def names(engine: Any) -> Any:
    return engine.volumes.list()


@each_mode
def test_a_call_on_each(mode: str) -> None:
    async def test(fleet: Any) -> None:
        found = await got(fleet.call(names))
        assert [*found] == fleet.names == ["one", "two", "away"]
        assert [each.name for each in found["one"].volumes] == ["v"]
        assert isinstance(found["two"], moorage.ServerError)
        assert isinstance(found["away"], moorage.ConnectionFailed)
        # The connections stay.
        assert await got(fleet.engine("one")) is await got(fleet.engine("one"))

    with Peer(VOLUMES) as one, Peer(answer(500, {"message": "no"})) as two:
        with_fleet(mode, {"one": one.host, "two": two.host, "away": NOWHERE}, test)


@each_mode
def test_each_is_negotiated_with(mode: str) -> None:
    async def test(fleet: Any) -> None:
        found = await got(fleet.call(names))
        assert {type(each).__name__ for each in found.values()} == {"VolumeListResponse"}
        engines = [await got(fleet.engine(each)) for each in fleet.names]
        assert [each.api_version for each in engines] == ["1.44", "1.30"]

    with Peer(ping("1.44"), VOLUMES) as one, Peer(ping("1.30"), VOLUMES) as two:
        with_fleet(mode, [one.host, two.host], test, api=None)


@each_mode
def test_answers_come_as_they_come(mode: str) -> None:
    taken = threading.Event()

    def late(connection: socket.socket) -> None:
        assert taken.wait(10)
        connection.sendall(VOLUMES)

    async def test(fleet: Any) -> None:
        order = []
        async for name, _ in each(fleet.each(names)):
            order.append(name)
            taken.set()
        assert order == ["prompt", "late"]

    with Peer(late) as slow, Peer(VOLUMES) as prompt:
        with_fleet(mode, {"late": slow.host, "prompt": prompt.host}, test)


@each_mode
def test_dead_hosts_delay_nothing_but_themselves(mode: str) -> None:
    buried = threading.Event()

    def dead(connection: socket.socket) -> None:
        assert buried.wait(30)

    async def test(fleet: Any) -> None:
        order = []
        async for name, found in each(fleet.each(names)):
            order.append((name[:4], isinstance(found, moorage.EngineError)))
            if len(order) == 40:
                buried.set()
        assert order == [("live", False)] * 40 + [("dead", True)] * 10

    with contextlib.ExitStack() as stack:
        hosts = {f"dead{n}": stack.enter_context(Peer(dead)).host for n in range(10)}
        hosts |= {f"live{n}": stack.enter_context(Peer(VOLUMES)).host for n in range(40)}
        with_fleet(mode, hosts, test, concurrency=16, timeout=30)


@each_mode
@pytest.mark.parametrize("pinned", [True, False])
def test_a_fleet_is_left_without_waiting_for_dead_hosts(mode: str, pinned: bool) -> None:
    async def test(fleet: Any) -> None:
        async with contextlib.aclosing(each(fleet.each(names))) as items:
            assert (await anext(items))[0] == "live"

    # It never answers: in a call where the version is pinned, else in the negotiation.
    with socket.create_server(("127.0.0.1", 0)) as dead, contextlib.ExitStack() as stack:
        live = stack.enter_context(Peer(*([] if pinned else [ping("1.44")]), VOLUMES))
        hosts = {"dead": f"tcp://127.0.0.1:{dead.getsockname()[1]}", "live": live.host}
        options = {} if pinned else {"api": None}
        with_fleet(mode, hosts, test, timeout=None, **options)


@each_mode
def test_what_is_no_error_of_an_engine_is_raised(mode: str) -> None:
    def faulty(engine: Any) -> Any:
        raise LookupError(engine.api_version)

    async def test(fleet: Any) -> None:
        with pytest.raises(LookupError, match=r"1\.44"):
            await got(fleet.call(faulty))

    with_fleet(mode, [NOWHERE], test)


@each_mode
def test_no_more_calls_than_allowed_go_on(mode: str) -> None:
    going, most, lock = 0, 0, threading.Lock()

    def count(_: socket.socket) -> None:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)

    def answered(connection: socket.socket) -> None:
        nonlocal going
        count(connection)
        with lock:
            going -= 1
        connection.sendall(VOLUMES)

    async def test(fleet: Any) -> None:
        assert len(await got(fleet.call(names))) == 8

    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(Peer(answered)) for _ in range(8)]
        with_fleet(mode, [each.host for each in peers], test, concurrency=1)
    assert most == 1


FILTERS = {"type": "container"}
EVENTS = [
    {
        "Type": "container",
        "Action": action,
        "Actor": {"ID": "c"},
        "time": 5,
        "timeNano": 5_000_000_000 + n,
    }
    for n, action in enumerate(["create", "start", "die", "destroy"])
]


def sending(*events: Any, hold: bool = True, end: bool = False) -> Callable[[socket.socket], None]:
    """Send events, and hold the connection until the other side closes it; or end, or cut it."""

    def step(connection: socket.socket) -> None:
        connection.sendall(
            chunked(*(json.dumps(each).encode() + b"\n" for each in events), end=end)
        )
        if hold:
            connection.recv(1)

    return step


@each_mode
def test_events_go_on_after_a_loss(mode: str) -> None:
    async def test(fleet: Any) -> None:
        seen, errors = [], []
        async with contextlib.aclosing(each(fleet.events(filters=FILTERS))) as items:
            async for name, event in items:
                if isinstance(event, moorage.EngineError):
                    errors.append(event)
                    continue
                seen.append((name, event.action))
                if len(seen) == 5:
                    break
        assert [type(each) for each in errors] == [moorage.StreamInterrupted]
        assert sorted(seen) == [
            *(("cut", action) for action in ("create", "destroy", "die", "start")),
            ("whole", "create"),
        ]
        assert [action for name, action in seen if name == "cut"] == [
            each["Action"] for each in EVENTS
        ]

    # The engine repeats the last event, and sends what has happened meanwhile.
    cut = Peer(sending(*EVENTS[:2], hold=False), sending(*EVENTS[1:]))
    with cut, Peer(sending(EVENTS[0])) as whole:
        with_fleet(mode, {"cut": cut.host, "whole": whole.host}, test)
    assert "since=5.000000001&" in cut.lines[1]
    assert "since" not in cut.lines[0]


@each_mode
def test_an_engine_that_is_away_is_told_of_once(mode: str) -> None:
    async def test(fleet: Any) -> None:
        items = [item async for item in each(fleet.events(until="2024-05-06T07:08:09Z"))]
        assert [name for name, _ in items] == ["back", "back"]
        assert isinstance(items[0][1], moorage.ServerError)
        assert items[1][1].action == "create"

    unable = answer(500, {"message": "not yet"})
    with Peer(unable, unable, sending(EVENTS[0], hold=False, end=True)) as back:
        with_fleet(mode, {"back": back.host}, test)


@each_mode
def test_a_refusal_is_the_last_item(mode: str) -> None:
    async def test(fleet: Any) -> None:
        items = [item async for item in each(fleet.events(filters={"nonsense": "x"}))]
        assert [type(each) for _, each in items] == [moorage.BadRequest]

    with Peer(answer(400, {"message": "invalid filter 'nonsense'"})) as peer:
        with_fleet(mode, [peer.host], test)


@each_mode
def test_wrong_arguments_of_events_are_raised(mode: str) -> None:
    async def test(fleet: Any) -> None:
        with pytest.raises(TypeError, match="filters takes a mapping"):
            async for _ in each(fleet.events(filters="x")):
                pass

    with_fleet(mode, [NOWHERE], test)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"hosts": "tcp://a:1"}, TypeError, r'hosts takes several, not a str: write \["host"\]'),
        ({"contexts": "a"}, TypeError, "contexts takes several, not a str"),
        ({"hosts": [5]}, TypeError, "hosts takes str, not int"),
        ({"hosts": {"a": None}}, TypeError, "hosts takes str, not NoneType"),
        ({"hosts": ["nonsense"]}, ValueError, "nonsense"),
        ({"hosts": []}, ValueError, "at least one engine"),
        ({"hosts": [NOWHERE, NOWHERE]}, ValueError, "two engines of the fleet are named"),
        ({"hosts": {"a": NOWHERE}, "contexts": ["a"]}, ValueError, "named 'a'"),
        ({"hosts": [NOWHERE], "concurrency": 0}, ValueError, "concurrency must be above zero"),
        (
            {"hosts": [NOWHERE], "concurrency": 0.5},
            TypeError,
            "takes an int, not float",
        ),
        (
            {"hosts": [NOWHERE], "concurrency": True},
            TypeError,
            "takes an int, not bool",
        ),
        ({"hosts": None}, TypeError, "hosts takes several, not NoneType"),
        ({"hosts": [NOWHERE], "contexts": 5}, TypeError, "contexts takes several, not int"),
        ({"hosts": [NOWHERE], "host": NOWHERE}, TypeError, "a fleet takes no host="),
    ],
)
@pytest.mark.parametrize("form", [Fleet, AsyncFleet])
def test_what_is_no_fleet(form: Any, given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        form(**given)


def test_a_fleet_that_is_not_open() -> None:
    fleet = Fleet([NOWHERE], api=v1_44.Engine)
    fleet.close()
    assert repr(fleet) == "<Fleet of 1 engines, closed>"
    with pytest.raises(moorage.EngineError, match="this fleet was closed"):
        fleet.engine(NOWHERE)
    with pytest.raises(RuntimeError, match="the fleet is not entered: write `async with"):
        AsyncFleet([NOWHERE]).each(names)


def test_the_nodes_of_a_swarm() -> None:
    def node(name: str, address: str, state: str = "ready") -> Any:
        return {
            "ID": f"id-{address}",
            "Description": {"Hostname": name},
            "Status": {"Addr": address, "State": state},
        }

    documents = [node("a", "10.0.0.1"), node("b", "fd00::1"), node("c", "10.0.0.3", "down"), {}]
    for api in (v1_30, v1_44):
        nodes = [api.Node.from_dict(each) for each in documents]
        found = {"a": "tcp://10.0.0.1:2375", "b": "tcp://[fd00::1]:2375"}
        assert node_hosts(nodes) == found
        assert node_hosts(nodes, "ssh://root@{hostname}")["a"] == "ssh://root@a"
        same = [*nodes, api.Node.from_dict(node("a", "10.0.0.4"))]
        assert [*node_hosts(same)] == ["id-10.0.0.1", "b", "id-10.0.0.4"]
        for form in ("tcp://{ip}", "tcp://{}", "tcp://{address"):
            with pytest.raises(ValueError, match=r"address=.* may have \{address\} and \{hostname"):
                node_hosts(nodes, form)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_fleet_is_entered_once_at_a_time(backend: str) -> None:
    async def test(fleet: Any) -> None:
        with pytest.raises(RuntimeError, match="entered already"):
            await fleet.__aenter__()

    with_fleet(backend, [NOWHERE], test)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_answers_that_are_dropped_after_all(backend: str) -> None:
    kept: list[Any] = []

    async def test(fleet: Any) -> None:
        kept.append(fleet.each(names))
        kept.append(fleet.events())

    with_fleet(backend, [NOWHERE], test)
    kept.clear()  # no event loop runs any more: an error here would be a warning


def test_the_pauses_between_tries_grow() -> None:
    resumption = Resumption(None)
    pauses = [resumption.lost() for _ in range(8)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.2
    assert pauses[-1] == 10
    resumption.opened()
    assert resumption.lost() == 0.2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_error_of_the_caller_is_raised_as_it_is(backend: str) -> None:
    async def test(fleet: Any) -> None:
        fleet.events()
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        with_fleet(backend, [NOWHERE], test)


@each_mode
def test_a_hundred_streams_over_a_restart_of_half_the_engines(mode: str) -> None:
    """An engine forgets its events when it restarts; those of afterwards are asked for."""
    count = 100
    began = time.time()
    arguments = {"since": began, "until": began + 60, "filters": {"type": "volume"}}

    async def test(fleet: Any) -> None:
        seen: Counter[tuple[str, str]] = Counter()
        lost = set()
        async with contextlib.aclosing(each(fleet.events(**arguments))) as items:

            async def take(number: int) -> None:
                while seen.total() < number:
                    name, event = await anext(items)
                    if isinstance(event, moorage.EngineError):
                        lost.add(name)
                    else:
                        seen[name, event.actor.id] += 1

            def create(volume: str, fakes: Iterable[FakeEngine]) -> None:
                for fake in fakes:
                    with moorage.connect(v1_44.Engine, host=fake.host) as engine:
                        engine.volumes.create(name=volume)

            create("before", engines.values())
            await take(count)
            for fake in half:
                fake.restart()
            create("meanwhile", half)
            create("after", engines.values())
            await take(2 * count + len(half))
        assert lost == {fake.host for fake in half}
        assert seen == Counter(
            (fake.host, volume)
            for fake in engines.values()
            for volume in ("before", "meanwhile", "after")
            if volume != "meanwhile" or fake in half
        )

    with contextlib.ExitStack() as stack:
        fakes = [stack.enter_context(FakeEngine("1.44")) for _ in range(count)]
        engines = {fake.host: fake for fake in fakes}
        half = fakes[::2]
        with_fleet(mode, [*engines], test)
