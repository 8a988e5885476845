"""Build an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from moorage.archives.context import Context, Dockerfile, Files, context
from moorage.auth.auto import AUTO, Auto
from moorage.auth.registry_auth import RegistryAuth
from moorage.errors import BuildFailed, InvalidAnswer, OperationFailed
from moorage.host.proxies import configured_proxies
from moorage.progress import OnProgress, reported
from moorage.transport.steps import Await, Call, Steps
from moorage.verbs.following import followed

if TYPE_CHECKING:
    from moorage_api.newest import BuildFields, OCIPlatform

__all__ = ["Built", "build"]

_LOG_END = 1 << 12
_DONE = "Successfully built "


class Built(NamedTuple):
    """An image that was built."""

    id: str
    log: str
    """What the build wrote."""


def build(
    engine: Any,
    path_or_files: str | PathLike[str] | Files | Context,
    *,
    tags: str | Iterable[str] | None = None,
    dockerfile: Dockerfile | None = None,
    target: str | None = None,
    args: Mapping[str, str | None] | None = None,
    labels: Mapping[str, str] | None = None,
    platform: str | OCIPlatform | None = None,
    auth: Mapping[str, RegistryAuth] | Auto | None = AUTO,
    on_progress: OnProgress | None = None,
    **fields: Unpack[BuildFields],
) -> Steps[Built]:
    """Build an image by the engine's classic builder.

    The context is sent while it is read. Its .dockerignore is obeyed, as `moorage.context` tells.

    Args:
        engine: The engine, whose operations the steps call or await.
        path_or_files: The folder that is the context; or its files, by their names in it: the
            content, or a path; or what `moorage.context` has made.
        tags: The name of the image, or several.
        dockerfile: The Dockerfile's path, relative to the context, which it may be outside of; or
            its text: bytes, or a str with a line break. Defaults to "Dockerfile".
        target: The stage to build.
        args: The values of the Dockerfile's ARGs; `proxies` of the docker CLI's config.json are
            added, as by the CLI.
        labels: Labels for the image.
        platform: The platform to build for, e.g. "linux/arm64".
        auth: Credentials by the registry's address; looked up as the docker CLI does by default.
        on_progress: Called with a `moorage.progress.Progress`; `moorage.progress.rich()` shows it.
        fields: What else `images.build` takes, e.g. `nocache=`, `pull=`, `extrahosts=`.

    Returns:
        The image's ID, and what the build wrote.

    Raises:
        OSError: A file can't be read, or there is no Dockerfile.
        ValueError: A pattern of .dockerignore is malformed.
        BadRequest: The Dockerfile is malformed.
        BuildFailed: A step failed; it has the step and the end of the log.
    """
    if isinstance(path_or_files, Context):
        if dockerfile is not None:
            raise ValueError("give dockerfile= to moorage.context(), which makes the context")
        content = path_or_files
    else:
        content = yield Call(partial(context, path_or_files, dockerfile=dockerfile))
    registries = auth
    if isinstance(auth, Auto):
        # Imported here: who gives credentials looks nothing up.
        from moorage.auth.lookup import find_all

        registries = yield Call(find_all)
    proxies = yield Call(partial(configured_proxies, engine.host, args or ()))
    if proxies:
        args = {**(args or {}), **proxies}
    del proxies  # a traceback may show them
    options = {
        "t": tags,
        "target": target,
        "buildargs": args,
        "labels": None if labels is None else dict(labels),
        "platform": platform,
        "registry_config": registries or None,
    }
    given = {key: value for key, value in options.items() if value is not None}
    log = _Log()
    named = tags if isinstance(tags, str) else content.dockerfile
    with reported(on_progress, "build", named) as report, content:

        def take(item: Any) -> None:
            log.take(item)
            report(item)

        stream = engine.images.build(
            content,
            dockerfile=content.dockerfile,
            # Failed builds leave nothing behind.
            **{"forcerm": True, **fields, **given, "progress": report},
        )
        try:
            yield from followed(stream, take)
        except OperationFailed as error:
            raise log.failed(error) from error
        image_id = log.image_id
        if image_id and not image_id.startswith("sha256:"):
            image_id = (yield Await(partial(engine.images.inspect, image_id))).id
        if not image_id:
            raise InvalidAnswer("ImageBuild: the engine did not tell the ID of what it built")
    return Built(image_id, log.text())


class _Log:
    """What a build writes, and what it says on the way."""

    def __init__(self) -> None:
        self.image_id: str | None = None
        self._parts: list[str] = []
        self._step = ""

    def take(self, item: Any) -> None:
        text = item.stream or ""
        if text:
            self._parts.append(text)
        line = text.strip()
        if line[:5].lower() == "step ":
            self._step = line.partition("\n")[0]
        elif line.startswith(_DONE) and self.image_id is None:
            self.image_id = line.removeprefix(_DONE)
        # API 1.29 has no field for it.
        aux = item.aux if hasattr(item, "aux") else item.extra.get("aux")
        found = aux.get("ID") if isinstance(aux, dict) else getattr(aux, "id", None)
        if found:
            self.image_id = found

    def text(self) -> str:
        return "".join(self._parts)

    def failed(self, error: OperationFailed) -> BuildFailed:
        end = self.text()[-_LOG_END:]
        return BuildFailed(error.message, error.operation, error.code, step=self._step, log=end)
