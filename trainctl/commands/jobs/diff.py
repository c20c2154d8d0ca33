"""`jobs diff`: a job beside a spec, or beside another job, request against request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.catalog import DRY_RUN_STAMP
from trainctl.commands import Session
from trainctl.commands.candidates import recent_jobs, spec_files
from trainctl.commands.exporting import requested
from trainctl.commands.finding import enter_engine, make_finder
from trainctl.commands.specs import DisplayName, Sets, Variables, choose, load_documents
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Collection
    from trainctl.commands.specs import Choice
    from trainctl.conversion.comparison import Difference
    from trainctl.jobs import Job
    from trainctl.spec.document import Document

Reference = Annotated[
    str,
    typer.Argument(
        help="Name, id, `@last`, `@2`, or unique display name of a job",
        metavar="REF",
        show_default=False,
        autocompletion=recent_jobs,
    ),
]
Other = Annotated[
    str,
    typer.Argument(
        help="Spec file, `-` for standard input, or another job",
        metavar="SPEC",
        show_default=False,
        autocompletion=spec_files,
    ),
]
SPEC_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two requests: what it is called, where it goes, its body."""

    title: str
    collection: Collection
    location: str
    body: Mapping[str, Any]

    @property
    def whole(self) -> dict[str, Any]:
        """The place and the body as one value."""
        from trainctl.conversion.equality import comparable
        from trainctl.conversion.export import unstamped

        place = {"resource": self.collection.id, **({"location": self.location} if self.collection.placed else {})}
        body = {name: value for name, value in self.body.items() if name != self.collection.identity}
        whole: dict[str, Any] = unstamped(place | comparable(body, self.collection))
        return whole


def diff(
    session: Session,
    reference: Reference,
    spec: Other,
    sets: Sets = None,
    variables: Variables = None,
    display_name: DisplayName = None,
) -> ExitCode:
    """Compare a job with what a spec would submit.

    Field by field; exit code 1 when they differ. Requests are compared: what the service adds (state, times, outputs),
    defaults, and names that are new in every submission do not count, and code counts by its contents. SPEC may be
    another job.
    """
    choice = choose(sets, variables, display_name=display_name)
    enter_engine(session, [reference] if is_spec(spec) else [reference, spec])
    finder = make_finder(session)
    before = of_job(session, finder.find(reference))
    after = of_spec(session, spec, choice, before) if is_spec(spec) else of_job(session, finder.find(spec))
    return write(session, before, after)


def is_spec(text: str) -> bool:
    """Whether an argument means a file, and not a job."""
    return text == "-" or text.endswith(SPEC_SUFFIXES) or Path(text).is_file()


def of_job(session: Session, job: Job) -> Side:
    """The request that made a job."""
    from trainctl.conversion.messages import request_of

    body = request_of(requested(session, job), job.collection).body
    name = str(body.get("displayName", ""))
    title = f"{job.collection.noun} {job.id}{f' ({name})' if name else ''}"
    return Side(title, job.collection, job.location, body)


def of_spec(session: Session, spec: str, choice: Choice, beside: Side) -> Side:
    """The request that a spec makes."""
    from trainctl.preparation import prepare

    name = str(beside.body.get(beside.collection.identity or "displayName"))
    document = one_document(load_documents(session, spec, choice), spec, name)
    defaults = session.defaults(display_name=choice.display_name)
    call = prepare(document, defaults, DRY_RUN_STAMP).call
    return Side(document.file, call.collection, call.location, call.body)


def one_document(documents: list[Document], spec: str, name: str) -> Document:
    """The only document of a file, or the one whose job has that name. Raises UsageError."""
    called = [each for each in documents if isinstance(each.value, dict) and name in _names(each.value)]
    fitting = documents if len(documents) == 1 else called
    if len(fitting) == 1:
        return fitting[0]
    which = "none of them is" if not fitting else f"{len(fitting)} of them are"
    raise UsageError(
        f"`{spec}` has {len(documents)} documents, and {which} called `{name}`", hint="name a file with one document"
    )


def _names(value: Mapping[str, Any]) -> set[Any]:
    return {value.get("display_name"), value.get("displayName"), value.get("job_id"), value.get("jobId")}


def write(session: Session, before: Side, after: Side) -> ExitCode:
    """What differs, in the form asked for, and the exit code that says whether anything does."""
    from trainctl.conversion.comparison import differences
    from trainctl.render.differences import difference_record, differences_text
    from trainctl.render.machine import write_records

    found: list[Difference] = differences(before.whole, after.whole)
    if not session.output.is_human:
        write_records(map(difference_record, found), session.console, session.output)
    elif found:
        colour = session.console.out_colour
        session.console.write(differences_text(found, before=before.title, after=after.title, colour=colour))
    else:
        from trainctl.render.words import escape

        session.console.say(f"{escape(before.title)} and {escape(after.title)} are the same request")
    return ExitCode.JOB_FAILED if found else ExitCode.OK


NODE = Leaf(
    "diff",
    diff,
    (
        "trainctl jobs diff @last train.yaml",
        "trainctl jobs diff digits train.yaml --set replica_count=2 -o json",
        "trainctl jobs diff @2 @last",
    ),
)
