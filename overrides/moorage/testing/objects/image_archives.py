"""Archives of images, as `docker save` writes and `docker load` reads them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence

from moorage.testing.objects.files import Files
from moorage.testing.objects.image import Image, default_tag, name_image, split
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State

__all__ = ["packed", "unpacked"]


def packed(images: Sequence[tuple[str, Image]]) -> bytes:
    """Pack images under the requested names."""
    names: dict[str, list[str]] = {}
    by_id = {image.id: image for _, image in images}
    for name, image in images:
        tags = names.setdefault(image.id, [])
        tag = default_tag(name)
        if tag in image.tags and tag not in tags:
            tags.append(tag)
    buffer = io.BytesIO()
    manifest, repositories = [], dict[str, dict[str, str]]()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for key, tags in names.items():
            image, digest = by_id[key], key.removeprefix("sha256:")
            layer = f"{digest}/layer.tar"
            _add(archive, f"{digest}.json", image.document())
            _add(archive, layer, image.files.archive("/"))
            manifest.append({"Config": f"{digest}.json", "RepoTags": tags, "Layers": [layer]})
            for tag in tags:
                repository, label = split(tag)
                repositories.setdefault(repository, {})[label] = digest
        _add(archive, "manifest.json", json.dumps(manifest).encode())
        if repositories:
            _add(archive, "repositories", json.dumps(repositories).encode())
    return buffer.getvalue()


def unpacked(state: State, data: bytes) -> list[tuple[str, Image]]:
    """Read images from an archive; returns their names, "" for one without a name.

    Raises:
        Refused: It is not an image's archive.
    """
    loaded: list[tuple[str, Image]] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            manifest = json.loads(_read(archive, "manifest.json"))
            for entry in manifest:
                digest = f"sha256:{entry['Config'].partition('.')[0].rpartition('/')[2]}"
                image = state.images.get(digest) or state.known.get(digest)
                if image is None:
                    image = _image(archive, entry, digest)
                state.images[image.id] = image
                loaded += [(tag, image) for tag in entry.get("RepoTags") or [""]]
    except (tarfile.TarError, ValueError, KeyError):
        raise Refused(
            500 if not state.since("1.42") else 400, "invalid archive: no manifest.json"
        ) from None
    for tag, image in loaded:
        if tag:
            name_image(state, image, tag)
    return loaded


def _image(archive: tarfile.TarFile, entry: dict[str, list[str]], key: str) -> Image:
    config = json.loads(_read(archive, str(entry["Config"])))
    files = Files.empty()
    for layer in entry["Layers"]:
        files.extract(_read(archive, layer), "/")
    return Image(config.get("config") or {}, files, id=key)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    return member.read()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
