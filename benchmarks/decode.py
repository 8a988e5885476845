"""The cost of models: decoding against json.loads of the same bytes and docker-py; encoding.

    make bench

The payloads are a private engine's; where one is to be long, its first item stands in it many
times, under ids and names of its own. Every figure is the least processor time of many runs, and
counts as a ratio to the others of the same run.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import docker.models.containers
import docker.models.images
import httpx
from rich.console import Console
from rich.table import Table

from moorage.arguments import as_is
from moorage.private import busybox, busybox_tar, private_engine
from moorage.response import Response
from moorage.wire import message
from moorage_api import v1_51

SUITE = "forky"
RUNS = 40
IMPORTS = 15
CALLS = 200
LONG = 10_000
LABELS = {f"com.example.label{i}": f"value {i}" for i in range(8)}

MODELS: dict[str, Callable[[Any], Any]] = {
    "1,000 containers": v1_51.ContainerSummary.from_dict,
    "an inspect": v1_51.ContainerInspectResponse.from_dict,
    "300 images": v1_51.ImageSummary.from_dict,
    "info": v1_51.SystemInfo.from_dict,
    "1,000 events": v1_51.EventMessage.from_dict,
}
# docker-py has an object for some, and hands the others out as plain JSON.
PEERS: dict[str, Callable[[Any], Any]] = {
    "1,000 containers": docker.models.containers.Container,
    "an inspect": docker.models.containers.Container,
    "300 images": docker.models.images.Image,
}


def main() -> None:
    """Measure and print."""
    with recorded() as payloads:
        print_decoding(payloads)
        print_growth(json.loads(payloads["1,000 containers"])[0])
    print_encoding()
    print_imports()


@contextmanager
def recorded() -> Iterator[dict[str, bytes]]:
    """Ask a private engine for what is to be decoded."""
    with (
        private_engine(SUITE) as engine,
        httpx.Client(
            transport=httpx.HTTPTransport(uds=engine.host.removeprefix("unix://")),
            base_url="http://engine/v1.51",
            timeout=60,
        ) as http,
    ):
        source = {"fromSrc": "-", "repo": "bench", "tag": "latest"}
        http.post("/images/create", params=source, content=busybox_tar(busybox()))
        body = {
            "Image": "bench",
            "Cmd": ["/bin/sleep", "600"],
            "Labels": LABELS,
            "HostConfig": {"Binds": ["/tmp:/data"], "NetworkMode": "host"},
        }
        made = http.post("/containers/create", json=body).raise_for_status().json()["Id"]
        http.post(f"/containers/{made}/start").raise_for_status()
        events = http.get("/events", params={"since": "0", "until": str(int(time.time()) + 1)})
        containers = http.get("/containers/json").json()
        images = http.get("/images/json").json()
        yield {
            "1,000 containers": many(containers[0], 1000),
            "an inspect": http.get(f"/containers/{made}/json").content,
            "300 images": many(images[0], 300),
            "info": http.get("/info").content,
            "1,000 events": many(json.loads(events.text.splitlines()[0]), 1000),
        }
        http.delete(f"/containers/{made}", params={"force": "true"})


def many(item: dict[str, Any], count: int) -> bytes:
    """Make a list of an item, as if each were another."""
    items = []
    for i in range(count):
        own = {"Id": f"{i:064x}", "Names": [f"/name{i}"]}
        items.append(item | {key: value for key, value in own.items() if key in item})
    return json.dumps(items, separators=(",", ":")).encode()


def best(work: Callable[..., Any], *arguments: Any) -> float:
    """Return the seconds of the quickest run."""
    return min(seconds(work, *arguments) for _ in range(RUNS))


def seconds(work: Callable[..., Any], *arguments: Any) -> float:
    """Return the processor time of a run, in seconds."""
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start


def print_decoding(payloads: dict[str, bytes]) -> None:
    """Print a line for each payload."""
    table = Table(title="decoding; the ratios are to json.loads of the same bytes")
    for head in ("payload", "kB", "json.loads, ms", "models / loads", "all / docker-py"):
        table.add_column(head, justify="left" if head == "payload" else "right")
    for name, raw in payloads.items():
        ours, theirs = decoder(MODELS[name], raw), decoder(PEERS.get(name, as_is), raw)
        loads, data = best(json.loads, raw), json.loads(raw)
        table.add_row(
            name,
            f"{len(raw) / 1000:.1f}",
            f"{loads * 1000:.3f}",
            f"{best(ours, data) / loads:.2f}",
            f"{best(whole, ours, raw) / best(whole, theirs, raw):.2f}",
        )
    Console(width=100).print(table)


def decoder(item: Callable[[Any], Any], raw: bytes) -> Callable[[Any], Any]:
    """Return what decodes JSON like this: a list item by item, as a list operation does."""
    return (lambda items: [item(each) for each in items]) if raw.startswith(b"[") else item


def whole(decode: Callable[[Any], Any], raw: bytes) -> Any:
    """Decode from the bytes on."""
    return decode(json.loads(raw))


def print_growth(item: dict[str, Any]) -> None:
    """Print what an item of a long list costs, against one of a list of 1,000, and its memory.

    Any long list costs more for each item, since it fits into no cache: json.loads tells how much,
    without the collector, which a call pauses too.
    """
    canned = Canned()
    engine = v1_51.Engine(cast("Any", canned))
    table = Table(title=f"a list of {LONG:,}, as a call decodes it, beside one of 1,000")
    for head in ("by", "each / each of 1,000"):
        table.add_column(head, justify="left" if head == "by" else "right")
    short, long = (Response(200, {}, many(item, count)) for count in (1000, LONG))

    def call(response: Response) -> Any:
        canned.response = response
        return engine.containers.list()

    loads = growth(parsed, short, long)
    gc.disable()
    least = growth(parsed, short, long)
    gc.enable()
    grown = growth(call, short, long)
    table.add_row("json.loads", f"{loads:.2f}")
    table.add_row("json.loads, without the collector", f"{least:.2f}")
    table.add_row("a call", f"{grown:.2f}")
    table.add_row("a call, beside that json.loads", f"{grown / least:.2f}")
    tracemalloc.start()
    models = call(long)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    table.add_row(f"memory of {len(models):,} models, MB", f"{kept / 1e6:.1f}")
    Console(width=100).print(table)


def parsed(response: Response) -> Any:
    """Parse a response's JSON."""
    return json.loads(response.body)


