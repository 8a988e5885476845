"""The report of conformance without an engine: evidence, grouping, the page's data, growth."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import moorage
from moorage.cli import main
from moorage.conformance import evidence, strict
from moorage.conformance.chart import charts
from moorage.conformance.driver import Driver
from moorage.conformance.growth import growth
from moorage.conformance.journal import Journal
from moorage.conformance.page import page
from moorage.conformance.report import Asked, Departures, Report, operations_of
from moorage.conformance.scenario import Own
from moorage.conformance.survey import Target, survey
from moorage.conformance.terminal import text
from moorage.errors import ConnectionFailed
from moorage_api import v1_41, v1_44
from tests.facade.peer import Peer, answer

SECRET = "canary-7d1f"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(SECRET),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=8),
    max_leaves=30,
)


CONTAINER = {"Command": "", "Created": 0, "HostConfig": {}, "Id": "b", "Image": "", "ImageID": ""}
CONTAINER |= {"State": "", "Status": ""}


def faults(operation: str, payload: Any) -> list[strict.Fault]:
    return list(strict.faults(operation, "1.41", payload))


def test_places_are_the_same_for_all_elements_and_for_all_keys() -> None:
    payload = [{"Labels": {"a.b": 1}}, {"Labels": {"c": 2}, "Mounts": [{"RW": "x"}]}]
    assert [evidence.place(each.steps) for each in faults("containers.list", payload)] == [
        "$[].Labels.*",
        "$[].Labels.*",
        "$[].Mounts[].RW",
    ]


def test_evidence_has_neighbours_and_no_text() -> None:
    payload = {
        "Id": SECRET,
        "Config": {"Env": [SECRET], "Labels": {SECRET: SECRET}, "Tty": 1, "User": SECRET},
        "Args": [],
    }
    (fault,) = faults("containers.inspect", payload)
    shown = evidence.excerpt(payload, fault)
    assert json.loads(
        shown.replace(": …", ": 0").replace(" …\n", " 0\n").replace("…:", '"…":')
    ) == {
        "Config": {"Env": [0], "Labels": {"…": "1 fields"}, "Tty": 1, "User": 0},
        "…": "2 more",
    }


def test_a_value_is_shown_where_the_specification_lists_the_possible_ones() -> None:
    payload = {"State": {"Status": "odd", "Pid": SECRET}}
    status, pid = faults("containers.inspect", payload)
    assert evidence.found(status) == 'string "odd"'
    assert '"Status": "odd"' in evidence.excerpt(payload, status)
    assert evidence.found(pid) == "string"


def test_what_is_missing_is_not_shown() -> None:
    payload = {"ID": "x"}
    (other, missing) = faults("secrets.create", payload)
    assert (evidence.found(other), evidence.found(missing)) == ("string", "nothing")
    assert evidence.excerpt(payload, missing) == '{\n  "ID": …\n}'


@given(JSON, st.sampled_from(["containers.inspect", "containers.list", "system.info"]))
def test_no_text_of_any_answer_is_shown(payload: Any, operation: str) -> None:
    for fault in faults(operation, payload):
        if not fault.enumerated:
            shown = evidence.excerpt(payload, fault) + evidence.found(fault)
            assert SECRET not in shown
            assert len(evidence.excerpt(payload, fault).splitlines()) < 200


def test_what_an_engine_says_is_cut_and_without_credentials() -> None:
    said = evidence.said("no https://me:pass@registry/x " + "y" * 1000)
    assert said.startswith("no https://…@registry/x ")
    assert len(said) == 301


def test_one_departure_at_many_versions_is_one() -> None:
    containers = [CONTAINER | {"Id": each, "Labels": None} for each in (SECRET, "b")]
    listed = answer(200, containers)
    refused = answer(501, {"message": "never heard of it"})
    journal = Journal()
    with Peer(listed, refused, listed, refused) as peer:
        for api in (v1_44, v1_41):
            with moorage.connect(api.Engine, host=peer.host) as engine:
                driver = Driver(engine, journal)
                assert driver.call("containers.list")[1]["Id"] == "b"
                assert driver.call("plugins.list") is None
                assert driver.call("images.attestations", "x") is None  # not in these versions
    departs, refusal = journal.departures.values()
    assert (departs.place, departs.found) == ("$[].Labels", "null")
    assert departs.versions == refusal.versions == ("1.41", "1.44")
    assert departs.request == "GET /v1.44/containers/json"
    assert (refusal.place, refusal.status, refusal.evidence) == ("", 501, "never heard of it")
    assert journal.outcomes == {
        "containers.list": {"1.44": "departs", "1.41": "departs"},
        "plugins.list": {"1.44": "refuses", "1.41": "refuses"},
    }


def test_what_every_docker_engine_sends() -> None:
    journal = Journal()
    lacking = CONTAINER | {"Names": None, "HostConfig": None, "Ports": [{"PrivatePort": 80}]}
    del lacking["Id"]
    with (
        Peer(answer(200, [CONTAINER, lacking])) as peer,
        moorage.connect(v1_44.Engine, host=peer.host) as engine,
    ):
        Driver(engine, journal).call("containers.list")
    assert {(each.place, each.expected, each.found) for each in journal.departures.values()} == {
        ("$[].Names", "array of string", "null"),
        ("$[].HostConfig", "object", "null"),
        ("$[].Id", "string, which every Docker engine sends", "nothing"),
        ("$[].Ports[].Type", "string", "nothing"),
    }


def test_what_is_gone_meanwhile_is_no_departure() -> None:
    journal = Journal()
    missing = answer(404, {"message": "no such container"})
    with Peer(missing, missing) as peer, moorage.connect(v1_44.Engine, host=peer.host) as engine:
        driver = Driver(engine, journal)
        driver.call("containers.inspect", "x", gone=lambda: True)
        assert not journal.departures
        driver.call("containers.inspect", "x", gone=lambda: False)
        assert journal.departures


def test_what_can_not_be_removed_is_told() -> None:
    journal = Journal()
    fails, gone = answer(500, {"message": "in use"}), answer(404, {"message": "no such volume"})
    with (
        Peer(fails, gone) as peer,
        moorage.connect(v1_44.Engine, host=peer.host) as engine,
        ExitStack() as stack,
    ):
        own = Own(Driver(engine, journal), stack)
        own.removed("two", engine.volumes.delete)
        own.removed("one", engine.volumes.delete)
    assert journal.left == ["one: VolumeDelete: in use (500)"]


def test_bytes_instead_of_json() -> None:
    journal = Journal()
    with (
        Peer(answer(200, b"<html>", kind="text/plain")) as peer,
        moorage.connect(v1_44.Engine, host=peer.host) as engine,
    ):
        assert Driver(engine, journal).call("system.info") == b"<html>"
    (departs,) = journal.departures.values()
    assert (departs.place, departs.expected, departs.found) == (
        "$",
        "JSON",
        "text/plain",
    )


def test_an_engine_that_is_not_there() -> None:
    with pytest.raises(ConnectionFailed):
        survey([Target("unix:///nowhere")])


def test_an_engine_that_was_named() -> None:
    assert Target.named("mine=tcp://a:1") == Target("tcp://a:1", "mine")
    assert Target.named("unix:///a=b") == Target("unix:///a=b")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--api", "1.41,v1.44"], "'v1.44' is not an API version"),
        (["--api", "9.99"], "no client for API 9.99"),
        (["--private", "19.03"], "no private engine '19.03': there are 20.10, 26.1, 28.5, podman"),
        (["--host", "unix:///nowhere"], "/nowhere"),
    ],
)
def test_wrong_use(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert complaint in said.err
    assert said.err.startswith("moorage conformance: ")
    assert said.err.count("\n") == 1


DEPARTS = Departures("system.info", "$.A", "string", "null", ("1.41",), "GET /x", 200, "{}")
ENGINE = Asked(
    "mine", "1.0", "1.24", "1.41", ("1.41",),
    {"system.info": {"1.41": "departs"}, "system.ping": {"1.41": "answers"}}, (DEPARTS,),
)  # fmt: skip


def test_text() -> None:
    lines = text(Report((ENGINE,), write=False)).splitlines()
    assert lines[0] == "mine (1.0), API 1.24 to 1.41, asked in API 1.41"
    assert ["system.info", "1"] in [line.split() for line in lines]
    assert ["system.ping", "answers"] in [line.split() for line in lines]
    assert lines[-1] == "  system.info $.A: expected string, found null (API 1.41)"


def test_no_text_of_an_engine_controls_a_terminal() -> None:
    (fault,) = faults("system.version", {"\x1b[31m\x9b": 1})
    place = evidence.place(fault.steps)
    assert place == r"$['\x1b[31m\x9b']"
    departs = evolve(DEPARTS, place=place, found="\x1b]0;a\x07", evidence="\x1b")
    engine = evolve(ENGINE, name="\x1b[1m", release="\u202e", departures=(departs,))
    assert all(map(str.isprintable, text(Report((engine,), write=False)).splitlines()))


def test_json_is_all_there_is() -> None:
    made = json.loads(Report((ENGINE,), write=True).to_json())
    assert made["write"] is True
    (engine,) = made["engines"]
    assert engine["outcomes"]["system.ping"] == {"1.41": "answers"}
    assert engine["departures"][0]["versions"] == ["1.41"]


def test_the_page_needs_nothing_else() -> None:
    made = page(Report((ENGINE,), write=False))
    assert "$" not in re.sub(r"<script.*?</script>", "", made, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)=["'](?!data:)|url\(|@import""", made)


def test_growth_counts_what_the_versions_have() -> None:
    sizes = growth()
    assert tuple(each.version for each in sizes) == moorage.VERSIONS
    assert [each.operations for each in sizes] == [
        len(operations_of(version)) for version in moorage.VERSIONS
    ]
    by_version = {each.version: each for each in sizes}
    # API 1.42 brought cluster volumes, and with them volumes.update.
    assert by_version["1.42"].operations == by_version["1.41"].operations + 1
    assert by_version["1.42"].fields > by_version["1.41"].fields
    drawn = charts(sizes)
    assert drawn.count("<svg ") == drawn.count("<desc ") == drawn.count('role="img"') == 3
    assert f"<title>API 1.25: {sizes[0].fields:,}</title>" in drawn
