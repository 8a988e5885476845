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
        "DOCKER_HOST, a context of the docker CLI or a socket names. Where there is none, root on "
        "Debian gets a private one, which is unpacked beside the project and stopped in the end.",
    )
    greeting.add_argument("--api", metavar="X.Y", help="the API version to speak (1.41)")
    greeting.add_argument(
        "-v", "--verbose", action="store_true", help="tell what decided on the engine and version"
    )
    arguments = parser.parse_args()
    return hello(arguments.api, verbose=arguments.verbose)


if __name__ == "__main__":
    sys.exit(main())
