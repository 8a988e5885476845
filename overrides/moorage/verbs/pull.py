"""Pull an image from its registry."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from moorage.auth.auto import AUTO, Auto
from moorage.auth.reference import Reference
from moorage.auth.registry_auth import RegistryAuth
from moorage.errors import InvalidAnswer
from moorage.progress import OnProgress, reported
from moorage.transport.steps import Await, Steps
from moorage.verbs.following import credentials, followed
from moorage.verbs.models import refuse_lacking

if TYPE_CHECKING:
    from moorage_api.newest import ImageInspect, OCIPlatform

__all__ = ["pull"]


@overload
def pull(
    engine: Any,
    reference: str,
    *,
    auth: RegistryAuth | Auto | None = AUTO,
    platform: str | OCIPlatform | None = None,
    all_tags: Literal[False] = False,
    on_progress: OnProgress | None = None,
) -> Steps[ImageInspect]: ...
@overload
def pull(
    engine: Any,
    reference: str,
    *,
    auth: RegistryAuth | Auto | None = AUTO,
    platform: str | OCIPlatform | None = None,
    all_tags: Literal[True],
    on_progress: OnProgress | None = None,
) -> Steps[list[ImageInspect]]: ...
def pull(
    engine: Any,
    reference: str,
    *,
    auth: RegistryAuth | Auto | None = AUTO,
    platform: str | OCIPlatform | None = None,
    all_tags: bool = False,
    on_progress: OnProgress | None = None,
) -> Steps[ImageInspect | list[ImageInspect]]:
    """Pull an image from its registry, whether the engine has it or not.

    Args:
        engine: The engine, whose operations the steps call or await.
        reference: The image's name, e.g. "busybox" or "registry.example.com/app:1.2"; or with a
            digest, which takes precedence over the tag. Without both, ":latest" is pulled.
        auth: Credentials for the registry; looked up as the docker CLI does by default.
        platform: The platform to pull for, e.g. "linux/arm64"; defaults to the engine's.
        all_tags: Pull every tag of the repository; the reference has none.
        on_progress: Called with a `moorage.progress.Progress`; `moorage.progress.rich()` shows it.

    Returns:
        The pulled image; with all_tags, a list.

    Raises:
        ValueError: The reference is malformed, or has a tag as well as all_tags=True.
        NotFound: The registry has no such image, or demands other credentials.
        CredentialsFailed: The credentials can't be obtained.
        APIError: The engine refused, or its registry did.
        OperationFailed: The registry failed.
    """
    name = Reference.parse(reference)
    if all_tags and (name.tag or name.digest):
        raise ValueError(f"all_tags=True pulls every tag: {reference!r} must not have one")
    tag = None if all_tags else name.digest or name.tag or "latest"
    found = yield from credentials(engine, str(name), auth)
    options = {"registry_auth": found, "platform": platform, "tag": tag}
    given = {key: value for key, value in options.items() if value is not None}
    refuse_lacking(engine, "images.create", given)
    with reported(on_progress, "pull", reference) as take:
        yield from followed(engine.images.create(from_image=name.name, **given), take)
    if not all_tags:
        mark = "@" if name.digest else ":"
        image: ImageInspect = yield Await(partial(engine.images.inspect, f"{name.name}{mark}{tag}"))
        return image
    images: dict[str, ImageInspect] = {}
    for each in (yield from _tags(engine, name)):
        images[each] = yield Await(partial(engine.images.inspect, each))
    if not images:
        raise InvalidAnswer(f"ImageCreate: the engine has no tag of {name.name} after its pull")
    return [*images.values()]


def _tags(engine: Any, name: Reference) -> Steps[list[str]]:
    images = yield Await(engine.images.list)
    tags = [tag for image in images for tag in image.repo_tags if "<none>" not in tag]
    return sorted(tag for tag in tags if Reference.parse(tag).name == name.name)
