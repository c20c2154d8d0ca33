"""One tuning job from its first trial to its end, on a thread of its own.

All that it knows is in the database, so that a later engine goes on where this one was: trials that are over stay,
those whose jobs died with the engine run again with the same values.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.lifecycle import begin_job, cancel_job
from trainctl.local.jobs.states import INVALID_ARGUMENT, WAS_CANCELLED, Problem, advance, has_ended, state_of
from trainctl.local.logs.writing import SERVICE, LogWriter
from trainctl.local.protocol.times import parse_time
from trainctl.local.tuning import following, outcomes, trials
from trainctl.local.tuning.goals import choose, in_order, read_goals
from trainctl.local.tuning.metrics import MetricReader
from trainctl.local.tuning.search import make_search
from trainctl.local.tuning.space import read_space
from trainctl.local.tuning.stopping import Curve, read_stopping
from trainctl.local.tuning.telling import find_summaries, metric_file

if TYPE_CHECKING:
    from threading import Event

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

PAUSE = 0.2
"""Seconds between looks at what running trials report; the end of one wakes the study at once."""
_PATIENCE = 2.0
"""Seconds after which a trial whose job was lost is over, since the engine has not ended with it."""

_HOPELESS = 3
"""Failures in a row from the first trial on that end a study which leaves that to the service."""


@dataclass(slots=True)
class Running:
    """A trial that is not over: as stored, how the search knows it, and what it has reported."""

    trial: Resource
    token: Any
    reader: MetricReader

    @property
    def job(self) -> str:
        """The custom job that runs it."""
        name: str = self.trial["customJob"]
        return name


class Study:
    """The conduct of one tuning job. `alarm` is set when one of its jobs has moved, `closing` when the engine ends."""

    def __init__(self, core: Core, resource: Resource, alarm: Event, closing: Event) -> None:
        spec = resource["studySpec"]
        self.core, self.resource, self.name = core, resource, resource["name"]
        self._alarm, self._closing = alarm, closing
        self._goals = read_goals(spec)
        self._selection = spec.get("measurementSelectionType", "")
        self._stopping = read_stopping(spec)
        # With the same seed, a study that is taken up again would draw its first values once more.
        seed = (int(self.name.rpartition("/")[2]) + len(trials.list_trials(core, self.name))) % 2**32
        self._search = make_search(spec.get("algorithm", ""), read_space(spec), self._goals, seed=seed)
        self._running: dict[int, Running] = {}
        self._curves: list[Curve] = []
        self._count = self._succeeded = self._failed = 0
        self._end: tuple[str, Problem | None] | None = None

    def run(self) -> None:
        """Runs trials until there are no more, or until the engine ends."""
        self._move("PENDING")
        self._resume()
        while not self._closing.is_set():
            self._look()
            self._decide()
            if self._end is None:
                self._start_more()
            if not self._running and not self._closing.is_set():
                self._finish()
                return
            self._alarm.wait(PAUSE)
            self._alarm.clear()

    def _resume(self) -> None:
        """Takes up the trials of an earlier engine, after learning from those of the studies that this one resumes."""
        self._decide()
        for trial in trials.list_resumed(self.core, self.resource):
            values = {each["parameterId"]: each["value"] for each in trial["parameters"]}
            if (reached := self._values(trial)) is not None:
                self._search.recall(values, reached)
        for trial in trials.list_trials(self.core, self.name):
            self._count = int(trial["id"])
            values = {each["parameterId"]: each["value"] for each in trial["parameters"]}
            if trial["state"] not in trials.OVER:
                self._take_up(trial, self._search.recall(values, None))
                continue
            reached = self._values(trial)
            token = self._search.recall(values, reached)
            if reached is None:
                self._search.learn(token, None)
            self._note_end(trial, stopped=trials.was_stopped(self.core, trial))

    def _take_up(self, trial: Resource, token: Any) -> None:
        job = self.core.store.fetch(trial["customJob"])
        if self._end is not None:
            self._watch(trial, token)
            cancel_job(self.core, trial["customJob"])
        elif job is None or outcomes.is_lost(job):
            trial = trials.give_job(self.core, self.resource, trial)
            self._say("NOTICE", f"Trial {trial['id']} runs again: the engine had stopped.")
            self._watch(trial, token)
            begin_job(self.core, trial["customJob"])
        else:
            self._watch(trial, token)

    def _watch(self, trial: Resource, token: Any) -> None:
        job = self.core.store.fetch(trial["customJob"]) or {"name": trial["customJob"]}
        began = (parse_time(str(job.get("startTime", job.get("createTime")))) or 0) / 1_000_000_000
        names = tuple(goal.metric for goal in self._goals)
        reader = MetricReader(
            metric_file(self.core, job["name"]), names, began, find_summaries(self.core, job, names[0])
        )
        self._running[int(trial["id"])] = Running(trial, token, reader)

    def _start_more(self) -> None:
        most = self.resource["maxTrialCount"]
        while len(self._running) < self.resource["parallelTrialCount"] and self._count < most:
            suggestion = self._search.suggest()
            if suggestion is None:
                return
            token, values = suggestion
            self._count += 1
            trial = trials.add_trial(self.core, self.resource, self._count, values)
            self._watch(trial, token)
            begin_job(self.core, trial["customJob"])
            chosen = " ".join(f"{name}={trials.write(value)}" for name, value in values.items())
            self._say("INFO", f"Trial {self._count} begins: {chosen}")
            if self._alarm.is_set():  # perhaps a cancellation, which must not wait for thousands to be begun
                return

    def _look(self) -> None:
        """Brings every running trial up to date with its job and with what that reports."""
        for number, running in list(self._running.items()):
            job = self.core.store.fetch(running.job)
            if job is not None and outcomes.is_lost(job) and self._may_be_stopping(job):
                continue  # the next engine takes it up
            if job is not None and "startTime" in job and "startTime" not in running.trial:
                self._begin(running, job["startTime"])
            if job is None or has_ended(job):
                self._settle(number, running, job)
            elif "startTime" in running.trial and running.reader.read():  # with what was reported before that was noted
                self._change(running, {"measurements": in_order(running.reader.measurements)})
                self._consider(running)

    def _may_be_stopping(self, job: Resource) -> bool:
        """Whether the engine is about to end, which a job's supervisor may hear of first; not for ever."""
        ended = (parse_time(job["endTime"]) or 0) / 1_000_000_000
        return self._closing.is_set() or (self._end is None and abs(time.time() - ended) < _PATIENCE)

    def _begin(self, running: Running, moment: str) -> None:
        """Marks a trial as one that runs, which it may have done and ended since the last look."""
        running.reader.began = (parse_time(moment) or 0) / 1_000_000_000
        self._change(running, {"state": "ACTIVE", "startTime": moment})
        self._move("RUNNING")

    def _consider(self, running: Running) -> None:
        """Ends a trial that is not worth going on with."""
        if self._stopping is None or running.trial["state"] != "ACTIVE":
            return
        curve = self._stopping.curve(running.trial["measurements"], self._goals[0])
        if self._stopping.is_hopeless(curve, self._curves):
            self._change(running, {"state": "STOPPING"})
            self._say("INFO", f"Trial {running.trial['id']} is ended early.")
            cancel_job(self.core, running.job)

    def _settle(self, number: int, running: Running, job: Resource | None) -> None:
        """Gives a trial whose job is over its last state."""
        running.reader.read()
        final = choose(running.reader.measurements, self._goals, self._selection)
        stopped = running.trial["state"] == "STOPPING"
        metrics, unused = [goal.metric for goal in self._goals], running.reader.unused
        change = outcomes.judge(job, final, stopped=stopped, metrics=metrics, unused=unused)
        reported = in_order(running.reader.measurements)
        self._change(running, {**({"measurements": reported} if reported else {}), **change})
        del self._running[number]
        self._search.learn(running.token, self._values(running.trial))
        self._note_end(running.trial, stopped=stopped)
        self._say(*outcomes.describe(running.trial))

    def _note_end(self, trial: Resource, *, stopped: bool = False) -> None:
        if trial["state"] == "INFEASIBLE":
            self._failed += 1
            return
        self._succeeded += 1
        if self._stopping is not None and not stopped:
            self._curves.append(self._stopping.curve(trial.get("measurements", ()), self._goals[0]))

    def _values(self, trial: Resource) -> list[float] | None:
        """What a trial that succeeded reached, by metric."""
        final = trial.get("finalMeasurement") if trial["state"] == "SUCCEEDED" else None
        if final is None:
            return None
        return [goal.value(final) or 0.0 for goal in self._goals]

    def _decide(self) -> None:
        """Whether the study ends before all its trials are done: cancelled, or too many have failed."""
        if self._end is not None:
            return
        resource = self.core.store.fetch(self.name)
        if resource is None or state_of(resource) == "CANCELLING":
            self._end = ("CANCELLED", WAS_CANCELLED)
        elif self._has_failed_too_often():
            self._end = (
                "FAILED",
                Problem(INVALID_ARGUMENT, f"Too many trials failed: {self._failed} of {self._count}."),
            )
        if self._end is not None:
            for running in self._running.values():
                cancel_job(self.core, running.job)

    def _has_failed_too_often(self) -> bool:
        most: int = self.resource.get("maxFailedTrialCount", 0)
        parallel: int = self.resource["parallelTrialCount"]
        if most:
            return self._failed >= most
        return not self._succeeded and self._failed >= max(_HOPELESS, parallel)

    def _finish(self) -> None:
        if self._end is None:
            none = Problem(INVALID_ARGUMENT, f"None of the {self._count} trials succeeded.")
            self._end = ("SUCCEEDED", None) if self._succeeded else ("FAILED", none)
        state, problem = self._end
        words = {"SUCCEEDED": "Job completed successfully.", "CANCELLED": "Job is cancelled."}
        severity = {"SUCCEEDED": "INFO", "CANCELLED": "NOTICE"}.get(state, "ERROR")
        self._say(severity, words.get(state, f"Job failed: {problem.message if problem else ''}"))
        self._move(state, problem)

    def _change(self, running: Running, fields: dict[str, Any]) -> None:
        changed = {**running.trial, **fields}
        running.trial = self.core.store.change(running.trial["name"], lambda _: changed) or changed

    def _move(self, state: str, problem: Problem | None = None) -> None:
        with self.core.store.transaction():
            changed = self.core.store.change(self.name, lambda job: advance(job, state, problem))
            if changed is not None:
                following.follow(self.core, changed, self._goals[0])

    def _say(self, severity: str, line: str) -> None:
        try:
            log = LogWriter(self.core.folder(self.name).log_file)
        except OSError:
            return
        log.write(SERVICE, severity, [line])
        log.close()
