"""Images of a fake engine: records, names and descriptions."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from attrs import define, field

from moorage.testing.objects.clock import NEVER, now_ns, timestamp, unix_seconds
from moorage.testing.objects.files import Files
from moorage.testing.objects.process import Program
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.shell import shell
from moorage.testing.objects.state import State

__all__ = [
    "ARCHITECTURE",
    "EMPTY_CONFIG",
    "PATH",
    "Image",
    "default_tag",
    "find_image",
    "new_image",
    "name_image",
    "split",
]

ARCHITECTURE = "amd64"
_REFERENCE = re.compile(
    r"[a-z0-9]+(?:[._/:-]+[a-z0-9]+)*(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{64})?"
)


@define(eq=False)
class Image:
    """An image: its files, its configuration and the program that its containers run."""

    config: dict[str, Any]
    files: Files
    program: Program = field(default=shell, repr=False)
    execute: Program = field(default=shell, repr=False)
    """The program for commands executed in a container."""
    parent: str = ""
    comment: str = ""
    author: str = ""
    history: list[dict[str, Any]] = field(factory=list)
    tags: list[str] = field(factory=list)
    digests: list[str] = field(factory=list)
    created: int = field(factory=now_ns)
    tagged: int = 0
    id: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.id:
            self.id = f"sha256:{hashlib.sha256(self.document()).hexdigest()}"

    def document(self) -> bytes:
        """Write the stored configuration, whose digest is the ID."""
        made = {
            "architecture": ARCHITECTURE,
            "os": "linux",
            "created": timestamp(self.created),
            "author": self.author,
            "config": self.config,
            "history": [{"created_by": each["CreatedBy"]} for each in self.history],
            "rootfs": {"type": "layers", "diff_ids": [self.layer]},
        }
        return json.dumps(made, sort_keys=True).encode()

    @property
    def layer(self) -> str:
        """The digest of its only layer."""
        digest = hashlib.sha256()
        for path, node in sorted(self.files.nodes.items()):
            digest.update(f"{path} {node.kind} {len(node.data)} {node.target}\n".encode())
            digest.update(node.data)
        return f"sha256:{digest.hexdigest()}"

    @property
    def short(self) -> str:
        """The short form of its ID."""
        return self.id[7:19]

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its configuration."""
        return self.config.get("Labels") or {}

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.files.size()

    def summary(self, containers: int, *, shared: bool = False) -> dict[str, Any]:
        """Describe it in a list."""
        return {
            "Id": self.id,
            "ParentId": self.parent,
            "RepoTags": list(self.tags),
            "RepoDigests": list(self.digests),
            "Created": unix_seconds(self.created),
            "Size": self.size,
            "VirtualSize": self.size,
            "SharedSize": 0 if shared else -1,
            "Labels": self.config.get("Labels"),
            "Containers": containers,
        }

    def descriptor(self) -> dict[str, Any]:
        """Describe its manifest."""
        return {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": self.id,
            "size": len(self.document()),
        }

    def inspected(self, *, driver: str) -> dict[str, Any]:
        """Describe it in full."""
        return {
            "Id": self.id,
            "RepoTags": list(self.tags),
            "RepoDigests": list(self.digests),
            "Parent": self.parent,
            "Comment": self.comment,
            "Created": timestamp(self.created),
            "Container": "",
            "ContainerConfig": self.config,
            "DockerVersion": "",
            "Author": self.author,
            "Config": self.config,
            "Architecture": ARCHITECTURE,
            "Os": "linux",
            "Size": self.size,
            "VirtualSize": self.size,
            "GraphDriver": {"Name": driver, "Data": None},
            "RootFS": {"Type": "layers", "Layers": [self.layer]},
            "Metadata": {"LastTagTime": timestamp(self.tagged) if self.tagged else NEVER},
        }


PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH variable of every container."""

EMPTY_CONFIG: dict[str, Any] = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Env": None,
    "Cmd": None,
    "Image": "",
    "Volumes": None,
    "WorkingDir": "",
    "Entrypoint": None,
    "OnBuild": None,
    "Labels": None,
}


def new_image(
    files: Files,
    config: dict[str, Any],
    program: Program = shell,
    execute: Program = shell,
    created_by: str = "",
) -> Image:
    """Make an image from files."""
    entry = {
        "Id": "<missing>",
        "Created": unix_seconds(now_ns()),
        "CreatedBy": created_by,
        "Tags": None,
        "Size": files.size(),
        "Comment": "",
    }
    return Image({**EMPTY_CONFIG, **config}, files, program, execute, history=[entry])


def default_tag(name: str) -> str:
    """Add the default tag to a name without one."""
    repository, tag = split(name)
    return f"{repository}:{tag or 'latest'}"


def split(name: str) -> tuple[str, str]:
    """Take a name apart: repository and tag, which may be empty."""
    name = name.partition("@")[0]
    for prefix in ("docker.io/library/", "docker.io/", "index.docker.io/library/"):
        name = name.removeprefix(prefix)
    before, colon, after = name.rpartition(":")
    return (before, after) if colon and "/" not in after else (name, "")


def find_image(state: State, name: str) -> Image:
    """Find an image by its name, its ID or a part of the ID.

    Raises:
        Refused: It does not exist.
    """
    images: list[Image] = [*state.images.values()]
    for image in images:
        if name in (image.id, image.id.removeprefix("sha256:")) or name in image.digests:
            return image
    wanted = default_tag(name) if "@" not in name else name
    for image in images:
        if wanted in image.tags:
            return image
    part = name.removeprefix("sha256:")
    if re.fullmatch(r"[0-9a-f]{4,64}", part):
        for image in images:
            if image.id.removeprefix("sha256:").startswith(part):
                return image
    if not _REFERENCE.fullmatch(name):
        raise Refused(400, "invalid reference format")
    shown = name if "@" in name or name.startswith("sha256:") else wanted
    raise Refused(404, f"No such image: {shown}")


def name_image(state: State, image: Image, name: str) -> None:
    """Give a name to an image, and take it from the one that had it."""
    state.images.setdefault(image.id, image)
    tag = default_tag(name)
    for other in state.images.values():
        if other is not image and tag in other.tags:
            other.tags.remove(tag)
    if tag not in image.tags:
        image.tags.append(tag)
    image.tagged = now_ns()
