"""Many submissions side by side: begun in their order, ended as they end."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from trainctl.submission.submitter import Submitted

R = TypeVar("R")


class Batch:
    """Submissions, carried out by up to `width` threads at once; `begins` are their beginnings (`Submitter.begin`).

    These come one after the other, so that rows in the journal have the order of the jobs. After the first failure, and
    after `stop`, no further one is begun; those on their way are brought to their end.
    """

    def __init__(self, begins: Sequence[Callable[[], Callable[[], Submitted]]], width: int) -> None:
        self._begins = enumerate(begins)
        self._count = len(begins)
        self._unstarted = min(width, self._count)
        self._begun = 0
        self._ended: list[tuple[int, Submitted | BaseException]] = []
        self._heard = 0
        self._turn = threading.Lock()
        self._news: SimpleQueue[None] = SimpleQueue()
        self._stopped = False

    def stop(self) -> None:
        """Begin no further submission."""
        self._stopped = True

    def ends(self) -> Iterator[tuple[int, Submitted | BaseException]]:
        """What became of each job that was begun, with its index, as it comes.

        Who was interrupted asks again, and hears the rest, beginning with what it had in hand.
        """
        while self._unstarted:
            self._unstarted -= 1
            # A thread that still waits for an answer is no reason for a process not to end.
            threading.Thread(target=self._work, daemon=True).start()
        while self._is_more_to_hear():
            if self._heard < len(self._ended):
                yield self._ended[self._heard]
                self._heard += 1
            else:
                self._news.get()  # what it says is in the list: an interruption may take it away

    def _is_more_to_hear(self) -> bool:
        return self._heard < self._begun or not (self._stopped or self._begun >= self._count)

    def _work(self) -> None:
        while (end := self._carry_out()) is not None:
            self._ended.append(end)
            self._news.put(None)
        self._news.put(None)

    def _carry_out(self) -> tuple[int, Submitted | BaseException] | None:
        """The end of the next job; None when no other is to be begun."""
        with self._turn:
            self._begun += 1  # before it is seen that none is to be begun: who stops and looks then misses none
            if self._stopped or (following := next(self._begins, None)) is None:
                self._begun -= 1
                return None
            index, begin = following
            begun = self._attempt(begin)
        return index, begun if isinstance(begun, BaseException) else self._attempt(begun)

    def _attempt(self, work: Callable[[], R]) -> R | BaseException:
        try:
            return work()
        except BaseException as error:  # noqa: BLE001 - raised by whoever waits for the batch
            self.stop()
            return error
