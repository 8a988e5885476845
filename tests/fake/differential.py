"""Sequences of calls that a real engine and a fake one get alike, and what differs in the answers.

    python -m tests.fake.differential [calls] [release…]

It plays generated sequences on private engines (root on Debian). It prints each difference that is
not on the list of `tests/fake/differences.py`, and each row of that list that is none. Of the
answers, the statuses are compared, and which fields are there in which types; not the values.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
from attrs import define, field
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from moorage.private import busybox, busybox_tar
from moorage.testing import FakeEngine
from moorage.testing.objects.files import Files
from moorage.testing.server.contract import Kind, contract_of, kind_of
from moorage.testing.server.routing import find_route
from tests.engines.conftest import FOLDER, Engines
from tests.engines.scenario.world import tar_of
from tests.fake.differences import DIFFERENCES, IMAGE
from tests.plain_http import plain_http

__all__ = ["Pair", "play"]

ABSENT = "absent"
STEPS = 30


@define
class Pair:
    """A real engine and a fake one at the same version, and what differed so far."""

    version: str
    real: httpx.Client
    fake: httpx.Client
    calls: int = 0
    found: Counter[str] = field(factory=Counter)
    operations: Counter[str] = field(factory=Counter)

    def call(self, method: str, path: str, body: Any = None, /, **query: Any) -> tuple[Any, Any]:
        """Make a call on both, and compare; returns the documents of both."""
        route = find_route(self.version, method, path)
        assert route, (self.version, method, path)
        operation = route[0].operation
        params = {name.replace("_", "-"): v for name, v in query.items() if v is not None}
        content = body if isinstance(body, bytes) else None
        document = None if isinstance(body, bytes) else body
        answers = [
            client.request(
                method,
                f"/v{self.version}{path}",
                params=params,
                json=document,
                content=content,
            )
            for client in (self.real, self.fake)
        ]
        self.calls += 1
        self.operations[operation] += 1
        real, fake = answers
        if real.status_code != fake.status_code:
            words = [each.text.strip()[:160] for each in answers]
            self.found[
                f"{operation}: status {real.status_code}, not {fake.status_code} ({words})"
            ] += 1
        documents = [_document(each) for each in answers]
        if real.status_code == fake.status_code < 300:
            kind = contract_of(self.version, operation).answer
            for each in dict.fromkeys(_different(documents[0], documents[1], kind, "$")):
                self.found[f"{operation}: {each}"] += 1
        return documents[0], documents[1]

    def unlisted(self) -> dict[str, int]:
        """Return the differences that are not on the list."""
        return {
            each: count
            for each, count in self.found.items()
            if not any(re.match(row.allows, each) for row in DIFFERENCES)
        }

    def alike(self) -> list[str]:
        """Return the rows of the list that are none any more: both engines answer the same."""
        return [row.words for row in DIFFERENCES if row.probe(self.real) == row.probe(self.fake)]


def _document(answer: httpx.Response) -> Any:
    if "json" not in answer.headers.get("content-type", "") or not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        return [json.loads(each) for each in answer.text.splitlines() if each.strip()]


def _different(real: Any, fake: Any, kind: Kind, where: str) -> Iterator[str]:
    """Tell which fields that the version knows are there in one alone, or in other types."""
    if kind.name == "model" and isinstance(real, dict) and isinstance(fake, dict):
        for wire, inner in kind_of(kind.model).items():
            one, other = real.get(wire, ...), fake.get(wire, ...)
            if (one is ...) != (other is ...):
                if _empty(one) and _empty(other):
                    continue  # absent here, empty there: that depends on the release
                yield f"{where}.{wire} is {_type(one)}, not {_type(other)}"
            elif one is not ...:
                yield from _different(one, other, inner, f"{where}.{wire}")
    elif kind.name == "list" and isinstance(real, list) and isinstance(fake, list):
        if real and fake and kind.item:
            # Engines list networks and volumes in any order.
            one, other = min(real, key=_name), min(fake, key=_name)
            yield from _different(one, other, kind.item, f"{where}[]")
    elif kind.name == "map" and isinstance(real, dict) and isinstance(fake, dict):
        for key in real.keys() & fake.keys():
            if kind.item:
                yield from _different(real[key], fake[key], kind.item, f"{where}.*")
    elif kind.name != "any" and _type(real) != _type(fake) and not (_empty(real) and _empty(fake)):
        yield f"{where} is {_type(real)}, not {_type(fake)}"


def _name(item: Any) -> str:
    return str(item.get("Name", "")) if isinstance(item, dict) else ""


def _type(value: Any) -> str:
    if value is ...:
        return ABSENT
    return {"float": "int"}.get(type(value).__name__, type(value).__name__)


def _empty(value: Any) -> bool:
    return value is ... or value is None or value in ([], {}, "")


CONTAINERS = st.sampled_from(["one", "two"])
VOLUMES = st.sampled_from(["vol1", "vol2"])
NETWORKS = st.sampled_from(["net1", "net2"])
FLAGS = st.booleans()
MISSING = "missing"
RANDOM_NAME = re.compile(r"/[a-z]+_[a-z]+\d?\Z")
"""The name that an engine makes up."""


def machine(pair: Pair) -> type[RuleBasedStateMachine]:
    """Make the state machine that plays on a pair of engines."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            clear(pair)

        @rule(
            name=CONTAINERS,
            image=st.sampled_from([IMAGE, IMAGE, IMAGE, "missing:1"]),
            command=st.sampled_from([["/bin/sleep", "600"], ["/bin/true"], ["/nowhere"]]),
            host=st.sampled_from(
                [
                    {"NetworkMode": "none"},
                    {"NetworkMode": "none", "Binds": ["vol1:/data"]},
                    {"NetworkMode": "none", "Memory": 64 * 2**20},
                    {"NetworkMode": "net1"},
                    {"NetworkMode": "none", "Mounts": [{"Type": "tmpfs", "Target": "/tmpfs"}]},
                    {"NetworkMode": "none", "RestartPolicy": {"Name": "always"}},
                ]
            ),
            more=st.sampled_from(
                [
                    {},
                    {"Tty": True, "OpenStdin": True},
                    {"Env": ["A=b"], "Labels": {"x": "y"}, "WorkingDir": "/tmp"},
                    {"ExposedPorts": {"80/tcp": {}}, "Volumes": {"/anonymous": {}}},
                    {"User": "1000", "Hostname": "there", "StopSignal": "SIGINT"},
                    {"Healthcheck": {"Test": ["NONE"]}},
                ]
            ),
        )
        def create(
            self, name: str, image: str, command: list[str], host: dict[str, Any], more: Any
        ) -> None:
            body = {"Image": image, "Cmd": command, "HostConfig": host, **more}
            pair.call("POST", "/containers/create", body, name=name)

        @rule(
            name=CONTAINERS,
            act=st.sampled_from(["start", "start", "pause", "unpause", "kill", "stop", "restart"]),
        )
        def act(self, name: str, act: str) -> None:
            query = {"t": 0} if act in ("stop", "restart") else {}
            pair.call("POST", f"/containers/{name}/{act}", **query)
            settle(pair, name)

        @rule(name=CONTAINERS, signal=st.sampled_from(["SIGTERM", "HUP", "9", "NONSENSE"]))
        def signal(self, name: str, signal: str) -> None:
            pair.call("POST", f"/containers/{name}/kill", signal=signal)
            settle(pair, name)

        @rule(name=CONTAINERS, size=FLAGS)
        def inspect(self, name: str, size: bool) -> None:
            pair.call("GET", f"/containers/{name}/json", size=size)

        @rule(
            all_=FLAGS,
            filters=st.sampled_from(
                [
                    {},
                    {"label": ["x=y"]},
                    {"status": ["exited"]},
                    {"name": ["one"]},
                    {"nonsense": ["1"]},
                    {"volume": ["vol1"]},
                    {"ancestor": [IMAGE]},
                    {"network": ["net1"]},
                ]
            ),
        )
        def list_(self, all_: bool, filters: dict[str, list[str]]) -> None:
            real, fake = pair.call("GET", "/containers/json", all=all_, filters=json.dumps(filters))
            if isinstance(real, list) and isinstance(fake, list):
                names = [
                    sorted(RANDOM_NAME.sub("/a name", n) for c in each for n in c["Names"])
                    for each in (real, fake)
                ]
                if names[0] != names[1]:
                    pair.found[f"containers.list: {filters} lists {names[0]}, not {names[1]}"] += 1

        @rule(name=CONTAINERS, force=FLAGS, volumes=FLAGS)
        def delete(self, name: str, force: bool, volumes: bool) -> None:
            pair.call("DELETE", f"/containers/{name}", force=force, v=volumes)

        @rule(name=CONTAINERS, other=st.sampled_from(["one", "two", "!", "three"]))
        def rename(self, name: str, other: str) -> None:
            pair.call("POST", f"/containers/{name}/rename", name=other)
            if other == "three":
                pair.call("POST", f"/containers/{other}/rename", name=name)

        @rule(name=CONTAINERS, memory=st.sampled_from([32, 64]))
        def update(self, name: str, memory: int) -> None:
            size = memory * 2**20
            pair.call(
                "POST", f"/containers/{name}/update", {"Memory": size, "MemorySwap": 2 * size}
            )

        @rule(name=CONTAINERS, stdout=FLAGS, tail=st.sampled_from(["all", "1", "nonsense"]))
        def logs(self, name: str, stdout: bool, tail: str) -> None:
            pair.call("GET", f"/containers/{name}/logs", stdout=stdout, tail=tail)

        @rule(name=CONTAINERS, what=st.sampled_from(["top", "changes"]))
        def look(self, name: str, what: str) -> None:
            pair.call("GET", f"/containers/{name}/{what}")

        @rule(name=CONTAINERS, height=st.sampled_from([24, 0, "nonsense", ""]))
        def resize(self, name: str, height: Any) -> None:
            pair.call("POST", f"/containers/{name}/resize", h=height, w=80)

        @rule(
            name=CONTAINERS,
            path=st.sampled_from(["/tmp", "/bin/busybox", "/none", "/bin/sh", "/etc/mtab", "/dev"]),
        )
        def archive(self, name: str, path: str) -> None:
            pair.call("HEAD", f"/containers/{name}/archive", path=path)
            pair.call("PUT", f"/containers/{name}/archive", tar_of({"a": b"b"}), path=path)

        @rule(
            name=CONTAINERS,
            command=st.sampled_from([["/bin/true"], ["/bin/sh", "-c", "exit 3"], []]),
            tty=FLAGS,
        )
        def execute(self, name: str, command: list[str], tty: bool) -> None:
            body = {"Cmd": command, "AttachStdout": True, "Tty": tty}
            made = pair.call("POST", f"/containers/{name}/exec", body)
            if all(isinstance(each, dict) and "Id" in each for each in made):
                self.executed(made)

        def executed(self, made: Any) -> None:
            path = "/exec/{}"
            both = [path.format(each["Id"]) for each in made]
            twice(pair, "GET", both, "/json")
            twice(pair, "POST", both, "/start", {"Detach": True})
            deadline = time.monotonic() + 10
            for client, each in zip((pair.real, pair.fake), both, strict=True):
                while client.get(f"{each}/json").json()["Running"]:
                    assert time.monotonic() < deadline
            twice(pair, "GET", both, "/json")
            twice(pair, "POST", both, "/start", {"Detach": True})
            if pair.real.get(f"{both[0]}/json").json()["ExitCode"] is not None:
                # A real engine waits 10 s for one that was never started.
                twice(pair, "POST", both, "/resize?h=24&w=80")

        @rule(
            platform=st.sampled_from(
                ["linux", "amd64", "linux/x86_64", "linux/arm64", "x", "a/b/c/d"]
            )
        )
        def create_for(self, platform: str) -> None:
            body = {"Image": IMAGE, "Cmd": ["/bin/true"]}
            pair.call("POST", "/containers/create", body, platform=platform)

        @rule()
        def exec_of_nothing(self) -> None:
            pair.call("GET", f"/exec/{MISSING}/json")
            pair.call("POST", f"/exec/{MISSING}/start", {"Detach": True})

        @rule(name=VOLUMES, labels=st.sampled_from([{}, {"x": "y"}]))
        def create_volume(self, name: str, labels: dict[str, str]) -> None:
            pair.call("POST", "/volumes/create", {"Name": name, "Labels": labels})

        @rule(name=st.sampled_from(["!", "x"]))
        def create_a_wrong_volume(self, name: str) -> None:
            pair.call("POST", "/volumes/create", {"Name": name, "Driver": "local"})

        @rule(name=VOLUMES, force=FLAGS)
        def volumes(self, name: str, force: bool) -> None:
            pair.call("GET", f"/volumes/{name}")
            pair.call("DELETE", f"/volumes/{name}", force=force)

        @rule(
            filters=st.sampled_from(
                [{}, {"dangling": ["true"]}, {"label": ["x"]}, {"name": ["vol1"]}, {"no": ["1"]}]
            )
        )
        def list_volumes(self, filters: dict[str, list[str]]) -> None:
            pair.call("GET", "/volumes", filters=json.dumps(filters))

        @rule(
            name=NETWORKS,
            more=st.sampled_from(
                [
                    {"CheckDuplicate": True},
                    {"CheckDuplicate": True, "Internal": True, "Labels": {"x": "y"}},
                    {
                        "CheckDuplicate": True,
                        "IPAM": {"Config": [{"Subnet": "10.77.0.0/24"}]},
                    },
                ]
            ),
        )
        def create_network(self, name: str, more: dict[str, Any]) -> None:
            if pair.version > "1.43":
                more = {key: value for key, value in more.items() if key != "CheckDuplicate"}
            pair.call("POST", "/networks/create", {"Name": name, **more})

        @rule(name=st.sampled_from(["bridge", "host", "", "default"]))
        def create_a_wrong_network(self, name: str) -> None:
            pair.call("POST", "/networks/create", {"Name": name})

        @rule(name=st.sampled_from(["net1", "net2", "bridge", "none"]))
        def networks(self, name: str) -> None:
            pair.call("GET", f"/networks/{name}")
            pair.call("DELETE", f"/networks/{name}")

        @rule(
            network=NETWORKS, container=CONTAINERS, act=st.sampled_from(["connect", "disconnect"])
        )
        def join(self, network: str, container: str, act: str) -> None:
            pair.call("POST", f"/networks/{network}/{act}", {"Container": container})

        @rule(
            filters=st.sampled_from(
                [{}, {"type": ["custom"]}, {"driver": ["bridge"]}, {"label": ["x"]}, {"no": ["1"]}]
            )
        )
        def list_networks(self, filters: dict[str, list[str]]) -> None:
            pair.call("GET", "/networks", filters=json.dumps(filters))

        @rule(name=st.sampled_from([IMAGE, "other:1", "missing", "sha256:0000", "UPPER"]))
        def image(self, name: str) -> None:
            pair.call("GET", f"/images/{name}/json")
            pair.call("GET", f"/images/{name}/history")

        @rule(name=st.sampled_from(["other:1", "missing"]), force=FLAGS)
        def delete_image(self, name: str, force: bool) -> None:
            pair.call("DELETE", f"/images/{name}", force=force)

        @rule(repository=st.sampled_from(["other", "UPPER"]), tag=st.sampled_from(["1", None]))
        def tag(self, repository: str, tag: str | None) -> None:
            pair.call("POST", f"/images/{IMAGE}/tag", repo=repository, tag=tag)
            pair.call("DELETE", f"/images/{repository}:latest")

        @rule(
            filters=st.sampled_from(
                [{}, {"dangling": ["true"]}, {"reference": ["other"]}, {"no": ["1"]}]
            )
        )
        def list_images(self, filters: dict[str, list[str]]) -> None:
            pair.call("GET", "/images/json", filters=json.dumps(filters))

        @rule(name=CONTAINERS)
        def commit(self, name: str) -> None:
            pair.call("POST", "/commit", {}, container=name, repo="other", tag="1")

        @rule(what=st.sampled_from(["containers", "networks", "volumes", "images"]))
        def prune(self, what: str) -> None:
            pair.call("POST", f"/{what}/prune", filters=json.dumps({"label": ["x=y"]}))

        @rule(
            path=st.sampled_from(["/info", "/version", "/_ping", "/swarm", "/nodes", "/services"])
        )
        def system(self, path: str) -> None:
            pair.call("GET", path)

        @rule()
        def data_usage(self) -> None:
            pair.call("GET", "/system/df")

        @rule()
        def events(self) -> None:
            pair.call("GET", "/events", since=0, until=1)

    return Machine


