"""Containers of a fake engine: their records, and how they are found."""

from __future__ import annotations

import re
from typing import Any

from attrs import define, field

from moorage.testing.objects.clock import NEVER, new_id, now_ns
from moorage.testing.objects.engine_files import with_engine_files
from moorage.testing.objects.files import Files
from moorage.testing.objects.image import PATH, Image
from moorage.testing.objects.process import Output, Process
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State

__all__ = [
    "Container",
    "Exec",
    "find_container",
    "find_exec",
    "free_name",
    "is_name",
    "not_running",
]

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_ADJECTIVES = ("brave", "calm", "eager", "fond", "jolly", "keen", "quiet", "sharp", "vivid", "wise")
_NAMES = ("bohr", "curie", "euler", "gauss", "hopper", "kepler", "lamarr", "noether", "turing")


@define(eq=False)
class Container:
    """A container: its configuration and its state."""

    name: str
    config: dict[str, Any]
    host_config: dict[str, Any]
    image: Image
    image_name: str
    endpoints: dict[str, dict[str, Any]] = field(factory=dict)
    """Its endpoints, by the network's ID."""
    mounts: list[dict[str, Any]] = field(factory=list)
    id: str = field(factory=new_id)
    created: int = field(factory=now_ns)
    status: str = "created"
    exit_code: int = 0
    error: str = ""
    pid: int = 0
    started_at: str = NEVER
    finished_at: str = NEVER
    restarts: int = 0
    runs: int = 0
    output: Output = field(factory=Output)
    process: Process | None = None
    health: dict[str, Any] | None = None
    published: dict[str, list[dict[str, str]] | None] = field(factory=dict)
    exec_ids: list[str] = field(factory=list)
    stopping: bool = False
    removed: bool = False
    base: Files = field(init=False)
    """The files that it began with: those of its image, and the engine's."""
    files: Files = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.base = with_engine_files(self.image.files, self.hostname)
        self.files = self.base.copy()

    @property
    def hostname(self) -> str:
        """The name of its host: a part of its ID unless one is given."""
        return self.config.get("Hostname") or self.id[:12]

    @property
    def running(self) -> bool:
        """Whether its process exists, paused or not."""
        return self.status in ("running", "paused")

    @property
    def args(self) -> list[str]:
        """The command with its arguments."""
        return [*(self.config.get("Entrypoint") or ()), *(self.config.get("Cmd") or ())]

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the container and of its image."""
        return self.config.get("Labels") or {}

    @property
    def event(self) -> dict[str, str]:
        """Attributes of its events."""
        return {**self.labels, "image": self.image_name, "name": self.name}

    @property
    def working_dir(self) -> str:
        """The folder that its process runs in."""
        return self.config.get("WorkingDir") or "/"

    def variables(self) -> dict[str, str]:
        """The variables of its process."""
        made = {"PATH": PATH, "HOSTNAME": self.hostname}
        for each in self.config.get("Env") or ():
            name, has_value, value = each.partition("=")
            if has_value:
                made[name] = value
        return made


@define(eq=False)
class Exec:
    """A process beside that of a container."""

    container: Container
    config: dict[str, Any]
    id: str = field(factory=new_id)
    output: Output = field(factory=Output)
    process: Process | None = None
    pid: int = 0
    running: bool = False
    exit_code: int | None = None

    @property
    def over(self) -> bool:
        """Whether it has run and ended."""
        return self.exit_code is not None and not self.running


def find_container(state: State, name: str) -> Container:
    """Find a container by its name, its ID or a prefix of the ID.

    Raises:
        Refused: None matches, or several do.
    """
    containers: dict[str, Container] = state.containers
    if name in containers:
        return containers[name]
    bare = name.removeprefix("/")
    for each in containers.values():
        if each.name == bare:
            return each
    found = [each for key, each in containers.items() if key.startswith(name)]
    if len(found) > 1:
        raise Refused(400, f"Multiple IDs found with provided prefix: {name}")
    if not found:
        raise Refused(404, f"No such container: {name}")
    return found[0]


def find_exec(state: State, name: str) -> Exec:
    """Find an exec by its ID.

    Raises:
        Refused: It does not exist.
    """
    found: Exec | None = state.execs.get(name)
    if found is None or found.container.removed:
        raise Refused(404, f"No such exec instance: {name}")
    return found


def not_running(state: State, container: Container) -> Refused:
    """Return the error for a container that is not running."""
    word = "container" if state.since("1.45") else "Container"
    return Refused(409, f"{word} {container.id} is not running")


def is_name(name: str) -> bool:
    """Return whether a container may have this name."""
    return _NAME.fullmatch(name) is not None


def free_name(state: State) -> str:
    """Make a name for a container without one."""
    taken = {each.name for each in state.containers.values()}
    place = len(taken)
    while True:
        name = f"{_ADJECTIVES[place % 10]}_{_NAMES[place // 10 % 9]}"
        name += str(place // 90) if place >= 90 else ""
        if name not in taken:
            return name
        place += 1
