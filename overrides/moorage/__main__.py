"""`python -m moorage`: try moorage out."""

from __future__ import annotations

import argparse
import sys

from moorage.hello import hello


def main() -> int:
    """Run the command that the arguments name, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m moorage", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    greeting = commands.add_parser(
        "hello",
        help="run a container from a tiny image made on the spot, and leave nothing behind",
        description="Run a container from a tiny image made on the spot, on the engine that "
        "DOCKER_HOST or the default socket names. Where there is none, root on Debian gets a "
        "private one, which is unpacked beside the project and stopped in the end.",
    )
    greeting.add_argument("--api", metavar="X.Y", help="the API version to speak (1.41)")
    return hello(parser.parse_args().api)


if __name__ == "__main__":
    sys.exit(main())
