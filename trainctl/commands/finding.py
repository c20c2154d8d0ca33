"""From the references of a command line to jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from trainctl.catalog import DEFAULT_LOCATION, ResourceName
from trainctl.commands import LOCAL_PROJECT, Session
from trainctl.commands.placing import OPTION, place
from trainctl.errors import ExitCode, TrainctlError, UsageError
from trainctl.lookup.parallel import side_by_side
from trainctl.lookup.references import JOB, Finder, Named, Sort, back_of

if TYPE_CHECKING:
    from trainctl.catalog import Service
    from trainctl.jobs import Job
    from trainctl.journal import Submission

N = TypeVar("N", bound=Named)
UNIVERSE = "googleapis.com"
MULTI_REGIONS = ("us", "eu", "global")
"""Places of models, datasets and AutoML Vision that are no regions."""


def locations(session: Session) -> tuple[str, ...]:
    """The locations to look in; `all` is every region that is known for training."""
    if session.locations == ("all",):
        from trainctl.reference.machines import load_machines

        return load_machines().regions
    return session.locations or (DEFAULT_LOCATION,)


def warn_of_unknown(session: Session) -> None:
    """Say which of the locations are none that we know: Google may have opened them since, or they are slips."""
    from trainctl.reference.machines import load_machines
    from trainctl.render.human import hint_lines
    from trainctl.spec.suggest import suggestion

    if session.settings.local or session.settings.universe_domain != UNIVERSE:
        return
    known = load_machines().regions
    origin = session.settings.get("location").origin
    for location in locations(session):
        if location not in (*known, *MULTI_REGIONS):
            hint = suggestion(location, known) or "`trainctl catalog regions` lists those known"
            session.console.warn(f"warning: `{location}` ({origin}) is no region for training that we know of")
            session.console.warn("\n".join(hint_lines(hint, colour=session.console.err_colour)))


def make_finder(session: Session) -> Finder[Job]:
    """What looks references to jobs up in this session's project and locations."""
    return finder_of(session, JOB)


def finder_of(session: Session, sort: Sort[N]) -> Finder[N]:
    """What looks references of one sort up in this session's project and locations; warns of those not known."""
    warn_of_unknown(session)

    def recent(back: int) -> str:
        return str(submission(session, back).name)

    collections = session.answering(sort.collections)
    return Finder(session.client, sort, recent, lambda: (session.project, locations(session)), collections)


def submission(session: Session, back: int) -> Submission:
    """The submission from here that is so far back, 1 being the last. Raises UsageError when there is none."""
    found = session.journal.latest(back)
    if found is None:
        hint = "`trainctl history` lists submissions"
        raise UsageError(f"no job was submitted from here that is so far back: `@{back}`", hint=hint)
    return found


def find_jobs(session: Session, references: Sequence[str]) -> tuple[list[Job], ExitCode]:
    """The jobs that references name, each once, and the largest exit code of those that name none."""
    return find_all(session, references, JOB)


def find_job(session: Session, reference: str) -> Job:
    """The one job that a reference names. Raises UsageError where it stands for none or several, as `-` may."""
    jobs, code = find_jobs(session, [reference])
    if len(jobs) != 1 or code:
        raise UsageError(f"this command takes one job, and `{reference}` gives {len(jobs)}", hint="name one job")
    return jobs[0]


def find_all(session: Session, references: Sequence[str], sort: Sort[N]) -> tuple[list[N], ExitCode]:
    """What references of one sort name, each once, and the largest exit code of those that name nothing."""
    pairs, code = find_each(session, references, sort)
    return list({found.name: found for _, found in pairs}.values()), code


