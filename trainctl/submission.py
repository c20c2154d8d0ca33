"""The way of a create call: journal, upload, POST, and what an uncertain end of it means.

Vertex AI's create calls are not idempotent. A submission is written down before its request is sent, the request
carries the submission's id as a label, and after an outcome that leaves it open whether the job exists, the label is
looked up and the job adopted; the request is never simply sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.catalog import SUBMISSION_LABEL
from trainctl.errors import OutcomeUnknown, TrainctlError
from trainctl.journal import Entry, body_digest
from trainctl.packaging import build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from trainctl.api.client import Client
    from trainctl.api.storage import Storage
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
class Submitter:
    """What a submission needs of the world; `tell` hears a sentence before each step that takes time."""

    client: Client
    storage: Storage
    journal: Journal
    clock: Clock
    packages: Path
    tell: Callable[[str], None]
    local: bool = False
    profile: str = ""

    def submit(self, prepared: Prepared) -> Submitted:
        """The created job, whose row in the journal was there before its request.

        Raises RequestRefused and CredentialsError when there is no job for certain, OutcomeUnknown when there may be
        one.
        """
        submission = str(prepared.call.body["labels"][SUBMISSION_LABEL])
        self.journal.prepare(self._entry(prepared, submission))
        try:
            self._upload(prepared)
            self.journal.mark_sent(submission)
            resource = self.client.create(prepared.call)
        except OutcomeUnknown as error:
            return self._settle(prepared, submission, error)
        except TrainctlError as error:
            self.journal.mark_refused(submission, error.message)
            raise
        except KeyboardInterrupt:
            self.journal.mark_uncertain(submission, "interrupted")
            raise
        self.journal.mark_created(submission, str(resource["name"]))
        return Submitted(prepared, resource)

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
            self.tell(f"{artifact.name} is in {artifact.uri.rpartition('/')[0]} already")
            return
        self.tell(f"packing {len(artifact.files)} file{'s' if len(artifact.files) != 1 else ''}")
        archive = build(prepared.code, artifact, self.packages)
        self.tell(f"uploading {artifact.name} ({archive.stat().st_size:,} bytes) to {artifact.uri}")
        self.storage.upload(archive, artifact.uri)

    def _settle(self, prepared: Prepared, submission: str, error: OutcomeUnknown) -> Submitted:
        """Look for the job that the answer did not name, for a while; what is not found is uncertain, not absent."""
        self.journal.mark_uncertain(submission, error.message)
        self.tell(f"{error.message}; looking whether the job was created")
        call = prepared.call
        for pause in SETTLING:
            if found := self.client.find_by_label(call.collection, call.project, call.location, submission):
                self.journal.mark_created(submission, str(found[0]["name"]))
                return Submitted(prepared, found[0], adopted=True)
            self.clock.sleep(pause)
        raise OutcomeUnknown(
            f"{error.message}, and no job with the label `trainctl-submission={submission}` is listed yet",
            hint=f"look again before you submit again: `trainctl jobs list --label trainctl-submission={submission}`",
        ) from error
