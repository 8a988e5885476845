"""`moorage vendor`: one version's client as a package inside another."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from moorage.cli.status import DONE, FAILED, FOUND, INTERRUPTED
from moorage.cli.terminal import coloured, complain, say

__all__ = ["add"]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "vendor",
        help="copy one version's client into a package of yours",
        usage="moorage vendor [--only NAMES] [--verbs NAMES] [--types-only] VERSION PATH\n"
        "       moorage vendor --check [--json] PATH\n"
        "       moorage vendor --update [--force] PATH\n"
        "       moorage vendor --to VERSION [--force] PATH",
        description="Copy one version's client into a package of yours: with relative imports, "
        "depending on anyio, attrs and httpx alone, and with a lock file that names its sources.",
    )
    verb.add_argument("version", nargs="?", metavar="VERSION", help="the API version, e.g. 1.44")
    verb.add_argument("path", type=Path, metavar="PATH", help="the copy's folder: src/acme/_engine")
    verb.add_argument(
        "--only",
        metavar="NAMES",
        help="trim it to namespaces, and the types they reach: containers,images,system",
    )
    verb.add_argument(
        "--verbs", metavar="NAMES", help="verbs of its engines, by default none: run,pull"
    )
    verb.add_argument("--types-only", action="store_true", help="write only the models")
    what = verb.add_mutually_exclusive_group()
    what.add_argument(
        "--check",
        action="store_true",
        help="list files that were edited, are missing, foreign or out of date",
    )
    what.add_argument(
        "--update", action="store_true", help="make the copy again, with the options in its lock"
    )
    what.add_argument(
        "--to",
        metavar="VERSION",
        help="make the copy again of another version, and list the changes",
    )
    verb.add_argument(
        "--force", action="store_true", help="let --update and --to overwrite edited files"
    )
    verb.add_argument("--json", action="store_true", help="let --check print JSON")
    verb.set_defaults(run=lambda given: _run(verb, given))


def _run(verb: argparse.ArgumentParser, given: argparse.Namespace) -> int:
    from moorage.vendor import VendorError

    _check_use(verb, given)
    # Treated like Ctrl-C, so that an unfinished copy is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if given.check:
            return _check(given.path, as_json=given.json)
        if given.update:
            return _update(given.path, force=given.force)
        if given.to is not None:
            return _change(given.path, given.to, force=given.force)
        return _write(given)
    except VendorError as error:
        complain("vendor", error)
        return FAILED
    except KeyboardInterrupt:
        complain("vendor", "interrupted; nothing was changed")
        return INTERRUPTED


def _check_use(verb: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    fresh = not (given.check or given.update or given.to is not None)
    if fresh and given.version is None:
        verb.error("give the API version and the path, e.g. 1.44 src/acme/_engine")
    if not fresh and (given.version or given.only or given.verbs or given.types_only):
        verb.error("the lock of a copy has its version and options: give only the path")
    if given.force and (fresh or given.check):
        verb.error("--force goes with --update and --to")
    if given.types_only and given.verbs:
        verb.error("--verbs are of engines, and --types-only leaves those out")
    if given.json and not given.check:
        verb.error("--json goes with --check")


def _write(given: argparse.Namespace) -> int:
    from moorage.vendor import Options, build, left_out, write

    only, verbs = _names(given.only), _names(given.verbs)
    if given.only is not None and not only:
        from moorage.vendor import VendorError

        raise VendorError("--only names no namespace")
    files = build(Options(given.version, only, given.types_only, verbs))
    write(given.path, files)
    size = sum(len(data) for data in files.values())
    say(f"wrote API {given.version} to {given.path}: {len(files)} files, {size / 1000:.0f} kB")
    if (hint := left_out(given.path)) is not None:
        say(hint)
    return DONE


def _names(written: str | None) -> tuple[str, ...]:
    return tuple(sorted({each.strip() for each in (written or "").split(",")} - {""}))


def _check(path: Path, *, as_json: bool) -> int:
    from moorage.vendor import build, check, read_lock

    lock = read_lock(path)
    problems = check(path, lock, build(lock.options))
    if as_json:
        print(json.dumps([{"file": each.file, "problem": each.what} for each in problems]))
    else:
        for each in problems:
            say(f"{each.what:<11}  {path / each.file}")
        if not problems:
            say(f"{path} is as moorage {lock.moorage} made it of API {lock.options.version}")
    return FOUND if problems else DONE


def _update(path: Path, *, force: bool) -> int:
    from moorage.vendor import build, read_lock, update

    lock = read_lock(path)
    update(path, lock, build(lock.options), force=force)
    say(f"refreshed {path}")
    return DONE


def _change(path: Path, version: str, *, force: bool) -> int:
    from attrs import evolve

    from moorage.diff import between
    from moorage.diff.text import diff_text
    from moorage.vendor import VendorError, build, offered, read_lock, update

    lock = read_lock(path)
    former = lock.options
    if version == former.version:
        raise VendorError(f"{path} is of API {version} already: --update makes it again")
    files = build(evolve(former, version=version))
    try:
        operations = between(former.version, version)
        had = offered((path / "__init__.py").read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise VendorError(f"cannot tell what {path} is: {error}") from None
    update(path, lock, files, force=force)
    has = offered(files["__init__.py"].decode())
    say(f"{path} is of API {version} now, and was of {former.version}")
    for names, what in ((had - has, "no longer has"), (has - had, "has now")):
        if names:
            say(f"it {what} {', '.join(sorted(names))}")
    seen = [each for each in operations if _has(former.only, each.name)]
    print("\n" + diff_text(former.version, version, seen, colour=coloured(sys.stdout)))
    return DONE


def _has(only: tuple[str, ...], operation: str) -> bool:
    return not only or operation.partition(".")[0] in only
