"""Edit a service in a block, and send the edit at its end."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from moorage.errors import EditConflict
from moorage.transport import threads
from moorage.transport.steps import Steps
from moorage.verbs.entering import refuse_if_entered, warn_if_never_entered
from moorage.verbs.merge import Merge
from moorage.verbs.services import change, send, service_of

if TYPE_CHECKING:
    from moorage_api.newest import ServiceSpec

__all__ = ["AsyncEditService", "EditService", "edit_service"]

S = TypeVar("S")

_NEVER = "engine.edit_service(…) was never entered, so nothing was edited: write `with`"


def edit_service(engine: Any, name: str) -> Steps[ServiceSpec]:
    """Edit a service in a block: a context manager that yields its specification.

    The rest stays as it is, unlike with `services.update`. The edit is sent at the end of the
    block, unless the block raised. If someone else, or the swarm, changed the service meanwhile,
    the edit is applied to its new state.

    An image's tag is sent without a digest, and the call does not wait: see `deploy` and
    `wait_converged`. An engine drops the fields that are newer than the API version in use.

    Args:
        engine: The engine, whose operations the steps call or await.
        name: The service's name or ID.

    Returns:
        A context manager, which yields a `ServiceSpec` to edit.

    Raises:
        NotFound: The service does not exist.
        EditConflict: At the end of the block: someone else has edited the same place.
        APIError: At the end of the block: the engine refuses the edit.

    GET /services/{id} and POST /services/{id}/update.
    """
    # The manager reads the service, and yields its specification.
    return (yield from service_of(engine, name))  # type: ignore[no-any-return]


class _Edit:
    """A service, and its specification as it was read."""

    def __init__(self, client: Any, service: Any) -> None:
        self._client = client
        self._service = service
        self._base = deepcopy(service.spec.to_dict())

    def finish(self) -> Steps[None]:
        """Send the edit."""
        spec = self._service.spec
        mine = spec.to_dict()
        if mine == self._base:
            return
        # Sent unchanged the first time: the engine reports its mistakes, if any.
        if (yield from send(self._client, self._service, spec)) is not None:
            yield from change(self._client, self._service.id, lambda now: self._merged(mine, now))

    def _merged(self, mine: Any, now: Any) -> Any:
        merge = Merge(self._base, mine, now.spec.to_dict())
        if merge.conflicts:
            places = ", ".join(merge.conflicts)
            raise EditConflict(
                f"the service {now.spec.name} was edited by someone else meanwhile, in the same"
                f" place: {places}",
                tuple(merge.conflicts),
            )
        return type(now.spec).from_dict(merge.result)


class EditService(Generic[S]):
    """A service that is edited while the block runs; a context manager."""

    __slots__ = ("_edit", "_engine", "_steps")

    def __init__(self, engine: Any, steps: Steps[Any]) -> None:
        self._engine = engine
        self._steps = steps

    def __del__(self) -> None:
        warn_if_never_entered(self._steps, _NEVER)

    def __enter__(self) -> S:
        refuse_if_entered(self._steps)
        service = threads.finish(self._steps)
        self._edit = _Edit(self._engine, service)
        spec: S = service.spec
        return spec

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            threads.finish(self._edit.finish())


class AsyncEditService(Generic[S]):
    """Asynchronous form of `EditService`."""

    __slots__ = ("_edit", "_engine", "_steps")

    def __init__(self, engine: Any, steps: Steps[Any]) -> None:
        self._engine = engine
        self._steps = steps

    def __del__(self) -> None:
        warn_if_never_entered(self._steps, _NEVER)

    async def __aenter__(self) -> S:
        from moorage.transport.tasks import finish

        refuse_if_entered(self._steps)
        service = await finish(self._steps)
        self._edit = _Edit(self._engine, service)
        spec: S = service.spec
        return spec

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        from moorage.transport.tasks import finish

        if error is None:
            await finish(self._edit.finish())
