"""The SDK on a fake engine, which speaks API 1.44 as the SDK does."""

from collections.abc import Iterator

import acme
import pytest

from moorage.testing import FakeEngine


@pytest.fixture
def fake() -> Iterator[FakeEngine]:
    with FakeEngine("1.44") as fake:
        fake.image("busybox")
        yield fake
        assert fake.problems == []


def test_a_script(fake: FakeEngine) -> None:
    assert acme.run_script("echo hello; exit 3", host=fake.host) == acme.Outcome(3, "hello\n")
    assert fake.requests[-1].operation == "containers.delete"


def test_a_script_that_takes_too_long(fake: FakeEngine) -> None:
    with pytest.raises(acme.AcmeError, match=r"longer than 0\.2 s"):
        acme.run_script("sleep 60", timeout=0.2, host=fake.host)


def test_an_engine_that_fails(fake: FakeEngine) -> None:
    fake.fail("containers.start", 500, "no space left on device")
    with pytest.raises(acme.AcmeError, match="no space left on device"):
        acme.run_script("true", host=fake.host)
