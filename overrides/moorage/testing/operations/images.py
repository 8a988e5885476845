"""Operations on images that are in the engine."""

from __future__ import annotations

import json
import shlex
from typing import Any

from moorage.testing.objects.clock import unix_seconds
from moorage.testing.objects.container import Container, find_container
from moorage.testing.objects.container_answers import DRIVER
from moorage.testing.objects.engine_files import without_engine_files
from moorage.testing.objects.filters import matches_labels, matches_time, same_key
from moorage.testing.objects.image import (
    ARCHITECTURE,
    Image,
    default_tag,
    find_image,
    name_image,
    new_image,
    split,
)
from moorage.testing.objects.image_archives import packed
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.operations.container_files import TAR
from moorage.testing.server.answers import Answer, document, stream
from moorage.testing.server.call import Call, operation

__all__ = ["changed"]

FILTERS = ("before", "dangling", "label", "reference", "since", "until", "label!")


@operation("images.list")
def listed(call: Call) -> Answer:
    """List images, the newest first."""
    filters = call.filters(*FILTERS)
    with call.state.lock:
        images = sorted(call.state.images.values(), key=lambda each: -each.created)
        return document(
            [
                each.summary(
                    _users(call.state, each) if call.flag("shared-size") else -1,
                    shared=call.flag("shared-size"),
                )
                for each in images
                if _matches(call, each, filters)
            ]
        )


def _users(state: State, image: Image) -> int:
    return sum(each.image is image for each in state.containers.values())


def _matches(call: Call, image: Image, filters: dict[str, list[str]]) -> bool:
    order = list(call.state.images.values())
    for name, values in filters.items():
        match name:
            case "label":
                good = matches_labels(image.labels, values)
            case "label!":
                good = not any(matches_labels(image.labels, [each]) for each in values)
            case "dangling":
                good = call.truth(name, values) != bool(image.tags)
            case "reference":
                good = any(_refers(image, each) for each in values)
            case "until":
                good = matches_time(unix_seconds(image.created), values)
            case _:
                other = find_image(call.state, values[0])
                good = (order.index(image) < order.index(other)) == (name == "before")
                good = good and image is not other
        if not good:
            return False
    return True


def _refers(image: Image, pattern: str) -> bool:
    names = [*image.tags, *image.digests, *(split(each)[0] for each in image.tags)]
    form = "^" + pattern.replace(".", r"\.").replace("*", "[^/]*") + "$"
    return any(same_key(each, form) for each in names)


@operation("images.inspect")
def inspect(call: Call) -> Answer:
    """Describe an image in full."""
    with call.state.lock:
        return document(find_image(call.state, call.path["name"]).inspected(driver=DRIVER))


@operation("images.history")
def history(call: Call) -> Answer:
    """List the steps that made an image, the newest first."""
    with call.state.lock:
        image = find_image(call.state, call.path["name"])
        entries = [dict(each) for each in reversed(image.history)]
        if entries:
            entries[0] |= {"Id": image.id, "Tags": list(image.tags) or None}
        return document(entries)


@operation("images.tag")
def tagged(call: Call) -> Answer:
    """Give an image another name."""
    with call.state.changing():
        image = find_image(call.state, call.path["name"])
        repository = call.text("repo")
        if not repository or repository != repository.lower():
            status = 400 if call.state.since("1.42") else 500
            raise Refused(status, "invalid reference format: repository name must be lowercase")
        name = f"{repository}:{call.text('tag') or 'latest'}"
        name_image(call.state, image, name)
        call.state.emit("image", "tag", image.id, name=name)
    return Answer(201)


