"""The cores and the memory of this machine, as far as jobs may have them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.machine_sizes import Size, find_size
from trainctl.local.replicas.cluster import count_replicas

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNKNOWN = Size(1, 0)
"""What a replica of a machine type counts for whose name does not tell its size."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one job has: the numbers of its cores, and bytes of memory."""

    cores: tuple[int, ...] = ()
    memory: int = 0


class Room:
    """What is free. A job that asks for more than there is gets all of it, alone. Not safe for several threads."""

    def __init__(self, cores: tuple[int, ...], memory: int) -> None:
        self._cores, self._memory = len(cores), memory
        self._free_cores = list(cores)
        self._free_memory = memory

    @classmethod
    def of_this_machine(cls) -> Room:
        """All cores that this process may use, and all memory."""
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
        return cls(tuple(sorted(cores)), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))

    def take(self, size: Size) -> Share | None:
        """A share of that size, or as near to it as the machine is large; None while that is not free."""
        cores, memory = min(max(size.cores, 1), self._cores), min(size.memory, self._memory)
        if cores > len(self._free_cores) or memory > self._free_memory:
            return None
        share = Share(tuple(self._free_cores[:cores]), memory)
        del self._free_cores[:cores]
        self._free_memory -= memory
        return share

    def give_back(self, share: Share) -> None:
        """A job has ended."""
        self._free_cores = sorted([*self._free_cores, *share.cores])
        self._free_memory += share.memory


def find_total(job: Mapping[str, Any]) -> Size:
    """The size of all machines of a custom job together."""
    pools = job.get("jobSpec", {}).get("workerPoolSpecs", ())
    sizes = [
        (find_size(pool.get("machineSpec", {}).get("machineType", "")) or _UNKNOWN, count_replicas(pool))
        for pool in pools
    ]
    return Size(sum(size.cores * count for size, count in sizes), sum(size.memory * count for size, count in sizes))
