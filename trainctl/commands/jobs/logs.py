"""`jobs logs`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.catalog import HYPERPARAMETER_TUNING_JOBS, ResourceName
from trainctl.commands import Session
from trainctl.commands.finding import again, folder_of, tell
from trainctl.commands.following import tail_policy
from trainctl.commands.jobs.choices import OptionalReferences
from trainctl.commands.jobs.wanted import Conditions, choose_jobs, whole
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, Interrupted, NotFound, TrainctlError, UsageError
from trainctl.jobs import study_of
from trainctl.lookup.backing import log_ids, worker_of

if TYPE_CHECKING:
    from datetime import datetime

    from trainctl.api.logging import LogEntry, LogQuery, Logs
    from trainctl.jobs import Job


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of which jobs: the query, how many of the last, and what each must match."""

    query: LogQuery
    tail: int | None
    pattern: re.Pattern[str] | None

    def admits(self, entry: LogEntry) -> bool:
        """Whether the entry matches the pattern, if there is one."""
        return self.pattern is None or self.pattern.search(entry.message) is not None


def logs(
    session: Session,
    references: OptionalReferences = None,
    *,
    wanted: Conditions,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the jobs have ended", show_default=False)
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", help="Only lines since: `10m`, `2h`, a time", metavar="TIME")
    ] = None,
    tail: Annotated[
        int | None, typer.Option("--tail", "-n", help="Only the last so many entries", min=0, metavar="NUMBER")
    ] = None,
    grep: Annotated[
        str | None, typer.Option("--grep", help="Only entries that match a regular expression", metavar="REGEX")
    ] = None,
    severity: Annotated[
        str | None, typer.Option("--severity", help="Only entries at least so severe", metavar="SEVERITY")
    ] = None,
    replica: Annotated[
        list[str] | None, typer.Option("--replica", help="Only lines of `workerpool0-0`, ...", metavar="NAME")
    ] = None,
    trial: Annotated[
        int | None, typer.Option("--trial", help="Only lines of this trial of a tuning job", min=1, metavar="NUMBER")
    ] = None,
) -> ExitCode:
    """Print what jobs have written.

    Lines have time, severity and replica before them. With -f it goes on until shortly after the jobs have ended,
    and exits with their outcome: 0 succeeded, 1 failed, cancelled or expired. A training pipeline shows the lines of
    the job that does its work, and tuning those of its trials. Conditions instead of references select jobs.
    """
    pattern, level = _pattern(grep), _severity(severity)
    jobs, code = choose_jobs(session, references, wanted)
    if wanted.given:  # lists leave out the trials, which have lines of their own
        tuned = whole(session, [job for job in jobs if job.collection is HYPERPARAMETER_TUNING_JOBS])
        jobs = list({job.name: job for job in (*jobs, *tuned)}.values())
    if not jobs:
        return code
    if trial is not None:
        check_trial(session, jobs, trial, follow=follow)
    query = _query(session, jobs, since=since, severity=level, replicas=tuple(replica or ()), grep=grep)
    query = replace(query, **_ids(session, jobs, str(trial or "")))
    lines = Lines(query, tail, pattern)
    if follow:
        return max(code, follow_logs(session, jobs, lines))
    if not write_entries(session, _past(session, lines), jobs):
        session.console.say(_nothing(jobs, lines))
    return code


def _query(
    session: Session,
    jobs: Sequence[Job],
    *,
    since: str | None,
    severity: str,
    replicas: tuple[str, ...],
    grep: str | None,
) -> LogQuery:
    from trainctl.api.logging import LogQuery
    from trainctl.lookup.selection import read_since

    created = [job.create_time for job in jobs if job.create_time]
    first = read_since(since, session.clock.now()) or (min(created) if len(created) == len(jobs) else None)
    search = grep if grep and re.escape(grep).replace("\\ ", " ") == grep else ""
    return LogQuery(
        project=_project(jobs), job_ids=(), since=first, severity=severity, replicas=replicas, search=search
    )


