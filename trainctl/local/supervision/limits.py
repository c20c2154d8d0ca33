"""Best-effort limits of cores and memory, put on a program as it starts."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.supervision.plan import Process


@contextmanager
def limited(process: Process) -> Iterator[None]:
    """What is started meanwhile may use only the process's cores and, each for itself, only so much memory.

    Where the system cannot do that, nothing happens. Memory is what a program writes to (RLIMIT_DATA): the address
    space (RLIMIT_AS) that CUDA and the JVM reserve without using it is far larger.
    """
    with _on_cores(process.cores), _in_memory(process.memory):
        yield


@contextmanager
def _on_cores(cores: tuple[int, ...]) -> Iterator[None]:
    if not cores or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    with suppress(OSError):
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def _in_memory(limit: int) -> Iterator[None]:
    if not limit:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
