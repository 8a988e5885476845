"""A registry mirror: copies images to another registry, and leaves none of its names here."""

import sys
from os import environ

import moorage
from moorage_api.newest import Engine


def mirror(engine: Engine, image: str, target: str, auth: moorage.RegistryAuth) -> str:
    """Copy an image to a registry, or to a folder of it; returns the digest there."""
    source = moorage.Reference.parse(image)
    repository, tag = f"{target}/{source.path}", source.tag or "latest"
    pulled = engine.pull(image, on_progress=moorage.progress.rich())
    engine.images.tag(pulled.id, repo=repository, tag=tag)
    try:
        return engine.push(f"{repository}:{tag}", auth=auth).digest
    finally:
        engine.images.delete(f"{repository}:{tag}")


def main(target: str, *images: str) -> None:
    """Copy images, with the credentials in the environment."""
    user, password = environ["MIRROR_USER"], environ["MIRROR_PASSWORD"]
    with moorage.connect() as engine:
        auth = engine.login(target.partition("/")[0], user, password)
        for image in images:
            print(image, mirror(engine, image, target, auth))


if __name__ == "__main__":
    main(*sys.argv[1:])