def find_each(session: Session, references: Sequence[str], sort: Sort[N]) -> tuple[list[tuple[str, N]], ExitCode]:
    """References of one sort with what they name, and the largest exit code of those that name nothing.

    One reference alone raises its error; of several, each failure is told and the others go on.
    """
    texts = expand(session, references, noun=sort.noun)
    enter_engine(session, texts)
    warn_of_closed(session, (name.service for name in map(ResourceName.parse, texts) if name))
    finder = finder_of(session, sort)
    if len(texts) == 1:
        return [(texts[0], finder.find(texts[0]))], ExitCode.OK
    pairs: list[tuple[str, N]] = []
    code = ExitCode.OK
    for text, answer in zip(texts, side_by_side(finder.find, texts), strict=True):
        if isinstance(answer, TrainctlError):
            tell(session, answer)
            code = max(code, answer.exit_code)
        else:
            pairs.append((text, answer))
    return pairs, code


def warn_of_closed(session: Session, services: Iterable[Service]) -> None:
    """Say of each service that is asked where nothing answers any more why that is so."""
    for service in dict.fromkeys(services):
        if not service.answers(session.endpoints):
            session.console.warn(f"warning: {service.closing}")


def expand(session: Session, references: Sequence[str], *, noun: str = JOB.noun) -> list[str]:
    """The references, those of standard input (one a line) in the place of `-`, each once."""
    texts: list[str] = []
    for reference in references:
        texts += session.seams.stdin.read().split("\n") if reference == "-" else [reference]
    wanted = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not wanted and "-" not in references:
        recent = "; `@last` is the last one submitted" if noun == JOB.noun else ""
        raise UsageError(f"no {noun} is named", hint=f"`trainctl {noun}s list` shows them{recent}")
    return wanted


def enter_engine(session: Session, references: Sequence[str]) -> None:
    """Turn the session to the local engine when that is where all the references lead and no option says otherwise.

    Raises UsageError when they lead to both worlds, or against the settings.
    """
    here = [reference for reference in references if _is_local(session, reference)]
    if not here or session.settings.local:
        return
    if len(here) < len(references) or session.settings.get("local").origin != "default":
        raise UsageError(f"`{here[0]}` is a job of the local engine", hint="add `--local`, and name no other jobs")
    session.use_engine()


def _is_local(session: Session, reference: str) -> bool:
    """Whether it is certain without a look that a reference names a job of the engine.

    The ids that the engine makes are among those that were submitted from here; no project of Google's has its name.
    """
    if back := back_of(reference):
        return submission(session, back).local
    if reference.isdecimal():
        return _made_locally(session, reference)
    name = ResourceName.parse(reference)
    return name is not None and name.project == LOCAL_PROJECT


def _made_locally(session: Session, id_: str) -> bool:
    """Whether the journal has a job of the engine with that id; one that cannot be read knows nothing."""
    try:
        return any(found.local for found in session.journal.find_resource(id_))
    except TrainctlError:
        return False


def tell(session: Session, error: TrainctlError) -> None:
    """Say an error that does not end the command."""
    from trainctl.render.human import error_text

    if session.settings.get("local").origin == f"flag {OPTION}":
        place(error)
    session.console.warn(error_text(error, session.console))


def again(session: Session, jobs: Sequence[Job]) -> str:
    """What names these jobs in a command that is suggested for later, options included; escaped.

    Full names hold whatever the settings are then; the engine's jobs have their ids and `--local`, which is shorter.
    """
    from trainctl.render.words import escape

    if session.settings.local and all(not job.location or job.location in locations(session) for job in jobs):
        return " ".join([*(escape(job.id) for job in jobs), "--local"])
    return " ".join(escape(job.name) for job in jobs)


def has_console_page(session: Session) -> bool:
    """Whether Google's console can know this session's jobs: not those of an engine or of a replaced endpoint."""
    return not session.settings.local and "vertex" not in session.settings.endpoints


def folder_of(session: Session, job: Job) -> str:
    """Where the engine has put a job's outputs; empty for jobs that ran elsewhere, and while there are none."""
    if not session.settings.local or not job.outputs.directory.startswith("gs://"):
        return ""
    from trainctl.commands.engine import engine_home

    folder = engine_home(session).buckets / job.outputs.directory.removeprefix("gs://")
    return str(folder) if folder.is_dir() else ""
