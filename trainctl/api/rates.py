"""Staying below Vertex AI's rates: one record of recent requests for all processes of a user.

60 submissions and 600 other requests a minute and project, https://cloud.google.com/vertex-ai/docs/quotas. The record
holds when the last so many requests were or will be sent; a request that would be one too many in any minute takes the
next free moment and waits for it.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trainctl.api.connection import is_loopback
from trainctl.folders import make_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from trainctl.clock import Clock

SUBMISSIONS, REQUESTS = 60, 600
"""What one project may do in a minute."""
MINUTE = 60.0
TOLD = 2.0
"""Seconds of waiting from which on it is told."""

_PROJECT = r"/v\d\w*/projects/([^/]+)/locations/"
_FURTHEST = 600.0
"""Seconds ahead that no queue is long; moments beyond were written before the clock was set back."""


class Limiter:
    """Moments for requests. A record that cannot be kept limits nothing: the service's own limit remains."""

    def __init__(self, file: Path, clock: Clock, tell: Callable[[str], None]) -> None:
        self._file = file
        self._clock = clock
        self._tell = tell

    def admit(self, url: str, *, create: bool) -> None:
        """Return when the request may be sent."""
        project = self._project(url)
        if project is None:
            return
        try:
            with self._open() as record:
                pause = self._take(record, _key(project, create=create), SUBMISSIONS if create else REQUESTS)
        except OSError:
            return
        if pause > TOLD:
            what = f"{SUBMISSIONS} submissions" if create else f"{REQUESTS} requests"
            self._tell(f"waiting {pause:.0f} s: Vertex AI takes {what} a minute from {project}")
        if pause > 0:
            self._clock.sleep(pause)

    def hold(self, url: str, seconds: float, *, create: bool) -> None:
        """The service wants no such request for so long: keep every process from it."""
        project = self._project(url)
        if project is None:
            return
        try:
            with self._open() as record:
                entry = record.setdefault(_key(project, create=create), {})
                entry["until"] = max(entry.get("until", 0.0), self._now() + min(seconds, MINUTE))
        except OSError:
            return

    def _project(self, url: str) -> str | None:
        """The project whose limit a request counts against; None for other services and for this machine."""
        found = None if is_loopback(url) else re.search(_PROJECT, url)
        return found[1] if found else None

    def _take(self, record: dict[str, Any], key: str, limit: int) -> float:
        """Take the next free moment, and return the seconds until then."""
        now, entry = self._now(), record.get(key, {})
        moments = [moment for moment in entry.get("moments", []) if now - MINUTE < moment < now + _FURTHEST]
        until = entry.get("until", 0.0)
        earliest = max(now, until if until <= now + MINUTE else now)
        # Only a full minute makes a queue: other moments ahead were taken before the clock was set back.
        queue = (moments[-1], moments[-limit] + MINUTE) if len(moments) >= limit else ()
        moment = max([earliest, *queue])
        record[key] = {"moments": [*moments, moment][-limit:], "until": until}
        return float(moment - now)

    @contextmanager
    def _open(self) -> Iterator[dict[str, Any]]:
        """The record, for this process alone until it is written back. Raises OSError."""
        try:
            import fcntl
        except ImportError as error:
            raise OSError("this system has no locks of that sort") from error

        make_private(self._file.parent)
        with os.fdopen(os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            record = _parse(stream.read())
            yield record
            stream.seek(0)
            stream.write(json.dumps(record).encode())
            stream.truncate()

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _key(project: str, *, create: bool) -> str:
    return f"{project} {'submissions' if create else 'requests'}"


def _parse(content: bytes) -> dict[str, Any]:
    """The record; an empty one when a crash has left half of it."""
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