def twice(pair: Pair, method: str, paths: list[str], tail: str, body: Any = None) -> None:
    """Call on objects that have other IDs in both engines."""
    aliases = dict(zip((id(pair.real), id(pair.fake)), paths, strict=True))
    asked = {"real": pair.real, "fake": pair.fake}
    other = Pair(pair.version, *(_Aliased(c, aliases[id(c)]) for c in asked.values()))  # type: ignore[arg-type]
    other.found, other.operations = pair.found, pair.operations
    other.call(method, f"/exec/x{tail}", body)
    pair.calls += other.calls


class _Aliased:
    """A client for which /exec/x is one of the engine's own."""

    def __init__(self, client: httpx.Client, path: str) -> None:
        self._client = client
        self._path = path

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._client.request(method, path.replace("/exec/x", self._path), **more)


def settle(pair: Pair, name: str) -> None:
    """Wait until a container that ends by itself has ended, in both engines."""
    for client in (pair.real, pair.fake):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = client.get(f"/containers/{name}/json").json()
            if "State" not in found or found["Path"] != "/bin/true":
                break
            if found["HostConfig"]["RestartPolicy"]["Name"] == "always":
                # It never comes to rest.
                client.delete(f"/containers/{name}", params={"force": "1"})
                break
            if not found["State"]["Running"] or found["State"]["Paused"]:
                break


