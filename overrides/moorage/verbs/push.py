"""Push an image to its registry."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from moorage.auth.auto import AUTO, Auto
from moorage.auth.reference import Reference
from moorage.auth.registry_auth import RegistryAuth
from moorage.errors import InvalidAnswer
from moorage.progress import OnProgress, reported
from moorage.transport.steps import Steps
from moorage.verbs.following import credentials, followed

__all__ = ["Pushed", "push"]

_DIGEST_LINE = re.compile(r"\S+: digest: (\w+:[0-9a-f]+) size: (\d+)")


class Pushed(NamedTuple):
    """A pushed image."""

    digest: str
    """The manifest's digest: "sha256:…"."""
    size: int
    """The manifest's size in bytes."""


def push(
    engine: Any,
    reference: str,
    *,
    auth: RegistryAuth | Auto | None = AUTO,
    on_progress: OnProgress | None = None,
) -> Steps[Pushed]:
    """Push an image to the registry that it is named for.

    Args:
        engine: The engine, whose operations the steps call or await.
        reference: The image's name, e.g. "registry.example.com/app:1.2". Without a tag, ":latest"
            is pushed, and nothing else.
        auth: Credentials for the registry; looked up as the docker CLI does by default.
        on_progress: Called with a `moorage.progress.Progress`; `moorage.progress.rich()` shows it.

    Returns:
        The digest to pull it by, and the size of its manifest.

    Raises:
        ValueError: The reference is malformed, or has a digest.
        NotFound: The engine has no such image.
        CredentialsFailed: The credentials can't be obtained.
        OperationFailed: The registry refused or failed.
    """
    name = Reference.parse(reference)
    if name.digest:
        raise ValueError(f"{reference!r} has a digest: an image is pushed by its tag")
    found = yield from credentials(engine, str(name), auth)
    pushed: list[Pushed] = []

    with reported(on_progress, "push", reference) as report:

        def take(item: Any) -> None:
            result = _result(item)
            if result is not None:
                pushed.append(result)
            report(item)

        # Engines want the header even where there are no credentials.
        stream = engine.images.push(
            name.name, tag=name.tag or "latest", registry_auth=found or RegistryAuth()
        )
        yield from followed(stream, take)
        if not pushed:
            raise InvalidAnswer("ImagePush: the engine did not report the digest it pushed")
    return pushed[-1]


def _result(item: Any) -> Pushed | None:
    # Older versions have no field for it.
    aux = item.aux if item.aux is not None else item.extra.get("aux")
    if aux is not None:
        return Pushed(aux.digest, aux.size)
    match = _DIGEST_LINE.fullmatch(item.status or "")
    return Pushed(match[1], int(match[2])) if match else None
