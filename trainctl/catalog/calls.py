"""The call that creates a job, and what goes into it: its place, its time, its code, its labels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trainctl.catalog.resources import Collection

SUBMISSION_LABEL = "trainctl-submission"
"""The label that carries a submission's id, so that an uncertain create can be looked up."""
KEY_LABEL, BODY_LABEL = "trainctl-key", "trainctl-body"
"""The labels that carry what an idempotency key and the job's body hash to, for machines that share no journal."""
OWN_LABELS = frozenset({SUBMISSION_LABEL, KEY_LABEL, BODY_LABEL})
DEFAULT_LOCATION = "us-central1"
"""Where jobs go, and are looked for, when nothing names a location."""


@dataclass(frozen=True, slots=True)
class LocalCode:
    """Training code that a spec names on this machine.

    `path` is a script, a folder, a project or a wheel; `module` what to run where the path alone does not say;
    `include` and `exclude` are gitignore patterns relative to the folder that is packed. `field` and `module_field` are
    the fields of the spec that name path and module, for what has to be said of them.
    """

    path: Path
    requirements: tuple[str, ...] = ()
    module: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    field: str = "script_path"
    module_field: str = "python_module_name"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of packed local code: its path in the archive's package, its size in bytes, where it was read from."""

    path: str
    size: int
    source: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder (with a slash at its end) near the packed ones that is not packed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """Local training code as it will be packed: named by the SHA-256 of its contents.

    `uri` is the `gs://` object it goes to, `module` what Python runs.
    """

    name: str
    digest: str
    uri: str
    module: str
    files: tuple[PackedFile, ...] = ()
    requirements: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a submission goes: project, location, bucket for uploads, endpoints that replace the public ones."""

    project: str
    location: str
    staging_bucket: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    encryption_key: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a pure function cannot make: the submission's id, its time, the packed code."""

    submission: str
    time: datetime
    artifact: Artifact | None = None

    @property
    def day_time(self) -> str:
        """The time as it stands in generated names: `20261121-073000`."""
        return self.time.astimezone(UTC).strftime("%Y%m%d-%H%M%S")

    @property
    def name(self) -> str:
        """Time and id in short, for the names of folders; a dry run has neither yet, and says so."""
        is_dry = self.submission == DRY_RUN_STAMP.submission
        return self.submission if is_dry else f"{self.day_time}-{self.submission[-6:]}"


DRY_RUN_STAMP = Stamp("dry-run", datetime(2000, 1, 1, tzinfo=UTC))
"""The fixed stamp of every dry run, so that its output can be compared."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A local file that must be in Cloud Storage before the call is sent."""

    source: str
    uri: str


@dataclass(frozen=True, slots=True)
class Call:
    """One create request, complete but for the credentials."""

    collection: Collection
    project: str
    location: str
    body: Mapping[str, Any]
    uploads: tuple[Upload, ...] = ()
    endpoints: Mapping[str, str] = field(default_factory=dict)

    @property
    def parent(self) -> str:
        """`projects/P/locations/L`."""
        return self.collection.parent(self.project, self.location)

    @property
    def base_url(self) -> str:
        """The URL of the service, before its version."""
        return self.collection.service.base_url(self.location, self.endpoints)

    @property
    def url(self) -> str:
        """The exact URL of the POST."""
        collection = self.collection
        return f"{self.base_url}/{collection.service.version}/{self.parent}/{collection.created_as or collection.id}"

    @property
    def chosen_id(self) -> str:
        """The id that the body gives the resource; empty where the service chooses it."""
        identity = self.collection.identity
        return str(self.body.get(identity, "")) if identity else ""

    def labelled(self, submission: str) -> Call:
        """The same call whose body carries the submission's id as a label."""
        return self.with_labels({SUBMISSION_LABEL: submission})

    def with_labels(self, labels: Mapping[str, str]) -> Call:
        """The same call whose body has these labels too."""
        return replace(self, body={**self.body, "labels": {**self.body.get("labels", {}), **labels}})
