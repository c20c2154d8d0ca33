"""One submission from its row in the journal to its job."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

from trainctl.catalog import BODY_LABEL, KEY_LABEL, SUBMISSION_LABEL, ResourceName
from trainctl.errors import NotFound, OutcomeUnknown, RequestRefused, TrainctlError
from trainctl.journal import Entry, KeyTaken, body_digest
from trainctl.spec.spelling import snake_case
from trainctl.submission.keys import check_body, find_elsewhere, key_labels
from trainctl.submission.record import Record, reason_of
from trainctl.submission.settling import ABSENT_AFTER, Sought, look_up, settle
from trainctl.submission.uploads import Uploads
from trainctl.wire import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from trainctl.api.client import Client
    from trainctl.api.storage import Storage
    from trainctl.catalog import Call
    from trainctl.clock import Clock
    from trainctl.journal import Journal
    from trainctl.preparation import Prepared

ENGINE = "local"
"""The endpoint of the local engine in the journal: its port changes with every start."""


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
    """What submissions need of the world; `tell` hears a sentence before each step that takes time.

    `patience` is for how many seconds a sender that has told no outcome may still be at it.

    Safe to use from several threads, each with submissions of its own.
    """

    client: Client
    storage: Storage
    journal: Journal | None
    clock: Clock
    packages: Path
    tell: Callable[[str], None]
    local: bool = False
    profile: str = ""
    patience: float = ABSENT_AFTER
    uploads: Uploads = field(default_factory=Uploads)

    def submit(self, prepared: Prepared, key: str | None = None) -> Submitted:
        """The created job, whose row in the journal was there before its request; or the one that the key has already.

        Raises RequestRefused, CredentialsError, CodeUnusable when there is no job for certain, KeyTaken when the key
        belongs to another job, OutcomeUnknown when there may be one, JournalError when it cannot be written down (and
        nothing was sent).
        """
        return self.begin(prepared, key)()

    def begin(self, prepared: Prepared, key: str | None = None) -> Callable[[], Submitted]:
        """What carries the submission out, as `submit` does; its row in the journal is there. Raises JournalError."""
        digest = body_digest(prepared.unstamped)
        submission = str(prepared.call.body["labels"][SUBMISSION_LABEL])
        record = Record(self.journal, submission, self.tell)
        try:
            record.begin(self._entry(prepared, submission, digest, key))
        except KeyTaken as taken:
            return partial(self._take_up, prepared, taken, digest)
        return partial(self._carry_out, prepared, record, digest, key)

    def _carry_out(self, prepared: Prepared, record: Record, digest: str, key: str | None) -> Submitted:
        """The job of a submission that is written down."""
        if key:
            prepared = replace(prepared, call=prepared.call.with_labels(key_labels(key, digest)))
        try:
            if key and (found := find_elsewhere(self.client, prepared.call, key, digest)):
                return self._adopt(prepared, found, key, record)
            if prepared.artifact:
                self.uploads.once(prepared.artifact.uri, partial(self._upload, prepared))
            began = self.clock.now()
            record.sent()
        except BaseException as error:
            record.refused(reason_of(error))
            raise
        try:
            resource = self._create(prepared, record)
        except IdTaken as taken:
            return self._claim(prepared, taken, key, record)
        if resource is None:
            return self._settle(prepared, key, record, began)
        record.created(str(resource["name"]))
        return Submitted(prepared, resource)

    def _take_up(self, prepared: Prepared, taken: KeyTaken, digest: str) -> Submitted:
        """The job that the key has in the journal, once it is settled whether there is one."""
        row, journal = taken.submission, self.journal
        if row.digest != digest or journal is None:
            raise taken
        if not row.settled:
            self.tell(f"the outcome of submission {row.id} with the same key is open; looking whether it made a job")
            row = settle(self.client, self.clock, journal, [row], patience=self.patience)[0].row
        if row.state in ("refused", "abandoned"):
            return self.submit(prepared, row.key)
        name = ResourceName.parse(row.name or "")
        if name is None:
            raise _uncertain(row.id)
        try:
            return self._adopt(prepared, self.client.get(name), str(row.key))
        except NotFound as error:
            raise RequestRefused(
                f"the job of the idempotency key `{row.key}` is not there any more: {row.name}",
                http_status=error.http_status,
                status=error.status,
                hint="another job takes another key",
            ) from error

    def _adopt(
        self, prepared: Prepared, resource: Mapping[str, Any], key: str, record: Record | None = None
    ) -> Submitted:
        if record:
            record.created(str(resource["name"]))
        state = str(resource.get("state", "")).rpartition("_STATE_")[2] or "there"
        self.tell(f"nothing is submitted: the job of the idempotency key `{key}` is {state} already")
        return Submitted(prepared, resource, adopted=True)

    def _create(self, prepared: Prepared, record: Record) -> dict[str, Any] | None:
        """The created resource; None when there may be one that the answer did not name."""
        try:
            return self.client.create(prepared.call, record.sent)
        except OutcomeUnknown as error:
            record.uncertain(error.message)
            self.tell(f"{error.message}; looking whether the job was created")
            return None
        except TrainctlError as error:
            if _is_taken(error, prepared.call):
                raise IdTaken(error) from error
            record.refused(error.message)
            if isinstance(error, NotFound):
                error.hint = error.hint or "`--check-remote` says which name in the spec leads to nothing"
            raise
        except BaseException as error:
            record.uncertain(reason_of(error))
            raise

    def _claim(self, prepared: Prepared, taken: IdTaken, key: str | None, record: Record) -> Submitted:
        """The job that has the id already, when it is this submission's or the key's; else it is another's."""
        call = prepared.call
        try:
            found = self.client.get(call.collection.name(call.project, call.location, call.chosen_id))
        except TrainctlError as silence:
            record.uncertain(taken.refusal.message)
            raise _uncertain(record.submission) from silence
        labels = texts(found.get("labels"))
        if labels.get(SUBMISSION_LABEL) == record.submission:
            record.created(str(found["name"]))
            return Submitted(prepared, found, adopted=True)
        try:
            if not key or labels.get(KEY_LABEL) != call.body["labels"][KEY_LABEL]:
                raise _others(call, found, taken.refusal)
            check_body(call, key, found, call.body["labels"][BODY_LABEL])
        except RequestRefused as error:
            record.refused(error.message)
            raise
        return self._adopt(prepared, found, key, record)

    def _settle(self, prepared: Prepared, key: str | None, record: Record, began: datetime) -> Submitted:
        """Look for the job for a while and adopt it; what is not found then is uncertain, not absent."""
        [seen] = look_up(self.client, self.clock, [Sought.of_call(prepared.call, record.submission, began)])
        if seen.resource is None and seen.silence is None and prepared.call.chosen_id:
            return self._send_again(prepared, key, record)
        if seen.resource is None:
            journal = self.journal
            suspects = [name for name in seen.suspects if journal is None or not journal.find(name)]
            raise _uncertain(record.submission, suspects) from seen.silence
        record.created(str(seen.resource["name"]))
        return Submitted(prepared, seen.resource, adopted=True)

    def _send_again(self, prepared: Prepared, key: str | None, record: Record) -> Submitted:
        """The job of a request that no look-up shows, sent once more: of one id the service makes one job at most."""
        self.tell(f"there is no job `{prepared.call.chosen_id}`; sending it once more")
        try:
            resource = self.client.create(prepared.call)
        except TrainctlError as error:
            if _is_taken(error, prepared.call):
                return self._claim(prepared, IdTaken(error), key, record)
            # Whatever is said of this request, the first may still be carried out.
            raise _uncertain(record.submission) from error
        record.created(str(resource["name"]))
        return Submitted(prepared, resource)

    def _entry(self, prepared: Prepared, submission: str, digest: str, key: str | None) -> Entry:
        call, document = prepared.call, prepared.spec.document
        base = call.base_url
        return Entry(
            id=submission,
            file=document.file,
            document=document.index,
            kind=prepared.spec.kind,
            display_name=str(call.body.get("displayName", "")) or call.chosen_id,
            service=call.collection.service.name,
            collection=call.collection.id,
            endpoint=ENGINE if self.local else base,
            parent=call.parent,
            digest=digest,
            key=key,
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


class IdTaken(Exception):
    """A create was refused because a resource has the id that its body chose."""

    def __init__(self, refusal: RequestRefused) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def _is_taken(error: TrainctlError, call: Call) -> TypeGuard[RequestRefused]:
    """Whether a create was refused since there is a resource with the id that it chose."""
    return isinstance(error, RequestRefused) and error.status == "ALREADY_EXISTS" and bool(call.chosen_id)


def _others(call: Call, found: Mapping[str, Any], refusal: RequestRefused) -> RequestRefused:
    """The words for an id that another job has."""
    made = f", since {found['createTime']}" if found.get("createTime") else ""
    return RequestRefused(
        f"the job id `{call.chosen_id}` is taken: another job of project {call.project} has it{made}",
        http_status=refusal.http_status,
        status=refusal.status,
        request_id=refusal.request_id,
        hint=f"ids are never free again: choose another `{snake_case(call.collection.identity)}`, or leave it out and "
        "trainctl makes one",
    )


def _uncertain(submission: str, suspects: Sequence[str] = ()) -> OutcomeUnknown:
    if suspects:
        return OutcomeUnknown(
            f"nothing says yet whether the job of submission {submission} was created: what began since may be it, "
            f"{', '.join(suspects)}",
            hint=f"do not submit again: labels show when such a job has ended, and then "
            f"`trainctl history resolve {submission}` tells",
        )
    return OutcomeUnknown(
        f"nothing says whether the job of submission {submission} was created: no list shows it yet",
        hint=f"look before you submit again: `trainctl history resolve {submission}`, or "
        f"`trainctl jobs list --label {SUBMISSION_LABEL}={submission}`",
    )
