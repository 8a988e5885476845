"""The cost of calls and starts: moorage side by side with other clients, and with a bare socket.

    python benchmarks/calls.py [--rounds 7] [--only KIND …] [--json FILE]

All talk to the same private engine. Every client has an environment with its own dependencies and
nothing else, and every measurement is a fresh process; in each round, the clients take their turns
in another order. Calls count by the client's own processor time, user and system. Starts are whole
programs (benchmarks/starts), from the start of the process to its end, with a list printed.
Figures are medians of the rounds, and count as ratios to the others of the same run. The end is a
list of bounds, and the status is 1 if one is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, define
from rich.console import Console

import moorage
from benchmarks.calls_report import print_report, report
from benchmarks.clients.http import CONTAINER
from benchmarks.environments import ROOT, InstallFailed, distributions, environment
from moorage.private import PrivateEngineError, busybox, busybox_tar, private_engine
from moorage.private.debian import engines_folder, unpacked
from moorage_api import v1_51

SUITE = "forky"
CONTAINERS = 40
STARTS = 3
"""Starts of each program in a round."""
CALLS = ("ping", "inspect", "list", "gather", "threads", "lifecycle")
KINDS = (*CALLS, "start", "memory")


@define
class Client:
    """One kind of measurement of a client."""

    environment: str
    """As `environment` takes it; empty for a program that is not Python."""
    modules: dict[str, str] = Factory(dict)
    """The module in benchmarks/clients, by kind of call."""
    start: str | None = None
    """The program in benchmarks/starts."""


def every(module: str, *kinds: str) -> dict[str, str]:
    """Have one module for these kinds, and for `memory`."""
    return dict.fromkeys([*kinds, "memory"], module)


BLOCKING = ("ping", "inspect", "list", "threads", "lifecycle")
AWAITED = ("ping", "inspect", "list", "gather", "lifecycle")
CLI, CURL = "docker CLI", "curl"
CLIENTS = {
    "bare socket": Client("bare", every("bare", *BLOCKING) | {"gather": "bare_async"}, "bare"),
    "aiodocker": Client("aiodocker", every("aiodocker_calls", *AWAITED), "aiodocker_list"),
    "docker-py": Client("docker", every("docker_py", *BLOCKING), "docker_py"),
    "moorage": Client("moorage", every("moorage_sync", *BLOCKING), "moorage_pinned"),
    "moorage, awaited": Client("moorage", every("moorage_async", *AWAITED), "moorage_async_pinned"),
    "moorage, negotiated": Client("moorage", start="moorage_negotiated"),
    "moorage, negotiated, awaited": Client("moorage", start="moorage_async_negotiated"),
    "python-on-whales": Client("python-on-whales", every("on_whales", "list"), "on_whales"),
    CLI: Client(""),
    CURL: Client(""),
}


@define
class Bench:
    """The engine and the environments to measure with, and the figures."""

    host: str
    ids: list[str]
    """The containers' IDs."""
    folder: Path
    """For what programs print, and their home."""
    pythons: dict[str, Path] = Factory(dict)
    """Python interpreters, by environment."""
    programs: dict[str, list[str]] = Factory(dict)
    """The commands that print the list, by client."""
    docker: Path | None = None
    skipped: dict[str, str] = Factory(dict)
    """Why a client is not measured."""
    figures: dict[str, dict[str, list[float]]] = Factory(lambda: defaultdict(dict))
    """Seconds or bytes by row and client, one for each round or start."""

    def find(self) -> None:
        """Find or make what the clients run in and with."""
        try:
            tree = unpacked(engines_folder(None), f"cli-{SUITE}", SUITE, ["docker-cli"])
        except PrivateEngineError as error:
            self.skipped[CLI] = str(error)
            self.skipped["python-on-whales"] = f"it runs the docker CLI: {error}"
        else:
            self.docker = tree / "usr/bin/docker"
            self.programs[CLI] = [str(self.docker), "--host", self.host, "ps", "--all"]
        if curl := shutil.which("curl"):
            path = self.host.removeprefix("unix://")
            url = "http://engine/v1.51/containers/json?all=1"
            command = [curl, "--silent", "--show-error", "--fail", "--unix-socket", path, url]
            self.programs[CURL] = command
        else:
            self.skipped[CURL] = "there is none in PATH"
        for name, client in CLIENTS.items():
            if not client.environment or name in self.skipped:
                continue
            try:
                python = self.pythons[client.environment] = environment(client.environment)
            except InstallFailed as error:
                if client.environment == "moorage":
                    raise
                self.skipped[name] = f"it can't be installed: {error}"
                continue
            if client.start:
                script = ROOT / f"benchmarks/starts/{client.start}.py"
                self.programs[name] = [str(python), str(script), self.host]

    def measure(self, kind: str) -> None:
        """Measure a kind once, of each client that has it, in an order of chance."""
        names = [name for name in CLIENTS if name not in self.skipped]
        for name in random.sample(names, len(names)):
            client = CLIENTS[name]
            if kind == "start":
                if name in self.programs:
                    for _ in range(STARTS):
                        self.start(name)
            elif kind in client.modules:
                self.call(name, kind)
            elif kind == "list" and not client.environment:
                # A call of it is a process.
                self.note("list", name, self.launch(name)[1])

    def call(self, name: str, kind: str) -> None:
        """Measure calls in a process of their own."""
        client = CLIENTS[name]
        python = self.pythons[client.environment]
        module = [str(python), "-m", "benchmarks.clients.measure", client.modules[kind]]
        measured = self.run([*module, kind, self.host, self.ids[0]])
        if kind != "memory":
            self.note(kind, name, measured)
            return
        for stage, peak in zip(("import", "connect", "list"), measured, strict=True):
            self.note(f"memory after {stage}", name, peak)

    def start(self, name: str) -> None:
        """Measure a program from start to end."""
        seconds, processor, peak = self.launch(name)
        self.note("start, wall", name, seconds)
        self.note("start, processor", name, processor)
        # For python-on-whales, it may be the docker CLI's, which is a process of it.
        self.note("start, peak memory", name, peak)

    def launch(self, name: str) -> list[float]:
        """Run a program, and make sure that it has printed the list."""
        output = self.folder / "output"
        launcher = str(ROOT / "benchmarks/clients/launch.py")
        python = str(self.pythons["bare"])
        measured = self.run([python, "-I", "-S", launcher, str(output), *self.programs[name]])
        printed = output.read_text()
        missing = [each for each in self.ids if each[:12] not in printed]
        assert not missing, f"{name} did not print {len(missing)} of the containers: {printed:.200}"
        assert isinstance(measured, list)
        return measured

    def run(self, command: list[str]) -> Any:
        """Run a process in an environment of its own, and return the JSON that it prints."""
        path = "/usr/bin:/bin"
        if self.docker:
            path = f"{self.docker.parent}:{path}"
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={"HOME": str(self.folder), "PATH": path, "LANG": "C.UTF-8"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def note(self, row: str, name: str, figure: float) -> None:
        """Note a figure."""
        self.figures[row].setdefault(name, []).append(figure)


@contextmanager
def prepared() -> Iterator[Bench]:
    """Start an engine with containers."""
    with private_engine(SUITE) as private, tempfile.TemporaryDirectory() as folder:
        with moorage.connect(v1_51.Engine, host=private.host) as engine:
            source = engine.images.create(
                busybox_tar(busybox()), from_src="-", repo="moorage-bench", tag="latest"
            )
            for _ in source:
                pass
            body = v1_51.ContainerCreateRequest.from_dict(CONTAINER)
            ids = [engine.containers.create(body).id for _ in range(CONTAINERS)]
        yield Bench(private.host, ids, Path(folder))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7, help="how often all is measured")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS, help="what is measured")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where all figures go, as JSON")
    options = parser.parse_args()
    console = Console(width=120, highlight=False)
    with prepared() as bench:
        bench.find()
        for name, reason in bench.skipped.items():
            console.print(f"skipped: {name}: {reason}")
        installed = {name: distributions(python) for name, python in bench.pythons.items()}
        for name, found in installed.items():
            listed = ", ".join(f"{each} {version}" for each, version in found.items())
            console.print(f"environment {name}: {listed or 'nothing'}")
        for number in range(options.rounds):
            console.print(f"round {number + 1} of {options.rounds}, load {os.getloadavg()[0]:.1f}")
            for kind in options.only:
                bench.measure(kind)
        reported = report(bench.figures) | {
            "python": sys.version,
            "engine": SUITE,
            "environments": installed,
            "skipped": bench.skipped,
        }
    if options.json:
        options.json.write_text(json.dumps(reported, indent=2) + "\n")
    print_report(console, reported)
    return 1 if any(bound["met"] is False for bound in reported["bounds"]) else 0


if __name__ == "__main__":
    sys.exit(main())
