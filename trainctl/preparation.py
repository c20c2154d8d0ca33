"""From a document to the call that creates its job: which kind it is, whether it is sound, what has to be packed.

Reads the user's code to name its archive, and touches neither network nor credentials nor journal: a dry run ends here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import DEFAULT_LOCATION, DRY_RUN_STAMP, SUBMISSION_LABEL, Target
from trainctl.errors import SpecInvalid
from trainctl.kinds import find_kind, kinds
from trainctl.spec.check import Where, check
from trainctl.spec.document import Spec
from trainctl.spec.problems import Problem, Severity
from trainctl.spec.recognise import recognise
from trainctl.spec.schema import load_schema
from trainctl.spec.spelling import snake_case
from trainctl.spec.suggest import closest, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.catalog import Artifact, Call, LocalCode, Service, Stamp
    from trainctl.kinds import Kind
    from trainctl.spec.check import Checked
    from trainctl.spec.document import Document

UNKNOWN_PROJECT = "PROJECT_ID"
"""Stands for a project that only the credentials know, in dry runs."""
COMMON_FIELDS = frozenset({"display_name", "labels", "project", "location"})
"""Fields that say nothing of a spec's kind."""
SDK_CLASSES = {
    "CustomJob": "custom",
    "CustomContainerTrainingJob": "custom",
    "CustomPythonPackageTrainingJob": "custom",
    "HyperparameterTuningJob": "hptune",
}
"""Classes of Google's SDK whose parameters are a kind's fields, where the name alone does not show the kind."""
UNNAMED_BUCKET = "bucket"
"""Stands for the bucket of code that is only looked at."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the settings say about the place of jobs whose specs do not; `local` that they go to the engine.

    `labels` are those that the submission adds.
    """

    project: str | None = None
    location: str | None = None
    staging_bucket: str | None = None
    encryption_key: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    display_name: str | None = None
    local: bool = False
    labels: frozenset[str] = frozenset({SUBMISSION_LABEL})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that is ready to be submitted: its call, and the code to pack and upload before.

    `unstamped` is the body without what is new in every submission: equal for equal jobs.
    """

    spec: Spec
    call: Call
    unstamped: Mapping[str, Any]
    code: LocalCode | None = None
    artifact: Artifact | None = None

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is probably a mistake."""
        return self.spec.warnings

    @property
    def notes(self) -> tuple[str, ...]:
        """What the kind has to say to people about the job."""
        kind = find_kind(self.spec.kind)
        return kind.notes(self.spec.fields) if kind else ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one document, or in a file that has none; `kind` is None where even that is unknown."""

    file: str
    document: int
    kind: str | None
    problems: tuple[Problem, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()
    matrix: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether nothing stops a submission."""
        return not any(problem.severity is Severity.ERROR for problem in self.problems)

    @classmethod
    def on_file(cls, file: str, error: SpecInvalid) -> Report:
        """The report on a file that holds no document; standard input has the name that its problems have."""
        problems = found_in(error)
        shown = problems[0].file if problems else file
        return cls(shown, 0, None, problems, error.sources.get(shown, ""))

    @classmethod
    def on_document(
        cls, document: Document, kind: str | None, problems: tuple[Problem, ...], notes: tuple[str, ...] = ()
    ) -> Report:
        """The report on a document."""
        return cls(document.file, document.index, kind, problems, document.source, notes, document.matrix)


def found_in(error: SpecInvalid) -> tuple[Problem, ...]:
    """The problems that an error carries."""
    return tuple(problem for problem in error.problems if isinstance(problem, Problem))


def identify(document: Document, *, expected: str | None = None) -> tuple[Kind, Document]:
    """The kind of a document, and the document in that kind's form; `expected` is the kind of the command in use.

    Raises SpecInvalid when there is no such kind, when the content does not show it, or when it is another one.
    """
    if not isinstance(document.value, dict):
        raise SpecInvalid(document.problems)
    if "kind" in document.value:
        return named_kind(document, document.value["kind"], expected), document
    if found := recognise(document):
        kind = find_kind(found.kind)
        if kind is None:
            message = f"this is {found.what}, and trainctl has no kind for it yet"
            hint = f"kinds are {listed(kinds())}"
            raise SpecInvalid([document.problem((), message, code="kind-unknown", hint=hint)])
        return kind, found.document
    if expected and (kind := find_kind(expected)):
        return kind, document
    hint = f"write `kind: {likeliest_kind(document)}` at its top; kinds are {listed(kinds())}"
    raise SpecInvalid([document.problem((), "the spec does not say its `kind`", code="kind-missing", hint=hint)])


