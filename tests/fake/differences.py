"""What a fake engine does otherwise than a real one: the list in docs/testing.md.

    python -m tests.fake.differences

It writes the list into docs/testing.md. Each row has a probe, which asks a real engine and a fake
one: the row stays for as long as they answer otherwise.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import fill
from typing import Any

import httpx
from attrs import field, frozen

from tests.engines.scenario.world import tar_of

__all__ = ["DIFFERENCES", "Difference", "document", "listed"]

DOCS = Path(__file__).parents[2] / "docs/testing.md"
IMAGE = "differential:1"
_LIST = re.compile(r"(?<=## What a fake engine can't do\n\n).*?\n\n(?P<list>- .*)\Z", re.DOTALL)
Probe = Callable[[httpx.Client], Any]


@frozen
class Difference:
    """A row of the list.

    Attributes:
        words: The difference, in a sentence.
        probe: Asks an engine; what a real one and a fake one answer is not the same.
        allows: A regular expression of what the differential test may find because of it.
    """

    words: str
    probe: Probe
    allows: str = field(default="(?!)")


def _container(engine: httpx.Client, *command: str, wait: bool = False, **more: Any) -> str:
    """Start a container; returns its path."""
    host = {"NetworkMode": "none", "Memory": 64 << 20, **more.pop("HostConfig", {})}
    body = {"Image": IMAGE, "Cmd": command, "StopTimeout": 1, "HostConfig": host, **more}
    made = engine.post("/containers/create", json=body).json()
    path = f"/containers/{made['Id']}"
    engine.post(f"{path}/start").raise_for_status()
    if wait:
        engine.post(f"{path}/wait")
    return path


def _sleeper(engine: httpx.Client, **more: Any) -> str:
    return _container(engine, "/bin/sleep", "600", **more)


def _exit_code(engine: httpx.Client, *command: str, **more: Any) -> int:
    path = _container(engine, *command, wait=True, **more)
    return int(engine.get(f"{path}/json").json()["State"]["ExitCode"])


def _information(engine: httpx.Client) -> Any:
    return engine.get("/info").json()["OperatingSystem"]


def _program(engine: httpx.Client) -> Any:
    return _exit_code(engine, "/bin/sh", "-c", "expr 1 + 1")


def _stopping(engine: httpx.Client) -> Any:
    path, began = _sleeper(engine), time.monotonic()
    engine.post(f"{path}/stop", params={"t": 1})
    return time.monotonic() - began > 0.9


def _network(engine: httpx.Client) -> Any:
    return _exit_code(engine, "/bin/sh", "-c", "cat /proc/net/dev")


def _volume(engine: httpx.Client) -> Any:
    host = {"Binds": ["probed:/data"]}
    _container(engine, "/bin/touch", "/data/file", wait=True, HostConfig=host)
    path = _container(engine, "/bin/cat", "/data/file", wait=True, HostConfig=host)
    return engine.get(f"{path}/json").json()["State"]["ExitCode"]


def _layers(engine: httpx.Client) -> Any:
    path = _container(engine, "/bin/touch", "/file", wait=True)
    engine.post("/commit", params={"container": path.rpartition("/")[2], "repo": "probed"}, json={})
    return len(engine.get("/images/probed/json").json()["RootFS"]["Layers"])


def _build(engine: httpx.Client) -> Any:
    context = tar_of({"Dockerfile": f"FROM {IMAGE}\nENV A=b\n".encode()})
    headers = {"Content-Type": "application/x-tar"}
    said = [engine.post("/build", content=context, headers=headers).text for _ in range(2)]
    return "Using cache" in said[1]


def _login(engine: httpx.Client) -> Any:
    account = {"username": "me", "password": "x", "serveraddress": "127.0.0.1:1"}
    return engine.post("/auth", json=account).status_code


def _swarm(engine: httpx.Client) -> Any:
    engine.post(
        "/swarm/init", json={"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"}
    ).raise_for_status()
    try:
        fails = {"Image": IMAGE, "Command": ["/bin/false"]}
        task = {"ContainerSpec": fails, "RestartPolicy": {"Delay": 60 * 10**9}}
        engine.post("/services/create", json={"Name": "probed", "TaskTemplate": task})
        deadline, ended = time.monotonic() + 3, 0
        while time.monotonic() < deadline and ended < 2:
            tasks = engine.get("/tasks").json()
            ended = sum(each["Status"]["State"] in ("failed", "rejected") for each in tasks)
        return ended > 1
    finally:
        engine.post("/swarm/leave", params={"force": "1"})


def _plugin(engine: httpx.Client) -> Any:
    config = json.dumps({"entrypoint": ["/none"], "interface": {"socket": "x", "types": []}})
    data = tar_of({"config.json": config.encode(), "rootfs/file": b""})
    headers = {"Content-Type": "application/x-tar"}
    engine.post("/plugins/create", params={"name": "probed"}, content=data, headers=headers)
    try:
        return engine.post("/plugins/probed/enable", params={"timeout": 1}).status_code
    finally:
        engine.delete("/plugins/probed", params={"force": "1"})


def _older_version(engine: httpx.Client) -> Any:
    found = engine.get(f"/v1.30{_sleeper(engine)}/json").json()
    return "CgroupnsMode" in found["HostConfig"]


def _measured(engine: httpx.Client) -> Any:
    return engine.get(f"{_sleeper(engine)}/stats", params={"stream": "0"}).json()["memory_stats"][
        "limit"
    ]


def _health(engine: httpx.Client) -> Any:
    path = _sleeper(engine, Healthcheck={"Test": ["CMD", "/bin/true"], "Interval": 60 * 10**9})
    deadline = time.monotonic() + 1
    while not (log := engine.get(f"{path}/json").json()["State"]["Health"]["Log"]):
        if time.monotonic() > deadline:
            break
    return len(log)


def _user(engine: httpx.Client) -> Any:
    body: dict[str, Any] = {"Image": IMAGE, "Cmd": ["/bin/true"], "User": "nobody-of-that-name"}
    body["HostConfig"] = {"NetworkMode": "none"}
    made = engine.post("/containers/create", json=body).json()
    return engine.post(f"/containers/{made['Id']}/start").status_code


def _terminal(engine: httpx.Client) -> Any:
    return _exit_code(engine, "/bin/stty", "-a", Tty=True)


def _kernel(engine: httpx.Client) -> Any:
    return _exit_code(engine, "/bin/test", "-e", "/proc/mounts")


DIFFERENCES: list[Difference] = [
    Difference(
        "`/info` is plausible and not measured: runtimes, warnings and the storage driver are "
        "those of no machine.",
        _information,
        r"system\.info: |.*GraphDriver",
    ),
    Difference(
        "No program runs: an image without a function has a shell with a few commands. It knows "
        "pipes, redirections, `if`, loops, `trap` and substitutions; another command is not found "
        "(127), and syntax that it does not know is an error (2).",
        _program,
    ),
    Difference(
        "`stop` does not wait for a program that ignores the signal: its exit code is 137 at once.",
        _stopping,
    ),
    Difference(
        "A health check is made when the container starts, and then after each interval; a real "
        "engine waits for the first one too.",
        _health,
    ),
    Difference(
        "Networks carry nothing: containers have addresses and ports, and nobody listens there.",
        _network,
    ),
    Difference(
        "Volumes hold no files. Binds neither show the machine's files nor need them to be there.",
        _volume,
    ),
    Difference("`/proc`, `/sys` and `/dev` have next to no files.", _kernel),
    Difference("Users are not looked up: every name is taken.", _user),
    Difference(
        "Terminals have a size, echo, raw mode, and the keys that edit a line, end the input or "
        "send SIGINT and SIGQUIT. Other keys are input, and `stty` does not list its settings.",
        _terminal,
    ),
    Difference("An image is one layer, and its ID is of the fake engine's own making.", _layers),
    Difference(
        "A build knows the instructions of a Dockerfile in outline, keeps no cache between builds, "
        "and fetches nothing; BuildKit's sessions are accepted and not spoken.",
        _build,
    ),
    Difference(
        "The registry is in the engine itself, for all names and platforms; every login succeeds.",
        _login,
    ),
    Difference(
        "A swarm has the fake engines of this process, and is never locked. A service runs where "
        "it was made. Delays and monitoring of restarts and updates last 0.3 s at most.",
        _swarm,
    ),
    Difference("Plugins do nothing; none is asked for a volume or a network.", _plugin),
    Difference(
        "Answers have what the specification of the request's version has, and what clients are "
        "known to read besides; real engines send more of their own version's fields.",
        _older_version,
    ),
    Difference(
        "Resource limits are kept and told, and limit nothing; stats are made up.", _measured
    ),
]


def listed() -> str:
    """Write the list as docs/testing.md has it."""
    return "".join(f"- {each.words}\n" for each in DIFFERENCES)


def document(text: str) -> str:
    """Return docs/testing.md with the list that there is now."""
    found = _LIST.search(text)
    assert found, "docs/testing.md has no list of differences"
    return text[: found.start("list")] + _wrapped(listed())


def _wrapped(text: str) -> str:
    lines = (fill(each, 118, subsequent_indent="  ") for each in text.splitlines())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DOCS.write_text(document(DOCS.read_text()))
