"""Idempotency keys: what makes two runs of one CI step the same submission.

The journal of this machine holds the key itself. For machines that share no journal, as runners of CI do, the job
carries what the key and the body hash to as labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.catalog import BODY_LABEL, KEY_LABEL
from trainctl.errors import RequestRefused
from trainctl.submission.trainings import find_labelled, labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from trainctl.api.client import Client
    from trainctl.catalog import Call

_LENGTH = 40
"""Hexadecimal digits of a label's value, which may have 63."""


def key_of(key: str | None, index: int) -> str | None:
    """The key of the document with that index among those submitted together: the first has it as it is given."""
    return key if key is None or index == 0 else f"{key}#{index}"


def key_labels(key: str, digest: str) -> dict[str, str]:
    """The labels by which a job with that key and that digest of its body is found."""
    import hashlib

    return {KEY_LABEL: hashlib.sha256(key.encode()).hexdigest()[:_LENGTH], BODY_LABEL: digest[:_LENGTH]}


def find_elsewhere(client: Client, call: Call, key: str, digest: str) -> Mapping[str, Any] | None:
    """The job that another machine has submitted with that key; None when lists show none.

    Raises RequestRefused when that is another job, and what the service says.
    """
    wanted = key_labels(key, digest)
    found = find_labelled(client, call.collection, call.project, call.location, wanted[KEY_LABEL], label=KEY_LABEL)
    if not found:
        return None
    check_body(call, key, found[0], wanted[BODY_LABEL])
    return found[0]


def check_body(call: Call, key: str, found: Mapping[str, Any], body: str) -> None:
    """Raise RequestRefused when the job that has the key was made from another body than the label says."""
    if labels_of(found, call.collection).get(BODY_LABEL) != body:
        raise RequestRefused(
            f"the idempotency key `{key}` belongs to another job: {call.collection.noun} {found.get('name')}",
            hint="every job has a key of its own",
        )
