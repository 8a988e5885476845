"""Build an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Unpack

from moorage.archives.context import Context, Dockerfile, Files, context, text_of
from moorage.auth.auto import AUTO, Auto
from moorage.auth.registry_auth import RegistryAuth
from moorage.buildkit.secret_sources import SecretSource, SshSource
from moorage.host.proxies import configured_proxies
from moorage.progress import OnProgress, reported
from moorage.streams.writing import Writable
from moorage.timeouts import above_zero
from moorage.transport.steps import Call, Steps
from moorage.verbs.build_input import check, check_mappings, renamed
from moorage.verbs.builder import Builder, choose
from moorage.verbs.buildkit_build import Given, built_with_session
from moorage.verbs.built import Built
from moorage.verbs.classic_build import built_from_archive
from moorage.verbs.models import refuse_lacking

if TYPE_CHECKING:
    from moorage_api.newest import BuildFields, OCIPlatform

__all__ = ["Built", "build"]


# Keywords that need a session.
_SESSION = ("contexts", "secrets", "ssh", "inline_cache", "output")


def build(
    engine: Any,
    path_or_files: str | PathLike[str] | Files | Context | None = None,
    *,
    tags: str | Iterable[str] | None = None,
    dockerfile: Dockerfile | None = None,
    target: str | None = None,
    args: Mapping[str, str | None] | None = None,
    labels: Mapping[str, str] | None = None,
    platform: str | OCIPlatform | None = None,
    remote: str | None = None,
    builder: Literal["classic", "buildkit"] | None = None,
    contexts: Mapping[str, str | PathLike[str] | Files] | None = None,
    secrets: Mapping[str, SecretSource] | None = None,
    ssh: Literal[True] | Mapping[str, SshSource] | None = None,
    inline_cache: bool = False,
    output: Literal["image"] | PathLike[str] | Writable | None = "image",
    auth: Mapping[str, RegistryAuth] | Auto | None = AUTO,
    on_progress: OnProgress | None = None,
    timeout: float | None = None,
    **fields: Unpack[BuildFields],
) -> Steps[Built]:
    """Build an image, by BuildKit where that is the engine's builder, else by the classic one.

    BuildKit takes `pip install 'moorage[buildkit]'`. It requests only the files of the context that
    it lacks, secrets and credentials. The classic builder is sent the whole context. .dockerignore
    applies, see `moorage.context`.

    Args:
        engine: The engine, whose operations the steps call or await.
        path_or_files: The context's folder; or its files by name, each a content or a path; or the
            result of `moorage.context`.
        tags: The name of the image, or several.
        dockerfile: The Dockerfile's path, relative to the context, which it may be outside of; or
            its text: bytes, or a str with a line break. Defaults to "Dockerfile".
        target: The stage to build.
        args: The values of the Dockerfile's ARGs; `proxies` of the docker CLI's config.json are
            added, as by the CLI.
        labels: Labels for the image.
        platform: The platform to build for, e.g. "linux/arm64".
        remote: A context that the engine fetches, in the place of files: the URL of a git
            repository, of a tar archive or of a Dockerfile.
        builder: The builder; by default the engine's own, and BuildKit where a keyword needs it.
        contexts: More contexts, by the names in FROM and `COPY --from=`: a folder, files by their
            names, "docker-image://alpine:3", or the URL of a git repository. Takes BuildKit of
            Docker 23 or newer.
        secrets: Secrets for `--mount=type=secret`, by ID: bytes, the path of a file,
            or a `moorage.EnvVar`. Takes BuildKit.
        ssh: Agents for `--mount=type=ssh`: True for the user's own, or by ID an agent's socket or a
            private key. Takes BuildKit.
        inline_cache: Whether the image holds cache metadata, for `cache_from=`. Takes BuildKit.
        output: The destination of the result: "image" for the engine's images; a Path, for the
            files, in a folder, or in an archive if it ends in ".tar"; a binary file, for an
            archive; or None, for the cache alone. All but the first take BuildKit.
        auth: Credentials by the registry's address; looked up as the docker CLI does by default,
            by BuildKit only for the registries that it asks.
        on_progress: Called with a `moorage.progress.Progress`; `moorage.progress.rich()` shows it.
        timeout: Seconds that the build may take before it is cancelled; defaults to no limit.
        fields: Other parameters of `images.build`, e.g. `pull=`.

    Returns:
        The image's ID, the build's log, and its warnings.

    Raises:
        OSError: A file can't be read or written, or there is no Dockerfile.
        ValueError: A pattern of .dockerignore is malformed, or keywords don't go together.
        ImportError: A keyword or the builder needs the extra `buildkit`.
        OperationUnavailable: A keyword needs BuildKit, which the engine lacks.
        BadRequest: The classic builder finds the Dockerfile malformed.
        BuildFailed: A step failed; it has the step and the end of the log.
        TimedOut: The timeout expired.
        UnsafeArchive: The output would be written outside of its folder.
    """
    above_zero("timeout", timeout)
    check_mappings({"args": type(args), "labels": type(labels), "secrets": type(secrets)})
    given = Given(path_or_files, dockerfile, secrets, ssh, output, auth, contexts)
    check(given, tags, remote)
    proxies = yield Call(partial(configured_proxies, engine.host, args or ()))
    args = {**(args or {}), **proxies} or args
    del proxies  # a traceback may show them
    if inline_cache:
        args = {**(args or {}), "BUILDKIT_INLINE_CACHE": "1"}
    options = {
        "t": tags,
        "target": target,
        "buildargs": args,
        "labels": None if labels is None else dict(labels),
        "platform": platform,
        "remote": remote,
        "total_timeout": timeout,
        **renamed(fields),
    }
    sent = {key: value for key, value in options.items() if value is not None}
    refuse_lacking(engine, "images.build", sent)
    session = (contexts, secrets, ssh, inline_cache, output != "image")
    needs = [name for name, wanted in zip(_SESSION, session, strict=True) if wanted]
    del session  # a traceback may show it
    chosen = yield from choose(engine, builder, needs, sent)
    named = tags if isinstance(tags, str) else _named(given, remote)
    if chosen is Builder.SESSION:
        with reported(on_progress, "build", named) as report:
            return (yield from built_with_session(engine, given, sent, report))
    if chosen is Builder.ARCHIVE:
        sent["version"] = "2"
    else:
        # Failed builds leave no containers behind.
        sent = {"forcerm": True, **sent}
    content = yield from _archive(given, sent)
    sent["registry_config"] = (yield from _registries(engine, auth)) or None
    with reported(on_progress, "build", named) as report:
        try:
            return (yield from built_from_archive(engine, content, sent, report))
        finally:
            if content is not None:
                content.close()


def _named(given: Given, remote: str | None) -> str:
    if remote is not None:
        return remote.partition("?")[0].rpartition("@")[2]
    if isinstance(given.context, Context):
        return given.context.dockerfile
    return (
        "Dockerfile"
        if text_of(given.dockerfile) is not None
        else str(given.dockerfile or "Dockerfile")
    )


def _archive(given: Given, sent: dict[str, Any]) -> Steps[Context | None]:
    if isinstance(given.context, Context):
        return given.context
    if given.context is None:
        if given.dockerfile is not None:
            sent["dockerfile"] = str(given.dockerfile)
        return None
    content: Context = yield Call(partial(context, given.context, dockerfile=given.dockerfile))
    return content


def _registries(
    client: Any,
    auth: Mapping[str, RegistryAuth] | Auto | None,
) -> Steps[Mapping[str, RegistryAuth] | None]:
    if isinstance(auth, Auto):
        # Imported here: given credentials need no look-up.
        from moorage.auth.lookup import find_all

        found: Mapping[str, RegistryAuth] = yield Call(partial(find_all, client.host))
        return found
    return auth
