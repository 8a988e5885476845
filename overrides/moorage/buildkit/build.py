"""A build by BuildKit: its session, its request, and its end; in steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from moorage.buildkit.agent import Agents, agent_methods
from moorage.buildkit.file_send import Output, output_methods
from moorage.buildkit.file_sync import sync_methods
from moorage.buildkit.log import BuildLog
from moorage.buildkit.named import NamedContexts
from moorage.buildkit.rpc import Factory
from moorage.buildkit.secret_sources import SecretValue
from moorage.buildkit.services import (
    Credentials,
    credentials_methods,
    health_methods,
    secret_methods,
)
from moorage.buildkit.session import Session
from moorage.buildkit.solve import solve
from moorage.buildkit.source import Source
from moorage.errors import EngineError, OperationFailed, StreamInterrupted
from moorage.progress import Report
from moorage.transport.steps import Await, Call, Steps

__all__ = ["Plan", "build"]

_CANCEL_SECONDS = 10.0


class Plan(NamedTuple):
    """A build's use of its session."""

    source: Source | None
    """The context if it is served; else it is the request's content, or remote."""
    contexts: NamedContexts
    secrets: Mapping[str, SecretValue]
    agents: Agents
    credentials: Credentials
    output: Output | None
    """The destination of the output, if it is not an image."""


def build(
    engine: Any, plan: Plan, content: Any, fields: Mapping[str, Any], report: Report
) -> Steps[BuildLog]:
    """Build, and return the reports.

    Args:
        engine: The engine.
        plan: The services of the session.
        content: The context as a tar archive, if the session does not serve it.
        fields: Parameters of `images.build`.
        report: Called with each event.

    Raises:
        BuildFailed: A step failed.
        EngineError: The engine can't be reached, or the connection was cut.
        OSError: A file can't be read or written.
    """
    session = Session()
    methods = _methods(session, plan)
    log = BuildLog()
    sent: dict[str, Any] = {**fields, "version": "2", "session": session.id, "buildid": session.id}
    if plan.source is not None:
        sent |= {"remote": "client-session", "dockerfile": plan.source.dockerfile}
    if plan.output is not None:
        sent["outputs"] = json.dumps([{"Type": plan.output.kind, "Attrs": {}}])
    # It checks the parameters; the request is sent once there is a session.
    stream = (
        solve(engine, sent, plan.contexts.sources)
        if plan.contexts.sources
        else engine.images.build(content, **sent)
    )
    try:
        keys = [each.key for each in (plan.source, plan.contexts) if each is not None and each.key]
        yield from session.open(engine, methods, "-".join(keys))
        try:
            yield from _sent(engine, session, stream, log, report)
        finally:
            session.stop()
    finally:
        stream.disconnect()
    return log


def _sent(engine: Any, session: Session, stream: Any, log: BuildLog, report: Report) -> Steps[None]:
    """Send the request, follow the build, and end it and the session's thread with it."""
    session.on_lost = stream.disconnect
    try:
        yield from _followed(stream, log, report)
    except GeneratorExit:
        raise  # waiting is impossible from here on
    except OperationFailed as error:
        yield from _ended(session)
        raise session.failure or log.failed(error) from error
    except BaseException as error:
        # Before the build is cancelled, of which BuildKit tells the session too. A cut connection
        # is a cause itself: a session that is lost closes it, which is another error.
        refused = isinstance(error, EngineError) and not isinstance(error, StreamInterrupted)
        cause = (session.failure or session.lost) if refused else None
        yield from _cancelled(engine, session.id)
        yield from _ended(session)
        if cause is not None:
            raise cause from error
        raise
    yield from _ended(session)


def _ended(session: Session) -> Steps[None]:
    session.stop()
    yield Call(session.join)


def _methods(session: Session, plan: Plan) -> dict[str, Factory]:
    methods = health_methods() | secret_methods(plan.secrets)
    methods |= credentials_methods(session, plan.credentials)
    if plan.agents.sockets:
        methods |= agent_methods(session, plan.agents)
    trees = {**plan.contexts.trees, **(plan.source.trees if plan.source is not None else {})}
    if trees:
        methods |= sync_methods(trees)
    if plan.output is not None:
        methods |= output_methods(plan.output)
    return methods


def _followed(stream: Any, log: BuildLog, report: Report) -> Steps[None]:
    following: Any = anext if hasattr(stream, "__anext__") else next
    while (item := (yield Await(partial(following, stream, None)))) is not None:
        for event in log.take(item):
            report(event)


def _cancelled(engine: Any, build_id: str) -> Steps[None]:
    """End the build: the engine would go on with a step that runs."""
    with suppress(EngineError):
        yield Await(
            partial(
                engine.request,
                "POST",
                "/build/cancel",
                query={"id": build_id},
                timeout=_CANCEL_SECONDS,
            )
        )