def likeliest_kind(document: Document) -> str:
    """The kind that has most of a document's fields, and of several the one that finds least wrong; else `custom`."""
    names = {snake_case(key) for key in document.value} - COMMON_FIELDS
    known = {
        kind: len(names & load_schema(kind.name).data["properties"].keys()) for kind in kinds().values() if kind.command
    }
    most = max(known.values())
    likely = [kind for kind, count in known.items() if count == most] if most else [kinds()["custom"]]
    return min(likely, key=lambda kind: len(examine(document, kind, Defaults()).errors)).name


def named_kind(document: Document, name: object, expected: str | None) -> Kind:
    """The kind called `name`. Raises SpecInvalid when there is none, or when it is not the expected one."""
    if not isinstance(name, str):
        hint = f"kinds are {listed(kinds())}"
        raise SpecInvalid([document.problem(("kind",), "`kind` must be a word", code="kind-unknown", hint=hint)])
    kind = find_kind(name)
    if kind is None:
        meant = SDK_CLASSES.get(name) or closest(name, kinds()) or closest(name.removesuffix("TrainingJob"), kinds())
        hint = f"did you mean `{meant}`?" if meant else f"kinds are {listed(kinds())}"
        raise SpecInvalid([document.problem(("kind",), f"there is no kind `{name}`", code="kind-unknown", hint=hint)])
    if expected not in (None, name):
        hint = f"`trainctl submit` takes every kind, and this command only `{expected}`"
        raise SpecInvalid([document.problem(("kind",), f"this is a `{name}` spec", code="kind-other", hint=hint)])
    return kind


def examine(document: Document, kind: Kind, defaults: Defaults, *, strict: bool = False) -> Checked:
    """The document's canonical fields and all its problems."""
    where = Where(
        project=text_field(document, "project") or defaults.project,
        location=text_field(document, "location") or defaults.location,
        labels=defaults.labels,
    )
    checked = check(document, schema=load_schema(kind.name), rules=kind.rules(), where=where, strict=strict)
    if defaults.local or kind.service.answers(defaults.endpoints):
        return checked
    return replace(checked, problems=(_closed(document, kind.service, strict=strict), *checked.problems))


def _closed(document: Document, service: Service, *, strict: bool) -> Problem:
    """The warning that Google no longer serves what the spec is for."""
    predicts = "prediction_input" in map(snake_case, document.value)
    moved = "Vertex AI has batch prediction instead" if predicts else "`trainctl convert` moves the spec to Vertex AI"
    return document.problem(
        ("kind",),
        service.closing,
        code="service-closed",
        hint=f"{moved}; `--local` runs it here, and "
        f"`TRAINCTL_ENDPOINT_{service.name.upper()}` names a host that still speaks it",
        severity=Severity.ERROR if strict else Severity.WARNING,
    )


def text_field(document: Document, name: str) -> str | None:
    """A top-level text of a document that has not been checked yet."""
    value = document.value.get(name)
    return value if isinstance(value, str) and value else None


def prepare(
    document: Document, defaults: Defaults, stamp: Stamp, *, strict: bool = False, expected: str | None = None
) -> Prepared:
    """The one call that creates the document's job. Raises SpecInvalid with every problem."""
    kind, document = identify(document, expected=expected)
    document = with_display_name(document, kind, defaults)
    checked = examine(document, kind, defaults, strict=strict)
    if checked.errors:
        raise SpecInvalid(checked.problems)
    spec = Spec(kind.name, checked.fields, document, checked.warnings)
    target = target_of(spec, defaults)
    if target.project == UNKNOWN_PROJECT:
        warning = document.problem(
            (),
            f"no project is given; `{UNKNOWN_PROJECT}` stands for the one that the credentials name",
            code="project-unknown",
            hint="add `project:` or `--project`",
            severity=Severity.WARNING,
        )
        spec = replace(spec, warnings=(*spec.warnings, warning))
    code = kind.code(spec)
    artifact = plan_code(spec, code, target) if code else None
    call = kind.build(spec, target, replace(stamp, artifact=artifact)).labelled(stamp.submission)
    unstamped = kind.build(spec, target, replace(DRY_RUN_STAMP, artifact=artifact)).body
    if found := key_problem(document, kind, call, defaults, strict=strict):
        spec = replace(spec, warnings=(*spec.warnings, found))
        if found.severity is Severity.ERROR:
            raise SpecInvalid(spec.warnings)
    return Prepared(spec, call, unstamped, code, artifact)


