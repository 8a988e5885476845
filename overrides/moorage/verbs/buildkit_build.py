"""A build by BuildKit with a session, from the verb's arguments to its result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from moorage.archives.context import Context, Dockerfile, Files
from moorage.auth.auto import Auto
from moorage.auth.registry_auth import RegistryAuth
from moorage.buildkit.secret_sources import SecretSource, SshSource, read_secrets
from moorage.errors import InvalidAnswer
from moorage.progress import Report
from moorage.streams.writing import Writable
from moorage.transport.steps import Await, Call, Steps
from moorage.verbs.built import Built
from moorage.versions.numbers import version_key

if TYPE_CHECKING:
    from moorage.buildkit.file_send import Output

__all__ = ["Given", "built_with_session"]

_HAS_DESCRIPTOR = "1.48"


class Given(NamedTuple):
    """The verb's arguments for the session."""

    context: str | os.PathLike[str] | Files | Context | None
    dockerfile: Dockerfile | None
    secrets: Mapping[str, SecretSource] | None
    ssh: Literal[True] | Mapping[str, SshSource] | None
    output: Literal["image"] | os.PathLike[str] | Writable | None
    auth: Mapping[str, RegistryAuth] | Auto | None
    contexts: Mapping[str, str | os.PathLike[str] | Files] | None


def built_with_session(
    engine: Any, given: Given, fields: Mapping[str, Any], report: Report
) -> Steps[Built]:
    """Build.

    Args:
        engine: The engine.
        given: The arguments for the session.
        fields: Parameters of `images.build`.
        report: Called with each event.
    """
    # Imported here: it needs the extra, and most programs build nothing.
    from moorage.buildkit.agent import Agents
    from moorage.buildkit.build import Plan, build
    from moorage.buildkit.named import named_contexts
    from moorage.buildkit.services import Credentials
    from moorage.buildkit.source import source_of

    content, source = None, None
    if isinstance(given.context, Context):
        content = given.context
        fields = {**fields, "dockerfile": content.dockerfile}
    elif given.context is not None:
        source = yield Call(partial(source_of, given.context, given.dockerfile))
    elif given.dockerfile is not None:
        fields = {**fields, "dockerfile": os.fspath(given.dockerfile)}
    contexts = yield Call(partial(named_contexts, given.contexts))
    secrets = yield Call(partial(read_secrets, given.secrets))
    credentials = Credentials(given.auth, engine.host)
    with ExitStack() as stack:
        agents = yield Call(partial(Agents, given.ssh))
        stack.callback(agents.close)
        output = yield Call(partial(_output, given.output))
        if output is not None:
            stack.callback(output.discard)
        plan = Plan(source, contexts, secrets, agents, credentials, output)
        log = yield from build(engine, plan, content, fields, report)
        if output is not None:
            yield Call(output.finish)
    warnings = tuple(log.trace.warnings)
    if given.output != "image":
        return Built("", log.text(), warnings)
    if not log.image_id:
        raise InvalidAnswer("ImageBuild: the engine did not report the ID of the image")
    digest = None
    if version_key(engine.api_version) >= version_key(_HAS_DESCRIPTOR):
        about = yield Await(partial(engine.images.inspect, log.image_id))
        digest = getattr(getattr(about, "descriptor", None), "digest", None)
    return Built(log.image_id, log.text(), warnings, digest)


def _output(output: Any) -> Output | None:
    from moorage.buildkit.file_send import FileOutput, FolderOutput, NoOutput, TarOutput

    if output is None:
        return NoOutput()
    if output == "image":
        return None
    if isinstance(output, os.PathLike):
        path = Path(output)
        return TarOutput(path) if path.suffix == ".tar" else FolderOutput(path)
    return FileOutput(output)
