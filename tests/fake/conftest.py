"""Fixtures that the tests of engines have too."""

from __future__ import annotations

from tests.engines.conftest import private_machine

__all__ = ["private_machine"]
