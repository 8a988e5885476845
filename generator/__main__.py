"""The generator's command line: `python -m generator COMMAND`."""

from __future__ import annotations

import argparse
import gc
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from generator.answers import load_requirements
from generator.build import apis_of, build, read
from generator.errors import BuildError
from generator.fetch import fetch
from generator.fetch.cache import holds
from generator.memory import Memory, digest, inputs_digest, tree_digest
from generator.overlay import load_actions
from generator.pin import pin_version
from generator.renames import load_renames
from generator.report import print_report
from generator.share import share
from generator.versions import CACHE, PINS, ROOT, load_pins, select, spec_name

OUTPUT = ROOT / "generated" / "moorage_api"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        run: int = options.run(options)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("error: interrupted: run the same command again", file=sys.stderr)
        return 130
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser(
        "fetch",
        help="fetch the specs that are missing",
        description="Fetch the specs that are missing: from the folder MOORAGE_SPEC_MIRROR, the"
        " upstream repository (or its copy at the address MOORAGE_SPEC_UPSTREAM), or Debian.",
    )
    command.add_argument("versions", nargs="*", metavar="VERSION", help="default: all pinned")
    command.add_argument("--strict", action="store_true", help="fail if a spec cannot be fetched")
    command.set_defaults(run=_fetch)

    command = commands.add_parser(
        "build",
        help="generate the clients from the specs that were fetched",
        description="Generate the clients in generated/, replacing all files there.",
    )
    command.add_argument("versions", nargs="*", metavar="VERSION", help="default: all fetched")
    command.add_argument("--strict", action="store_true", help="fail if a spec is not there")
    command.set_defaults(run=_build)

    command = commands.add_parser("report", help="print each version's content and additions")
    command.set_defaults(run=_report)

    command = commands.add_parser("pin", help="add a version, its spec included")
    command.add_argument("version", metavar="VERSION")
    command.add_argument("--url", required=True, help="the spec: a URL, or a file")
    command.add_argument("--commit", required=True, help="the upstream commit it is of")
    command.add_argument(
        "--engine", metavar="RELEASE", help="the first engine that speaks it: 29.6"
    )
    command.add_argument("--path", help="its path upstream; default: api/docs/vVERSION.yaml")
    command.set_defaults(run=_pin)
    return parser


def _fetch(options: argparse.Namespace) -> int:
    pins = select(load_pins(PINS), options.versions)
    fetched = fetch(pins, CACHE)
    for line in fetched.refused:
        print(f"warning: {line}", file=sys.stderr)
    if options.strict and fetched.skipped:
        line = next(iter(fetched.skipped.values()))
        raise BuildError(f"{len(fetched.skipped)} of {len(pins)} specs are missing; {line}")
    for line in fetched.skipped.values():
        print(f"skipped: {line}", file=sys.stderr)
    sources = Counter(fetched.sources.values())
    new = "".join(f", {count} from {source}" for source, count in sources.items())
    print(f"{len(fetched.files)} of {len(pins)} specs in {CACHE}{new}")
    return 0


def specs_at_hand(versions: Iterable[str] = (), *, strict: bool = False) -> dict[str, Path]:
    """Find the specs in the cache; one requested by name must exist."""
    named = list(versions)
    pins = select(load_pins(PINS), named)
    files = {version: CACHE / spec_name(version) for version in pins}
    there = {version: file for version, file in files.items() if holds(CACHE, pins[version])}
    missing = [version for version in files if version not in there]
    if missing and (strict or named):
        raise BuildError(f"no spec of {', '.join(missing)} in {CACHE}: run `make spec`")
    if missing:
        print(f"skipped: {', '.join(missing)}: not fetched, run `make spec`", file=sys.stderr)
    return there


def _build(options: argparse.Namespace) -> int:
    specs = specs_at_hand(options.versions, strict=options.strict)
    pins = load_pins(PINS)
    engines = {version: pin.engine for version, pin in pins.items() if pin.engine}
    memory = Memory(OUTPUT.parent / ".cache")
    inputs = inputs_digest(specs, [f"{version} {pin.engine}" for version, pin in pins.items()])
    if memory.holds("built", digest(inputs, tree_digest(OUTPUT))):
        print(f"{len(specs)} versions in {OUTPUT}: nothing has changed")
        return 0
    packages = build(specs, list(pins), OUTPUT, memory, engines)
    memory.note("built", digest(inputs, tree_digest(OUTPUT)))
    modules = sum(len(package.files()) for package in packages.values())
    print(f"{len(packages)} versions in {OUTPUT}: {modules} modules that differ")
    return 0


def _report(_options: argparse.Namespace) -> int:
    documents = read(specs_at_hand())
    apis = apis_of(documents, load_actions(), load_renames(), load_requirements())
    print_report(documents, apis, share(apis))
    return 0


def _pin(options: argparse.Namespace) -> int:
    pin = pin_version(
        options.version,
        options.url,
        options.commit,
        path=options.path,
        engine=options.engine,
        file=PINS,
        cache=CACHE,
    )
    print(f"{pin.version} is pinned in {PINS}: sha256 {pin.sha256}")
    return 0


if __name__ == "__main__":
    # A run needs nearly all its objects to the end; collecting garbage would take a tenth of it.
    gc.disable()
    sys.exit(main())
