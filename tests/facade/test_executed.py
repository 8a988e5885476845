"""The output of a command, in the order in which it came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moorage.verbs.executed import Collector, Executed
from moorage.wire.frames import Frame

FRAMES = st.lists(st.builds(Frame, st.sampled_from(["stdout", "stderr"]), st.binary(max_size=4)))


@given(FRAMES)
def test_outputs_keep_their_order(frames: list[Frame]) -> None:
    collector = Collector()
    for frame in frames:
        collector.take(frame)
    done = collector.executed(3)
    assert done == Executed(
        3,
        b"".join(frame.data for frame in frames if frame.stream == "stdout"),
        b"".join(frame.data for frame in frames if frame.stream == "stderr"),
        b"".join(frame.data for frame in frames),
    )


def test_both_orders() -> None:
    out, err = Frame("stdout", b"in"), Frame("stderr", b"err\n")
    for frames, output in (((out, err), b"inerr\n"), ((err, out), b"err\nin")):
        collector = Collector()
        for frame in frames:
            collector.take(frame)
        assert collector.executed(5) == (5, b"in", b"err\n", output)
