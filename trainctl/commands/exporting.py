"""Jobs as specs, for the commands that print, compare and submit them again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.catalog import DEFAULT_LOCATION, ResourceName, Target
from trainctl.commands import LOCAL_BUCKET, Session
from trainctl.commands.finding import submission
from trainctl.errors import NotFound, UsageError
from trainctl.lookup.references import back_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from trainctl.conversion.export import Export
    from trainctl.jobs import Job

CHOSEN_ID = "job_id"
"""The id that the user of AI Platform Training chooses: no other job may have it again."""


def export_job(session: Session, job: Job, references: Sequence[str], *, raw: bool = False) -> Export:
    """The spec that submits a job again, its place included; what it cannot say is told.

    `references` are those that the job was found by. What goes to the engine names no project, and no usual location.
    """
    from trainctl.conversion.export import export

    resource = requested(session, job)
    local = session.settings.local
    project = project_of(session, job, references)
    bucket = LOCAL_BUCKET if local else None
    location = job.location or DEFAULT_LOCATION
    found = export(resource, job.collection, Target(project, location, bucket), raw=raw)
    tell_doubts(session, job, found)
    place = {"project": None if local else project, "location": job.location}
    if local and job.location == DEFAULT_LOCATION:
        place["location"] = None
    named = {name: value for name, value in place.items() if value}
    fields = {name: value for name, value in found.fields.items() if name != CHOSEN_ID}
    return replace(found, fields={"kind": found.kind, **named, **fields})


def requested(session: Session, job: Job) -> Mapping[str, Any]:
    """The resource that says what a job was asked for: where the job is an operation, the model that it made."""
    if not job.collection.created_as:
        return job.raw
    if name := ResourceName.parse(job.outputs.model):
        try:
            return session.client.get(name, service=job.collection.service)
        except NotFound as error:
            lost = f"what the {job.collection.noun} {job.id} was asked for went with its model, which is deleted"
            raise NotFound(lost, http_status=error.http_status, status=error.status) from error
    raise UsageError(
        f"the {job.collection.noun} {job.id} does not say what it was asked for, and has made no model that does",
        hint="wait for its end with `trainctl jobs wait`",
    )


def project_of(session: Session, job: Job, references: Sequence[str]) -> str:
    """The project of a job by the name that it was asked for with: services answer with the project's number."""
    own = ResourceName.parse(job.name)
    for reference in references:
        asked = ResourceName.parse(reference)
        if asked and own and asked.id == own.id:
            return asked.project
        back = back_of(reference)
        if back and (row := submission(session, back)).name == job.name:
            return row.parent.split("/")[1]
    if own and not (own.project.isdecimal() and session.known_project):
        return own.project
    return session.project


def tell_doubts(session: Session, job: Job, found: Export) -> None:
    """Say what the spec leaves out, and why it may not be taken."""
    from trainctl.render.words import escape

    id_ = escape(job.id)
    for name in found.unknown:
        session.console.warn(f"warning: {id_} has `{escape(name)}`, which this trainctl does not know; it is left out")
    for problem in found.problems:
        session.console.warn(f"warning: {id_}: {escape(problem.message)} [{problem.code}]")


def comment_on(job: Job) -> str:
    """The line that says where a spec comes from."""
    return f"# the {job.collection.noun} {job.name}"


def write_fields(session: Session, specs: Sequence[Mapping[str, Any]], *, single: bool) -> None:
    """Specs in a form for programs: one object where one was asked for, else a list."""
    from trainctl.render.machine import Subject, write_list, write_one

    subject: Subject[Mapping[str, Any]] = Subject(
        (), raw=dict, name=lambda fields: str(fields.get("display_name", "-"))
    )
    console, now = session.console, session.clock.now()
    if single and len(specs) == 1:
        write_one(specs[0], subject, session.output, console=console, now=now)
    else:
        write_list([specs], subject, session.output, console=console, now=now)
