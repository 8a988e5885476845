"""Fixtures that the tests of engines have too."""

from __future__ import annotations

from tests.engines.conftest import engines, private_machine

__all__ = ["engines", "private_machine"]
