"""Projects, locations, and the names of things in them. For every kind that has these fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.catalog import ResourceName
from trainctl.reference.machines import load_machines
from trainctl.spec.rules.rule import IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.problems import PathKey

KEYS = ("training_encryption_spec_key_name", "encryption_spec_key_name", "model_encryption_spec_key_name")
RESOURCES = {
    "dataset": "datasets",
    "parent_model": "models",
    "base_model": "models",
    "incremental_train_base_model": "models",
    "tensorboard": "tensorboards",
}
"""Fields that take an id or a full resource name, and the collection of the name."""

_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+|us|eu")
_ZONE = re.compile(r"([a-z]+-[a-z]+[0-9]+)-[a-z]")
_KEY = re.compile(r"projects/[^/\s]+/locations/([^/\s]+)/keyRings/[^/\s]+/cryptoKeys/[^/\s]+")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_NUMBERED = frozenset({"datasets", "tensorboards"})
_LISTED = frozenset({"datasets", "models"})
"""Collections that trainctl lists."""
_KMS = "projects/my-project/locations/{}/keyRings/ring/cryptoKeys/key"
_SERVE = f"{IMAGE}model_serving_container_image_uri: us-docker.pkg.dev/my-project/images/server:1\n"


def _location_form(_: Fields, where: Where) -> Iterator[Finding]:
    location = where.location
    if not location or _REGION.fullmatch(location):
        return
    if zone := _ZONE.fullmatch(location):
        yield Finding(("location",), f"`{location}` is a zone, jobs run in a region", f"write `{zone[1]}`")
    elif location == "global":
        yield Finding(("location",), "Vertex AI has no training in `global`")
    else:
        hint = suggestion(location, load_machines().regions)
        yield Finding(("location",), f"`{location}` is no region", hint)


LOCATION_FORM = Rule(
    code="location-form",
    sentence="A location is a region such as `us-central1`: no zone, not `global`, in lower case.",
    cure="write a region such as `us-central1`",
    source="https://cloud.google.com/vertex-ai/docs/general/locations",
    check=_location_form,
    bad=f"location: us-central1-a\n{IMAGE}",
    good=f"location: us-central1\n{IMAGE}",
)


def _location_known(_: Fields, where: Where) -> Iterator[Finding]:
    location, known = where.location, load_machines().regions
    if location and _REGION.fullmatch(location) and location not in known:
        yield Finding(
            ("location",), f"`{location}` is no region for training that we know of", suggestion(location, known)
        )


LOCATION_UNKNOWN = Rule(
    code="location-unknown",
    sentence="Training runs in the regions of Google's list.",
    cure="`trainctl catalog regions` lists those known",
    source="https://cloud.google.com/vertex-ai/docs/general/locations",
    check=_location_known,
    severity=WARNING,
    bad=f"location: us-central9\n{IMAGE}",
    good=f"location: us-central1\n{IMAGE}",
)


def _kms_key(fields: Fields, where: Where) -> Iterator[Finding]:
    for name in KEYS:
        value = fields.get(name)
        if value is None:
            continue
        found = _KEY.fullmatch(value)
        if not found:
            yield Finding((name,), f"`{value}` is no name of a Cloud KMS key")
        elif where.location and found[1] != where.location:
            yield Finding(
                (name,),
                f"the key is in {found[1]}, the job in {where.location}",
                f"take a key in {where.location}",
            )


KMS_KEY = Rule(
    code="kms-key",
    sentence="A key is named `projects/P/locations/L/keyRings/R/cryptoKeys/K`, and is in the job's region.",
    cure="write `projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY`",
    source=f"{REST}EncryptionSpec.kmsKeyName",
    check=_kms_key,
    bad=f"location: us-central1\n{IMAGE}training_encryption_spec_key_name: {_KMS.format('europe-west4')}\n",
    good=f"location: us-central1\n{IMAGE}training_encryption_spec_key_name: {_KMS.format('us-central1')}\n",
)


def _two_keys(fields: Fields, _: Where) -> Iterator[Finding]:
    if KEYS[0] in fields and KEYS[1] in fields:
        yield Finding((KEYS[1],), f"`{KEYS[1]}` and `{KEYS[0]}` are the same field", at_key=True)


KMS_TWICE = Rule(
    code="kms-twice",
    sentence="`encryption_spec_key_name` is another name of `training_encryption_spec_key_name`.",
    cure=f"keep `{KEYS[0]}`",
    source=f"{SDK}: CustomJob and the training job classes",
    check=_two_keys,
    bad=f"{IMAGE}{KEYS[0]}: {_KMS.format('us-central1')}\n{KEYS[1]}: {_KMS.format('us-central1')}\n",
    good=f"{IMAGE}{KEYS[0]}: {_KMS.format('us-central1')}\n",
)


def _names(fields: Fields) -> Iterator[tuple[PathKey, str, str]]:
    yield from (((name,), fields[name], kind) for name, kind in RESOURCES.items() if isinstance(fields.get(name), str))
    yield from ((("models", index), name, "models") for index, name in enumerate(fields.get("models") or ()))


def _resource_form(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, value, collection in _names(fields):
        name = ResourceName.parse(value)
        bare = value.partition("@")[0] if path[0] == "models" else value
        if name is not None and name.collection != collection:
            hint = f"write `projects/PROJECT/locations/LOCATION/{collection}/ID`"
            yield Finding(path, f"`{value}` is a name in `{name.collection}`, not in `{collection}`", hint)
        elif name is None and not _is_id(bare, collection):
            listed = f" (`trainctl {collection} list` shows it)" if collection in _LISTED else ""
            hint = f"write the id{listed}, or `projects/PROJECT/locations/LOCATION/{collection}/ID`"
            yield Finding(path, f"`{value}` is no id and no name in `{collection}`", hint)


def _is_id(text: str, collection: str) -> bool:
    return text.isdigit() if collection in _NUMBERED else bool(_ID.fullmatch(text))


RESOURCE_NAME = Rule(
    code="resource-name",
    sentence="A resource is named by its id, or in full: `projects/P/locations/L/COLLECTION/ID`.",
    cure="write the id, or `projects/PROJECT/locations/LOCATION/COLLECTION/ID`",
    source=f"{REST}names of resources",
    check=_resource_form,
    bad=f"{IMAGE}dataset: projects/my-project/locations/us-central1/models/7\n",
    good=f"{IMAGE}dataset: projects/my-project/locations/us-central1/datasets/7\n",
)


def _parent_version(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("parent_model")
    if isinstance(value, str) and "@" in value and ResourceName.parse(value):
        hint = f"write `{value.partition('@')[0]}`"
        yield Finding(("parent_model",), "a parent model is named without a version", hint)


PARENT_VERSION = Rule(
    code="parent-version",
    sentence="A new version belongs to a model, not to one of its versions.",
    cure="write it without `@VERSION`",
    source=f"{REST}TrainingPipeline.parentModel; {SDK} refuses `7@2`, but sends a full name with a version",
    check=_parent_version,
    severity=WARNING,
    bad=f"{_SERVE}parent_model: projects/my-project/locations/us-central1/models/7@2\n",
    good=f"{_SERVE}parent_model: projects/my-project/locations/us-central1/models/7\n",
)


def _resource_place(fields: Fields, where: Where) -> Iterator[Finding]:
    for path, value, collection in _names(fields):
        name = ResourceName.parse(value)
        if name is None or name.collection != collection:
            continue
        if where.location and name.location != where.location:
            yield Finding(path, f"`{path[0]}` is in {name.location}, the job in {where.location}")
        elif _differ(name.project, where.project):
            yield Finding(path, f"`{path[0]}` is in project {name.project}, the job in {where.project}")


def _differ(one: str, other: str | None) -> bool:
    """Whether two projects cannot be the same; a number and an id cannot be compared."""
    return bool(other) and one != other and one.isdigit() == str(other).isdigit()


RESOURCE_PLACE = Rule(
    code="resource-place",
    sentence="What a job uses is in the job's project and location.",
    cure="take one of the job's project and location, or change these",
    source=f"{REST}InputDataConfig.datasetId: in the same project and location",
    check=_resource_place,
    bad=f"location: us-central1\n{IMAGE}dataset: projects/my-project/locations/europe-west4/datasets/7\n",
    good=f"location: us-central1\n{IMAGE}dataset: projects/my-project/locations/us-central1/datasets/7\n",
)

GENERAL = (LOCATION_FORM, LOCATION_UNKNOWN, KMS_KEY, RESOURCE_NAME, PARENT_VERSION, RESOURCE_PLACE)
RULES = (*GENERAL, KMS_TWICE)
