"""The journal's row of one submission, as the submission writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.errors import TrainctlError
from trainctl.journal import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainctl.journal import Entry, Journal


@dataclass(frozen=True, slots=True)
class Record:
    """The journal's row of one submission; without a journal, nothing is kept.

    A row that cannot be made stops the submission, since nothing was sent yet. After that the job counts more than its
    row: an outcome that cannot be written down is told.
    """

    journal: Journal | None
    submission: str
    tell: Callable[[str], None]

    def begin(self, entry: Entry) -> None:
        """Make the row; on the disk when this returns. Raises JournalError, KeyTaken."""
        if self.journal:
            self.journal.prepare(entry)

    def sent(self) -> None:
        """The request is about to leave, or to wait for its turn. Raises JournalError when it must not leave."""
        if self.journal:
            self.journal.mark_sent(self.submission)

    def created(self, name: str) -> None:
        """The job exists."""
        self._note(lambda journal: journal.mark_created(self.submission, name))

    def refused(self, reason: str) -> None:
        """There is no job for certain."""
        self._note(lambda journal: journal.mark_refused(self.submission, reason))

    def uncertain(self, reason: str) -> None:
        """There may be a job."""
        self._note(lambda journal: journal.mark_uncertain(self.submission, reason))

    def _note(self, write: Callable[[Journal], None]) -> None:
        try:
            if self.journal:
                write(self.journal)
        except JournalError as error:
            self.tell(f"warning: {error.message}; the outcome of submission {self.submission} is not recorded")


def reason_of(error: BaseException) -> str:
    """Why a submission ended, in words."""
    if isinstance(error, TrainctlError):
        return error.message
    return "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
