"""`moorage top`: the resources that running containers use, live on a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import moorage
from moorage.cli.arguments import add_host
from moorage.cli.status import DONE, FAILED, INTERRUPTED
from moorage.cli.terminal import complain
from moorage.cli.usage import HEADINGS, Usage
from moorage.printable import one_line

if TYPE_CHECKING:
    from rich.table import Table

    from moorage_api.newest import AsyncEngine

__all__ = ["add"]

_CONNECT_SECONDS = 10.0
_REDRAW_SECONDS = 0.5


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "top",
        help="show the resources that running containers use",
        description="Show the processor time, memory, network and block I/O of all running "
        "containers, the busiest first, until Ctrl-C. It needs moorage[rich]. Where stdout is not "
        "a terminal, print one measurement and end, which needs no extra.",
    )
    add_host(verb)
    verb.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    # Imported here, as other verbs need no event loop.
    import anyio

    error: BaseException
    try:
        return anyio.run(_show, given.host)
    except ImportError:
        complain("top", "a terminal takes rich: pip install 'moorage[rich]'")
        return FAILED
    except (moorage.EngineError, ValueError) as raised:
        error = raised
    except BaseExceptionGroup as group:  # of the tasks that measure
        error = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if not isinstance(error, moorage.EngineError):
            raise
    complain("top", error)
    return FAILED


async def _show(host: str | None) -> int:
    async with moorage.connect_async(host=host, connect_timeout=_CONNECT_SECONDS) as engine:
        return await (_live(engine) if sys.stdout.isatty() else _once(engine))


async def _once(engine: AsyncEngine) -> int:
    from moorage.cli.measuring import measure_once

    rows = [HEADINGS, *_rows(await measure_once(engine))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("   ".join(cells).rstrip())
    return DONE


async def _live(engine: AsyncEngine) -> int:
    """Redraw the table until a signal comes, which is how this ends."""
    from anyio import create_task_group, sleep
    from rich.live import Live

    from moorage.cli.measuring import until_signal, watch

    release = one_line((await engine.system.version()).version or "")
    title = f"engine {release} at {engine.host}, API {engine.api_version}"
    rows: dict[str, Usage] = {}
    with Live(screen=True, auto_refresh=False) as live:
        async with create_task_group() as group:
            group.start_soon(until_signal, group.cancel_scope)
            group.start_soon(watch, engine, rows)
            while True:
                live.update(_table(title, rows.values()), refresh=True)
                await sleep(_REDRAW_SECONDS)
    return INTERRUPTED


def _table(title: str, usage: Iterable[Usage]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=None, expand=True)
    for place, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if place else "left", no_wrap=True)
    for row in _rows(usage):
        table.add_row(*map(Text, row))
    return table


def _rows(usage: Iterable[Usage]) -> list[tuple[str, ...]]:
    """Write rows, the busiest first."""
    return [each.cells() for each in sorted(usage, key=lambda each: (-each.cpu, each.name))]
