"""The tuning jobs under way, each on its thread."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from trainctl.local.disk.reserve import is_full
from trainctl.local.jobs.states import INTERNAL, Problem, advance
from trainctl.local.tuning.following import follow
from trainctl.local.tuning.goals import read_goals
from trainctl.local.tuning.outcomes import abandon
from trainctl.local.tuning.trials import OVER, is_trial, list_trials, study_of

if TYPE_CHECKING:
    from trainctl.local.core import Core

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0
_ALIVE = ("JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_CANCELLING")


class Studies:
    """Begins the conduct of tuning jobs, wakes it when a trial's job moves, and ends it with the engine."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._alarms: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()

    def recover(self) -> None:
        """Takes up every tuning job that an earlier engine left."""
        for name in self._core.store.names_in_state("hyperparameterTuningJobs", _ALIVE):
            self.begin(name)

    def begin(self, name: str) -> None:
        """Conducts a stored tuning job from now on."""
        thread = threading.Thread(target=self._conduct, args=(name,), name=f"study-{name[-8:]}", daemon=True)
        with self._lock:
            self._alarms[name] = threading.Event()
            self._threads = [each for each in self._threads if each.is_alive() or each.ident is None]
            self._threads.append(thread)
            thread.start()

    def wake(self, name: str) -> bool:
        """Tells a tuning job that something has happened to it or, with a trial's name, to that trial's job.

        False when nobody conducts it.
        """
        with self._lock:
            alarm = self._alarms.get(study_of(name) if is_trial(name) else name)
        if alarm is not None:
            alarm.set()
        return alarm is not None

    def close(self) -> None:
        """Ends all threads; the jobs of their trials are the runner's to end."""
        self._closing.set()
        with self._lock:
            alarms, threads = list(self._alarms.values()), list(self._threads)
        for alarm in alarms:
            alarm.set()
        for thread in threads:
            thread.join()

    def _conduct(self, name: str) -> None:
        try:
            while not self._try_to_conduct(name):
                self._core.reserve.release()
                self._closing.wait(_PAUSE)
        except Exception:  # noqa: BLE001  a fault of the engine must fail the job and not leave it running for ever
            _LOG.exception("%s cannot be conducted", name)
            self._fail(name)
        finally:
            with self._lock:
                del self._alarms[name]

    def _try_to_conduct(self, name: str) -> bool:
        """Whether this engine is done with a tuning job; a full disk interrupts that, and it is taken up again."""
        from trainctl.local.tuning.study import Study

        try:
            resource = self._core.store.fetch(name)
            if resource is not None:
                Study(self._core, resource, self._alarms[name], self._closing).run()
        except Exception as reason:
            if not is_full(reason):
                raise
            _LOG.warning("%s waits for room on the disk: %s", name, reason)
            return self._closing.is_set()  # the next engine takes it up
        return True

    def _fail(self, name: str) -> None:
        """Ends a tuning job that nobody conducts any more, and the trials that it has begun."""
        from trainctl.local.jobs.lifecycle import cancel_job

        problem = Problem(INTERNAL, "The engine could not conduct the tuning job; its own log says why.")
        left = [trial for trial in list_trials(self._core, name) if trial["state"] not in OVER]
        with self._core.store.transaction():
            changed = self._core.store.change(name, lambda job: advance(job, "FAILED", problem))
            if changed is not None:
                follow(self._core, changed, read_goals(changed["studySpec"])[0])
            for trial in left:
                self._core.store.change(trial["name"], lambda it: abandon(it, problem.message))
        for trial in left:
            cancel_job(self._core, trial["customJob"])
