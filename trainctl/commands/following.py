"""Following jobs until they end: what `jobs watch`, `jobs wait` and `submit --watch` have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from trainctl.api.connection import is_loopback
from trainctl.catalog import ResourceName
from trainctl.commands.finding import again, folder_of, has_console_page, tell
from trainctl.commands.interruption import cancel_pending, interrupted, terminable
from trainctl.errors import ExitCode, PermissionDenied, TrainctlError, WatchTimeout
from trainctl.kinds import find_kind
from trainctl.lookup.backing import log_ids
from trainctl.watch import Policy, watch_many

if TYPE_CHECKING:
    from datetime import datetime

    from trainctl.api.logging import LogEntry
    from trainctl.api.tail import Tail, TailPolicy
    from trainctl.commands import Session
    from trainctl.jobs import Job
    from trainctl.render.live import Frame
    from trainctl.watch import Snapshot

NEAR = Policy(interval=0.3, max_interval=2.0)
"""Towards this machine itself, where a poll costs nothing."""
SLOW_INTERVAL = 60.0
"""Of kinds whose jobs change their state seldom."""
LOG_PATIENCE = 10.0
"""Seconds after which a poll for log lines gives way to the next look at the job."""
LOG_INTERVAL = 10.0
"""The slowest pace at which a live view asks for log lines."""


def nothing_below(snapshots: Sequence[Snapshot], now: datetime) -> list[str]:  # noqa: ARG001 - the usual answer
    """No lines."""
    return []


def snapshot_code(snapshot: Snapshot) -> ExitCode:
    """What a job that is over, or that was lost sight of, means for the exit code."""
    if snapshot.lost and snapshot.last_error:
        return snapshot.last_error.exit_code
    return snapshot.job.phase.exit_code


@dataclass(frozen=True, slots=True)
class Plan:
    """How jobs are followed; `until_any` ends it with the first job that ends.

    `report` writes how it ended, `fetch` asks after the jobs in another way than usual, `judge` gives the exit code of
    a job that is over, `notify` hears of each that has ended. `below` gives the lines under a live view of these jobs
    at a moment.
    """

    policy: Policy
    cancel_on_interrupt: bool = False
    cancel_on_timeout: bool = False
    until_any: bool = False
    tail: bool = True
    report: Callable[[Session, Sequence[Snapshot]], None] | None = None
    fetch: Callable[[Sequence[Job]], Mapping[str, Job | TrainctlError]] | None = None
    notify: Callable[[Job], None] | None = None
    judge: Callable[[Snapshot], ExitCode] = snapshot_code
    below: Callable[[Sequence[Snapshot], datetime], list[str]] = nothing_below

    @property
    def hint(self) -> str:
        """What the live view says about Ctrl-C."""
        return "Ctrl-C cancels the work" if self.cancel_on_interrupt else "Ctrl-C ends the view, not the work"


def is_near(session: Session) -> bool:
    """Whether the jobs are on this machine."""
    endpoint = session.endpoints.get("vertex", "")
    return bool(endpoint) and is_loopback(endpoint)


def tail_policy(session: Session) -> TailPolicy:
    """How log lines are followed; on this machine none comes late or out of order."""
    from trainctl.api.tail import TailPolicy

    near = TailPolicy(interval=0.3, max_interval=2.0, settle=0.0, linger=0.5)
    return replace(near if is_near(session) else TailPolicy(), fed=session.identity.is_fed)


def pace(session: Session, jobs: Sequence[Job]) -> Policy:
    """The usual policy for such jobs in this session."""
    fed = session.identity.is_fed
    if is_near(session):
        return replace(NEAR, fed=fed)
    kinds = [find_kind(name) for name in {job.kind for job in jobs}]
    slow = all(kind is not None and kind.is_slow for kind in kinds)
    return Policy(max_interval=SLOW_INTERVAL, fed=fed) if slow and jobs else Policy(fed=fed)


def follow(session: Session, jobs: Sequence[Job], plan: Plan) -> ExitCode:
    """Follow jobs until they have ended, show it, and return the largest exit code of theirs.

    Ctrl-C leaves them running (or cancels them, if so planned), says how to come back, and gives 130; the timeout of
    the plan gives 7, and cancels them if that is planned.
    """
    from trainctl.render.live import show

    following = Following(session, jobs, plan)
    code = ExitCode.OK
    with terminable(wanted=plan.cancel_on_interrupt):
        try:
            show(following.frames(), console=session.console, clock=session.clock, hint=plan.hint)
        except KeyboardInterrupt:
            return interrupted(session, following.pending(), cancel=plan.cancel_on_interrupt)
        except WatchTimeout as error:
            code = error.exit_code
            tell(session, WatchTimeout(error.message, hint=come_back(session, following.pending(), plan)))
            if plan.cancel_on_timeout:
                cancel_pending(session, following.pending())
    (plan.report or report_endings)(session, following.latest)
    return max([code, *(plan.judge(snapshot) for snapshot in following.latest if snapshot.over)])


def come_back(session: Session, pending: Sequence[Job], plan: Plan) -> str | None:
    """How to follow again what goes on after a timeout; None where it is cancelled."""
    if plan.cancel_on_timeout or not pending:
        return None
    command = f"trainctl {pending[0].collection.follow} {again(session, pending)}"
    return f"the watch has ended, not the work; take it up again with `{command}`"


@dataclass(slots=True)
class Following:
    """The frames of one watch, and the newest of them for whoever comes after an interruption."""

    session: Session
    jobs: Sequence[Job]
    plan: Plan
    latest: tuple[Snapshot, ...] = ()
    tail: Tail | None = field(default=None)
    told: set[str] = field(default_factory=set)
    first_shown: Callable[[int], datetime | None] | None = None

    def frames(self) -> Iterator[Frame]:
        """One frame per poll; where log lines are shown, polls are often enough for them."""
        from trainctl.lookup.polling import fetch_all
        from trainctl.render.live import Frame

        client, policy = self.session.client, self.plan.policy
        self.tail = self._make_tail()
        if self.tail and policy.max_interval > LOG_INTERVAL:
            policy = replace(policy, max_interval=LOG_INTERVAL)
        fetch = self.plan.fetch or (lambda pending: fetch_all(client, pending))
        sweeps = watch_many(fetch, self.jobs, clock=self.session.clock, policy=policy)
        for sweep in sweeps:
            self.latest = sweep
            yield Frame(sweep, self._new_lines(), partial(self.plan.below, sweep))
            self._notify(sweep)
            if self.plan.until_any and any(snapshot.over for snapshot in sweep):
                return

    def _notify(self, sweep: Sequence[Snapshot]) -> None:
        for job in (snapshot.job for snapshot in sweep if snapshot.job.phase.ended):
            if self.plan.notify and job.name not in self.told:
                self.told.add(job.name)
                self.plan.notify(job)

    def pending(self) -> list[Job]:
        """The jobs that had not ended when last seen."""
        return [snapshot.job for snapshot in self.latest if not snapshot.over] if self.latest else list(self.jobs)

    def _make_tail(self) -> Tail | None:
        """For one job on a screen that redraws itself; elsewhere log lines would drown the changes."""
        name = ResourceName.parse(self.jobs[0].name) if len(self.jobs) == 1 else None
        job = self.jobs[0]
        wanted = self.plan.tail and self.session.console.animated and not job.phase.ended
        if name is None or not wanted or not job.log_ids:
            return None
        from trainctl.api.logging import LogQuery, Logs
        from trainctl.api.tail import Tail

        logs = Logs(self.session.transport, self.session.endpoints)

        def query(since: datetime | None) -> LogQuery:
            # A pipeline learns the name of the job that writes its logs only when that job is made.
            ids = log_ids(self.session.client, self.latest[0].job if self.latest else job)
            return LogQuery(name.project, ids, since=since)

        def fetch(since: datetime | None) -> Iterator[LogEntry]:
            return logs.fetch_entries(query(since), deadline=LOG_PATIENCE)

        def first_shown(count: int) -> datetime | None:
            found = logs.fetch_entries(query(job.create_time), newest_first=True, limit=count, deadline=LOG_PATIENCE)
            last = list(found)
            return last[-1].timestamp if len(last) == count else job.create_time

        self.first_shown = first_shown
        return Tail(fetch, self.session.clock, tail_policy(self.session), since=job.create_time)

    def _new_lines(self) -> tuple[str, ...]:
        """What the tail has to show; logs are best effort, and one that is forbidden is not asked for again."""
        if self.tail is None:
            return ()
        from trainctl.render.live import TAIL
        from trainctl.render.logs import short_lines

        try:
            if self.first_shown:  # of a job that has written for days, all else would be read for nothing
                self.tail.since = self.first_shown(TAIL)
                self.first_shown = None
            self.tail.poll()
        except PermissionDenied as error:
            self.tail = None
            return tuple(text for text in (error.message, error.hint) if text)
        except TrainctlError:
            return ()
        colour = self.session.console.err_colour
        entries = self.tail.release()
        return tuple(line for entry in entries for line in short_lines(entry, colour=colour))


def report_endings(session: Session, snapshots: Sequence[Snapshot]) -> None:
    """How each job ended: in words for people, as whole resources for programs."""
    for snapshot in snapshots:
        if snapshot.lost and snapshot.last_error:
            tell(session, snapshot.last_error)
    if not session.output.is_human:
        from trainctl.commands.jobs.get import write_jobs

        write_jobs(session, [snapshot.job for snapshot in snapshots], single=len(snapshots) == 1)
        return
    from trainctl.commands.reasons import error_lines, last_words
    from trainctl.lookup.trained import with_model
    from trainctl.render.detail import ending_text

    for snapshot in snapshots:
        if snapshot.job.phase.ended:
            text = ending_text(
                with_model(session.client, snapshot.job),
                now=snapshot.at,
                colour=session.console.out_colour,
                again=again(session, [snapshot.job]),
                link=has_console_page(session),
                folder=folder_of(session, snapshot.job),
                log_lines=[*error_lines(session, snapshot.job), *last_words(session, snapshot.job)],
            )
            session.console.write(text)
