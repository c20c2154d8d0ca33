"""What is to be done at a time, however far away and whatever happens meanwhile."""

from __future__ import annotations

import errno
import threading
import time

from trainctl.local.alarms import Alarms
from trainctl.local.disk.reserve import is_full


def test_a_time_beyond_all_timers_holds_up_no_other() -> None:
    alarms, rung = Alarms(is_full), threading.Event()
    alarms.set(time.time() + 315_576_000_000, lambda: None)
    alarms.set(time.time() + 0.1, rung.set)
    assert rung.wait(10)
    alarms.close()


def test_what_is_due_while_the_disk_is_full_is_done_later() -> None:
    alarms, rung, tries = Alarms(is_full), threading.Event(), iter([OSError(errno.ENOSPC, "No space left on device")])

    def act() -> None:
        for problem in tries:
            raise problem
        rung.set()

    alarms.set(time.time(), act)
    assert rung.wait(10)
    alarms.close()
