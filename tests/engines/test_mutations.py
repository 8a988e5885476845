"""Whatever becomes of what an engine sends, it is decoded, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moorage_api import v1_25, v1_41
from tests.engines.containers import container
from tests.engines.scenario.truth import differences

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

Place: TypeAlias = tuple[Any, Any]
"""A list or a map, and the index or the key in it."""

OTHERS = st.sampled_from(
    [None, True, 7, -1.5, "", "invented", [], {}, [None], {"New": None}, [[1]], {"a": {"b": "c"}}]
)
# Each with the model that it is, on all engines alike.
ASKED: dict[str, str] = {
    "/containers/{id}/json": "ContainerInspectResponse",
    "/info": "SystemInfo",
    "/version": "SystemVersion",
    "/system/df": "SystemDataUsageResponse",
    "/networks/none": "Network",
    "/images/{image}/json": "ImageInspect",
}
APIS = {"1.25": v1_25, "1.41": v1_41}


@pytest.fixture
def payloads(engine_host: EngineHost, image: str) -> dict[tuple[str, str], Any]:
    """The answers of an engine, by version and model."""
    with (
        container(engine_host, image, "/bin/sleep", "600", Labels={"a": "b"}) as made,
        engine_host.http() as client,
    ):
        paths = {path: path.format(id=made, image=image) for path in ASKED}
        return {
            (version, model): client.get(f"/v{version}{paths[path]}").raise_for_status().json()
            for version in APIS
            for path, model in ASKED.items()
        }


def places(data: Any) -> Iterator[Place]:
    """Yield each place below a value."""
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    for key, each in inside:
        yield data, key
        if isinstance(each, dict | list):
            yield from places(each)


def drop(place: Place, _other: Any) -> None:
    del place[0][place[1]]


def replace(place: Place, other: Any) -> None:
    place[0][place[1]] = deepcopy(other)


def add(place: Place, other: Any) -> None:
    inside, key = place
    if isinstance(inside, dict):
        inside[f"New{key}"] = deepcopy(other)
    else:
        inside.append(deepcopy(other))


CHANGES: tuple[Callable[[Place, Any], None], ...] = (drop, replace, add)


# The payloads are the same for every example: each changes a copy.
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_decoding_fails(payloads: dict[tuple[str, str], Any], data: st.DataObject) -> None:
    version, model = data.draw(st.sampled_from(sorted(payloads)))
    sent = deepcopy(payloads[version, model])
    for _ in range(data.draw(st.integers(1, 4))):
        if found := list(places(sent)):
            change, place = data.draw(st.sampled_from(CHANGES)), data.draw(st.sampled_from(found))
            change(place, data.draw(OTHERS))
    # As it comes from the wire.
    sent = json.loads(json.dumps(sent))
    api = APIS[version]
    decoded = getattr(api, model).from_dict(sent)
    assert differences(sent, decoded, Any, api) == []
