"""REST bodies read as the fields of a spec, so that the same rules judge both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainctl.spec.rest import ALGORITHMS, MEASUREMENTS, task_of
from trainctl.spec.spelling import FREE_MAPS, camel_case, snake_case
from trainctl.spec.study_reading import WORDS, Place, number, read_metrics, read_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainctl.spec.problems import PathKey
    from trainctl.spec.study_reading import Places

_QUOTED = re.compile(r"`([a-z_]+(?:: linear)?)(?=[`:])")
_PREDICTION = re.compile(r"/automl_(?:image|video)_([a-z_]+)_[0-9]")


@dataclass(frozen=True, slots=True)
class Reading:
    """A body as the fields of a spec; `places` leads to where those stand whose names do not tell."""

    fields: Mapping[str, Any]
    places: Mapping[PathKey, Place]

    def restore(self, path: PathKey) -> Place:
        """Where in the body that stands, or would stand, what the fields have at `path`."""
        for end in range(len(path), 0, -1):
            if known := self.places.get(path[:end]):
                inner = path[end:]
                return Place((*known.path, *_respelt(path, inner)), None if inner else known.at_key)
        return Place(_respelt(path, path))


@dataclass(frozen=True, slots=True, eq=False)
class RestView:
    """How the bodies of one resource are read.

    `names` leads from a field of a spec to the places (`a.b.c`) in the body that may hold it: the first found counts;
    `words` to what people call it. `task` is the task of the training pipelines that are meant, `given` what every
    such body says without a word.
    """

    names: Mapping[str, tuple[str, ...]]
    task: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def read(self, body: Mapping[str, Any]) -> Reading | None:
        """The fields of a spec that the body holds; None for a pipeline with another task."""
        if self.task is not None and task_of(body.get("trainingTaskDefinition")) != self.task:
            return None
        fields = {name: body[name] for name in ("project", "location") if name in body} | dict(self.given)
        places: Places = {}
        for name in self.names:
            path = self.place(name, body)
            places[name,] = Place(path)
            if (value := _read(name, _dig(body, path), path, places)) is not None:
                fields[name] = value
        return Reading(fields, places)

    def place(self, name: str, body: Mapping[str, Any]) -> PathKey:
        """Where in the body a field stands, or would stand."""
        paths = self.places(name)
        return next((path for path in paths if _dig(body, path) is not None), paths[0])

    def places(self, name: str) -> list[PathKey]:
        """Everywhere in a body that a field may stand."""
        return [tuple(place.split(".")) for place in self.names.get(name, (camel_case(name),))]

    def respell(self, text: str) -> str:
        """A sentence with the names of REST fields in it instead of the spec's."""
        return _QUOTED.sub(lambda found: f"`{self.words.get(found[1], found[1])}", text)


def view_of(*parts: tuple[str, Mapping[str, str]], task: str | None = None, **given: Any) -> RestView:
    """The view that takes each table at its place in the body: `("jobSpec", JOB_SPEC)`."""
    names: dict[str, tuple[str, ...]] = {}
    for prefix, table in parts:
        for name, place in table.items():
            names[name] = (*names.get(name, ()), f"{prefix}.{place}".lstrip("."))
    words = {name: place for _, table in parts for name, place in table.items()}
    return RestView(names, task, given, {**words, **(WORDS if "parameter_spec" in names else {})})


def _read(name: str, value: Any, at: PathKey, places: Places) -> Any:
    """A value of a body as the field of that name has it; None for one that says nothing."""
    if value is None or (isinstance(value, str) and value.endswith("_UNSPECIFIED")):
        return None
    match name:
        case "metric_spec":
            return read_metrics(value, at, places)
        case "parameter_spec":
            return read_parameters(value, at, places)
        case _:
            return _CONVERSIONS[name](value) if name in _CONVERSIONS else _spelt(value, name)


def _prediction(definition: str) -> str | None:
    found = _PREDICTION.search(definition)
    return found[1] if found else None


def _inverse(words: Mapping[str, str]) -> Callable[[str], str | None]:
    return {wire: word for word, wire in words.items()}.get


_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "prediction_type": _prediction,
    "budget_milli_node_hours": number,
    "search_algorithm": _inverse(ALGORITHMS),
    "measurement_selection": _inverse(MEASUREMENTS),
}


def _dig(body: Any, path: PathKey) -> Any:
    for step in path:
        if not isinstance(body, dict):
            return None
        body = body.get(step)
    return body


def _respelt(path: PathKey, steps: PathKey) -> PathKey:
    """The last steps of a path in the spelling of bodies; keys of free maps stay."""
    free = path[:1] != steps[:1] and path[0] in FREE_MAPS
    return tuple(step if free or isinstance(step, int) else camel_case(step) for step in steps)


def _spelt(value: Any, name: str) -> Any:
    """A value of a body in the spelling of specs; keys of free maps stay."""
    if isinstance(value, list):
        return [_spelt(inner, name) for inner in value]
    if isinstance(value, dict) and name not in FREE_MAPS:
        return {snake_case(key): _spelt(inner, snake_case(key)) for key, inner in value.items()}
    return value
