from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime

import pytest

import moorage
from moorage.auth.registry_auth import RegistryAuth
from moorage.negotiation import choose
from moorage.versions.numbers import span, version_key


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-05-06T07:08:09.123456789Z", datetime(2024, 5, 6, 7, 8, 9, 123456, UTC)),
        ("2024-05-06T07:08:09.5+00:00", datetime(2024, 5, 6, 7, 8, 9, 500000, UTC)),
        ("2024-05-06T07:08:09Z", datetime(2024, 5, 6, 7, 8, 9, 0, UTC)),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_timestamps(text: str, time: datetime | None) -> None:
    assert moorage.parse_timestamp(text) == time


@pytest.mark.parametrize("text", ["", "yesterday", "2024-05-06T07:08:09", "2024-13-06T07:08:09Z"])
def test_what_is_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        moorage.parse_timestamp(text)


def test_the_public_names_are_there() -> None:
    for name in set(moorage.__all__) - {"VERSIONS"}:
        assert getattr(moorage, name)
    assert callable(moorage.connect)


@pytest.mark.parametrize(
    "version",
    ["v1.44", "1,44", "1", "1.44.0", "", "1.x", "1.044", "1.44\n", " 1.44", "latest", "newest",
     "-1.44", "1.-44", "1.+44", "1.٤٤", "1." + "4" * 5000, "../1.44", "1%2e44"],
)  # fmt: skip
def test_malformed_versions(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r'write it like "1\.44"'):
        version_key(version)
    with pytest.raises(ValueError, match=r"is not an API version"):
        moorage.connect(version=version, host="unix:///none")
    if version:  # an empty variable is as none
        monkeypatch.setenv("DOCKER_API_VERSION", version)
        with pytest.raises(ValueError, match=r"DOCKER_API_VERSION: .* is not an API version"):
            moorage.connect(host="unix:///none")


def test_versions_are_compared_as_numbers() -> None:
    assert version_key("1.9") < version_key("1.10") < version_key("1.44") < version_key("2.0")


def test_versions_are_described_in_runs() -> None:
    assert span(["1.25"]) == "1.25"
    assert span(["1.9", "1.10", "1.11", "1.13"]) == "1.9 to 1.11, 1.13"


@pytest.mark.parametrize(
    ("engine_max", "engine_min", "chosen"),
    [
        ("1.41", None, "1.41"),
        ("1.43", None, "1.41"),
        ("1.60", "1.44", "1.45"),
        ("1.60", "1.46", None),
        ("1.24", None, None),
        ("1.44", "1.42", None),
        ("1.100", "1.9", "1.45"),
        ("1.9", None, None),
    ],
)
def test_choose(engine_max: str, engine_min: str | None, chosen: str | None) -> None:
    assert choose(["1.25", "1.41", "1.45"], engine_max, engine_min) == chosen


def test_credentials_are_encoded_and_not_shown() -> None:
    auth = RegistryAuth(username="me", password="s?ecret~~", server_address="example.com")
    assert "s?ecret" not in repr(auth)
    assert json.loads(base64.urlsafe_b64decode(auth.header())) == {
        "username": "me",
        "password": "s?ecret~~",
        "serveraddress": "example.com",
    }
    config = RegistryAuth.config_header({"example.com": RegistryAuth(identity_token="token")})
    assert json.loads(base64.urlsafe_b64decode(config)) == {
        "example.com": {"identitytoken": "token"}
    }
