"""Every way in which trainctl fails, and the exit code of each.

TrainctlError
├── UsageError            2    the command line or a setting cannot be used
├── SpecInvalid           3    one or more problems in specs, each with its place
├── DataInvalid           3    lines of import files that no dataset could take
├── CredentialsError      4    no token, or none that may be sent there
├── RequestRefused        5    the service answered and said no
│   ├── NotFound               there is no such resource
│   ├── PermissionDenied       the caller may not do this
│   ├── QuotaExceeded          a resource quota is used up: waiting alone does not help
│   └── RateLimited            too many requests in a minute: the same request may be sent later
├── Unreachable           6    no usable answer
│   └── OutcomeUnknown         a create call that may or may not have been carried out
├── WatchTimeout          7    the job still runs
├── Unforeseen            6    nobody has put this failure into words: a full disk, or a mistake of ours
├── JobFailed             1    the job ended without success
└── Interrupted         130    the user pressed Ctrl-C
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ELSEWHERE = "`TRAINCTL_HOME` names another folder for what trainctl keeps"


class ExitCode(IntEnum):
    """What a trainctl process says to its caller; with many jobs, the largest of theirs."""

    OK = 0
    JOB_FAILED = 1
    USAGE = 2
    SPEC_INVALID = 3
    CREDENTIALS = 4
    REFUSED = 5
    UNREACHABLE = 6
    TIMEOUT = 7
    INTERRUPTED = 130


class TrainctlError(Exception):
    """One sentence that says what failed and on what, and a hint that says what to do."""

    exit_code: ClassVar[ExitCode] = ExitCode.JOB_FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TrainctlError):
    """The command line or a setting cannot be used."""

    exit_code = ExitCode.USAGE


class SpecInvalid(TrainctlError):
    """Specs have problems; `problems` holds every one of them (`trainctl.spec.problems.Problem`).

    `sources` has the texts of their files by the name shown, for the lines that problems point at.
    """

    exit_code = ExitCode.SPEC_INVALID

    def __init__(
        self, problems: Iterable[object], *, sources: Mapping[str, str] | None = None, hint: str | None = None
    ) -> None:
        self.problems = tuple(problems)
        self.sources = dict(sources or {})
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the spec", hint=hint)


class DataInvalid(TrainctlError):
    """Import files have lines that no dataset could take."""

    exit_code = ExitCode.SPEC_INVALID


class CredentialsError(TrainctlError):
    """No token could be had, or none that may be sent to that host."""

    exit_code = ExitCode.CREDENTIALS


class RequestRefused(TrainctlError):
    """The service answered with an error of its own.

    `http_status` is the HTTP status, `status` Google's word for it ("INVALID_ARGUMENT"), `details` the
    readable parts of google.rpc.Status details, `request_id` what support asks for.
    """

    exit_code = ExitCode.REFUSED

    def __init__(
        self,
        message: str,
        *,
        http_status: int = 0,
        status: str = "",
        details: tuple[str, ...] = (),
        request_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.http_status = http_status
        self.status = status
        self.details = details
        self.request_id = request_id


class NotFound(RequestRefused):
    """There is no such resource."""


class PermissionDenied(RequestRefused):
    """The caller may not do this."""


class QuotaExceeded(RequestRefused):
    """A resource quota is used up; a retry cannot help until it is raised or freed."""


class RateLimited(RequestRefused):
    """Too many requests in a minute; nothing was done, and the same request may be sent later."""


class Unreachable(TrainctlError):
    """No usable answer came."""

    exit_code = ExitCode.UNREACHABLE


class OutcomeUnknown(Unreachable):
    """A create call was sent, and nothing says whether it was carried out."""


class Unforeseen(TrainctlError):
    """A failure that nobody has put into words: of the machine, or a mistake of ours.

    Its exit code is that of an unknown outcome, since nothing tells how far the command came.
    """

    exit_code = ExitCode.UNREACHABLE

    @classmethod
    def of(cls, error: BaseException) -> Unforeseen:
        """The words for an exception that no code has put into words."""
        if isinstance(error, OSError) and error.strerror:
            what = f"`{error.filename}` cannot be used" if error.filename else "this machine does not allow it"
            hint = f"{_ELSEWHERE}; `--debug` shows what it was needed for"
            return cls(f"{what}: {error.strerror.lower()}", hint=hint)
        return cls(
            f"trainctl itself failed: {type(error).__name__}: {error}",
            hint="`--debug` shows where, for a report of it; `trainctl history` has what was submitted",
        )


class WatchTimeout(TrainctlError):
    """The time allowed for a watch is over; the job still runs."""

    exit_code = ExitCode.TIMEOUT


class JobFailed(TrainctlError):
    """The job ended without success."""

    exit_code = ExitCode.JOB_FAILED


class Interrupted(TrainctlError):
    """The user pressed Ctrl-C."""

    exit_code = ExitCode.INTERRUPTED