def growth(work: Callable[[Response], Any], short: Response, long: Response) -> float:
    """Compare a long list with as many short ones, by turns: so a collection counts for both."""
    rounds = [
        (seconds(work, long), sum(seconds(work, short) for _ in range(LONG // 1000)))
        for _ in range(RUNS // 4)
    ]
    return min(one for one, _ in rounds) / min(many for _, many in rounds)


class Nowhere:
    """A transport that sends nothing."""

    version = "1.51"

    def json(self, request: Any, options: Any) -> Any:
        """Take a request of the kind json."""


class Canned(Nowhere):
    """A transport with one response to every request."""

    response: Response

    def json(self, request: Any, options: Any) -> Any:
        """Decode the response as that to the request."""
        del options
        return message.read_json(request, self.response)


def print_encoding() -> None:
    """Print what building, checking and encoding a request to create a container costs."""
    engine = v1_51.Engine(cast("Any", Nowhere()))

    def create() -> None:
        for _ in range(CALLS):
            engine.containers.create(
                name="web",
                image="busybox",
                cmd=["sleep", "600"],
                env={"A": "b", "C": "d"},
                labels=LABELS,
                exposed_ports={"80/tcp": {}},
                healthcheck=v1_51.HealthConfig(test=["CMD", "true"], interval=10**9, retries=3),
                host_config=v1_51.HostConfig(
                    network_mode="bridge",
                    binds=["/a:/b"],
                    cap_drop=["ALL"],
                    readonly_rootfs=True,
                    memory=10**8,
                    restart_policy=v1_51.RestartPolicy(name="always"),
                    port_bindings={"80/tcp": [v1_51.PortBinding(host_port="8080")]},
                    mounts=[
                        v1_51.Mount(type="bind", source="/a", target=f"/{i}", read_only=True)
                        for i in range(3)
                    ],
                ),
                networking_config=v1_51.NetworkingConfig(
                    endpoints_config={"n": v1_51.EndpointSettings(aliases=["a"])}
                ),
            )

    table = Table(title=f"encoding; the best of {RUNS} runs of {CALLS} each")
    table.add_column("what")
    table.add_column("µs", justify="right")
    table.add_row(
        "containers.create, built, checked and encoded", f"{best(create) / CALLS * 1e6:.1f}"
    )
    Console(width=100).print(table)


def print_imports() -> None:
    """Print what importing a version costs above httpx and attrs."""
    base = "import httpx, attrs"
    table = Table(title=f"importing, above `{base}`; the best of {IMPORTS} runs each")
    table.add_column("what")
    table.add_column("ms", justify="right")
    for what in ("moorage_api.v1_51", "moorage, moorage_api.v1_51"):
        plain, more = [], []
        for _ in range(IMPORTS):
            plain.append(imported(base))
            more.append(imported(f"{base}, {what}"))
        table.add_row(what, f"{(min(more) - min(plain)) * 1000:.1f}")
    Console(width=100).print(table)


def imported(statement: str) -> float:
    """Run an import in a new interpreter and return its seconds."""
    program = (
        f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
