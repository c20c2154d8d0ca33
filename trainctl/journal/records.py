"""What the journal holds: entries, submissions, their ids and digests, and how it fails."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.catalog import OWN_LABELS
from trainctl.errors import ExitCode, TrainctlError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from trainctl.clock import Clock

UNSETTLED = ("prepared", "sent", "uncertain")
STATES = (*UNSETTLED, "created", "refused", "abandoned")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: sorts as its numbers do


class JournalError(TrainctlError):
    """The record cannot be read or written.

    Its exit code is 6: like an unreachable service it says nothing against the command, which may be repeated as it
    is once the disk or the lock is free. From `prepare` it means that nothing was sent.
    """

    exit_code = ExitCode.UNREACHABLE


class KeyTaken(TrainctlError):
    """An idempotency key is in use; `submission` is the one that has it."""

    exit_code = ExitCode.REFUSED

    def __init__(self, submission: Submission) -> None:
        super().__init__(
            f"the idempotency key `{submission.key}` belongs to submission {submission.id}, which is another job",
            hint=f"`trainctl history show {submission.id}` shows it; every job has a key of its own",
        )
        self.submission = submission


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a submission before it is sent; `digest` is `body_digest` of its body."""

    id: str
    file: str
    document: int
    kind: str
    display_name: str
    service: str
    collection: str
    endpoint: str
    parent: str
    digest: str
    key: str | None = None
    profile: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """One row: the entry, its state, and what became of it."""

    id: str
    created: datetime
    changed: datetime
    state: str
    file: str
    document: int
    kind: str
    display_name: str
    service: str
    collection: str
    endpoint: str
    parent: str
    digest: str
    key: str | None
    profile: str
    local: bool
    name: str | None
    reason: str | None

    @property
    def settled(self) -> bool:
        """Whether it is certain if there is a resource."""
        return self.state not in UNSETTLED


def new_id(clock: Clock) -> str:
    """A submission id: 26 characters that sort by time and may stand in a label; 80 bits of it are random."""
    milliseconds = int(clock.now().timestamp() * 1000)
    number = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


def body_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of a body as canonical JSON, without our labels: equal for equal jobs."""
    import hashlib

    labels = {key: value for key, value in (body.get("labels") or {}).items() if key not in OWN_LABELS}
    rest = {key: value for key, value in body.items() if key != "labels"} | ({"labels": labels} if labels else {})
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
