"""Create a container, and pull its image if that is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from moorage.errors import NotFound
from moorage.transport.steps import Await, Steps
from moorage.verbs.specification import Specification

if TYPE_CHECKING:
    from moorage_api.newest import CreateFields

__all__ = ["ask", "create", "created"]


def create(
    engine: Any,
    image: str,
    cmd: Sequence[str] | None = None,
    **fields: Unpack[CreateFields],
) -> Steps[str]:
    """Create a container, which is not started; a missing image is pulled.

    Args:
        engine: The engine, whose operations the steps call or await.
        image: The image's name or ID.
        cmd: The command and its arguments; defaults to the image's. No shell is between.
        fields: `name=`, `platform=`, options in short forms, and all fields of
            `ContainerCreateRequest` and `HostConfig` by their names. The short forms are: `env=`
            (a mapping or a list), `ports={"80/tcp": 8080}` (None for any port, or
            `("127.0.0.1", 8080)`, or a list), `binds=["/host:/container:ro"]`, `mounts=` (models,
            or as the docker CLI takes them), `network=`, `aliases=`, `memory="512m"`, `cpus=1.5`,
            `tmpfs=`, `gpus="all"`, `extra_hosts=`, `health=` (a command, or a mapping with
            intervals), `restart="on-failure:3"`, `stop_timeout=` (seconds or a timedelta),
            `pull=` ("missing", "always" or "never") and `auth=`, credentials for the pull. To
            `env=`, `proxies` of the docker CLI's config.json are added, as by the CLI.

    Returns:
        The container's ID.

    Raises:
        TypeError: An option is of another type, or is given twice.
        ValueError: An option is malformed, or the engine would read something else.
        OperationUnavailable: The engine's version lacks a field.
        NotFound: The image does not exist.
        Conflict: Another container has the name.

    POST /containers/create, and POST /images/create if the image is missing.
    """
    specification = Specification(engine, "create", image, cmd, {**fields})
    del fields  # a traceback may show them
    return (yield from created(engine, specification))


def ask(client: Any, wanted: Specification) -> Steps[str]:
    """Ask the engine for a container whose image it has, and return the container's ID."""
    # Not a partial: its repr would show the environment in a traceback.
    container = yield Await(lambda: client.containers.create(wanted.body, **wanted.query))
    return str(container.id)


def created(
    client: Any,
    wanted: Specification,
    send: Callable[[Any, Specification], Steps[str]] = ask,
) -> Steps[str]:
    """Create a container, and return its ID; a missing image is pulled before."""
    if wanted.pull == "always":
        yield from _fetch(client, wanted)
    try:
        return (yield from send(client, wanted))
    except NotFound:
        if wanted.pull != "missing" or not (yield from _missing(client, wanted)):
            raise
    yield from _fetch(client, wanted)
    return (yield from send(client, wanted))


def _fetch(client: Any, wanted: Specification) -> Steps[None]:
    # Imported here: most containers' images are there.
    from moorage.verbs.pull import pull

    platform = wanted.query.get("platform")
    yield from pull(client, wanted.image, auth=wanted.auth, platform=platform)


def _missing(client: Any, wanted: Specification) -> Steps[bool]:
    """Return whether it is the image that was not found; an ID can't be pulled."""
    if wanted.image.startswith("sha256:"):
        return False
    try:
        yield Await(partial(client.images.inspect, wanted.image))
    except NotFound:
        return True
    # The image is there, but not for the platform.
    return "platform" in wanted.query
