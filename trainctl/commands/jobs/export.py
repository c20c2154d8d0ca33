"""`jobs export`: from jobs to the specs that submit them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.exporting import comment_on, export_job, write_fields
from trainctl.commands.finding import expand, find_jobs, tell
from trainctl.commands.jobs.choices import References
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, TrainctlError

if TYPE_CHECKING:
    from trainctl.conversion.export import Export
    from trainctl.jobs import Job

Raw = Annotated[
    bool, typer.Option("--raw", help="The body of the REST request, instead of a kind's fields", show_default=False)
]


def export(session: Session, references: References, raw: Raw = False) -> ExitCode:  # noqa: FBT002
    """Print specs that submit jobs again.

    State, times, outputs and trainctl's own labels are left out. The kind is the friendliest one whose spec makes the
    very same request; where none does, the spec is the request itself. Several jobs are documents of one file.
    Code that was packed is named where it was uploaded to, and an output folder that was made for the job gives way to
    a new one for each submission.
    """
    texts = expand(session, references)
    jobs, code = find_jobs(session, texts)
    exports: list[tuple[Job, Export]] = []
    for job in jobs:
        try:
            exports.append((job, export_job(session, job, texts, raw=raw)))
        except TrainctlError as error:
            if len(texts) == 1:
                raise
            tell(session, error)
            code = max(code, error.exit_code)
    if session.output.is_human or (session.output.format == "yaml" and session.output.query is None):
        session.console.write("---\n".join(text_of(job, found) for job, found in exports))
    else:
        single = len(references) == 1 and references != ["-"]
        write_fields(session, [found.fields for _, found in exports], single=single)
    return code


def text_of(job: Job, found: Export) -> str:
    """A spec as a file that an editor checks."""
    from trainctl.render.words import escape
    from trainctl.spec.writing import schema_line, spec_text

    return f"{schema_line(found.kind)}\n{escape(comment_on(job))}\n{spec_text(found.fields)}"


NODE = Leaf(
    "export",
    export,
    (
        "trainctl jobs export @last > train.yaml",
        "trainctl jobs export digits -o json --query worker_pool_specs",
        "trainctl jobs export 4867921325790003200 --raw",
    ),
)
