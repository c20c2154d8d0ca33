"""Submitting what is ready, one job after the other or several side by side, and saying what there is then."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.errors import ExitCode, NotFound, TrainctlError, Unforeseen
from trainctl.preparation import Report
from trainctl.spec.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Self

    from trainctl.jobs import Job
    from trainctl.preparation import Prepared
    from trainctl.submission import Batch, Submitted, Submitter

WIDEST = 16
"""Submissions at once: they hide latency, and Vertex AI takes 60 a minute."""

Parallel = Annotated[
    int, typer.Option("--parallel", help="Submit so many jobs at once", metavar="N", min=1, max=WIDEST)
]


@dataclass(frozen=True, slots=True)
class Sending:
    """What becomes of jobs that are submitted: `created` and `failures` by their index."""

    session: Session
    ready: Sequence[Prepared]
    submitter: Submitter
    key: str | None = None
    created: dict[int, Job] = field(default_factory=dict)
    failures: dict[int, BaseException] = field(default_factory=dict)

    @classmethod
    def make(cls, session: Session, ready: Sequence[Prepared], *, recorded: bool, key: str | None) -> Self:
        """Of all that are ready; `recorded` says that the journal is kept."""
        from trainctl.render.words import escape
        from trainctl.submission import Submitter, absent_after

        submitter = Submitter(
            client=session.client,
            storage=session.storage,
            journal=session.journal if recorded else None,
            clock=session.clock,
            packages=session.paths.cache / "packages",
            tell=lambda text: session.console.say(escape(text)),
            local=session.settings.local,
            profile=session.settings.profile,
            patience=absent_after(session.settings.request_timeout),
        )
        return cls(session, ready, submitter, key)

    @property
    def jobs(self) -> list[Job]:
        """The jobs that were created so far, in the order of their specs."""
        return [self.created[index] for index in sorted(self.created)]

    def run(self, width: int) -> bool:
        """Submit all; False when it was interrupted. Raises the failure of the largest exit code after telling others.

        The first failure keeps all that were not begun from being sent.
        """
        if width > 1 and len(self.ready) > 1:
            return self._side_by_side(width)
        from trainctl.submission import key_of

        for index, prepared in enumerate(self.ready):
            try:
                self.note(index, self.submitter.submit(prepared, key_of(self.key, index)))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - raised below
                self.note(index, error)
                break
        self._fail()
        return True

    def _side_by_side(self, width: int) -> bool:
        from trainctl.submission import Batch

        batch = Batch([self._beginning(index) for index in range(len(self.ready))], width)
        try:
            self._hear(batch)
        except KeyboardInterrupt:
            batch.stop()
            rest = "those on their way are waited for; Ctrl-C again leaves at once"
            self.session.console.warn(f"interrupted: no other job is submitted, {rest}")
            self._hear(batch)
            self._tell(self.failures.values())
            return False
        self._fail()
        return True

    def _beginning(self, index: int) -> Callable[[], Callable[[], Submitted]]:
        """What begins the submission of a job, whose name stands before all that is told of it."""
        from trainctl.submission import key_of

        prepared, tell, name = self.ready[index], self.submitter.tell, self._name(index)
        submitter = replace(self.submitter, tell=lambda text: tell(f"{name}: {text}"))
        return lambda: submitter.begin(prepared, key_of(self.key, index))

    def _name(self, index: int) -> str:
        call = self.ready[index].call
        return str(call.body.get("displayName") or call.chosen_id)

    def _hear(self, batch: Batch) -> None:
        for index, end in batch.ends():
            self.note(index, end)

    def note(self, index: int, end: Submitted | BaseException) -> None:
        """Remember what became of a job, and say that it is there."""
        if isinstance(end, BaseException):
            self.failures[index] = end
            return
        from trainctl.jobs import view

        job = self.created[index] = view(end.resource, end.prepared.call.collection)  # before anything takes time
        from trainctl.commands.finding import again, has_console_page
        from trainctl.render.human import created_text

        console, link = self.session.console, has_console_page(self.session)
        words = created_text(job, console, adopted=end.adopted, link=link, again=again(self.session, [job]))
        console.say(words)

    def _fail(self) -> None:
        if not self.failures:
            return
        self._explain()
        worst = max(self.failures.values(), key=code_of)
        self._tell([each for each in self.failures.values() if str(each) != str(worst)])
        if len(self.ready) > 1:
            self.session.console.warn(self._count())
        raise worst

    def _explain(self) -> None:
        """Say of what a service misses where the specs name it, unless the look-up fails, too, or is interrupted."""
        absent = {index: error for index, error in self.failures.items() if isinstance(error, NotFound)}
        if not absent:
            return
        from trainctl.lookup.premises import Premises

        premises = Premises(self.session.client, self.session.storage, self.session.clock.now())
        with suppress(TrainctlError, KeyboardInterrupt):
            for index, error in absent.items():
                error.hint = _find_absent(premises.check(self.ready[index]))

    def _count(self) -> str:
        """How many were submitted, which were not, and how many were not even sent after that."""
        from trainctl.render.words import escape
        from trainctl.spec.suggest import listed

        left = len(self.ready) - len(self.created) - len(self.failures)
        failed = listed([escape(self._name(index)) for index in sorted(self.failures)], most=WIDEST, last="and")
        rest = f", and the other {left} were not sent" if left else ""
        return f"{len(self.created)} of {len(self.ready)} jobs were submitted; {failed} failed{rest}"

    def _tell(self, failures: Iterable[BaseException]) -> None:
        """Say failures that do not end the command, each once: jobs that share their code share its failure."""
        from trainctl.commands.finding import tell

        for error in {str(each): each for each in failures}.values():
            tell(self.session, error if isinstance(error, TrainctlError) else Unforeseen.of(error))


def _find_absent(checked: Prepared | Report) -> str:
    """Which names of a spec lead to nothing, each with its line and its cure."""
    problems = checked.problems if isinstance(checked, Report) else ()
    wrong = [problem for problem in problems if problem.severity is Severity.ERROR]
    told = [f"{each.location}: {each.message}: {each.hint}" for each in sorted(wrong, key=attrgetter("line", "column"))]
    return "; ".join(told) or "the datasets, models and buckets that the spec names are there: look at its other names"


def submit_all(sending: Sending, width: int, *, write: bool) -> bool:
    """Submit, and write out the jobs that were created if wanted, even when others fail; False for an interruption."""
    try:
        finished = sending.run(width)
    except KeyboardInterrupt:
        words = "interrupted: `trainctl history resolve` tells what became of what was on its way"
        sending.session.console.warn(words)
        finished = False
    except BaseException:
        write = True  # nothing else is going to name them
        raise
    finally:
        if write and sending.jobs:
            write_created(sending)
    return finished


def write_created(sending: Sending) -> None:
    """The jobs that were created: names for a pipe, and nothing for a terminal, which has been told already.

    For programs one spec gives an object and several a list, however many jobs became of them.
    """
    from trainctl.commands.jobs.get import write_jobs
    from trainctl.render.words import escape

    session = sending.session
    if not session.output.is_human:
        write_jobs(session, sending.jobs, single=len(sending.ready) == 1)
    elif not session.console.out_terminal:
        session.console.write("".join(f"{escape(job.name)}\n" for job in sending.jobs))


def code_of(error: BaseException) -> ExitCode:
    """The exit code of a failure; of one that nobody has put into words, that of an unknown outcome."""
    return error.exit_code if isinstance(error, TrainctlError) else ExitCode.UNREACHABLE
