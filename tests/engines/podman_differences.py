"""Differences between Podman and Docker's engines: the table that docs/podman.md shows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

from moorage.private.releases import PODMANS
from tests.engines.scenario.world import Complaint

__all__ = ["DIFFERENCES", "Difference", "table"]

_OLD, _NEW = PODMANS
_BOTH = (_OLD, _NEW)


@frozen
class Difference:
    """A row of the table.

    Attributes:
        place: A regular expression of the parts of the scenario, and the operations, it is met at.
        shows: A regular expression of the complaints that it makes.
        name: The call, as the table has it.
        words: The difference, in a sentence.
        releases: The Podmans that it is for, by their names in `PODMANS`.
    """

    place: str
    shows: str
    name: str
    words: str
    releases: tuple[str, ...] = _BOTH

    def covers(self, complaint: Complaint) -> bool:
        """Tell whether a complaint is one of this row's."""
        return bool(
            re.fullmatch(self.place, complaint.place) and re.match(self.shows, complaint.what)
        )


_UNSERVED = r"(NotFound|Unavailable): .*(does not have this operation|does not support service)"
_ABSENT = r".* is required, and was absent$"
_OTHERWISE = r".* is a field that the specification spells otherwise$"

DIFFERENCES = (
    Difference(
        r"(swarm|nodes|services|tasks|configs)\..*",
        _UNSERVED,
        "`swarm`, `nodes`, `services`, `tasks`, `configs`",
        "There is no swarm: `Unavailable`, or `NotFound` from lists.",
    ),
    Difference(r"plugins(\..*)?", _UNSERVED, "`plugins`", "There are no plugins: `NotFound`."),
    Difference(
        r"secrets\.update",
        r"ServerError: .*update is not supported",
        "`secrets.update`",
        "It is not supported (501). Secrets are made, listed and removed without a swarm.",
    ),
    Difference(
        r"distribution\.inspect", _UNSERVED, "`distribution.inspect`", "`NotFound`, always."
    ),
    Difference(
        r"session\.start|images\.build_prune",
        _UNSERVED,
        "`session.start`, `images.build_prune`",
        "There is no BuildKit: `NotFound`.",
    ),
    Difference(
        r"images\.build with BuildKit",
        r"AssertionError",
        '`images.build(version="2")`',
        "The version of the builder is ignored: Buildah builds, and the items have no `aux`. "
        "`engine.build()` builds without BuildKit.",
    ),
    Difference(
        r"containers\.attach_websocket",
        _UNSERVED,
        "`containers.attach_websocket`",
        "`NotFound`, always. `containers.attach` works.",
    ),
    Difference(
        r"containers\.update",
        _UNSERVED,
        "`containers.update`",
        "`NotFound`, always.",
        (_OLD,),
    ),
    Difference(
        r"containers\.list",
        rf"\$\[\]\.HostConfig{_ABSENT}",
        "`containers.list`",
        "`host_config` is not sent, and is an empty model.",
    ),
    Difference(
        r"containers\.list of exposed ports",
        r"AssertionError",
        "`containers.list`",
        "`ports` has those that are published, not those that are exposed only. "
        "`containers.inspect` has both.",
    ),
    Difference(
        r"containers\.stats",
        rf"\$: Id{_OTHERWISE}",
        "`containers.stats`",
        'The container\'s ID is called `Id`: `id` is None, and `extra["Id"]` has it.',
        (_OLD,),
    ),
    Difference(
        r"images\.create with a tag",
        r"NotFound: ImageInspect: ",
        "`images.create(from_src=)`",
        "`tag=` is ignored: what is imported is called `latest`. `images.tag` gives it another.",
        (_OLD,),
    ),
    Difference(
        r"images\.list with digests",
        r"InvalidAnswer: ImageList: the response is empty",
        "`images.list(digests=True)`",
        "The response is empty, and raises `InvalidAnswer`. Without `digests=`, lists are good.",
    ),
    Difference(
        r"images\.search",
        rf"\$\[\].*({_ABSENT}|{_OTHERWISE})|AssertionError",
        "`images.search`",
        "The keys are other ones (`Name`, `Description`, `Stars`): they are in `extra`.",
    ),
    Difference(
        r"system\.data_usage",
        rf"\$\.images\[\]\.VirtualSize{_ABSENT}",
        "`system.data_usage`",
        "`virtual_size` of images is not sent, and is 0.",
        (_NEW,),
    ),
    Difference(
        r"system\.events until now",
        r"AssertionError",
        "`system.events(until=)`",
        "Where `until=` is in the past, events are missing: all of them (4.3) or now and then "
        "(5.4). Without `until=`, none is.",
    ),
)


def table() -> Iterable[str]:
    """Yield the lines of the table in docs/podman.md."""
    yield "| call | 4.3 | 5.4 | what differs |"
    yield "|---|---|---|---|"
    for row in DIFFERENCES:
        marks = " | ".join("x" if each in row.releases else " " for each in _BOTH)
        yield f"| {row.name} | {marks} | {row.words} |"
