"""Specs from the upstream repository, at the pinned commits."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence

import httpx

from generator.fetch.source import Deliver, Fail, without_secrets
from generator.versions import Pin

__all__ = ["VARIABLE", "Upstream", "base_url", "download"]

REPOSITORY = "https://raw.githubusercontent.com/moby/moby"

VARIABLE = "MOORAGE_SPEC_UPSTREAM"
"""Another base address of `COMMIT/PATH`: a copy of the repository's raw files."""

AT_A_TIME = 6
TIMEOUT = httpx.Timeout(20, connect=5)


def base_url() -> str:
    """Return the address that `/COMMIT/PATH` is put after."""
    return (os.environ.get(VARIABLE) or REPOSITORY).rstrip("/")


def download(url: str) -> bytes:
    """Return the content of `url`.

    Raises:
        OSError: It cannot be obtained; the message says why, without the URL.
    """

    async def one() -> bytes:
        async with _client() as client:
            return await _get(client, url)

    return asyncio.run(one())


class Upstream:
    """The raw files of the upstream repository, or of the URL that a pin names instead."""

    def __init__(self) -> None:
        """Read the environment."""
        self.base = base_url()
        self.name = f"upstream {without_secrets(self.base)}"
        self._unreachable: dict[str, str] = {}

    def read(self, wanted: Sequence[Pin], deliver: Deliver, fail: Fail) -> None:
        """Download several at a time; a host that cannot be reached is not tried again."""
        asyncio.run(self._read(wanted, deliver, fail))

    async def _read(self, wanted: Sequence[Pin], deliver: Deliver, fail: Fail) -> None:
        slots = asyncio.Semaphore(AT_A_TIME)
        try:
            client = _client()
        except OSError as error:
            for pin in wanted:
                fail(pin, str(error))
            return

        async def one(pin: Pin) -> None:
            async with slots:
                try:
                    data = await self._pinned(client, pin)
                except OSError as error:
                    fail(pin, f"{pin.url or pin.path}: {error}")
                else:
                    deliver(pin, data)

        async with client:
            tasks = [asyncio.ensure_future(one(pin)) for pin in wanted]
            try:
                await asyncio.gather(*tasks)
            finally:  # one that failed, or Ctrl-C, ends them all
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _pinned(self, client: httpx.AsyncClient, pin: Pin) -> bytes:
        url = pin.url or f"{self.base}/{pin.commit}/{pin.path}"
        host = url.partition("://")[2].partition("/")[0]
        if host in self._unreachable:
            raise OSError(self._unreachable[host])
        try:
            return await _get(client, url)
        except ConnectionError as error:
            self._unreachable[host] = str(error)
            raise


def _client() -> httpx.AsyncClient:
    """Make a client that follows the environment's proxy settings.

    Raises:
        OSError: The settings are unusable.
    """
    try:
        return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=True)
    except (ValueError, ImportError, httpx.InvalidURL):
        # The message of httpx may hold the proxy's password.
        raise OSError("the proxy that the environment names cannot be used") from None


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    """Return the content of `url`.

    Raises:
        ConnectionError: The host cannot be reached, or does not answer.
        OSError: The response is not the file.
    """
    try:
        answer = await client.get(url)
    except (httpx.ConnectError, httpx.ProxyError, httpx.TimeoutException) as error:
        raise ConnectionError(f"cannot be reached ({_reason(error)})") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"the download broke off ({_reason(error)})") from None
    if answer.status_code != httpx.codes.OK:
        raise OSError(f"answers {answer.status_code} {answer.reason_phrase}")
    return answer.content


def _reason(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return re.sub(r"^\[Errno -?\d+\] ", "", without_secrets(lines[0]))
