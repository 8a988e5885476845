"""The output of the templates, as it is kept in tests/generator/golden."""

from __future__ import annotations

from pathlib import Path

from generator.kinds import KINDS
from tests.generator.golden_package import GOLDEN, contents, write


def test_the_output_is_the_golden_one(tmp_path: Path) -> None:
    write(tmp_path / "made")
    made, kept = contents(tmp_path / "made"), contents(GOLDEN)
    differing = {name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name)}
    assert not differing, "look at what changed, then run `make golden`"


def test_every_kind_is_in_it() -> None:
    text = "\n".join(contents(GOLDEN).values())
    for kind in KINDS.values():
        made = f"self._transport.{kind.call}(" if kind.awaited else f"return {kind.call}("
        assert made in text, kind.name