def _ids(session: Session, jobs: Iterable[Job], trial: str) -> dict[str, Any]:
    """The parts of a query that say whose lines: all of the jobs', or those of one trial."""
    if not trial:
        ids = dict.fromkeys(log_id for job in jobs for log_id in log_ids(session.client, job))
        if not ids:
            raise UsageError(
                "AutoML Vision keeps no lines of its trainings", hint="`trainctl jobs get` shows why one failed"
            )
        return {"job_ids": tuple(ids)}
    workers = [worker_of(session.client, job) for job in jobs]
    found = [each for job in workers for each in study_of(job).trials if each.id == trial and each.job]
    run = tuple(each.job.rpartition("/")[2] for each in found)
    own = tuple((job.backing or job.name).rpartition("/")[2] for job in workers)
    return {"job_ids": (*own, *run), "trial": trial, "trial_ids": run}


def check_trial(session: Session, jobs: Sequence[Job], number: int, *, follow: bool) -> None:
    """Raise NotFound where none of the jobs has a trial of that number, nor can still have it while it is followed."""
    workers = [worker_of(session.client, job) for job in jobs]
    studies = [study_of(job) for job in workers]
    found = sorted({trial.id for study in studies for trial in study.trials}, key=lambda text: (len(text), text))
    open_ends = (study.total or number for job, study in zip(workers, studies, strict=True) if not job.phase.ended)
    to_come = any(number <= end for end in open_ends)
    if str(number) in found or (follow and to_come):
        return
    whose = f"{workers[0].collection.noun} {workers[0].id} has" if len(workers) == 1 else "these jobs have"
    hint = f"there are {', '.join(found)}" if found else "`trainctl jobs list --kind hptune` shows jobs with trials"
    if found and to_come:
        hint = f"{hint}; `-f` waits for others"
    raise NotFound(f"{whose} no trial {number}", hint=hint)


def _project(jobs: Sequence[Job]) -> str:
    names = [ResourceName.parse(job.name) for job in jobs]
    projects = sorted({name.project for name in names if name})
    if len(projects) != 1:
        raise UsageError(f"logs can be read of one project at a time, and these jobs are in {', '.join(projects)}")
    return projects[0]


def _pattern(grep: str | None) -> re.Pattern[str] | None:
    if grep is None:
        return None
    try:
        return re.compile(grep)
    except re.error as error:
        raise UsageError(f"`--grep {grep}` is no regular expression: {error}") from error


def _severity(word: str | None) -> str:
    from trainctl.api.logging import SEVERITIES

    if word is None:
        return ""
    if word.upper() not in SEVERITIES:
        raise UsageError(f"`--severity {word}` is no severity", hint=f"severities are {', '.join(SEVERITIES)}")
    return word.upper()


def _past(session: Session, lines: Lines) -> Iterator[LogEntry]:
    """What has been written so far, oldest first."""
    from itertools import islice

    entries = filter(lines.admits, _reader(session).fetch_entries(lines.query, newest_first=lines.tail is not None))
    if lines.tail is None:
        return entries
    return iter(sorted(islice(entries, lines.tail), key=lambda entry: entry.order))


def _reader(session: Session) -> Logs:
    from trainctl.api.logging import Logs

    return Logs(session.transport, session.endpoints)


def write_entries(session: Session, entries: Iterable[LogEntry], jobs: Sequence[Job]) -> int:
    """Write entries as they come: lines for people, whole entries for programs; returns how many."""
    from trainctl.render.logs import LOG_COLUMNS, entry_lines
    from trainctl.render.machine import Subject, write_list

    console = session.console
    if not session.output.is_human:
        subject = Subject(LOG_COLUMNS, raw=lambda entry: entry.raw, name=lambda entry: entry.insert_id)
        pages = ([entry] for entry in entries)
        return write_list(pages, subject, session.output, console=console, now=session.clock.now())
    count = 0
    for entry in entries:
        count += 1
        lines = entry_lines(entry, colour=console.out_colour, terminal=console.out_terminal, with_job=len(jobs) > 1)
        console.write("".join(f"{line}\n" for line in lines))
        console.out.flush()
    return count


