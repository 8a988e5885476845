"""Recordings of the conversation between a client and an engine, for replay."""

from moorage.testing.recordings.recorder import Recorder, record
from moorage.testing.recordings.replayer import Replayer, replay

__all__ = ["Recorder", "Replayer", "record", "replay"]
