"""Resources of many collections and locations, fetched side by side and given as their pages arrive."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from trainctl.errors import RequestRefused, TrainctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from trainctl.api.client import Client
    from trainctl.catalog import Collection

PAGES_AHEAD = 2
"""Pages of one source that may wait to be shown: enough to keep the network busy, few enough for flat memory."""
GIVE_UP_CHECK = 0.2
THREADS = 32
T = TypeVar("T")
Q = TypeVar("Q")
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Source:
    """One list of one service; `above` is the resource below which it is, as in `datasets/7/`."""

    collection: Collection
    project: str
    location: str
    above: str = ""

    def __str__(self) -> str:
        return f"{self.collection.noun}s" + (f" in {self.location}" if self.location else "")


def no_filter(collection: Collection) -> str:  # noqa: ARG001 - the answer for every collection
    """None: the service gives all it has."""
    return ""


def sources(collections: Iterable[Collection], project: str, locations: Sequence[str]) -> list[Source]:
    """The lists of these collections in these locations; of a service that knows no places, one in all."""
    return [
        Source(each, project, location if each.placed else "")
        for location in locations
        for each in collections
        if each.placed or location == locations[0]
    ]


@dataclass(slots=True)
class Listing(Generic[T]):
    """Pages of things from some sources; `failures` fills while they are read, and ends no other source's list.

    `take` makes the things of a page of resources, `filter` is what the service of a collection is told, `masks` has,
    by collection, the fields to ask for; without one, resources come whole. With `gather`, the first pages that come
    within so many seconds are given as one: a table takes its widths from it.
    """

    client: Client
    sources: Sequence[Source]
    take: Callable[[Sequence[Mapping[str, Any]], Collection], list[T]]
    filter: Callable[[Collection], str] = no_filter
    masks: Mapping[str, str] = field(default_factory=dict)
    page_size: int = PAGE_SIZE
    gather: float = 0.0
    failures: list[tuple[Source, TrainctlError]] = field(default_factory=list)

    def pages(self) -> Iterator[list[T]]:
        """Every page of every source: in the order of arrival, within a source in the service's own order."""
        if len(self.sources) == 1:
            yield from self._read(self.sources[0])
        else:
            yield from self._merge()

    def split_failures(self) -> tuple[list[tuple[Source, TrainctlError]], list[tuple[Source, TrainctlError]]]:
        """The failures, and apart from them those of services that do not know a filter which another one took."""
        refused = [(source, error) for source, error in self.failures if self._knows_not(source, error)]
        able = {
            source.collection.service.name for source in self.sources if source not in [each for each, _ in refused]
        }
        apart = [each for each in refused if able and each[0].collection.service.name not in able]
        return [each for each in self.failures if each not in apart], apart

    def _knows_not(self, source: Source, error: TrainctlError) -> bool:
        refused = isinstance(error, RequestRefused) and error.status == "INVALID_ARGUMENT"
        return refused and bool(self.filter(source.collection))

    def _read(self, source: Source) -> Iterator[list[T]]:
        try:
            pages = self.client.pages(
                source.collection,
                source.project,
                source.location,
                above=source.above,
                filter=self.filter(source.collection),
                read_mask=self.masks.get(source.collection.id, ""),
                page_size=self.page_size,
            )
            for page in pages:
                yield self.take(page, source.collection)
        except TrainctlError as error:
            self.failures.append((source, error))

    def _merge(self) -> Iterator[list[T]]:
        """Sources on threads of their own: a slow one delays nobody, and a reader that stops early stops them all."""
        todo = deque(self.sources)
        threads = min(THREADS, len(todo))
        queue: Queue[list[T] | BaseException | None] = Queue(maxsize=PAGES_AHEAD * threads)
        stop = threading.Event()
        for _ in range(threads):
            threading.Thread(target=self._feed, args=(todo, queue, stop), daemon=True).start()
        try:
            yield from self._arrivals(queue)
        finally:
            stop.set()

    def _arrivals(self, queue: Queue[list[T] | BaseException | None]) -> Iterator[list[T]]:
        left, first, until = len(self.sources), list[T](), monotonic() + self.gather
        gathering = self.gather > 0
        while left:
            try:
                page = queue.get(timeout=max(0.0, until - monotonic()) if gathering else None)
            except Empty:
                gathering = False
                yield first
                continue
            if isinstance(page, BaseException):
                raise page
            if page is None:
                left -= 1
            elif gathering:
                first += page
            else:
                yield page
        if gathering:
            yield first

    def _feed(self, todo: deque[Source], queue: Queue[list[T] | BaseException | None], stop: threading.Event) -> None:
        """Put the pages of one source after the other, and None at the end of each; a bug goes to the reader."""
        try:
            while todo and not stop.is_set():
                try:
                    source = todo.popleft()
                except IndexError:  # another thread was faster
                    return
                for page in self._read(source):
                    if not _put(queue, page, stop):
                        return
                _put(queue, None, stop)
        except BaseException as error:  # noqa: BLE001 - what no one expects must be seen where the reader is
            _put(queue, error, stop)


def _put(queue: Queue[Q], thing: Q, stop: threading.Event) -> bool:
    """Put as soon as there is room; False when the reader has gone."""
    while not stop.is_set():
        try:
            queue.put(thing, timeout=GIVE_UP_CHECK)
        except Full:
            continue
        return True
    return False
