"""Find and remove what jobs left behind on a Docker engine: all that has their label.

python stowaway.py com.example.job=nightly            # tell
python stowaway.py com.example.job=nightly --remove   # and remove
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import moorage

if TYPE_CHECKING:
    from moorage_api.newest import Engine


@dataclass(frozen=True)
class Stowaways:
    """List what has the label: the ids of containers and the names of volumes."""

    containers: list[str]
    volumes: list[str]


def find(engine: Engine, label: str) -> Stowaways:
    """Find what has the label; containers that run are not left behind, but at work."""
    containers = engine.containers.list(all=True, filters={"label": label})
    volumes = engine.volumes.list(filters={"label": label}).volumes or []
    return Stowaways(
        [each.id for each in containers if each.state != "running"],
        sorted(each.name for each in volumes),
    )


def remove(engine: Engine, stowaways: Stowaways, tries: int = 3) -> None:
    """Remove what was found; an engine that is too busy is asked again."""
    for container in stowaways.containers:
        _persistently(tries, engine.containers.delete, container)
    for volume in stowaways.volumes:
        _persistently(tries, engine.volumes.delete, volume)


def _persistently(tries: int, delete: Callable[[str], None], name: str) -> None:
    for left in reversed(range(tries)):
        try:
            delete(name)
        except moorage.NotFound:
            return  # the try before had removed it, and its response was lost
        except (moorage.Unavailable, moorage.ConnectionFailed):
            if not left:
                raise
        else:
            return


def space(engine: Engine, label: str) -> int:
    """Tell how many bytes the images with the label take, without what they share with others."""
    # This needs API 1.42: here is what the tests find out.
    images = engine.images.list(filters={"label": label}, shared_size=True)
    return sum(each.size - max(each.shared_size, 0) for each in images)


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("label")
    parser.add_argument("--remove", action="store_true")
    given = parser.parse_args()
    with moorage.connect() as engine:
        found = find(engine, given.label)
        print(*found.containers, *found.volumes, sep="\n")
        if given.remove:
            remove(engine, found)
        print(f"images with the label take {space(engine, given.label)} bytes")


if __name__ == "__main__":
    main()
