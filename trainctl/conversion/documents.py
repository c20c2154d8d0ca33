"""Documents of other tools and closed services as specs of the friendliest kinds that live."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from trainctl.catalog import Target
from trainctl.conversion.export import document_of, export, in_order
from trainctl.conversion.reading import LEFT_OUT, Reading
from trainctl.conversion.training import convert_training
from trainctl.conversion.vision import NEW_DATASET, convert_vision
from trainctl.errors import SpecInvalid
from trainctl.kinds import find_kind
from trainctl.preparation import Defaults, examine, identify, target_of
from trainctl.spec.document import Spec
from trainctl.spec.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Call
    from trainctl.kinds import Kind
    from trainctl.spec.document import Document
    from trainctl.spec.problems import Problem

CONVERSIONS = {"ml-training": convert_training, "automl-vision": convert_vision}
"""What moves the specs of closed services to kinds that live."""
CLOSED = {"ml-job": ("ml-training", "ml-prediction"), "automl-model": ("automl-vision",)}
"""The kinds whose specs a raw body of a closed service may be."""

CODE = "script_path"
"""The field with a path on this machine."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A spec made from a document: its kind and fields, remarks above fields, and what there is to say about it.

    `open` are the fields whose variables someone has to give a value.
    """

    document: Document
    kind: str
    fields: Mapping[str, Any]
    remarks: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    open: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the document is left out."""
        return not any(problem.code == LEFT_OUT for problem in self.problems)


def convert(document: Document, defaults: Defaults, folder: Path) -> Converted:
    """The document as a spec of a kind that lives, whose relative paths start from `folder`.

    Raises SpecInvalid where it is unsound, or has no counterpart.
    """
    found = _convert(document, defaults)
    path = found.fields.get(CODE)
    if not path or Path(path).is_absolute() or document.folder.resolve() == folder.resolve():
        return found
    moved = os.path.relpath(document.folder / path, folder)
    return replace(found, fields={**found.fields, CODE: moved})


def _convert(document: Document, defaults: Defaults) -> Converted:
    kind, document = identify(document)
    document = _named(document, kind)
    checked = examine(document, kind, replace(defaults, local=True))
    if checked.errors:
        raise SpecInvalid(checked.problems)
    if kind.name in CLOSED:
        fields = _legacy_fields(kind, checked.fields, document)
        kind = next(found for name in CLOSED[kind.name] if (found := find_kind(name)) and fields.get("kind") == name)
        return _converted(kind, Reading(document, fields))
    if kind.name in CONVERSIONS:
        return _converted(kind, Reading(document, checked.fields))
    if kind.command:
        _refuse_closed(kind, document)
        return Converted(document, kind.name, {"kind": kind.name, **checked.fields})
    exported = _exported(kind, checked.fields, document, defaults)
    return replace(exported, problems=(*document.problems, *exported.problems))


def _named(document: Document, kind: Kind) -> Document:
    """The document with a job id, which a configuration of `gcloud ai-platform` leaves to the command line."""
    names = {"jobId", "job_id"} & document.value.keys()
    if kind.name != "ml-job" or names:
        return document
    return replace(document, value={**document.value, "jobId": job_id_of(document)})


def job_id_of(document: Document) -> str:
    """A job id from the name of the file."""
    stem = "".join(char if char.isalnum() else "_" for char in name_of(document))
    return stem if stem[:1].isalpha() else f"job_{stem}"


def name_of(document: Document) -> str:
    """The name of a job whose document has none: the file's."""
    return "job" if document.file.startswith("<") else PurePath(document.file).stem


def _legacy_fields(kind: Kind, fields: Mapping[str, Any], document: Document) -> dict[str, Any]:
    """The fields of the structured spec behind a raw body of a closed service."""
    call = _call(kind, fields, document)
    for name in CLOSED[kind.name]:
        structured = find_kind(name)
        for found in structured.recover(call.collection, call.body) if structured else ():
            return {"kind": name, **found}
    raise SpecInvalid([document.problem((), "nothing in this body says what it trains", code=LEFT_OUT)])


def _call(kind: Kind, fields: Mapping[str, Any], document: Document) -> Call:
    from trainctl.catalog import DRY_RUN_STAMP

    spec = Spec(kind.name, fields, document)
    return kind.build(spec, target_of(spec, Defaults()), DRY_RUN_STAMP)


def _refuse_closed(kind: Kind, document: Document) -> None:
    """Raise SpecInvalid for a kind of a closed service that nothing alive corresponds to."""
    if kind.service.answers({}):
        return
    message = f"Vertex AI has batch prediction, but trainctl has no kind for it: `{kind.name}` has no counterpart"
    hint = "see https://cloud.google.com/vertex-ai/docs/predictions/get-batch-predictions"
    raise SpecInvalid([document.problem(("kind",), message, code=LEFT_OUT, hint=hint)])


def _converted(kind: Kind, reading: Reading) -> Converted:
    """A spec of a closed service as one that lives, with what today's checks say of it."""
    document = reading.document
    if kind.name not in CONVERSIONS:
        _refuse_closed(kind, document)
    name, fields = CONVERSIONS[kind.name](reading, name_of(document))
    place = {each: reading.fields[each] for each in ("project", "location") if each in reading.fields}
    found = find_kind(name)
    if found is None:
        raise KeyError(name)
    ordered = {"kind": name, **in_order({**place, **fields}, found)}
    remarks = {each: "\n".join(texts) for each, texts in reading.remarks.items()}
    unread = tuple(reading.unread())
    problems = (*reading.problems, *unread, *_doubts(ordered, found, document))
    opened = frozenset(each for each, value in fields.items() if value == NEW_DATASET)
    return Converted(document, name, ordered, remarks, tuple(sorted(problems, key=_place)), opened)


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _doubts(fields: Mapping[str, Any], kind: Kind, document: Document) -> list[Problem]:
    """What today's checks say of the new spec, told at the beginning of the old one."""
    settled = {name: "1" if value == NEW_DATASET else value for name, value in fields.items()}
    checked = examine(document_of(settled), kind, Defaults())
    return [
        document.problem(
            (), f"in the new spec, {each.message}", code=each.code, hint=each.hint, severity=Severity.WARNING
        )
        for each in checked.errors
    ]


def _exported(kind: Kind, fields: Mapping[str, Any], document: Document, defaults: Defaults) -> Converted:
    """A REST body or a gcloud configuration as the friendliest spec that makes the same request."""
    call = _call(kind, fields, document)
    # Where nobody says the place, it is not known: any default would contradict the names that the body has.
    target = Target(fields.get("project") or defaults.project or "", fields.get("location") or defaults.location or "")
    found = export(call.body, call.collection, target)
    place = {each: fields[each] for each in ("project", "location") if each in fields}
    return Converted(document, found.kind, {"kind": found.kind, **place, **found.fields}, problems=found.problems)
