"""Tests without an engine: a fake one for every API version, and recordings of real ones."""

from moorage.testing.fake import FakeEngine
from moorage.testing.objects.process import Process, Stopped
from moorage.testing.recordings import Recorder, Replayer, record, replay
from moorage.testing.server.seen import SeenRequest

__all__ = [
    "FakeEngine",
    "Process",
    "Recorder",
    "Replayer",
    "SeenRequest",
    "Stopped",
    "record",
    "replay",
]
