"""A build by the classic builder, or by BuildKit where only the result is read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from moorage.archives.context import Context
from moorage.errors import BuildFailed, InvalidAnswer, OperationFailed
from moorage.progress import Report
from moorage.transport.steps import Await, Steps
from moorage.verbs.built import Built
from moorage.verbs.following import followed

__all__ = ["built_from_archive"]

_LOG_END = 1 << 12
_DONE = "Successfully built "


def built_from_archive(
    engine: Any, content: Context | None, fields: Mapping[str, Any], report: Report
) -> Steps[Built]:
    """Build from a tar archive, which is the request's content.

    Args:
        engine: The engine.
        content: The context, unless the engine fetches it.
        fields: Parameters of `images.build`.
        report: Called with each item.
    """
    log = _Log(quiet=bool(fields.get("q")))

    def take(item: Any) -> None:
        log.take(item)
        report(item)

    named = {} if content is None else {"dockerfile": content.dockerfile}
    stream = engine.images.build(content, **fields, **named, progress=report)
    try:
        yield from followed(stream, take)
    except OperationFailed as error:
        raise log.failed(error) from error
    image_id = log.image_id
    if image_id and not image_id.startswith("sha256:"):
        image_id = (yield Await(partial(engine.images.inspect, image_id))).id
    if not image_id:
        raise InvalidAnswer("ImageBuild: the engine did not report the ID of the image")
    return Built(image_id, log.text())


class _Log:
    """The log of a build, and its errors."""

    def __init__(self, *, quiet: bool) -> None:
        self.image_id: str | None = None
        self._quiet = quiet
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
        elif self._quiet and line:  # nothing else comes
            self.image_id = line
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