@operation("images.delete")
def deleted(call: Call) -> Answer:
    """Remove a name from an image, and the image with its last name."""
    name, state = call.path["name"], call.state
    with state.changing():
        image = find_image(state, name)
        by_id = name in image.id or name.removeprefix("sha256:") in image.id
        users = [each for each in state.containers.values() if each.image is image]
        gone: list[dict[str, str]] = []
        force = call.flag("force")
        tag = default_tag(name)
        last = by_id or [tag] == image.tags or (not image.tags and name in image.digests)
        if by_id and len(image.tags) > 1 and not force:
            raise Refused(
                409,
                f"conflict: unable to delete {image.short} (must be forced) - image is "
                "referenced in multiple repositories",
            )
        if last and users and not (force and not users[0].running):
            raise Refused(409, _conflict(image, users[0], "" if by_id else name))
        for each in list(image.tags) if by_id else [tag]:
            if each in image.tags:
                image.tags.remove(each)
                gone.append({"Untagged": each})
                state.emit("image", "untag", image.id, name=image.id)
        if not image.tags and (by_id or not users or force):
            gone += [{"Untagged": each} for each in image.digests]
            if not users or force:
                gone += _removed(state, image)
        return document(gone)


def _conflict(image: Image, user: Container, reference: str) -> str:
    """Say which container an image is needed by that is to be removed, by its ID or a name."""
    how, what = ("cannot", "running") if user.running else ("must", "stopped")
    subject = f'remove repository reference "{reference}"' if reference else "delete " + image.short
    reason = f"image is being used by {what} container {user.id[:12]}"
    if reference and not user.running:
        reason = f"container {user.id[:12]} is using its referenced image {image.short}"
    return f"conflict: unable to {subject} ({how} be forced) - {reason}"


def _removed(state: State, image: Image) -> list[dict[str, str]]:
    state.known[image.id] = state.images.pop(image.id)
    image.digests.clear()
    state.emit("image", "delete", image.id, name=image.id)
    return [{"Deleted": image.id}, {"Deleted": image.layer}]


@operation("images.prune")
def pruned(call: Call) -> Answer:
    """Remove the images without a name, or all unused ones."""
    filters = call.filters("dangling", "label", "label!", "until")
    dangling = call.truth("dangling", filters.pop("dangling", ["true"]))
    state, gone, space = call.state, list[dict[str, str]](), 0
    with state.changing():
        for each in list(state.images.values()):
            free = _users(state, each) == 0 and (not dangling or not each.tags)
            if free and _matches(call, each, filters):
                space += each.size
                gone += [{"Untagged": tag} for tag in each.tags]
                gone += _removed(state, each)
        state.emit("image", "prune", "", reclaimed=str(space))
    return document({"ImagesDeleted": gone or None, "SpaceReclaimed": space})


@operation("images.commit")
def committed(call: Call) -> Answer:
    """Make an image from a container."""
    with call.state.changing():
        container = find_container(call.state, call.text("container"))
        given = {name: value for name, value in (call.body or {}).items() if value is not None}
        config = {**container.config, **given}
        config["Labels"] = {**container.labels, **(given.get("Labels") or {})}
        config = changed(config, call.query.get("changes", []))
        old = container.image
        files = without_engine_files(container.files, container.base, old.files)
        made = new_image(files, config, old.program, old.execute)
        made.parent, made.comment = old.id, call.text("comment")
        made.author = call.text("author")
        call.state.images[made.id] = made
        if repository := call.text("repo"):
            name_image(call.state, made, f"{repository}:{call.text('tag') or 'latest'}")
        call.state.emit("container", "commit", container.id, container.event, imageID=made.id)
        return document({"Id": made.id}, 201)


