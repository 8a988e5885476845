"""Images: in from an archive, out to a registry and back, built, and gone."""

from __future__ import annotations

import json

from moorage import RegistryAuth
from moorage.versions.numbers import version_key
from tests.engines.scenario.world import REPO, World, tar_of, used

__all__ = ["IMAGE", "images", "import_image", "search"]

IMAGE = f"{REPO}:matrix"
OTHER = f"{REPO}:other"
BUILT = f"{REPO}:built"
BUILDKIT = f"{REPO}:buildkit"
# One layer: an engine waits for the second to be over with each.
CONTEXT = tar_of({"Dockerfile": b"ARG base\nFROM $base\nCOPY file /\n", "file": b"data"})


# An index has but two endpoints, and their answers may be files; so may those that Podman asks.
INDEX = "127.0.0.1:5001"
FILES = tar_of(
    {
        "v1/_ping": b"{}",
        "v1/search": json.dumps(
            {
                "num_results": 1,
                "results": [
                    {
                        "name": "moorage",
                        "description": "a word",
                        "star_count": 1,
                        "is_official": True,
                        "is_automated": False,
                    }
                ],
            }
        ).encode(),
        "v2/index.html": b"{}",
        "v2/_catalog": b'{"repositories": ["moorage"]}',
    }
)
SERVES = f"/bin/busybox httpd -p {INDEX} -h /; echo ready; exec sleep 600"


def import_image(world: World) -> None:
    """Make the image that the other steps use."""
    engine = world.engine
    *_, last = engine.images.create(world.busybox, from_src="-", repo=REPO, tag="matrix")
    with world.part("images.create with a tag"):
        engine.images.inspect(IMAGE)
    engine.images.tag(last.status, repo=REPO, tag="matrix")


def images(world: World) -> None:
    """Take an image through all that can be done with it."""
    engine = world.engine
    assert engine.images.list(all=True, filters={"reference": IMAGE})
    with world.part("images.list with digests"):
        assert engine.images.list(digests=True)
    assert engine.images.inspect(IMAGE).id
    assert engine.images.history(IMAGE)
    if world.has("images.attestations"):
        engine.images.attestations(IMAGE)
    engine.images.tag(IMAGE, repo=REPO, tag="other")
    if world.registry:
        list(engine.images.push(REPO, tag="other", registry_auth=RegistryAuth()))
        if world.has("distribution.inspect"):
            with world.part("distribution.inspect"):
                assert engine.distribution.inspect(OTHER).descriptor.digest
    archive = b"".join(engine.images.get(OTHER))
    assert b"".join(engine.images.get_all(names=[IMAGE, OTHER]))
    assert engine.images.delete(OTHER)
    if world.registry:
        list(engine.images.create(from_image=REPO, tag="other"))
        digest = next(each for each in engine.images.inspect(OTHER).repo_digests if REPO in each)
        assert engine.images.inspect(digest).id
        engine.images.delete(OTHER)
    list(engine.images.load(archive))
    engine.images.inspect(OTHER)
    said = list(engine.images.build(CONTEXT, t=BUILT, buildargs={"base": IMAGE}))
    assert any("Successfully tagged" in str(each) for each in said)
    if version_key(engine.api_version) >= version_key("1.39"):
        with world.part("images.build with BuildKit"):
            _buildkit(world)
    # A tag that moves on leaves an image without a name.
    engine.images.tag(IMAGE, repo=REPO, tag="built")
    assert engine.images.prune(filters={"dangling": True}).images_deleted
    engine.images.delete(BUILT)
    engine.images.delete(OTHER)
    if world.has("images.build_prune"):
        with world.part("images.build_prune"):
            engine.images.build_prune()


def _buildkit(world: World) -> None:
    """Build with BuildKit, which keeps what it has done, and tells of it in a protobuf."""
    engine = world.engine
    context = tar_of({"Dockerfile": b"FROM scratch\nCOPY file /\n", "file": b"data"})
    said = list(engine.images.build(context, t=BUILDKIT, version="2"))
    assert any(isinstance(each.aux, str) for each in said)
    assert used(world, "build_cache")
    engine.images.delete(BUILDKIT)


def search(world: World) -> None:
    """Ask an index, which is a container in the engine's own network."""
    engine = world.engine
    host = world.api.HostConfig(network_mode="host")
    command = ["/bin/sh", "-c", SERVES]
    made = engine.containers.create(image=IMAGE, cmd=command, host_config=host, stop_timeout=0).id
    engine.containers.put_archive(made, FILES, path="/")
    engine.containers.start(made)
    with engine.containers.logs(made, stdout=True, stderr=True, follow=True) as frames:
        assert next(frames).data == b"ready\n"
    with world.part("images.search"):
        (found,) = engine.images.search(term=f"{INDEX}/moorage")
        assert found.star_count == 1
    engine.containers.delete(made, force=True)
