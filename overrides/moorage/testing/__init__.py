"""Tests without an engine: a fake one, in the process, for every API version."""

from moorage.testing.fake import FakeEngine
from moorage.testing.objects.process import Process, Stopped
from moorage.testing.server.seen import SeenRequest

__all__ = ["FakeEngine", "Process", "SeenRequest", "Stopped"]
