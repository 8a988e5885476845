"""The errors that moorage raises for engines and their connections.

    EngineError
    ├── APIError                 the engine answered with an error
    │   ├── BadRequest           400
    │   ├── Unauthorized         401
    │   ├── Forbidden            403
    │   ├── NotFound             404
    │   ├── Conflict             409
    │   └── ServerError          5xx
    │       └── Unavailable      503
    ├── OperationFailed          an error inside a stream that began well (a pull, a push)
    │   └── BuildFailed          a step of a build failed
    ├── UnsupportedVersion       the two sides have no API version in common
    ├── OperationUnavailable     the API version spoken lacks the operation or the parameter
    ├── ConnectionFailed         no engine could be reached
    │   ├── TimedOut             a timeout expired
    │   └── StreamInterrupted    the connection was cut in the middle of an answer
    ├── StreamClosed             a stream was used after it was closed here
    ├── ExecuteTimedOut          a command in a container took too long
    ├── RunFailed                a command in a container exited with an error
    ├── Unhealthy                a container can't become healthy
    ├── ServiceFailed            a service can't converge
    ├── EditConflict             concurrent edits of the same place of a service
    ├── UnsafeArchive            an archive is unsafe to extract
    ├── CredentialsFailed        a registry's credentials can't be obtained
    └── InvalidAnswer            the response is not an engine's

A mistake in an argument (a malformed host or version) is a `ValueError` or a `TypeError`, as
everywhere in Python. No message holds credentials.
"""

from __future__ import annotations

from typing import Any

from moorage.printable import printable

__all__ = [
    "APIError",
    "BadRequest",
    "BuildFailed",
    "Conflict",
    "ConnectionFailed",
    "CredentialsFailed",
    "EditConflict",
    "EngineError",
    "ExecuteTimedOut",
    "Forbidden",
    "InvalidAnswer",
    "NotFound",
    "OperationFailed",
    "OperationUnavailable",
    "RunFailed",
    "ServerError",
    "ServiceFailed",
    "StreamClosed",
    "StreamInterrupted",
    "TimedOut",
    "Unauthorized",
    "Unavailable",
    "Unhealthy",
    "UnsafeArchive",
    "UnsupportedVersion",
]


