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
from moorage.buildkit.rpc import Factory
from moorage.buildkit.services import (
    Credentials,
    credentials_methods,
    health_methods,
    secret_methods,
)
from moorage.buildkit.session import Session
from moorage.buildkit.source import Source
from moorage.errors import EngineError, OperationFailed
from moorage.progress import Report
from moorage.secret_sources import SecretValue
from moorage.transport.steps import Await, Call, Steps

__all__ = ["Plan", "build"]

_CANCEL_SECONDS = 10.0


class Plan(NamedTuple):
    """What a build needs of its session."""

    source: Source | None
    """The context, if it is served; else it is the request's content, or remote."""
    secrets: Mapping[str, SecretValue]
    agents: Agents
    credentials: Credentials
    output: Output | None
    """Where the output goes, if it is no image."""


def build(
    engine: Any, plan: Plan, content: Any, fields: Mapping[str, Any], report: Report
) -> Steps[BuildLog]:
    """Build, and return what was reported.

    Args:
        engine: The engine.
        plan: What the session serves.
        content: The context as a tar archive, if the session does not serve it.
        fields: What `images.build` takes.
        report: Called with each event.

    Raises:
        BuildFailed: A step failed.
        EngineError: The engine can't be reached, or the connection was cut.
        OSError: A file can't be read or written.
    """
    session = Session()
    methods = _methods(session, plan)
    yield from session.open(engine, methods, "" if plan.source is None else plan.source.key)
    log = BuildLog()
    sent: dict[str, Any] = {**fields, "version": "2", "session": session.id, "buildid": session.id}
    if plan.source is not None:
        sent |= {"remote": "client-session", "dockerfile": plan.source.dockerfile}
    if plan.output is not None:
        sent["outputs"] = json.dumps([{"Type": plan.output.kind, "Attrs": {}}])
    try:
        stream = engine.images.build(content, **sent)
        try:
            yield from _followed(stream, log, report)
        finally:
            stream.disconnect()
    except GeneratorExit:
        raise  # nothing can be waited for any more
    except OperationFailed as error:
        if session.failure is not None:
            raise session.failure from error
        raise _with_note(log.failed(error), session) from error
    except BaseException as error:
        yield from _cancelled(engine, session.id)
        if isinstance(error, EngineError) and session.failure is not None:
            raise session.failure from error
        raise
    finally:
        session.stop()
    yield Call(session.join)
    return log


def _methods(session: Session, plan: Plan) -> dict[str, Factory]:
    methods = health_methods() | secret_methods(plan.secrets)
    methods |= credentials_methods(session, plan.credentials)
    if plan.agents.sockets:
        methods |= agent_methods(session, plan.agents)
    if plan.source is not None:
        methods |= sync_methods(plan.source.trees)
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


def _with_note(error: EngineError, session: Session) -> EngineError:
    if session.lost is not None:
        error.add_note(f"the session that served the build was lost: {session.lost}")
    return error
