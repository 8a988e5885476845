"""Create a service, or update an existing one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from moorage.auth.reference import Reference
from moorage.auth.registry_auth import RegistryAuth
from moorage.errors import APIError, Conflict, NotFound, TimedOut
from moorage.progress import OnServiceProgress
from moorage.transport.steps import Await, Steps
from moorage.verbs.convergence import converged
from moorage.verbs.following import credentials
from moorage.verbs.numbered import references
from moorage.verbs.service_specification import ServiceSpecification
from moorage.verbs.services import change, pass_warnings_on
from moorage.verbs.wait_converged import limit

if TYPE_CHECKING:
    from moorage_api.newest import DeployFields, Service

__all__ = ["deploy"]

_log = logging.getLogger(__name__)


def deploy(
    engine: Any,
    name: str,
    image: str,
    cmd: Sequence[str] | None = None,
    *,
    wait: bool = True,
    timeout: float | timedelta | None = None,
    on_progress: OnServiceProgress | None = None,
    **fields: Unpack[DeployFields],
) -> Steps[Service]:
    """Create a service, or update the one of the name, and wait until it has converged.

    Options not given become the engine's default, whatever they were before. Only the mode and the
    number of tasks stay, if neither `mode=` nor `replicas=` is given, and `force_update`. To edit a
    part, see `edit_service`.

    As in the docker CLI, the image's tag is replaced by its digest in the registry; if the registry
    does not answer, it stays, and the logger `moorage.verbs.deploy` warns.

    Args:
        engine: The engine, a manager of a swarm, whose operations the steps call or await.
        name: The service's name.
        image: The image's name.
        cmd: The command's arguments, as `create` takes them; defaults to the image's command. No
            shell is between.
        wait: Whether to wait until the service has converged, as `wait_converged` does.
        timeout: Seconds to wait, or a timedelta; defaults to no limit.
        on_progress: Called with a `moorage.progress.ServiceProgress` when something has changed.
        fields: All fields of `ServiceSpec`, `TaskSpec` and `ContainerSpec` by their names, and
            short forms: `replicas=`, `mode="global"`, `env=`, `ports={"80/tcp": 8080}`, `secrets=`
            and `configs=` (names, or a mapping to targets), `networks=`, `mounts=`, `memory=`,
            `cpus=`, `constraints=`, `health=`, `restart="on-failure:3"`, `rollback=`,
            `update={"parallelism": 2, "failure_action": "rollback"}`, `stop_timeout=`, `labels=`,
            `container_labels=`, and `auth=`, credentials for the pull.

    Returns:
        The service.

    Raises:
        TypeError: An option is of another type, or is given twice.
        ValueError: An option is malformed.
        OperationUnavailable: The engine's version lacks a field.
        NotFound: A secret, config or network does not exist.
        Unavailable: The engine is not a manager of a swarm.
        ServiceFailed: The update was paused or rolled back, or tasks ended and are not started
            again. The message ends with the tasks' errors and the last output of one.
        TimedOut: The timeout expired; the message ends in the same way.

    GET /services/{id}, and POST /services/create or /services/{id}/update.
    """
    wanted = ServiceSpecification(engine, name, image, cmd, {**fields})
    del fields  # a traceback may show them
    seconds = limit(timeout)
    auth = yield from credentials(engine, image, wanted.auth)
    container = wanted.spec.task_template.container_spec
    container.image = yield from _pinned(engine, image, auth)
    for kind, asked in (("secret", wanted.secrets), ("config", wanted.configs)):
        if asked:
            setattr(container, f"{kind}s", (yield from references(engine, kind, asked)))
    service = yield from _deployed(engine, name, wanted, auth)
    if wait:
        done: Service = yield from converged(engine, service, seconds, on_progress)
    else:
        done = yield Await(partial(engine.services.inspect, service))
    return done


def _deployed(
    client: Any, name: str, wanted: ServiceSpecification, auth: RegistryAuth | None
) -> Steps[str]:
    """Create or update the service, and return its ID."""
    options = {} if auth is None else {"registry_auth": auth}

    def replaced(service: Any) -> Any:
        if service.spec.name != name:  # found by its ID
            raise NotFound(404, f"service {name} not found", "ServiceInspect")
        return wanted.replacing(service.spec)

    try:
        service = yield from change(client, name, replaced, **options)
    except NotFound:
        try:
            service = yield Await(lambda: client.services.create(wanted.spec, **options))
            pass_warnings_on(name, service)
        except Conflict:  # someone else was quicker
            service = yield from change(client, name, replaced, **options)
    return str(service.id)


def _pinned(client: Any, image: str, auth: RegistryAuth | None) -> Steps[str]:
    """Return the image's name with its digest, which older engines look up by themselves."""
    name = Reference.parse(image)
    if name.digest or not hasattr(client, "distribution"):
        return image
    try:
        found = yield Await(lambda: client.distribution.inspect(image, registry_auth=auth))
    except (APIError, TimedOut) as error:
        _log.warning("%s is deployed by its tag, without a digest: %s", image, error)
        return image
    tag = "" if name.tag else ":latest"
    return f"{image}{tag}@{found.descriptor.digest}"
