"""The pins that the project has, and how a `versions.toml` is read and written."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import BuildError
from generator.versions import PINS, Pin, load_pins, rendered, select, version_key

COMMIT = "a" * 40
ENTRY = f'commit = "{COMMIT}"\npath = "docs/x.yaml"\nsha256 = "{"b" * 64}"\n'


def test_every_version_is_pinned() -> None:
    pins = load_pins()
    assert list(pins)[:31] == [f"1.{minor}" for minor in range(25, 56)]
    assert len({pin.sha256 for pin in pins.values()}) == len(pins)
    for version, pin in pins.items():
        assert pin.version == version
        assert pin.path.endswith(f"/v{version}.yaml")
        assert pin.engine


def test_pins_are_written_as_they_were_read() -> None:
    assert PINS.read_text().endswith("\n\n" + rendered(load_pins()))


def test_versions_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "versions.toml"
    file.write_text(f'["1.10"]\n{ENTRY}["1.9"]\n{ENTRY}["2.0"]\n{ENTRY}')
    assert list(load_pins(file)) == ["1.9", "1.10", "2.0"]


@pytest.mark.parametrize(
    "text", ["", "1", "v1.44", "1.044", "1.44.0", " 1.44", "1.44\n", "1.x", "1.٤"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(BuildError, match="is not an API version"):
        version_key(text)


def test_an_url_survives_being_written(tmp_path: Path) -> None:
    pin = Pin("1.60", COMMIT, "docs/x.yaml", "b" * 64, 'https://x.test/a?b="c"&d=\\e')
    file = tmp_path / "versions.toml"
    file.write_text(rendered({"1.60": pin}))
    assert load_pins(file) == {"1.60": pin}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid TOML"),
        ("name = 1", "not an API version"),
        ('"1.44" = 1', "not a table"),
        ('["1.44"]\n', "commit is missing"),
        ('["1.44"]\n' + ENTRY.replace("aaa", "", 1), "commit is missing or malformed"),
        ('["1.44"]\n' + ENTRY.replace("docs/", "../"), "path is missing or malformed"),
        ('["1.44"]\n' + ENTRY.replace("bbb", "", 1), "sha256 is missing or malformed"),
        ('["1.44"]\n' + ENTRY + "url = 1", "url is not a string"),
        ('["1.44"]\n' + ENTRY + "more = 1", "unknown key 'more'"),
        ('["1.44"]\n' + ENTRY + 'engine = "29"', "engine is not a release, such as 29.6"),
        ('["1.44"]\n' + ENTRY + "engine = 29.6", "engine is not a release, such as 29.6"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "versions.toml"
    file.write_text(text)
    with pytest.raises(BuildError) as caught:
        load_pins(file)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"cannot read .*: No such file"):
        load_pins(tmp_path / "versions.toml")


def test_versions_are_selected_in_order() -> None:
    pins = load_pins()
    assert list(select(pins, ["1.44", "1.30", "1.44"])) == ["1.30", "1.44"]
    assert select(pins, []) == pins
    with pytest.raises(BuildError, match=r"version 9\.99 is not pinned: add it with"):
        select(pins, ["9.99"])