def changed(config: dict[str, Any], instructions: list[str]) -> dict[str, Any]:
    """Apply instructions of a Dockerfile to a configuration.

    Raises:
        Refused: A filter is unknown.
    """
    made = dict(config)
    for text in (line for each in instructions for line in each.splitlines()):
        word, _, rest = text.strip().partition(" ")
        rest = rest.strip()
        match word.upper():
            case "CMD" | "ENTRYPOINT":
                key = "Cmd" if word.upper() == "CMD" else "Entrypoint"
                made[key] = command_of(rest)
            case "ENV":
                made["Env"] = [*_list(made.get("Env")), *_pairs(rest)]
            case "LABEL":
                pairs = dict(each.partition("=")[::2] for each in _pairs(rest))
                made["Labels"] = {**_map(made.get("Labels")), **pairs}
            case "EXPOSE":
                ports: dict[str, Any] = {
                    each if "/" in each else f"{each}/tcp": {} for each in rest.split()
                }
                made["ExposedPorts"] = {**_map(made.get("ExposedPorts")), **ports}
            case "VOLUME":
                paths = json.loads(rest) if rest.startswith("[") else rest.split()
                made["Volumes"] = {**_map(made.get("Volumes")), **{each: {} for each in paths}}
            case "USER":
                made["User"] = rest
            case "WORKDIR":
                made["WorkingDir"] = rest
            case "STOPSIGNAL":
                made["StopSignal"] = rest
            case "HEALTHCHECK":
                made["Healthcheck"] = _health_check(rest)
            case "ONBUILD" | "MAINTAINER" | "SHELL" | "":
                pass
            case _:
                raise Refused(400, f"{word} is not a valid change command")
    return made


def command_of(text: str) -> list[str]:
    """Read a command: a JSON array, or a line for the shell."""
    if text.startswith("["):
        try:
            return [str(each) for each in json.loads(text)]
        except ValueError:
            pass
    return ["/bin/sh", "-c", text]


def _health_check(text: str) -> dict[str, Any]:
    if text.upper() == "NONE":
        return {"Test": ["NONE"]}
    command = text.partition("CMD ")[2]
    if command.startswith("["):
        return {"Test": ["CMD", *command_of(command)]}
    return {"Test": ["CMD-SHELL", command]}


def _pairs(text: str) -> list[str]:
    words = shlex.split(text)
    if words and "=" not in words[0]:
        return [f"{words[0]}={' '.join(words[1:])}"]
    return words


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


@operation("images.get")
def saved(call: Call) -> Answer:
    """Pack an image."""
    return _saved(call, [call.path["name"]])


@operation("images.get_all")
def saved_all(call: Call) -> Answer:
    """Pack several images."""
    return _saved(call, call.query.get("names", []))


def _saved(call: Call, names: list[str]) -> Answer:
    with call.state.lock:
        images = [(name, find_image(call.state, name)) for name in names]
        call.state.emit("image", "save", "", name=",".join(names))
        return stream([packed(images)], TAR)


@operation("images.attestations")
def attestations(call: Call) -> Answer:
    """List attestations of an image: a fake engine's images have none."""
    with call.state.lock:
        find_image(call.state, call.path["name"])
    return document([])


@operation("images.search")
def search(call: Call) -> Answer:
    """Search the fake engine's built-in registry."""
    filters = call.filters("is-automated", "is-official", "stars")
    term = call.text("term")
    index, slash, rest = term.partition("/")
    word = rest if slash and (":" in index or "." in index) else term
    least = max([0, *(int(each) for each in filters.get("stars", []) if each.isdigit())])
    found = dict.fromkeys(
        split(each)[0].rpartition(":")[2].partition("/")[2] or split(each)[0]
        for each in call.state.registry
        if word in split(each)[0]
    )
    entries = [
        {
            "name": name,
            "description": "",
            "star_count": 1,
            "is_official": "/" not in name,
            "is_automated": False,
        }
        for name in found
    ]
    entries = [each for each in entries if least <= 1]
    limit = call.number("limit", 25)
    return document(entries[: limit or 25])


@operation("distribution.inspect")
def distribution(call: Call) -> Answer:
    """Describe an image in the registry."""
    name = default_tag(call.path["name"])
    image = call.state.registry.get(name)
    if image is None:
        raise Refused(404 if call.state.since("1.41") else 401, f"manifest unknown: {name}")
    descriptor = image.descriptor()
    return document(
        {
            "Descriptor": descriptor,
            "Platforms": [{"architecture": ARCHITECTURE, "os": "linux"}],
        }
    )
