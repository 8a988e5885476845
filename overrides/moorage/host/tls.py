"""TLS material: files in PEM form, given, named by the environment, or stored in a context."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from attrs import frozen

from moorage.host.config import config_folder

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

__all__ = ["TLS", "environment_tls", "in_folder", "secured"]


@frozen(kw_only=True)
class TLS:
    """TLS material for a connection to an engine: paths of files in PEM form.

    Attributes:
        ca: Certificate authorities to verify the engine's certificate with; defaults to those of
            the system.
        cert: The client's certificate.
        key: The certificate's unencrypted key; defaults to the certificate's file.
        verify: Set to False to skip verifying the engine's certificate and host name: then anyone
            in between can read and change everything.
    """

    ca: str | os.PathLike[str] | None = None
    cert: str | os.PathLike[str] | None = None
    key: str | os.PathLike[str] | None = None
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """Load the files.

        Raises:
            ValueError: A file is missing, unreadable or malformed.
        """
        import ssl

        # Unlike ssl.create_default_context(), this accepts what the CLI accepts, in every Python:
        # old authorities that lack an extension, and intermediate ones.
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if not self.verify:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        if self.ca is None:
            made.load_default_certs()
        else:
            self._trust(made, _readable(self.ca))
        if self.cert is not None:
            self._identify(made, _readable(self.cert), _readable(self.key or self.cert))
        elif self.key is not None:
            raise ValueError(f"TLS: the key {self.key} needs its certificate too")
        return made

    def _trust(self, made: ssl.SSLContext, ca: Path) -> None:
        import ssl

        try:
            made.load_verify_locations(ca)
        except ssl.SSLError:
            raise ValueError(f"TLS: {ca} holds no certificate in PEM form") from None

    def _identify(self, made: ssl.SSLContext, cert: Path, key: Path) -> None:
        import ssl

        def encrypted() -> NoReturn:
            # Without this, OpenSSL would ask for the password on the terminal.
            raise ValueError(
                f"TLS: the key {key} is encrypted: decrypt it to a file that only you can read, "
                "or give an ssl.SSLContext"
            )

        try:
            made.load_cert_chain(cert, key, encrypted)
        except ssl.SSLError as error:
            if "MISMATCH" in (error.reason or ""):
                raise ValueError(f"TLS: {key} is not the key of the certificate {cert}") from None
            raise ValueError(
                f"TLS: {cert} holds no certificate in PEM form, or {key} no key"
            ) from None


def secured(tls: ssl.SSLContext | TLS | None) -> ssl.SSLContext | None:
    """Load the files, if files are given.

    Raises:
        ValueError: The files can't be used.
    """
    return tls.context() if isinstance(tls, TLS) else tls


def environment_tls() -> TLS | None:
    """Read DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH as the CLI does."""
    verify = bool(os.environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not os.environ.get("DOCKER_TLS"):
        return None
    from pathlib import Path

    named = os.environ.get("DOCKER_CERT_PATH")
    folder = Path(named) if named else config_folder()
    found = in_folder(folder, verify=verify)
    return found if found.ca else TLS(ca=folder / "ca.pem", verify=verify)


def in_folder(folder: Path, *, verify: bool) -> TLS:
    """Find the files in a folder by the CLI's names."""
    ca, cert, key = (_existing(folder / f"{name}.pem") for name in ("ca", "cert", "key"))
    return TLS(ca=ca, cert=cert, key=key, verify=verify)


def _existing(path: Path) -> Path | None:
    try:
        return path if path.exists() else None
    except OSError:
        return path  # reading it reports why


def _readable(path: str | os.PathLike[str]) -> Path:
    from pathlib import Path

    try:
        with Path(path).open("rb"):
            return Path(path)
    except OSError as error:
        raise ValueError(f"TLS: {path} can't be read: {error.strerror}") from None
