"""Long-running operations: how they are made, worked on, waited for and ended."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

from trainctl.local.disk.reserve import is_full
from trainctl.local.protocol.faults import CODE_OF, Fault
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.times import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainctl.local.store import Resource, Store

_LOG = logging.getLogger(__name__)
_PREFIX = "type.googleapis.com/google.cloud.aiplatform.v1."
_RUNNING = "RUNNING"
_PAUSE = 1.0
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}


class Stopped(Exception):
    """Raised by work that found itself cancelled."""


class Work:
    """One operation from the inside: work asks now and then whether it should go on, and may add to the metadata."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.metadata: dict[str, Any] = {}
        self.partial_failures: list[dict[str, Any]] = []
        self._stopped = threading.Event()

    def check(self) -> None:
        """Raises Stopped when the operation was cancelled."""
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        """Asks the work to end."""
        self._stopped.set()


class Operations:
    """The operations of one engine; those that take time run on threads of their own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._running: dict[str, tuple[Work, threading.Thread]] = {}

    def record(
        self, parent: str, metadata: str, response: dict[str, Any] | None = None, *, about: str, prefix: str = ""
    ) -> Resource:
        """Stores an operation that is done, with metadata of that type; an empty response when none is given.

        `parent` is what its name begins with, `about` the resource that it is found under, `prefix` what its id begins
        with.
        """
        operation = {**_make(parent, metadata, prefix), "done": True, "response": response or EMPTY}
        self._store.insert(operation, owner=about)
        return operation

    def begin(
        self, parent: str, metadata: str, work: Callable[[Work], dict[str, Any]], *, about: str, prefix: str = ""
    ) -> Resource:
        """Stores an operation and works on it; `work` returns its response or raises Fault."""
        operation = _make(parent, metadata, prefix)
        self._store.insert(operation, owner=about, state=_RUNNING)
        handle = Work(operation["name"])
        thread = threading.Thread(target=self._run, args=(handle, work), name="operation", daemon=True)
        with self._changed:
            self._running[handle.name] = (handle, thread)
        thread.start()
        return operation

    def wait(self, name: str, timeout: float) -> Resource | None:
        """The operation when it is done or the time is over; None when it is not there."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while name in self._running and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
        return self._store.fetch(name)

    def cancel(self, name: str) -> bool:
        """Asks for the end of an operation; False when it is done."""
        with self._changed:
            work, _ = self._running.get(name, (None, None))
        if work is None:
            return False
        work.stop()
        return True

    def recover(self) -> None:
        """Ends the operations that an earlier engine left undone."""
        for name in self._store.names_in_state("operations", (_RUNNING,)):
            self._finish(name, {"error": _describe("INTERNAL", "The engine stopped during the operation.")})

    def close(self) -> None:
        """Stops all operations, and returns when they have ended."""
        self._closing.set()
        with self._changed:
            running = list(self._running.values())
        for work, thread in running:
            work.stop()
            thread.join()

    def _run(self, handle: Work, work: Callable[[Work], dict[str, Any]]) -> None:
        try:
            outcome: dict[str, Any] = {"response": work(handle)}
        except Stopped:
            outcome = {"error": _describe("CANCELLED", "The operation was cancelled.")}
        except Fault as fault:
            outcome = {"error": _describe(fault.status, fault.message)}
        except Exception:  # noqa: BLE001  whoever waits is owed an end
            _LOG.exception("%s failed", handle.name)
            outcome = {"error": _describe("INTERNAL", "Internal error encountered; see the engine's log.")}
        try:
            self._record_end(handle, outcome)
        finally:
            with self._changed:
                del self._running[handle.name]
                self._changed.notify_all()

    def _record_end(self, handle: Work, outcome: dict[str, Any]) -> None:
        """Writes down how an operation ended. A full disk delays that until there is room, or the engine ends."""
        while True:
            try:
                self._finish(handle.name, outcome, handle)
            except sqlite3.OperationalError as problem:
                if not is_full(problem) or self._closing.wait(_PAUSE):
                    raise
            else:
                return

    def _finish(self, name: str, outcome: dict[str, Any], handle: Work | None = None) -> None:
        def edit(operation: Resource) -> Resource:
            metadata = {**operation["metadata"], **(handle.metadata if handle else {})}
            generic = {**metadata["genericMetadata"], "updateTime": now()}
            if handle and handle.partial_failures:
                generic["partialFailures"] = handle.partial_failures
            return {**operation, "metadata": {**metadata, "genericMetadata": generic}, "done": True, **outcome}

        self._store.change(name, edit)


def type_of(message: str) -> str:
    """The `@type` of a message of Vertex AI."""
    return f"{_PREFIX}{message}"


def _make(parent: str, metadata: str, prefix: str) -> Resource:
    time_now = now()
    return {
        "name": f"{parent}/operations/{prefix}{make_id()}",
        "metadata": {
            "@type": type_of(metadata),
            "genericMetadata": {"createTime": time_now, "updateTime": time_now},
        },
    }


def _describe(status: str, message: str) -> dict[str, Any]:
    return {"code": CODE_OF[status], "message": message}