def key_problem(document: Document, kind: Kind, call: Call, defaults: Defaults, *, strict: bool) -> Problem | None:
    """What is wrong with the settings' encryption key in a call: it is of another region, or nothing takes it."""
    key, used = defaults.encryption_key, set(_keys(call.body))
    if not key:
        return None
    region, place = key.split("/")[3], wire.text(wire.dig(call.body, "trainingInput", "region")) or call.location
    if key in used and region != place:
        message = f"the key that the settings name is in {region}, the job in {place}"
        return document.problem((), message, code="kms-key", hint=f"take a key in {place} with `--encryption-key`")
    if used or defaults.local:
        return None
    reason = f"`{kind.name}` has no field for it" if kind.command else "a REST body is sent as it is written"
    return document.problem(
        (),
        f"the job is not encrypted with the key that the settings name: {reason}",
        code="kms-unused",
        severity=Severity.ERROR if strict else Severity.WARNING,
    )


def _keys(value: Any) -> Iterator[str]:
    """The Cloud KMS keys that a body names."""
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from _keys(inner)
        elif name == "kmsKeyName":
            yield str(inner)


def with_display_name(document: Document, kind: Kind, defaults: Defaults) -> Document:
    """The document under the name that the command line gives it, if it gives one."""
    if defaults.display_name is None:
        return document
    wanted = snake_case(kind.name_field)
    written = next((name for name in document.value if snake_case(name) == wanted), kind.name_field)
    fields = {name: value for name, value in document.value.items() if snake_case(name) != wanted}
    return replace(document, value={**fields, written: defaults.display_name})


def target_of(spec: Spec, defaults: Defaults) -> Target:
    """Where a spec goes: what it says itself, else the settings."""
    fields: Mapping[str, Any] = spec.fields
    return Target(
        project=fields.get("project") or defaults.project or UNKNOWN_PROJECT,
        location=fields.get("location") or defaults.location or DEFAULT_LOCATION,
        staging_bucket=defaults.staging_bucket,
        endpoints=defaults.endpoints,
        encryption_key=defaults.encryption_key,
    )


def plan_code(spec: Spec, code: LocalCode, target: Target) -> Artifact:
    """The archive of a spec's local code. Raises SpecInvalid where the code is named."""
    staging = spec.fields.get("staging_bucket") or target.staging_bucket
    if staging:
        return plan_for(spec.document, code, staging)
    problem = spec.document.problem(
        (code.field,),
        "local code is uploaded before the job starts, and there is no bucket for it",
        code="staging-bucket-missing",
        hint="add `staging_bucket: gs://BUCKET` or `--staging-bucket gs://BUCKET`",
    )
    raise SpecInvalid([problem, *unpackable(spec.document, code)])


def plan_for(document: Document, code: LocalCode, staging: str) -> Artifact:
    """The archive of local code in that bucket. Raises SpecInvalid where the code is named."""
    from trainctl.packaging import CodeUnusable, plan

    try:
        return plan(code, f"gs://{staging.removeprefix('gs://')}")
    except CodeUnusable as error:
        problem = document.problem((code.field,), error.message, code="code-unusable", hint=error.hint)
        raise SpecInvalid([problem]) from error


def code_problems(kind: Kind, fields: Mapping[str, Any], document: Document) -> tuple[Problem, ...]:
    """What keeps a sound spec's local code from being packed."""
    code = kind.code(Spec(kind.name, fields, document))
    return unpackable(document, code) if code else ()


def unpackable(document: Document, code: LocalCode) -> tuple[Problem, ...]:
    """What keeps local code from being packed, whatever its bucket."""
    try:
        plan_for(document, code, UNNAMED_BUCKET)
    except SpecInvalid as error:
        return found_in(error)
    return ()