def clear(pair: Pair) -> None:
    """Take away what a sequence left."""
    for client in (pair.real, pair.fake):
        for each in client.get("/containers/json", params={"all": "1"}).json():
            client.delete(f"/containers/{each['Id']}", params={"force": "1", "v": "1"})
        for name in ("net1", "net2"):
            client.delete(f"/networks/{name}")
        for each in client.get("/volumes").json()["Volumes"] or ():
            client.delete(f"/volumes/{each['Name']}")
        for name in ("other:1", "other:latest"):
            client.delete(f"/images/{name}", params={"force": "1"})
        client.post("/images/prune")


def play(pair: Pair, calls: int, *, seed: int = 0) -> None:
    """Play sequences until there were so many calls."""
    # Once, since a real engine looks for a driver for 15 s.
    for kind in ("networks", "volumes"):
        pair.call("POST", f"/{kind}/create", {"Name": "other", "Driver": "nonsense"})
    while pair.calls < calls:
        settled = settings(
            # The first sequence is of one call, again and again.
            max_examples=max(3, (calls - pair.calls) // STEPS),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            derandomize=seed == 0,
            suppress_health_check=list(HealthCheck),
        )
        seed += 1
        run_state_machine_as_test(machine(pair), settings=settled)


def opened(stack: ExitStack, host: str, version: str, oldest: str) -> Pair:
    """Open a pair: a fake engine beside a real one, with the same image and networks."""
    fake = stack.enter_context(FakeEngine(version, min_version=oldest, strict=False))
    real, other = (stack.enter_context(plain_http(each)) for each in (host, fake.host))
    if real.get("/networks/bridge").status_code == 404:  # private engines have none
        networks = fake._state.networks
        del networks[other.get("/networks/bridge").json()["Id"]]
    pair = Pair(version, real, other)
    tar = busybox_tar(busybox(FOLDER))
    assert Files.from_tar(tar).find("/bin/busybox")
    for client in (pair.real, pair.fake):
        query = {"fromSrc": "-", "repo": IMAGE.partition(":")[0], "tag": "1"}
        client.post("/images/create", params=query, content=tar).raise_for_status()
    return pair


def main(calls: int, releases: list[str], show: Callable[[str], None] = print) -> int:
    """Play so many calls on the releases together; returns the exit status."""
    status = 0
    with ExitStack() as stack:
        engines = Engines(stack)
        for release in releases:
            engine = engines.get(release)
            pair = opened(stack, engine.host, engine.max_api, engine.min_api)
            play(pair, -(-calls // len(releases)))
            show(f"{release} at {pair.version}: {pair.calls} calls, {len(pair.found)} differences")
            for each, count in sorted(pair.unlisted().items()):
                show(f"  {count}x {each}")
                status = 1
            for each in pair.alike():
                show(f"  no difference any more: {each}")
                status = 1
    return status


if __name__ == "__main__":
    arguments = sys.argv[1:]
    count = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 5000
    sys.exit(main(count, arguments or ["20.10", "26.1", "28.5"]))
