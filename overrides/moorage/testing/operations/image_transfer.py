"""Operations that bring images in and out: pull, import, push, load."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Any

from moorage.testing.objects.files import Files
from moorage.testing.objects.image import (
    Image,
    default_tag,
    name_image,
    new_image,
    split,
)
from moorage.testing.objects.image_archives import unpacked
from moorage.testing.objects.refused import Refused
from moorage.testing.operations.images import changed
from moorage.testing.server.answers import Answer, document, stream
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

_BAR = f"[{'=' * 50}>]"


@operation("images.create")
def create(call: Call) -> Answer:
    """Pull an image from the registry, or import one from an archive."""
    if source := call.text("fromSrc"):
        return _imported(call, source)
    name = call.text("fromImage")
    if not name:
        raise Refused(400, "one of fromImage or fromSrc is needed")
    tag = call.text("tag")
    if tag:
        joint = "@" if tag.startswith("sha256:") else ":"
        name = f"{split(name)[0]}{joint}{tag}"
    wanted = name if "@" in name else default_tag(name)
    found = call.state.registry.get(wanted)
    if found is None:
        known = any(split(each)[0] == split(name)[0] for each in call.state.registry)
        if known:
            raise Refused(
                404, f"manifest for {wanted} not found: manifest unknown: manifest unknown"
            )
        raise Refused(
            404,
            f"pull access denied for {split(name)[0]}, repository does not exist or may require "
            "'docker login': denied: requested access to the resource is denied",
        )
    return stream(_pulling(call, wanted, found))


def _pulling(call: Call, name: str, image: Image) -> Iterator[bytes]:
    repository, tag = split(name)
    layer = image.layer.removeprefix("sha256:")[:12]
    yield call.line({"status": f"Pulling from {repository}", "id": tag or "latest"})
    there = image.id in call.state.images
    if there:
        yield call.line({"status": "Already exists", "progressDetail": {}, "id": layer})
    else:
        size = max(image.size, 1)
        yield call.line({"status": "Pulling fs layer", "progressDetail": {}, "id": layer})
        for status in ("Downloading", "Extracting"):
            yield call.line(
                {
                    "status": status,
                    "progressDetail": {"current": size, "total": size},
                    "progress": f"{_BAR}  {size}B/{size}B",
                    "id": layer,
                }
            )
        yield call.line({"status": "Pull complete", "progressDetail": {}, "id": layer})
    with call.state.changing():
        if "@" not in name:
            name_image(call.state, image, name)
        call.state.images.setdefault(image.id, image)
        digest = f"{repository}@{image.id}"
        if digest not in image.digests:
            image.digests.append(digest)
        call.state.emit("image", "pull", name, name=repository)
    yield call.line({"status": f"Digest: {image.id}"})
    what = "Image is up to date" if there else "Downloaded newer image"
    yield call.line({"status": f"Status: {what} for {name}"})


def _imported(call: Call, source: str) -> Answer:
    if source != "-":
        raise Refused(400, f"a fake engine fetches nothing: {source}")
    data = call.all_content()
    try:
        files = Files.from_tar(data)
    except tarfile.TarError:
        raise Refused(400, "archive/tar: invalid tar header") from None
    config = changed({}, call.query.get("changes", []))
    with call.state.changing():
        image = new_image(files, config)
        image.comment = call.text("message") or "Imported from -"
        call.state.images.setdefault(image.id, image)
        if repository := call.text("repo"):
            name = f"{repository}:{call.text('tag')}" if call.text("tag") else repository
            name_image(call.state, call.state.images[image.id], default_tag(name))
        call.state.emit("image", "import", image.id, name=image.id)
    return stream([call.line({"status": image.id})])


@operation("images.push")
def push(call: Call) -> Answer:
    """Put an image into the registry."""
    name, tag = call.path["name"], call.text("tag")
    repository = split(name)[0]
    with call.state.lock:
        images = {
            each: image
            for image in call.state.images.values()
            for each in image.tags
            if split(each)[0] == repository and tag in ("", split(each)[1])
        }
    return stream(_pushing(call, name, images))


def _pushing(call: Call, name: str, images: dict[str, Image]) -> Iterator[bytes]:
    yield call.line({"status": f"The push refers to repository [{split(name)[0]}]"})
    if not images:
        shown = f"{split(name)[0]}:{call.text('tag')}" if call.text("tag") else split(name)[0]
        message = f"An image does not exist locally with the tag: {shown}"
        yield call.line({"errorDetail": {"message": message}, "error": message})
    for tag, image in images.items():
        layer = image.layer.removeprefix("sha256:")[:12]
        size = max(image.size, 1)
        yield call.line({"status": "Preparing", "progressDetail": {}, "id": layer})
        yield call.line(
            {
                "status": "Pushing",
                "progressDetail": {"current": size, "total": size},
                "progress": f"{_BAR}  {size}B",
                "id": layer,
            }
        )
        yield call.line({"status": "Pushed", "progressDetail": {}, "id": layer})
        with call.state.changing():
            call.state.registry[tag] = image
            digest = f"{split(tag)[0]}@{image.id}"
            call.state.registry[digest] = image
            if digest not in image.digests:
                image.digests.append(digest)
            call.state.emit("image", "push", tag, name=split(tag)[0])
        length = len(image.document())
        label = split(tag)[1]
        yield call.line({"status": f"{label}: digest: {image.id} size: {length}"})
        aux = {"Tag": label, "Digest": image.id, "Size": length}
        yield call.line({"progressDetail": {}, "aux": aux})


@operation("images.load")
def load(call: Call) -> Answer:
    """Load images from an archive."""
    data = call.all_content()
    with call.state.changing():
        loaded = unpacked(call.state, data)
        call.state.emit("image", "load", "", name="")
    words = [
        f"Loaded image: {tag}\n" if tag else f"Loaded image ID: {image.id}\n"
        for tag, image in loaded
    ]
    return stream([call.line({"stream": each}) for each in words])


@operation("system.auth")
def auth(call: Call) -> Answer:
    """Log in to a registry: a fake engine's accepts everyone."""
    body: dict[str, Any] = call.body or {}
    if not body.get("username") and not body.get("identitytoken"):
        raise Refused(
            401 if call.state.since("1.42") else 500, "unauthorized: incorrect username or password"
        )
    return document({"Status": "Login Succeeded", "IdentityToken": ""})
