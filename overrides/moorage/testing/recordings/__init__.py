"""Recordings: what a client and an engine said to each other, kept to be said again."""

from moorage.testing.recordings.recorder import Recorder, record
from moorage.testing.recordings.replayer import Replayer, replay

__all__ = ["Recorder", "Replayer", "record", "replay"]
