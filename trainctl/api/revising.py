"""Changes of what others change too: read, change, write with the etag that was read, again when others were faster."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from trainctl.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainctl.clock import Clock

    Resource = dict[str, Any]

ATTEMPTS = 40
"""Writes of one change: twenty others at once are many, and each of their conflicts lets one of them through."""
PAUSE, LONGEST_PAUSE = 0.05, 2.0
_CONFLICTS = frozenset({(409, "ABORTED"), (412, "FAILED_PRECONDITION"), (412, "conditionNotMet")})


def is_conflict(error: RequestRefused) -> bool:
    """Whether a write was refused because what it was to change is not as it was read."""
    return error.status == "ABORTED" or (error.http_status, error.status) in _CONFLICTS


def revise(
    read: Callable[[], Resource],
    change: Callable[[Resource], Mapping[str, Any] | None],
    write: Callable[[Mapping[str, Any]], Resource],
    clock: Clock,
    *,
    chance: Callable[[], float] = random.random,
) -> Resource:
    """What `write` gave for the change of what `read` gave, made anew after every conflict.

    `change` gives what is to be written, with the etag that was read, or None when nothing is to be changed: then the
    resource as it was read comes back, as it does where an answer was lost that had made the change. Raises
    RequestRefused when others were faster every time, and whatever the calls raise.
    """
    pause, last = PAUSE, RequestRefused("nobody has tried")
    for _ in range(ATTEMPTS):
        found = read()
        wanted = change(found)
        if wanted is None:
            return found
        try:
            return write(wanted)
        except RequestRefused as error:
            if not is_conflict(error):
                raise
            last = error
        # A share of the pause at random, so that those who met once do not meet again.
        clock.sleep(pause * chance())
        pause = min(pause * 1.5, LONGEST_PAUSE)
    raise RequestRefused(
        f"others have changed it {ATTEMPTS} times while it was to be changed: {last.message}",
        http_status=last.http_status,
        status=last.status,
        hint="nothing was changed; try again",
    )
