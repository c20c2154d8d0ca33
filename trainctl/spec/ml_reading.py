"""Jobs of ml.v1 read as the fields of other specs, so that rules about names, places, packages and studies judge them.

The specs of `ml-training` and `ml-prediction` have the API's own structure in snake_case, the bodies of `ml-job` in
lowerCamelCase: one view of each, and the rules of ml.v1 itself read `training_input` and `prediction_input` in both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from trainctl.reference import load_discovery_schema
from trainctl.spec.reading import Reading, RestView
from trainctl.spec.rest import SCALES
from trainctl.spec.spelling import camel_case, snake_case
from trainctl.spec.study_reading import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.spec.problems import PathKey
    from trainctl.spec.study_reading import Places

_TUNING = "training_input.hyperparameters"
NAMES: Mapping[str, str] = {
    "job_id": "job_id",
    "labels": "labels",
    "training_input": "training_input",
    "prediction_input": "prediction_input",
    "network": "training_input.network",
    "service_account": "training_input.service_account",
    "training_encryption_spec_key_name": "training_input.encryption_config.kms_key_name",
    "python_package_gcs_uri": "training_input.package_uris",
    "python_module_name": "training_input.python_module",
    "args": "training_input.args",
    "max_trial_count": f"{_TUNING}.max_trials",
    "parallel_trial_count": f"{_TUNING}.max_parallel_trials",
    "max_failed_trial_count": f"{_TUNING}.max_failed_trials",
    "search_algorithm": f"{_TUNING}.algorithm",
    "parameter_spec": f"{_TUNING}.params",
}
"""Fields of other specs, and where a job of ml.v1 has what they say."""

_WORDS: Mapping[str, str] = {
    "min": "min_value",
    "max": "max_value",
    "scale": "scale_type",
    "scale: linear": "scale_type: UNIT_LINEAR_SCALE",
}
_VALUES = {"categorical": "categorical_values", "discrete": "discrete_values"}
_ALGORITHMS = {"GRID_SEARCH": "grid", "RANDOM_SEARCH": "random"}
_SCALES = {wire: word for word, wire in SCALES.items()} | {"NONE": "unspecified"}
_QUOTED = re.compile(r"`([a-z][a-z_]+(?:: linear)?)(?=[`:])")


@dataclass(frozen=True, slots=True, eq=False)
class MlView(RestView):
    """How jobs of ml.v1 are read; `camel` says that their fields are spelt as the API does."""

    camel: bool = False

    def read(self, body: Mapping[str, Any]) -> Reading:
        """The fields that rules know; all that stands in an input keeps its structure, in snake_case."""
        fields: dict[str, Any] = {name: body[name] for name in ("project", "location") if name in body}
        places: Places = {}
        for name, place in NAMES.items():
            path = tuple(place.split("."))
            found = _dig(body, self._spelt(path))
            places[name,] = Place(self._spelt(path))
            if found is not None:
                fields[name] = found if name == "labels" else self._read(name, found, path, places)
        return MlReading(fields, places, self.camel)

    def respell(self, text: str) -> str:
        """A sentence with the names of these jobs' fields in it."""
        return _QUOTED.sub(lambda found: f"`{self._own_name(found[1])}", text)

    def _own_name(self, name: str) -> str:
        known = _WORDS.get(name) or NAMES.get(name, name).rsplit(".", 1)[-1]
        field, colon, rest = known.partition(":")
        return f"{camel_case(field)}{colon}{rest}" if self.camel and field in _fields() else known

    def _spelt(self, path: PathKey) -> PathKey:
        return tuple(camel_case(step) if self.camel and isinstance(step, str) else step for step in path)

    def _read(self, name: str, value: Any, path: PathKey, places: Places) -> Any:
        plain = _plain(value)
        if name == "search_algorithm":
            return _ALGORITHMS.get(plain)
        if name != "parameter_spec":
            return plain
        return [self._parameter(spec, (*path, index), index, places) for index, spec in enumerate(plain)]

    def _parameter(self, spec: Mapping[str, Any], at: PathKey, index: int, places: Places) -> dict[str, Any]:
        kind = str(spec.get("type", "")).lower()
        kind = kind if kind in ("double", "integer", "categorical", "discrete") else ""
        listed = _VALUES.get(kind) or next((name for name in _VALUES.values() if name in spec), _VALUES["categorical"])
        own: PathKey = ("parameter_spec", index)
        places[own] = Place(self._spelt((*at, "parameter_name")), at_key=False)
        wire = {"type": "type", "min": "min_value", "max": "max_value", "values": listed, "scale": "scale_type"}
        places |= {(*own, word): Place(self._spelt((*at, field))) for word, field in wire.items()}
        found = {
            "type": kind or None,
            "min": spec.get("min_value"),
            "max": spec.get("max_value"),
            "values": spec.get(listed),
            "scale": _SCALES.get(spec.get("scale_type", "")),
        }
        return {
            "name": spec.get("parameter_name", ""),
            **{key: value for key, value in found.items() if value is not None},
        }


@dataclass(frozen=True, slots=True)
class MlReading(Reading):
    """A job as the rules read it; paths go back in the job's own spelling."""

    camel: bool = False

    def restore(self, path: PathKey) -> Place:
        """Where in the job that stands, or would stand, what the fields have at `path`."""
        for end in range(len(path), 0, -1):
            if known := self.places.get(path[:end]):
                inner = path[end:] if path[0] == "labels" or not self.camel else tuple(map(_camel, path[end:]))
                return Place((*known.path, *inner), None if inner else known.at_key)
        return Place(tuple(map(_camel, path)) if self.camel else path)


@cache
def _fields() -> frozenset[str]:
    """Every field of these jobs, for words in sentences may be values too: `complex_model_m`."""
    data = load_discovery_schema("ml")
    return frozenset(snake_case(name) for each in data["schemas"].values() for name in each.get("properties", ()))


def _camel(step: str | int) -> str | int:
    return camel_case(step) if isinstance(step, str) else step


def _dig(body: Any, path: PathKey) -> Any:
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _plain(value: Any) -> Any:
    """A value with its fields in snake_case."""
    if isinstance(value, dict):
        return {snake_case(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


SPEC_VIEW, BODY_VIEW = MlView({}), MlView({}, camel=True)
"""The view of `ml-training` and `ml-prediction`, and that of `ml-job`."""
