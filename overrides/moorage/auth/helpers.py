"""Credential helpers: programs named docker-credential-*, which keep credentials for the CLI.

A helper is given a verb as its argument and a registry's address on stdin. It answers in JSON on
stdout, or exits with a status and the reason on stdout. Its stdout may hold a secret and is never
shown; its stderr is.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

from attrs import field, frozen

from moorage.auth.registry_auth import RegistryAuth
from moorage.errors import CredentialsFailed

__all__ = ["get", "keys"]

TIMEOUT = 60.0
"""Seconds; a helper may ask its user for a passphrase."""
_NOT_FOUND = b"credentials not found"
_LONGEST = 500
_IDENTITY_TOKEN = "<token>"  # noqa: S105 - the user name that says that the secret is one


@frozen
class _Answer:
    """The output of a helper; a traceback that shows it shows no secret."""

    stdout: bytes = field(repr=False)
    stderr: bytes
    status: int


def get(helper: str, address: str) -> RegistryAuth | None:
    """Ask a helper for the credentials for a registry; None if it has none.

    Args:
        helper: The program's name, without docker-credential-.
        address: The key of the credentials.

    Raises:
        CredentialsFailed: The helper can't be run, fails, or answers with something else.
    """
    answer = _run(helper, "get", address)
    if answer.status and _NOT_FOUND in answer.stdout:
        return None
    _check(answer, helper, "get", address)
    with contextlib.suppress(ValueError, RecursionError):
        return _decode(address, answer)
    raise CredentialsFailed(f"docker-credential-{helper} did not return credentials for {address}")


def keys(helper: str) -> Collection[str]:
    """Ask a helper for which registries it has credentials.

    Raises:
        CredentialsFailed: The helper can't be run, fails, or answers with something else.
    """
    answer = _run(helper, "list", "")
    _check(answer, helper, "list", "")
    with contextlib.suppress(ValueError, RecursionError):
        return _object(answer).keys()
    raise CredentialsFailed(f"docker-credential-{helper} did not return a list of registries")


def _run(helper: str, verb: str, address: str) -> _Answer:
    name = f"docker-credential-{helper}"
    # A helper is found on the PATH, nowhere else: not in the working directory either.
    path = shutil.which(name) if Path(name).name == name else None
    if path is None or not Path(path).is_absolute():
        raise CredentialsFailed(
            f"{name!r}, which config.json has for credentials, is not a program on the PATH: "
            "install it, or take it out of credsStore and credHelpers"
        )
    pipe, sent = subprocess.PIPE, address.encode(errors="replace")
    try:
        with subprocess.Popen(  # noqa: S603 - the user's configuration names it
            [path, verb], stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        ) as process:
            try:
                return _Answer(*process.communicate(sent, TIMEOUT), process.returncode)
            except subprocess.TimeoutExpired:
                _kill(process.pid)
            except BaseException:
                _kill(process.pid)
                raise
    except OSError as error:
        raise CredentialsFailed(f"can't run {path}: {error.strerror}") from error
    raise CredentialsFailed(f"{name} {verb} timed out after {TIMEOUT:g} s and was stopped")


def _kill(leader: int) -> None:
    # Its children too: they hold its pipes, and may be what blocks.
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


def _check(answer: _Answer, helper: str, verb: str, address: str) -> None:
    if answer.status:
        command = f"docker-credential-{helper} {verb}"
        reason = " ".join(answer.stderr.decode(errors="replace").split())[:_LONGEST]
        see = f"to see why, run: echo {shlex.quote(address)} | {command}"
        raise CredentialsFailed(f"{command} failed with status {answer.status}: {reason or see}")


def _decode(address: str, answer: _Answer) -> RegistryAuth | None:
    data = _object(answer)
    username, secret = data.get("Username", ""), data.get("Secret", "")
    if not (isinstance(username, str) and isinstance(secret, str)):
        raise ValueError
    if username == _IDENTITY_TOKEN:
        return RegistryAuth(server_address=address, identity_token=secret)
    return RegistryAuth(username, secret, address) if username or secret else None


def _object(answer: _Answer) -> dict[str, Any]:
    data = json.loads(answer.stdout)
    if not isinstance(data, dict):
        raise ValueError
    return data
