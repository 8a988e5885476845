"""Sizes, durations, ports, mounts and the like, read as the docker CLI of 28.5 reads them.

The CLI takes a little more, such as "on-failure:" without a number.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from moorage import parse

MINUTE = 60 * 10**9
RECURSIVE = "type=bind,src=/a,dst=/b,bind-recursive="

READ: list[tuple[Callable[[Any], object], Any, object]] = [
    *((parse.size, text, 8 << 20) for text in (8 << 20, "8388608", "8m", "8M", "8mb", "8 MiB")),
    *((parse.size, text, 3 << 29) for text in ("1.5g", "1.5 GB", "1536m", "1572864k")),
    *((parse.size, text, 1 << 29) for text in (".5g", "0.5g", "512.m", "536870912b")),
    (parse.size, "0", 0),
    (parse.size, "8191p", 8191 << 50),
    *((parse.cpus, value, 1_500_000_000) for value in (1.5, "1.5", "3/2", "1.50", "15e-1")),
    *((parse.cpus, value, 500_000_000) for value in (0.5, ".5", "1/2")),
    (parse.cpus, 1 / 3, 333_333_333),
    *((parse.duration, value, 90 * 10**9) for value in (90, 90.0, "90s", "1m30s", "1.5m")),
    (parse.duration, timedelta(minutes=1), MINUTE),
    *((parse.duration, text, 500_000) for text in ("500us", "500µs", "0.5ms", ".5ms", "500000ns")),
    *((parse.duration, text, 0) for text in (0, "0", "0s")),
    *((parse.port, value, "80/tcp") for value in (80, "80", "80/tcp", "80/TCP", "080")),
    (parse.port, "53/udp", "53/udp"),
    (parse.ports, {80: 8080}, {"80/tcp": [("", "8080")]}),
    (parse.ports, {"80": None, "53/udp": 0}, {"80/tcp": [("", "")], "53/udp": [("", "")]}),
    (parse.ports, {80: ("127.0.0.1", None)}, {"80/tcp": [("127.0.0.1", "")]}),
    (parse.ports, {80: ("::1", 80)}, {"80/tcp": [("::1", "80")]}),
    (parse.ports, {80: range(1, 3)}, {"80/tcp": [("", "1"), ("", "2")]}),
    *((parse.restart, name, (name, 0)) for name in ("no", "always", "unless-stopped")),
    (parse.restart, "on-failure", ("on-failure", 0)),
    (parse.restart, "on-failure:3", ("on-failure", 3)),
    *((parse.hosts, [text], ["db:10.0.0.5"]) for text in ("db:10.0.0.5", "db=10.0.0.5")),
    *((parse.hosts, [text], ["db:::1"]) for text in ("db:::1", "db=::1", "db:[::1]", "db=[::1]")),
    (parse.hosts, {"db": "host-gateway"}, ["db:host-gateway"]),
    (parse.tmpfs, ["/a", "/b:size=1m,ro"], {"/a": "", "/b": "size=1m,ro"}),
    (parse.tmpfs, {"/a": "mode=1777"}, {"/a": "mode=1777"}),
    *((parse.bind, text, text) for text in ("/a:/b", "/a:/b:ro", "/a:/b:ro,z", "vol:/b:nocopy")),
    *((parse.bind, text, text) for text in ("v.1-x:/b", "/a b:/c", "C:\\a:C:\\b", "/a:/b:rslave")),
    (parse.gpus, "all", {"capabilities": [["gpu"]], "count": -1}),
    *(
        (parse.gpus, value, {"capabilities": [["gpu"]], "count": 2})
        for value in (2, "2", "count=2")
    ),
    (parse.gpus, '"device=0,2"', {"capabilities": [["gpu"]], "device_ids": ["0", "2"]}),
    (
        parse.gpus,
        'driver=nvidia,"capabilities=compute,utility","options=a=b"',
        {
            "capabilities": [["compute", "utility", "gpu"]],
            "count": 1,
            "driver": "nvidia",
            "options": {"a": "b"},
        },
    ),
    (parse.mount, "target=/b", {"type": "volume", "target": "/b"}),
    (
        parse.mount,
        "TYPE=BIND,src=/a,dst=/b,ro",
        {"type": "bind", "source": "/a", "target": "/b", "read_only": True},
    ),
    (
        parse.mount,
        "type=tmpfs,destination=/b,tmpfs-size=1m,tmpfs-mode=1777",
        {"type": "tmpfs", "target": "/b", "tmpfs_options": {"size_bytes": 1 << 20, "mode": 0o1777}},
    ),
    (
        parse.mount,
        'src=v,dst=/b,volume-nocopy,volume-label=a=b,volume-driver=d,"volume-opt=o=x,y"',
        {
            "type": "volume",
            "source": "v",
            "target": "/b",
            "volume_options": {
                "no_copy": True,
                "labels": {"a": "b"},
                "driver_config": {"name": "d", "options": {"o": "x,y"}},
            },
        },
    ),
    (
        parse.mount,
        RECURSIVE + "readonly,readonly,bind-propagation=rprivate",
        {
            "type": "bind",
            "source": "/a",
            "target": "/b",
            "read_only": True,
            "bind_options": {"read_only_force_recursive": True, "propagation": "rprivate"},
        },
    ),
]

REFUSED: list[tuple[Callable[[Any], object], Any]] = [
    *(
        (parse.size, text)
        for text in ("", "-1", "6mm", "6,5g", "1.5.5g", "0x10", "6_0m", "\u0666m", -1)
    ),
    *((parse.size, text) for text in ("1e3", "+6m", 1 << 63, "9000p")),
    *(
        (parse.cpus, value)
        for value in ("", "-1", "1_0", "\u0661", " 1", "1,5", "nan", "inf", "1/0")
    ),
    # Such an exponent would take hours.
    *((parse.cpus, value) for value in (0, "0", 1e-10, float("nan"), float("inf"), "1e999999999")),
    *(
        (parse.duration, text)
        for text in ("", "5", "-5s", "1d", "1m 30s", "5S", "00:05", "9999999h")
    ),
    *((parse.duration, value) for value in (-1, float("nan"), float("inf"), timedelta(seconds=-1))),
    *(
        (parse.port, value)
        for value in ("", "0", 0, 65536, "http", "80-90", "80/", "80/x", "\u0668")
    ),
    *((parse.ports, {80: value}) for value in (-1, 65536, ("localhost", 1), ("", 1))),
    (parse.ports, {80: []}),
    (parse.ports, {80: 1, "80/tcp": 2}),
    *(
        (parse.restart, text)
        for text in ("", "always:3", "on-failure:", "on-failure:-1", "On-Failure")
    ),
    *((parse.hosts, [text]) for text in ("db", "db:", ":1.1.1.1", "")),
    *((parse.tmpfs, [text]) for text in ("t", "", "../t")),
    *(
        (parse.bind, text)
        for text in ("/a", "/a:b", "/a:/", "a/b:/c", "../a:/c", "~/a:/c", "v v:/c")
    ),
    *(
        (parse.bind, text)
        for text in ("/a:/b:", "/a:/b:x", "/a:/b:ro,rw", "/a:/b:RO", "/a:/b:ro:x")
    ),
    *((parse.gpus, value) for value in ("", "x", -1, "-1", "all,all", "device=0,x=1", "count=")),
    *(
        (parse.mount, text)
        for text in ("", "type=tmpfs", "target=", "type=tmpfs,dst", "x=y,dst=/b")
    ),
    *((parse.mount, f"type=tmpfs,dst=/b,{more}") for more in ("source=a", "tmpfs-size=x", "x")),
    *(
        (parse.mount, f"type=tmpfs,dst=/b,tmpfs-mode={mode}")
        for mode in ("9", "0o17", "1_7", "+7", "")
    ),
    *((parse.mount, f"type=tmpfs,{more}") for more in (" dst=/b", "dst=/b,volume-nocopy")),
    *((parse.mount, f"type=bind,dst=/b,src={path}") for path in ("", "a", "./a", "~/a")),
    *(
        (parse.mount, RECURSIVE + more)
        for more in ("x", "readonly", "writable", "readonly,readonly")
    ),
    (parse.mount, "type=bind,src=/a,dst=/b,readonly=yes"),
    (parse.mount, "type=bind,src=/a,dst=/b,bind-propagation=x"),
]
MISTYPED: list[tuple[Callable[[Any], object], Any]] = [
    *((parse.size, value) for value in (True, 1.5, None)),
    *((parse.cpus, value) for value in (True, None, [1])),
    *((parse.duration, value) for value in (True, None)),
    *((parse.port, value) for value in (True, None, 80.0)),
    *((parse.ports, value) for value in ("80:80", ["80:80"], {80: "80"}, {80: True}, {80: (1, 2)})),
    *((parse.ports, {80: value}) for value in ((), ("127.0.0.1",), {"HostPort": 1})),
    *((parse.restart, value) for value in (True, {"Name": "no"})),
    *((parse.hosts, value) for value in ("db:1.1.1.1", {"db": None}, [1], 5)),
    *((parse.tmpfs, value) for value in ("/a", {"/a": None}, 5)),
    *((parse.bind, value) for value in (("/a", "/b"), None)),
    *((parse.gpus, value) for value in (True, 1.5, None)),
    *((parse.mount, value) for value in ({"target": "/b"}, None)),
]


@pytest.mark.parametrize(("function", "given", "result"), READ)
def test_what_is_read(function: Callable[[Any], object], given: Any, result: object) -> None:
    assert function(given) == result


@pytest.mark.parametrize(("function", "given"), REFUSED)
def test_what_is_refused(function: Callable[[Any], object], given: Any) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        function(given)


@pytest.mark.parametrize(("function", "given"), MISTYPED)
def test_what_is_of_another_type(function: Callable[[Any], object], given: Any) -> None:
    with pytest.raises(TypeError, match=r"\w+ \w+"):
        function(given)
