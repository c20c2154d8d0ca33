"""`jobs label`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.catalog import OWN_LABELS, ResourceName
from trainctl.commands import Session
from trainctl.commands.candidates import recent_jobs
from trainctl.commands.finding import find_job
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, RequestRefused, UsageError

if TYPE_CHECKING:
    from trainctl.jobs import Job

Changes = Mapping[str, "str | None"]
"""New values of labels; None for those that are to go."""


def label(
    session: Session,
    reference: Annotated[
        str,
        typer.Argument(
            help="The job: its name, id or `@last`", metavar="REF", show_default=False, autocompletion=recent_jobs
        ),
    ],
    words: Annotated[
        list[str], typer.Argument(help="`KEY=VALUE` sets a label, `KEY-` removes one", metavar="LABEL...")
    ],
) -> ExitCode:
    """Change the labels of an AI Platform job.

    Labels that are not named stay. The change is made anew when somebody else has changed the job in between, so that
    none is lost. Vertex AI and AutoML Vision cannot change the labels of a job that exists: `jobs rerun` submits it
    again with others.
    """
    changes = read_changes(words)
    job = find_job(session, reference)
    if "patch" not in job.collection.verbs:
        raise RequestRefused(
            f"{job.collection.noun} {job.name} keeps the labels it was made with: its API cannot change them",
            hint="`trainctl jobs rerun REF --set labels.KEY=VALUE` submits the same job with others",
        )
    write(session, change_labels(session, job, changes))
    return ExitCode.OK


def read_changes(words: Sequence[str]) -> Changes:
    """What `team=plants` and `stage-` ask for. Raises UsageError."""
    changes: dict[str, str | None] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals and not word.endswith("-"):
            raise UsageError(f"`{word}` is no change of a label", hint="write `KEY=VALUE`, or `KEY-` to remove one")
        name = key if equals else word[:-1]
        if name in changes:
            raise UsageError(f"the label `{name}` is named twice", hint="keep one")
        if name in OWN_LABELS:
            raise UsageError(f"the label `{name}` is trainctl's own", hint="by it trainctl finds its jobs again")
        changes[name] = value if equals else None
    check_labels({name: value or "" for name, value in changes.items()})
    return changes


def check_labels(labels: Mapping[str, str]) -> None:
    """Raise UsageError for labels that specs may not have either."""
    from trainctl.spec.rules import Where
    from trainctl.spec.rules.names import LABEL_COUNT, LABEL_FORM

    for rule in (LABEL_FORM, LABEL_COUNT):
        for finding in rule.check({"labels": labels}, Where()):
            raise UsageError(finding.message, hint=finding.hint or rule.cure)


def change_labels(session: Session, job: Job, changes: Changes) -> Job:
    """The job with its labels changed, whoever else changes it at the same time."""
    from trainctl.api.revising import revise
    from trainctl.jobs import view
    from trainctl.wire import texts

    name = ResourceName.parse(job.name)
    if name is None:
        raise RequestRefused(f"the service gave the job the name `{job.name}`, which cannot be asked for")

    def change(found: Mapping[str, Any]) -> dict[str, Any] | None:
        labels = texts(found.get("labels"))
        wanted = {key: value for key, value in {**labels, **changes}.items() if value is not None}
        check_labels(wanted)
        return None if wanted == labels else {"labels": wanted, "etag": found.get("etag")}

    found = revise(
        lambda: session.client.get(name),
        change,
        lambda wanted: session.client.patch(name, wanted, "labels,etag"),
        session.clock,
    )
    return view(found, job.collection)


def write(session: Session, job: Job) -> None:
    """The labels as they are now for people, the job for programs."""
    if not session.output.is_human:
        from trainctl.commands.jobs.get import write_jobs

        write_jobs(session, [job], single=True)
        return
    from trainctl.render.columns import labels
    from trainctl.render.words import escape

    session.console.say(f"{job.collection.noun} {escape(job.id)} has the labels {escape(labels(job))}")


NODE = Leaf(
    "label",
    label,
    (
        "trainctl jobs label digits_1 team=plants stage-",
        "trainctl jobs label @last owner=ada",
        "trainctl jobs label projects/my-project/jobs/digits_1 team=plants -o json",
    ),
)