class EngineError(Exception):
    """The root of all of moorage's errors; its text has no control characters."""

    def __str__(self) -> str:
        return printable(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        # Copied as it is: the constructors' arguments differ from `args`.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[EngineError], args: tuple[Any, ...], state: dict[str, Any]) -> EngineError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class APIError(EngineError):
    """The engine answered with an error status.

    Attributes:
        status: The HTTP status.
        message: The engine's message, without control characters.
        operation: The operation's id in the specification, e.g. "ContainerList".
    """

    def __init__(self, status: int, message: str, operation: str) -> None:
        message = printable(message)
        super().__init__(f"{operation}: {message} ({status})")
        self.status = status
        self.message = message
        self.operation = operation


class BadRequest(APIError):
    """The engine refuses a parameter (400)."""


class Unauthorized(APIError):
    """A registry or the engine requires credentials (401)."""


class Forbidden(APIError):
    """The engine does not allow this (403)."""


class NotFound(APIError):
    """The container, image, network … or the endpoint does not exist (404)."""


class Conflict(APIError):
    """The object's name or state conflicts with the request (409; 500 of Podman)."""


class ServerError(APIError):
    """The engine failed (5xx)."""


class Unavailable(ServerError):
    """The engine can't do this in its present state, e.g. outside of a swarm (503)."""


class OperationFailed(EngineError):
    """An error that the engine reported inside a stream, after the answer had begun well.

    Attributes:
        message: The engine's message, without control characters.
        operation: The operation's id in the specification, e.g. "ImageBuild".
        code: The code that came with it, e.g. a build step's exit status; mostly absent.
    """

    def __init__(self, message: str, operation: str, code: int | None = None) -> None:
        message = printable(message)
        super().__init__(f"{operation}: {message}")
        self.message = message
        self.operation = operation
        self.code = code


class BuildFailed(OperationFailed):
    """A step of a build failed.

    Attributes:
        step: The step, as the log has it: "Step 2/3 : RUN make".
        log: The end of the log.
    """

    def __init__(
        self, message: str, operation: str, code: int | None = None, *, step: str, log: str
    ) -> None:
        super().__init__(message, operation, code)
        self.step = step
        self.log = log

    def __str__(self) -> str:
        parts = (super().__str__(), self.step, *self.log.splitlines()[-10:])
        return printable("\n".join(each for each in parts if each))


class UnsupportedVersion(EngineError):
    """The engine and this installation of moorage have no API version in common."""


class OperationUnavailable(EngineError, AttributeError):
    """The API version spoken lacks this operation or parameter.

    It is an `AttributeError` too, so that `hasattr()` and the default of `getattr()` work.
    """


class ConnectionFailed(EngineError):
    """No engine could be reached at the host, or it did not answer in time."""


class TimedOut(ConnectionFailed):
    """A timeout expired: of the connection, idle or total.

    Attributes:
        received: The number of bytes of the body received before.
    """

    def __init__(self, message: str, received: int = 0) -> None:
        super().__init__(message)
        self.received = received


class StreamInterrupted(ConnectionFailed):
    """The connection was cut in the middle of a response, which is incomplete.

    Attributes:
        received: The number of bytes of the body received before, with headers of frames.
    """

    def __init__(self, message: str, received: int = 0) -> None:
        super().__init__(message)
        self.received = received

    def __str__(self) -> str:
        return f"{super().__str__()}, after {self.received} bytes"


class StreamClosed(EngineError):
    """A stream or a session was used after this program had closed it."""


class ExecuteTimedOut(EngineError):
    """A command of `execute()` or `run()` did not end in time.

    Attributes:
        stdout: Its output on stdout so far.
        stderr: Its output on stderr so far.
        killed: Whether it was killed; if not, it is still running.
    """

    def __init__(self, message: str, stdout: bytes, stderr: bytes, *, killed: bool) -> None:
        super().__init__(message)
        self.stdout = stdout
        self.stderr = stderr
        self.killed = killed


class RunFailed(EngineError):
    """A command of `run()` or `execute(check=True)` exited with an error.

    The message ends with the last lines of the output.

    Attributes:
        exit_code: The command's exit code.
        stdout: The last 64 KiB of its stdout.
        stderr: The last 64 KiB of its stderr.
    """

    def __init__(self, message: str, exit_code: int, stdout: bytes, stderr: bytes) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


class Unhealthy(EngineError):
    """A container is unhealthy, has ended, or has no health check, while `wait_healthy` waits."""


class ServiceFailed(EngineError):
    """A service's update was paused or rolled back, or its tasks ended and are not started again.

    The message ends with the tasks' errors, and with the last output of one that failed.

    Attributes:
        state: The engine's state of the update: "paused", "rollback_completed" or
            "rollback_paused"; "" where there was no update.
        errors: The errors of the failed tasks.
    """

    def __init__(self, message: str, state: str, errors: tuple[str, ...]) -> None:
        super().__init__(message)
        self.state = state
        self.errors = errors


class EditConflict(EngineError):
    """Someone else edited the same place of a service meanwhile.

    Attributes:
        places: The places that both have edited, in the API's names:
            "TaskTemplate.ContainerSpec.Image".
    """

    def __init__(self, message: str, places: tuple[str, ...]) -> None:
        super().__init__(message)
        self.places = places


class UnsafeArchive(EngineError):
    """A member of an archive would be written outside of the folder, or is a device."""


class CredentialsFailed(EngineError):
    """A registry's credentials can't be obtained: config.json is malformed, or a helper fails."""


class InvalidAnswer(EngineError):
    """The response is not an engine's (a web page, no JSON, nothing at all)."""
