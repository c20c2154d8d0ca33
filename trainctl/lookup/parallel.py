"""Several requests side by side, on threads that live no longer than they."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from trainctl.errors import TrainctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")

WIDTH = 16
"""Requests at once: enough to hide latency, few enough for the 600 a minute that Vertex AI allows."""


def side_by_side(work: Callable[[T], R], things: Sequence[T]) -> list[R | TrainctlError]:
    """What `work` gives for each of `things`, in their order, a TrainctlError where it raised one.

    Any other exception is raised here. One thing alone costs no thread.
    """

    def outcome(thing: T) -> R | TrainctlError:
        try:
            return work(thing)
        except TrainctlError as error:
            return error

    if len(things) < 2:
        return [outcome(thing) for thing in things]
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(min(WIDTH, len(things)))
    try:
        return list(pool.map(outcome, things))
    finally:
        # Whoever presses Ctrl-C does not wait for answers; after a whole list there is nothing to wait for.
        pool.shutdown(wait=False, cancel_futures=True)
