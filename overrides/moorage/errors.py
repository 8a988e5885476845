"""Everything that moorage raises for what an engine, or the way to it, does.

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
    ├── Unhealthy                a container will not become healthy
    ├── ServiceFailed            a service will not become what it was to be
    ├── EditConflict             a service was edited twice at once, and in the same place
    ├── UnsafeArchive            an archive would write what it must not where it is extracted
    ├── CredentialsFailed        a registry's credentials can't be obtained where they are kept
    └── InvalidAnswer            something answered, but not as an engine does

A mistake in an argument (a malformed host or version) is a `ValueError` or a `TypeError`, as
everywhere in Python. Credentials stand in no message.
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
        # As it is: the constructors take other arguments than `args`.
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
        message: What the engine said, without control characters.
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
    """A registry or the engine wants credentials (401)."""


class Forbidden(APIError):
    """The engine does not allow this (403)."""


class NotFound(APIError):
    """There is no such container, image, network … or no such endpoint (404)."""


class Conflict(APIError):
    """The object's name or state is in the way (409; 500 of Podman)."""


class ServerError(APIError):
    """The engine failed (5xx)."""


class Unavailable(ServerError):
    """The engine can't do this in its present state, e.g. outside of a swarm (503)."""


class OperationFailed(EngineError):
    """An error that the engine reported inside a stream, after the answer had begun well.

    Attributes:
        message: What the engine said, without control characters.
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
    """There is no API version that the engine and this installation of moorage both speak."""


class OperationUnavailable(EngineError, AttributeError):
    """The API version spoken lacks this operation or parameter.

    It is an `AttributeError` too, so that `hasattr()` and the default of `getattr()` work.
    """


class ConnectionFailed(EngineError):
    """No engine could be reached at the host, or it did not answer in time."""


class TimedOut(ConnectionFailed):
    """A timeout expired: of the connection, idle or total.

    Attributes:
        received: The bytes of the answer's body that had come.
    """

    def __init__(self, message: str, received: int = 0) -> None:
        super().__init__(message)
        self.received = received


class StreamInterrupted(ConnectionFailed):
    """The connection was cut in the middle of an answer: what came before it is not all.

    Attributes:
        received: The bytes of the answer's body that had come; of frames, their headers count too.
    """

    def __init__(self, message: str, received: int = 0) -> None:
        super().__init__(message)
        self.received = received

    def __str__(self) -> str:
        return f"{super().__str__()}, after {self.received} bytes"


class StreamClosed(EngineError):
    """A stream or a session was used after this program had closed it."""


class ExecuteTimedOut(EngineError):
    """A command that ran by `execute()` or `run()` was not done in time.

    Attributes:
        stdout: What it had written to stdout.
        stderr: What it had written to stderr.
        killed: Whether it was killed; if not, it goes on.
    """

    def __init__(self, message: str, stdout: bytes, stderr: bytes, *, killed: bool) -> None:
        super().__init__(message)
        self.stdout = stdout
        self.stderr = stderr
        self.killed = killed


class RunFailed(EngineError):
    """A command that ran by `run()`, or by `execute(check=True)`, exited with an error.

    The message ends with the last lines of the output.

    Attributes:
        exit_code: The command's exit code.
        stdout: The last 64 KiB that it wrote to stdout.
        stderr: The last 64 KiB that it wrote to stderr.
    """

    def __init__(self, message: str, exit_code: int, stdout: bytes, stderr: bytes) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


class Unhealthy(EngineError):
    """A container that was waited for is unhealthy, has ended, or has no health check."""


class ServiceFailed(EngineError):
    """A service's update was paused or rolled back, or its tasks ended and are not started again.

    The message ends with the tasks' errors, and with the last output of one that failed.

    Attributes:
        state: The engine's word for the update: "paused", "rollback_completed" or
            "rollback_paused"; "" where there was no update.
        errors: What the tasks that failed died of.
    """

    def __init__(self, message: str, state: str, errors: tuple[str, ...]) -> None:
        super().__init__(message)
        self.state = state
        self.errors = errors


class EditConflict(EngineError):
    """A service was edited by someone else meanwhile, and in the same place.

    Attributes:
        places: What both have edited, in the API's words: "TaskTemplate.ContainerSpec.Image".
    """

    def __init__(self, message: str, places: tuple[str, ...]) -> None:
        super().__init__(message)
        self.places = places


class UnsafeArchive(EngineError):
    """A member of an archive would be written outside of the folder, or is a device."""


class CredentialsFailed(EngineError):
    """A registry's credentials can't be obtained: config.json is malformed, or a helper fails."""


class InvalidAnswer(EngineError):
    """Something answered, but not as an engine does (a web page, no JSON, nothing at all)."""
