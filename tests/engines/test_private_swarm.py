"""Swarms that can't be made of private engines; `test_swarm_story.py` has one that can."""

from __future__ import annotations

import pytest

from moorage.private import PrivateEngineError, private_swarm


@pytest.mark.parametrize("releases", [[], ["28.5", "1.0"]])
def test_no_swarm_of_what_there_is_not(releases: list[str]) -> None:
    with pytest.raises(PrivateEngineError, match=r"there are 20\.10"), private_swarm(releases):
        pytest.fail("it started")


@pytest.mark.parametrize("managers", [0, 2])
def test_a_swarm_has_managers(managers: int) -> None:
    swarm = private_swarm(["28.5"], managers=managers)
    with pytest.raises(PrivateEngineError, match=rf"{managers} managers of 1"), swarm:
        pytest.fail("it started")