def _nothing(jobs: Sequence[Job], lines: Lines) -> str:
    query = lines.query
    if lines.pattern or query.severity or query.replicas or query.trial or lines.tail == 0:
        return "no lines that match"
    if all(job.phase.ended for job in jobs):
        return "no lines: the job wrote none, or they are older than the logs are kept (30 days unless configured)"
    return "no lines yet: code writes its first when its machines are ready; `-f` waits for them"


def follow_logs(session: Session, jobs: Sequence[Job], lines: Lines) -> ExitCode:
    """Write entries until the jobs have ended; returns the largest exit code of theirs."""
    from trainctl.api.tail import follow
    from trainctl.render.detail import ending_text

    ending = Ending(session, list(jobs))
    reader = _reader(session)

    def fetch(since: datetime | None) -> Iterator[LogEntry]:
        # A pipeline learns the name of the job that writes its lines only when that job is made.
        query = replace(lines.query, since=since, **_ids(session, ending.jobs, lines.query.trial))
        return filter(lines.admits, reader.fetch_entries(query))

    entries = follow(fetch, session.clock, tail_policy(session), ended=ending.has_come, since=_start(session, lines))
    try:
        write_entries(session, entries, jobs)
    except KeyboardInterrupt:
        session.console.warn(f"to come back: trainctl jobs logs -f {again(session, jobs)}")
        return Interrupted.exit_code
    for job in ending.jobs:
        if error := ending.lost.get(job.name):
            tell(session, error)
            continue
        text = ending_text(
            job,
            now=session.clock.now(),
            colour=session.console.err_colour,
            again=again(session, [job]),
            folder=folder_of(session, job),
        )
        session.console.say(text)
    return ending.code


def _start(session: Session, lines: Lines) -> datetime | None:
    """From when on to follow: with `--tail`, from the first of the last entries; from the beginning if there are fewer.

    Then lines that come late belong to the last ones, too.
    """
    if lines.tail is None:
        return lines.query.since
    if lines.tail == 0:
        return session.clock.now()
    last = list(_past(session, lines))
    return last[0].timestamp if len(last) == lines.tail else lines.query.since


@dataclass(slots=True)
class Ending:
    """The jobs whose end is waited for, as last seen; those that are there no longer have their errors in `lost`."""

    session: Session
    jobs: list[Job]
    lost: dict[str, TrainctlError] = field(default_factory=dict)
    looked: bool = False

    def has_come(self) -> bool:
        """Whether all have ended; asks after those that had not. A poll that fails is made up for by the next."""
        from trainctl.lookup.polling import fetch_all

        if self.looked and (pending := self.pending):
            for name, answer in fetch_all(self.session.client, pending).items():
                self._take(name, answer)
        self.looked = True
        return not self.pending

    def _take(self, name: str, answer: Job | TrainctlError) -> None:
        from trainctl.watch import is_passing

        if isinstance(answer, NotFound):
            self.lost[name] = answer
        elif not isinstance(answer, TrainctlError):
            self.jobs = [answer if job.name == name else job for job in self.jobs]
        elif not is_passing(answer, fed=self.session.identity.is_fed):
            raise answer

    @property
    def pending(self) -> list[Job]:
        """The jobs that can still write."""
        return [job for job in self.jobs if not job.phase.ended and job.name not in self.lost]

    @property
    def code(self) -> ExitCode:
        """The largest exit code of the jobs."""
        ends = (job.phase.exit_code for job in self.jobs if job.name not in self.lost)
        return max([ExitCode.OK, *ends, *(error.exit_code for error in self.lost.values())])


NODE = Leaf(
    "logs",
    logs,
    (
        "trainctl jobs logs @last -f",
        "trainctl jobs logs digits --tail 50 --severity warning",
        "trainctl jobs logs digits --since 1h --replica workerpool0-0 --grep 'loss='",
        "trainctl jobs logs @last --trial 7",
        "trainctl jobs logs -f --label team=plants --state active",
        "trainctl jobs logs @last -o jsonl",
    ),
)
