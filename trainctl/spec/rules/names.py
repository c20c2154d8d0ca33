"""Names that users choose: display names, labels, ids, aliases. For every kind that has these fields."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from trainctl.catalog import OWN_LABELS
from trainctl.spec.rules.rule import IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_LABELS = ("labels", "model_labels")
_LONGEST_LABEL = 64
_MOST_LABELS = 64
_MODEL_ID = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
_RESOURCE_ID = re.compile(r"[a-z](?:[a-z0-9-]{0,126}[a-z0-9])?")
_SERVE = f"{IMAGE}model_serving_container_image_uri: us-docker.pkg.dev/my-project/images/server:1\n"

DISPLAY_NAME = Rule(
    code="display-name",
    sentence="Display names have 1 to 128 characters.",
    cure="shorten it",
    source=f"{SDK}: Display name needs to be less than 128 characters",
    check=by_schema,
    bad=f"kind: custom\ndisplay_name: {'x' * 129}\ncontainer_uri: us-docker.pkg.dev/my-project/images/trainer:1\n",
    good=IMAGE,
)


def _is_label_text(text: str) -> bool:
    """Lower-case letters, letters of scripts without case, digits, `_` and `-`."""
    return all(
        character in "_-" or (character.isalnum() and unicodedata.category(character) not in {"Lu", "Lt"})
        for character in text
    )


def _label_form(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in _LABELS:
        for key, value in (fields.get(name) or {}).items():
            if trouble := _key_trouble(key):
                yield Finding(
                    (name, key), f"the label key `{key}` {trouble}", _respelt(key, first=r"[\W\d_]"), at_key=True
                )
            if isinstance(value, str) and (trouble := _text_trouble(value)):
                yield Finding((name, key), f"the label value `{value}` {trouble}", _respelt(value))


def _key_trouble(key: str) -> str | None:
    if not key:
        return "is empty"
    if not key[0].isalpha():
        return "does not begin with a letter"
    return _text_trouble(key)


def _text_trouble(text: str) -> str | None:
    if len(text) > _LONGEST_LABEL:
        return f"has {len(text)} characters, at most {_LONGEST_LABEL} are allowed"
    return None if _is_label_text(text) else "has other characters than lower-case letters, digits, `_` and `-`"


def _respelt(text: str, first: str = "-") -> str | None:
    """The nearest text that is allowed, without what `first` finds at its beginning."""
    plain = re.sub(r"[^\w-]+", "-", text.lower()).strip("-")
    plain = re.sub(f"^(?:{first})+", "", plain)[:_LONGEST_LABEL]
    return f"write `{plain}`" if plain and _is_label_text(plain) and plain != text else None


LABEL_FORM = Rule(
    code="label-form",
    sentence="Labels have at most 64 characters: lower-case letters, digits, `_` and `-`; keys begin with a letter.",
    cure="use lower-case letters, digits, `_` and `-`",
    source=f"{REST}CustomJob.labels, https://goo.gl/xmQnxf",
    check=_label_form,
    bad=f"{IMAGE}labels: {{Team: Plants}}\n",
    good=f"{IMAGE}labels: {{team: plants}}\n",
)


def _label_count(fields: Fields, where: Where) -> Iterator[Finding]:
    for name, ours in (("labels", where.labels), ("model_labels", frozenset[str]())):
        added = sorted(ours - set(fields.get(name) or {}))
        count = len(fields.get(name) or {}) + len(added)
        if count > _MOST_LABELS:
            told = f", with {listed(added)} that trainctl adds" if added else ""
            yield Finding((name,), f"there are {count} labels{told}; at most {_MOST_LABELS} are allowed", at_key=True)


LABEL_COUNT = Rule(
    code="label-count",
    sentence="A resource has at most 64 labels, those that trainctl adds among them.",
    cure="remove some",
    source="https://cloud.google.com/resource-manager/docs/labels-overview",
    check=_label_count,
    bad=f"{IMAGE}labels: {{{', '.join(f'l{i}: x' for i in range(64))}}}\n",
    good=f"{IMAGE}labels: {{team: plants}}\n",
)


def _label_reserved(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in _LABELS:
        for key in sorted(OWN_LABELS & set(fields.get(name) or {})):
            message = f"the label `{key}` is trainctl's own: with it a job could be taken for another one"
            yield Finding((name, key), message, at_key=True)


LABEL_RESERVED = Rule(
    code="label-reserved",
    sentence=f"The labels {listed(sorted(OWN_LABELS))} are how trainctl finds its own jobs again.",
    cure="remove it: `jobs export` leaves it out",
    source="trainctl",
    check=_label_reserved,
    severity=WARNING,
    bad=f"{IMAGE}labels: {{trainctl-submission: abc}}\n",
    good=f"{IMAGE}labels: {{team: plants}}\n",
)


def _model_id(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("model_id")
    if value is not None and not _MODEL_ID.fullmatch(value):
        plain = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).lstrip("0123456789-")[:63]
        yield Finding(
            ("model_id",), f"`{value}` is no model id", f"write `{plain}`" if _MODEL_ID.fullmatch(plain) else None
        )


MODEL_ID = Rule(
    code="model-id",
    sentence="A model id has at most 63 of `a-z`, `0-9`, `_` and `-`, and no digit or hyphen first.",
    cure="use at most 63 of `a-z`, `0-9`, `_`, `-`, not a digit or hyphen first",
    source=f"{REST}TrainingPipeline.modelId",
    check=_model_id,
    bad=f"{_SERVE}model_id: Flowers\n",
    good=f"{_SERVE}model_id: flowers\n",
)


def _aliases(fields: Fields, _: Where) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, alias in enumerate(fields.get("model_version_aliases") or ()):
        if not _ALIAS.fullmatch(alias):
            yield Finding(("model_version_aliases", index), f"`{alias}` is no version alias")
        elif alias in seen:
            yield Finding(("model_version_aliases", index), f"the alias `{alias}` is listed twice", "keep one")
        seen.add(alias)


VERSION_ALIAS = Rule(
    code="version-alias",
    sentence="A version alias has letters, digits and hyphens, a lower-case letter first and no hyphen last.",
    cure="use letters, digits and hyphens, with a lower-case letter first",
    source=f"{REST}Model.versionAliases",
    check=_aliases,
    bad=f"{_SERVE}model_version_aliases: ['2']\n",
    good=f"{_SERVE}model_version_aliases: [candidate]\n",
)


def _default_alias(fields: Fields, _: Where) -> Iterator[Finding]:
    aliases = fields.get("model_version_aliases") or []
    if fields.get("is_default_version") is False and "default" in aliases:
        path = ("model_version_aliases", aliases.index("default"))
        yield Finding(path, "the alias `default` makes it the default version, which `is_default_version` denies")


DEFAULT_ALIAS = Rule(
    code="default-alias",
    sentence="The alias `default` makes a version the default, whatever `is_default_version` says.",
    cure="remove the alias, or `is_default_version`",
    source=f"{SDK}: is_default_version",
    check=_default_alias,
    severity=WARNING,
    bad=f"{_SERVE}is_default_version: false\nmodel_version_aliases: [default]\n",
    good=f"{_SERVE}is_default_version: false\nmodel_version_aliases: [candidate]\n",
)


def _persistent_resource(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("persistent_resource_id")
    if value is not None and not _RESOURCE_ID.fullmatch(value):
        hint = f"write `{value.rsplit('/', 1)[-1]}`" if "/" in value else None
        yield Finding(("persistent_resource_id",), f"`{value}` is no id of a persistent resource", hint)


PERSISTENT_RESOURCE = Rule(
    code="persistent-resource",
    sentence="A persistent resource is named by its bare id: lower-case letters, digits and hyphens, a letter first.",
    cure="write the bare id: lower-case letters, digits and hyphens, a letter first",
    source=f"{REST}CustomJobSpec.persistentResourceId",
    check=_persistent_resource,
    bad=f"{IMAGE}persistent_resource_id: projects/p/locations/us-central1/persistentResources/mine\n",
    good=f"{IMAGE}persistent_resource_id: mine\n",
)

GENERAL = (DISPLAY_NAME, LABEL_FORM, LABEL_COUNT, LABEL_RESERVED)
MODEL = (MODEL_ID, VERSION_ALIAS, DEFAULT_ALIAS)
RULES = (*GENERAL, *MODEL, PERSISTENT_RESOURCE)
