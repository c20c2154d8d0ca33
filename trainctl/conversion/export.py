"""From a job that exists to a spec that submits it again: the inverse of a submission.

A kind says what fields may stand behind a request, the friendliest first. They are built again, and count when they
make the very same request; so an export is never a guess, and the raw kinds, whose specs are the request, come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainctl.catalog import DRY_RUN_STAMP, Stamp, Target
from trainctl.conversion.equality import comparable
from trainctl.conversion.messages import request_of
from trainctl.kinds import kinds
from trainctl.preparation import Defaults, examine
from trainctl.spec.document import Document, Spec
from trainctl.spec.load import load_text
from trainctl.spec.schema import load_schema
from trainctl.spec.writing import spec_text

if TYPE_CHECKING:
    from trainctl.catalog import Collection
    from trainctl.kinds import Kind
    from trainctl.spec.problems import Problem

Fields = Mapping[str, Any]

EXPLICIT = frozenset({"display_name", "prediction_type", "model_type", "machine_type", "container_uri"})
"""Fields that stay though they may have their defaults: whoever reads the spec wants to see them."""
PLACE = ("project", "location")
_OWN_FOLDER = re.compile(r"(gs://.+)/trainctl/[a-z0-9-]+?-(dry-run|(\d{8}-\d{6})-([0-9a-z]{6}))/?")


@dataclass(frozen=True, slots=True)
class Export:
    """A spec for a request: its fields with `kind` first, what is wrong with it, and what it leaves out.

    `stamp` is the one that the request's generated names show; `unknown` are the places of fields that no document of
    Google's knew when this trainctl was made.
    """

    kind: str
    fields: dict[str, Any]
    stamp: Stamp = DRY_RUN_STAMP
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()


def export(resource: Fields, collection: Collection, target: Target, *, raw: bool = False) -> Export:
    """The friendliest spec that creates such a resource again; with `raw`, the REST body of its create call.

    `target` is where it goes: what the spec leaves to the settings is taken from there.
    """
    request = request_of(resource, collection)
    stamp = stamp_of(request.body)
    wanted = comparable(request.body, collection)
    for kind in ordered_kinds(raw=raw):
        for guess in guesses(kind, collection, request.body):
            attempt = _Attempt(kind, target, stamp, collection, wanted)
            if (fields := attempt.fit(guess)) is not None:
                return Export(kind.name, fields, stamp, unknown=request.unknown)
    return as_it_is(request.body, collection, target, unknown=request.unknown)


def as_it_is(body: Fields, collection: Collection, target: Target, *, unknown: tuple[str, ...] = ()) -> Export:
    """The raw spec of a request that today's checks do not let through, with what they say."""
    kind = next(kind for kind in ordered_kinds(raw=True) if [*kind.recover(collection, body)])
    fields = {"kind": kind.name, **body}
    document = document_of(fields)
    return Export(kind.name, fields, problems=examine(document, kind, defaults_of(target)).problems, unknown=unknown)


def ordered_kinds(*, raw: bool) -> list[Kind]:
    """All kinds, those with fields of their own before the raw ones; with `raw`, the latter alone."""
    return sorted((kind for kind in kinds().values() if not (raw and kind.command)), key=lambda kind: not kind.command)


def guesses(kind: Kind, collection: Collection, body: Fields) -> Iterator[Fields]:
    """What a kind's specs may say for a body; where its folder was made for the submission, first with a new one."""
    for fields in recovered(kind, collection, body):
        folder = _OWN_FOLDER.fullmatch(str(fields.get("base_output_dir")))
        if folder:
            rest = {name: value for name, value in fields.items() if name != "base_output_dir"}
            yield {**rest, "staging_bucket": folder[1]}
        yield fields


def recovered(kind: Kind, collection: Collection, body: Fields) -> list[Fields]:
    """What a kind makes of a body; nothing where a task has inputs, which may be any JSON, that it does not expect."""
    try:
        return list(kind.recover(collection, body))
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def stamp_of(body: Fields) -> Stamp:
    """The stamp that the names of generated folders show; that of a dry run where there is none."""
    for text in _texts(body):
        if (found := _OWN_FOLDER.fullmatch(text)) and found[3]:
            return Stamp(found[4], datetime.strptime(found[3], "%Y%m%d-%H%M%S").replace(tzinfo=UTC))
    return DRY_RUN_STAMP


def unstamped(value: Any) -> Any:
    """A body with one name for all folders that were made for a job of that name: each submission has its own."""
    if isinstance(value, dict):
        return {name: unstamped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [unstamped(inner) for inner in value]
    if isinstance(value, str) and (found := _OWN_FOLDER.fullmatch(value)):
        return f"{value[: found.start(2)]}..."
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A kind that is tried for a request."""

    kind: Kind
    target: Target
    stamp: Stamp
    collection: Collection
    wanted: Fields

    def fit(self, guess: Fields) -> dict[str, Any] | None:
        """The guess without what goes without saying; None unless it is a sound spec of this very request."""
        if not self._makes_it(guess):
            return None
        fields = dict(guess)
        for name in [name for name in fields if name not in EXPLICIT]:
            shorter = {key: value for key, value in fields.items() if key != name}
            if self.kind.command and self._makes_it(shorter):
                fields = shorter
        fields = {"kind": self.kind.name, **in_order(fields, self.kind)}
        checked = examine(document_of(fields), self.kind, defaults_of(self.target))
        return None if checked.errors or not self._makes_it(checked.fields) else fields

    def _makes_it(self, fields: Fields) -> bool:
        try:
            call = self.kind.build(Spec(self.kind.name, fields, _no_document()), self.target, self.stamp)
        except (AttributeError, KeyError, TypeError, ValueError):
            return False  # a field that the kind cannot do without, or in a form that no spec has
        return call.collection is self.collection and comparable(call.body, self.collection) == self.wanted


def in_order(fields: Fields, kind: Kind) -> dict[str, Any]:
    """The fields in the order in which the kind's schema has them."""
    order = {name: place for place, name in enumerate(load_schema(kind.name).data["properties"])}
    return dict(sorted(fields.items(), key=lambda item: order.get(item[0], len(order))))


def document_of(fields: Fields, *, file: str = "<job>", sets: tuple[str, ...] = ()) -> Document:
    """The document that a spec with these fields is, `--set` carried out on it. Raises SpecInvalid."""
    [document] = load_text(spec_text(fields), file=file, folder=Path.cwd(), sets=sets)
    return document


@cache
def _no_document() -> Document:
    """Stands for the file of a spec that has none."""
    return document_of({"kind": ""})


def defaults_of(target: Target) -> Defaults:
    """The settings that lead to a target."""
    return Defaults(target.project, target.location, target.staging_bucket, target.encryption_key, target.endpoints)
