"""The strict check of what real engines send: the departures that they are known for, and none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moorage.conformance import check
from tests.engines.containers import container

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines

ENGINES = ("20.10", "28.5")
VERSIONS = ("1.25", "1.41")


def departures(operation: str, version: str, payload: Any) -> list[str]:
    return list(map(str, check(operation, version, payload)))


@pytest.mark.parametrize("version", VERSIONS)
def test_null_for_an_array(engine_host: EngineHost, image: str, version: str) -> None:
    with container(engine_host, image, "/bin/true") as made, engine_host.http() as client:
        inspected = client.get(f"/v{version}/containers/{made}/json").json()
    found = departures("containers.inspect", version, inspected)
    assert "$.HostConfig.Binds: expected array of string, found null" in found
    # The report leaves out what the engine does as it should.
    assert not [each for each in found if each.startswith(("$.Id:", "$.Config.Image:"))]


def test_fields_of_newer_versions(engine_host: EngineHost) -> None:
    with engine_host.http() as client:
        answer = {version: client.get(f"/v{version}/version").json() for version in VERSIONS}
    found = departures("system.version", "1.25", answer["1.25"])
    assert "$.Components: expected no such field, found array" in found
    assert departures("system.version", "1.41", answer["1.41"]) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_null_where_nothing_was_pruned(engine_host: EngineHost, version: str) -> None:
    nothing = {"filters": '{"label":["moorage=nothing"]}'}
    with engine_host.http() as client:
        pruned = client.post(f"/v{version}/containers/prune", params=nothing).json()
    assert departures("containers.prune", version, pruned) == [
        "$.ContainersDeleted: expected array of string, found null"
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_answer_that_does_not_depart(engine_host: EngineHost, version: str) -> None:
    with engine_host.http() as client:
        made = client.post(f"/v{version}/networks/create", json={"Name": "moorage-conformance"})
        assert made.status_code == 201, made.text
        client.delete(f"/networks/{made.json()['Id']}").raise_for_status()
    assert departures("networks.create", version, made.json()) == []


# Only of engines of our own: others are not to become managers of a swarm.
@pytest.mark.usefixtures("private_machine")
@pytest.mark.parametrize("name", ENGINES)
def test_a_field_of_another_name(engines: Engines, name: str) -> None:
    address = {"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"}
    with engines.get(name).http() as client:
        client.post("/swarm/init", json=address).raise_for_status()
        try:
            made = client.post("/v1.41/secrets/create", json={"Name": "a", "Data": "Yg=="})
            assert made.status_code == 201, made.text
        finally:
            client.post("/swarm/leave", params={"force": "true"}).raise_for_status()
    assert departures("secrets.create", "1.41", made.json()) == [
        f"$.ID: expected no such field, found string '{made.json()['ID']}'",
        "$.Id: expected string, found nothing",
    ]
