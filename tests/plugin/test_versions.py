"""The marker, and what the options name."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from hypothesis import given
from hypothesis import strategies as st

import moorage
from moorage_pytest.constraint import Constraint
from moorage_pytest.node_ids import row_of
from moorage_pytest.options import read_hosts, read_versions
from moorage_pytest.table import Cell, Column, remarks_of


@pytest.mark.parametrize(
    ("text", "admitted", "refused"),
    [
        (">=1.44", ["1.44", "1.51", "2.0"], ["1.43", "1.9", "0.99"]),
        (">1.9", ["1.41"], ["1.9", "1.8"]),
        (">=1.41 <1.44", ["1.41", "1.43"], ["1.40", "1.44"]),
        (">= 1.41, != 1.42", ["1.41", "1.43"], ["1.42"]),
        ("==1.30", ["1.30"], ["1.31"]),
        ("<=1.30", ["1.30", "1.25"], ["1.31"]),
    ],
)
def test_a_constraint(text: str, admitted: list[str], refused: list[str]) -> None:
    constraint = Constraint.parse(text)
    assert [each for each in [*admitted, *refused] if constraint.admits(each)] == admitted


@pytest.mark.parametrize("text", ["", "1.44", ">=", ">=1", "~1.44", ">=1.44 or <1.3", ">=v1.44"])
def test_what_is_no_constraint(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like"):
        Constraint.parse(text)


@given(st.text(alphabet="<>=!, 0.1\n4v"))
def test_a_constraint_reads_its_own_text(text: str) -> None:
    try:
        constraint = Constraint.parse(text)
    except ValueError:
        return
    assert Constraint.parse(str(constraint)) == constraint


def test_versions() -> None:
    newest = moorage.VERSIONS[-1]
    given = ["1.41, 1.44", "newest,negotiated", f"1.41,{newest}"]
    assert read_versions(given) == ["1.41", "1.44", newest, "negotiated"]
    assert read_versions([]) == ["negotiated"]


@pytest.mark.parametrize("version", ["9.99", "1", "v1.44", "latest", "1.44 "[:-1] + "\n1"])
def test_an_unknown_version_tells_those_that_are_known(version: str) -> None:
    with pytest.raises(ValueError, match=rf"--engine-api: .*{moorage.VERSIONS[0]} to "):
        read_versions([version])


def test_hosts() -> None:
    private = ["20.10", "28.5", "podman"]
    hosts = read_hosts(
        ["old=unix:///run/old.sock", "unix:///run/docker.sock", "https://me:secret@box:1/x"],
        ["20.10,28.5", "28.5", "podman"],
    )
    assert [each.name for each in hosts] == ["old", "run-docker.sock", "box:1-x", *private]
    assert [each.url for each in hosts[:2]] == ["unix:///run/old.sock", "unix:///run/docker.sock"]
    assert [each.release for each in hosts[3:]] == private
    assert "secret" not in repr(hosts)


@pytest.mark.parametrize(
    ("hosts", "releases", "complaint"),
    [
        (["run/docker.sock"], [], "--engine-host: 'run/docker.sock': it has no scheme"),
        (["a=b=unix:///x"], [], "--engine-host: "),
        (["https://me:secret@box:1:2"], [], "--engine-host: "),
        (
            [],
            ["19.03"],
            "--engine-private: '19.03' can't be started, but 20.10, 26.1, 28.5, podman",
        ),
        (["28.5=unix:///x"], ["28.5"], "two engines are named '28.5'"),
    ],
)
def test_hosts_that_are_wrong(hosts: list[str], releases: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        read_hosts(hosts, releases)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("nodeid", "row"),
    [
        ("t.py::test[28.5-1.44]", "t.py::test"),
        ("t.py::test[28.5-1.44-a-b]", "t.py::test[a-b]"),
        ("t.py::test[a-28.5-1.44]", "t.py::test[a]"),
        ("t.py::test[a-28.5-1.44-[b]]", "t.py::test[a-[b]]"),
        ("t.py::test", "t.py::test"),
        ("t.py::test[28.5-1.44]@group", "t.py::test@group"),
        ("t.py::test[a-28.5-1.44]@group", "t.py::test[a]@group"),
        ("t.py::test[28.5-1.4]", "t.py::test[28.5-1.4]"),
    ],
)
def test_a_row_is_a_test_without_its_version(nodeid: str, row: str) -> None:
    assert row_of(nodeid, "28.5-1.44") == row


def test_the_oldest_version_of_private_engines() -> None:
    hosts = read_hosts(["old=unix:///x"], ["26.1,28.5"], "1.44")
    assert [each.min_api for each in hosts] == [None, "1.44", "1.44"]


@pytest.mark.parametrize(
    ("releases", "version", "complaint"),
    [
        (["28.5"], "new", "'new' is not an API version"),
        ([], "1.44", "name one by --engine-private"),
        (["28.5,20.10"], "1.44", "20.10 has no setting for its oldest API version, but 26.1, 28.5"),
        (["podman"], "1.44", "podman has no setting"),
    ],
)
def test_an_oldest_version_that_is_wrong(releases: list[str], version: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"--engine-min-api: .*{complaint}"):
        read_hosts([], releases, version)


@pytest.mark.parametrize("value", ["new", "9.99"])
def test_a_chosen_version_that_cannot_be(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_API_VERSION", value)
    with pytest.raises(ValueError, match=r"^DOCKER_API_VERSION: "):
        read_versions([])
    assert read_versions(["1.44"]) == ["1.44"]


def test_a_column_says_how_it_came_to_its_version() -> None:
    assert Column("a", "1.44", "1.44").heading == ""
    assert Column("a", "1.44", "1.44", "DOCKER_API_VERSION").heading == ""
    assert Column("a", "negotiated", "1.51").heading == "1.51"
    chosen = Column("a", "negotiated", "1.41", "DOCKER_API_VERSION")
    assert chosen.heading == "DOCKER_API_VERSION chose 1.41"
    assert Column("a", "negotiated", "").heading == ""


def test_a_reason_of_a_test_that_has_no_version() -> None:
    cell = Cell("t", "a", "negotiated", "", "error", "no engine a", 1)
    assert [each.reason for each in remarks_of([cell])] == ["no engine a"]


def test_it_does_not_load_by_itself() -> None:
    assert not [
        each
        for each in entry_points(group="pytest11")
        if each.value.partition(".")[0].startswith("moorage")
    ]
