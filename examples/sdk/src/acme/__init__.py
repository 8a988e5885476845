"""Run scripts in containers."""

from dataclasses import dataclass

from acme._engine import EngineError, ExecuteTimedOut, connect

__all__ = ["AcmeError", "Outcome", "run_script"]


class AcmeError(Exception):
    """A script could not be run, or took too long."""


@dataclass(frozen=True)
class Outcome:
    """The end of a script."""

    exit_code: int
    output: str


def run_script(
    script: str, *, image: str = "busybox", timeout: float = 60, host: str | None = None
) -> Outcome:
    """Run a shell script in a container without a network, and remove the container.

    Args:
        script: The script.
        image: The image, which is pulled if it is missing.
        timeout: Seconds that the script may take.
        host: The engine; by default that of the docker CLI.

    Raises:
        AcmeError: There is no engine, no such image, or the script took too long.
    """
    command = ["sh", "-c", script]
    try:
        with connect(host=host) as engine:
            done = engine.run(
                image, command, text=True, check=False, timeout=timeout, network_mode="none"
            )
    except ExecuteTimedOut as error:
        raise AcmeError(f"the script took longer than {timeout} s") from error
    except EngineError as error:
        raise AcmeError(str(error)) from error
    return Outcome(done.exit_code, done.output)
