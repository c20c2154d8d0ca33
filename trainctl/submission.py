"""The way of a create call: journal, upload, POST, and what an uncertain end of it means.

Vertex AI's create calls are not idempotent. A submission is written down before its request is sent, the request
carries the submission's id as a label, and after an outcome that leaves it open whether the job exists, the label is
looked up and the job adopted; the request is never simply sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.catalog import SUBMISSION_LABEL
from trainctl.errors import OutcomeUnknown, TrainctlError, Unreachable
from trainctl.journal import Entry, JournalError, body_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from trainctl.api.client import Client
    from trainctl.api.storage import Storage
    from trainctl.catalog import Call
    from trainctl.clock import Clock
    from trainctl.journal import Journal
    from trainctl.preparation import Prepared

SETTLING = (1.0, 2.0, 4.0, 8.0)
"""Seconds between look-ups of an uncertain create: a list may lag behind a commit."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that exists: its resource as the service gave it, and whether it was found instead of answered."""

    prepared: Prepared
    resource: Mapping[str, Any]
    adopted: bool = False

    @property
    def name(self) -> str:
        """The full resource name."""
        return str(self.resource["name"])


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
        """Make the row; on the disk when this returns. Raises JournalError."""
        if self.journal:
            self.journal.prepare(entry)

    def sent(self) -> None:
        """The request is about to leave. Raises JournalError."""
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


@dataclass(frozen=True, slots=True)
class Submitter:
    """What a submission needs of the world; `tell` hears a sentence before each step that takes time."""

    client: Client
    storage: Storage
    journal: Journal | None
    clock: Clock
    packages: Path
    tell: Callable[[str], None]
    local: bool = False
    profile: str = ""

    def submit(self, prepared: Prepared) -> Submitted:
        """The created job, whose row in the journal was there before its request.

        Raises RequestRefused, CredentialsError, CodeUnusable when there is no job for certain, OutcomeUnknown when
        there may be one, JournalError when it cannot be written down (and nothing was sent).
        """
        submission = str(prepared.call.body["labels"][SUBMISSION_LABEL])
        record = Record(self.journal, submission, self.tell)
        record.begin(self._entry(prepared, submission))
        try:
            self._upload(prepared)
            record.sent()
        except BaseException as error:
            record.refused(reason_of(error))
            raise
        resource = self._create(prepared, record)
        if resource is None:
            return self._settle(prepared, record)
        record.created(str(resource["name"]))
        return Submitted(prepared, resource)

    def _create(self, prepared: Prepared, record: Record) -> dict[str, Any] | None:
        """The created resource; None when there may be one that the answer did not name."""
        try:
            return self.client.create(prepared.call)
        except OutcomeUnknown as error:
            record.uncertain(error.message)
            self.tell(f"{error.message}; looking whether the job was created")
            return None
        except TrainctlError as error:
            record.refused(error.message)
            raise
        except BaseException as error:
            record.uncertain(reason_of(error))
            raise

    def _settle(self, prepared: Prepared, record: Record) -> Submitted:
        """Look for the job for a while and adopt it; what is not found then is uncertain, not absent."""
        for pause in SETTLING:
            if found := self._look_up(prepared.call, record.submission):
                record.created(str(found[0]["name"]))
                return Submitted(prepared, found[0], adopted=True)
            self.clock.sleep(pause)
        raise OutcomeUnknown(
            f"nothing says whether the job of submission {record.submission} was created: no list shows it yet",
            hint=f"look before you submit again: `trainctl jobs list --label {SUBMISSION_LABEL}={record.submission}`",
        )

    def _look_up(self, call: Call, submission: str) -> list[dict[str, Any]]:
        try:
            return self.client.find_by_label(call.collection, call.project, call.location, submission)
        except Unreachable:
            return []

    def _entry(self, prepared: Prepared, submission: str) -> Entry:
        call, document = prepared.call, prepared.spec.document
        return Entry(
            id=submission,
            file=document.file,
            document=document.index,
            kind=prepared.spec.kind,
            display_name=str(call.body.get("displayName", "")),
            service=call.collection.service.name,
            collection=call.collection.id,
            endpoint=call.url.removesuffix(f"/{call.collection.service.version}/{call.parent}/{call.collection.id}"),
            parent=call.parent,
            digest=body_digest(call.body),
            profile=self.profile,
            local=self.local,
        )

    def _upload(self, prepared: Prepared) -> None:
        if prepared.code is None or prepared.artifact is None:
            return
        artifact = prepared.artifact
        if self.storage.exists(artifact.uri):
            self.tell(f"the code is unchanged and uploaded already ({artifact.digest[:12]})")
            return
        self.tell(f"packing {len(artifact.files)} file{'s' if len(artifact.files) != 1 else ''}")
        from trainctl.packaging import build

        archive = build(prepared.code, artifact, self.packages)
        self.tell(f"uploading {artifact.name} ({archive.stat().st_size:,} bytes) to {artifact.uri}")
        self.storage.upload(archive, artifact.uri)


def reason_of(error: BaseException) -> str:
    """Why a submission ended, in words."""
    if isinstance(error, TrainctlError):
        return error.message
    return "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
