"""The generator's command line: `python -m generator COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from generator.errors import BuildError
from generator.fetch import fetch
from generator.pin import pin_version
from generator.versions import CACHE, PINS, load_pins, select


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

    command = commands.add_parser("pin", help="add a version, its spec included")
    command.add_argument("version", metavar="VERSION")
    command.add_argument("--url", required=True, help="the spec: a URL, or a file")
    command.add_argument("--commit", required=True, help="the upstream commit it is of")
    command.add_argument("--path", help="its path upstream; default: api/docs/vVERSION.yaml")
    command.set_defaults(run=_pin)
    return parser


def _fetch(options: argparse.Namespace) -> int:
    pins = select(load_pins(PINS), options.versions)
    fetched = fetch(pins, CACHE)
    for line in fetched.refused:
        print(f"warning: {line}", file=sys.stderr)
    for line in fetched.skipped.values():
        print(f"skipped: {line}", file=sys.stderr)
    sources = Counter(fetched.sources.values())
    new = "".join(f", {count} from {source}" for source, count in sources.items())
    print(f"{len(fetched.files)} of {len(pins)} specs in {CACHE}{new}")
    if options.strict and fetched.skipped:
        raise BuildError(f"--strict: {len(fetched.skipped)} of {len(pins)} specs are not there")
    return 0


def _pin(options: argparse.Namespace) -> int:
    pin = pin_version(
        options.version,
        options.url,
        options.commit,
        path=options.path,
        file=PINS,
        cache=CACHE,
    )
    print(f"{pin.version} is pinned in {PINS}: sha256 {pin.sha256}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
