"""What is checked of Google Cloud: settings first, then with requests, each of which reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl import wire
from trainctl.catalog import CUSTOM_JOBS, DEFAULT_LOCATION
from trainctl.errors import ExitCode, PermissionDenied, TrainctlError
from trainctl.render.checkup import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.commands import Session

_DEADLINE = 30.0


def examine(session: Session) -> Iterator[Finding]:
    """Region, credentials, project, the API and the staging bucket; what lacks others of these is skipped."""
    yield _check_region(session)
    credentials = _check_credentials(session)
    yield credentials
    project = _check_project(session, credentials)
    yield project
    if State.FAIL in (credentials.state, project.state):
        lack = "needs credentials and a project"
        yield Finding("API", State.SKIP, lack)
        yield Finding("bucket", State.SKIP, lack)
        return
    yield _check_api(session)
    yield _check_bucket(session)


def _check_region(session: Session) -> Finding:
    from trainctl.reference.machines import load_machines

    region = session.settings.location
    if region is None:
        hint = "add `--location`, or `trainctl config set location us-central1`"
        return Finding("region", State.WARN, f"none is set: specs that name none go to {DEFAULT_LOCATION}", hint)
    origin = session.settings.get("location").origin
    if region not in load_machines().regions:
        hint = "`trainctl catalog regions` lists those that are known for training"
        return Finding("region", State.WARN, f"`{region}` ({origin}) is not known for training", hint)
    return Finding("region", State.OK, f"{region} ({origin})")


def _check_credentials(session: Session) -> Finding:
    try:
        account = session.authorizer.describe(fetch=True)
    except TrainctlError as error:
        return Finding.of_error("credentials", error)
    until = f", until {account.expiry:%Y-%m-%dT%H:%MZ}" if account.expiry else ""
    return Finding("credentials", State.OK, f"{account.account or 'an account'}, from {account.source}{until}")


def _check_project(session: Session, credentials: Finding) -> Finding:
    if session.known_project:
        return Finding("project", State.OK, f"{session.known_project} ({session.settings.get('project').origin})")
    if credentials.state is State.FAIL:
        hint = "add `--project`, set TRAINCTL_PROJECT, or `trainctl config set project ID`"
        return Finding("project", State.FAIL, "no project is given", hint, ExitCode.USAGE)
    try:
        return Finding("project", State.OK, f"{session.project} (the credentials' own)")
    except TrainctlError as error:
        return Finding.of_error("project", error)


def _check_api(session: Session) -> Finding:

    location = session.settings.location or DEFAULT_LOCATION
    try:
        list(session.client.list(CUSTOM_JOBS, session.project, location, limit=1, deadline=_DEADLINE))
    except TrainctlError as error:
        return Finding.of_error("API", error)
    return Finding("API", State.OK, f"Vertex AI lists the custom jobs of {session.project} in {location}")


def _check_bucket(session: Session) -> Finding:
    uri = session.settings.staging_bucket
    if not uri:
        hint = "`trainctl config set staging_bucket gs://BUCKET`; specs that name packages or a container do without"
        return Finding("bucket", State.WARN, "no staging bucket is set, where local code is uploaded to", hint)
    name = uri.removeprefix("gs://").partition("/")[0]
    try:
        bucket = session.storage.find_bucket(name)
    except PermissionDenied as error:
        hint = "uploads may work all the same: this look needs storage.buckets.get, they need storage.objects.create"
        return Finding("bucket", State.WARN, f"gs://{name} cannot be looked at: {error.message}", hint)
    except TrainctlError as error:
        return Finding.of_error("bucket", error)
    region = session.settings.location or ""
    if bucket is None:
        hint = f"make it with `gcloud storage buckets create gs://{name} --location={region or 'REGION'}`"
        return Finding("bucket", State.FAIL, f"there is no bucket gs://{name}", hint, ExitCode.REFUSED)
    place = wire.text(bucket.get("location")).lower()
    if region and place != region and wire.text(bucket.get("locationType")) == "region":
        hint = "what crosses regions is slow and costs money; take a bucket of the jobs' region"
        return Finding("bucket", State.WARN, f"gs://{name} is in {place}, and jobs run in {region}", hint)
    return Finding("bucket", State.OK, f"gs://{name}{f' in {place}' if place else ''}")
