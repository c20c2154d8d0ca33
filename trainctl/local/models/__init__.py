"""Models and their versions.

Each version is a row of its own below its model (`models/ID/versions/2`); the model's row is a copy of the version that
has the alias `default`, which is what answers when nobody names a version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.etags import check_etag, seal, update
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.times import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from trainctl.local.store import Resource, Store

DEFAULT = "default"
_GONE = "DELETED"
_ID = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")


def check_id(model_id: str) -> None:
    """Raises Fault for an id that a model cannot be given."""
    if not _ID.fullmatch(model_id):
        raise Fault(
            "INVALID_ARGUMENT",
            f"`model_id` `{model_id}` is not valid: up to 63 of [a-z0-9_-], of which the first is no digit and no "
            "hyphen.",
        )


def refuse_place(store: Store, name: str, *, model_id: str, parent_model: str) -> None:
    """Raises Fault when a model of this name cannot be made, or when the parent of a new version is not there.

    `model_id` is the id that was asked for, and the parent's plain name is `parent_model`: one of them, or none.
    """
    if parent_model:
        if parent_model.split("/")[-2:-1] != ["models"] or store.fetch(parent_model) is None:
            raise not_found(parent_model)
        return
    if model_id:
        check_id(model_id)
    if store.fetch(name) is not None:
        raise Fault("ALREADY_EXISTS", f"The model `{name}` exists; name it as `parent_model` or take another id.")


def add(store: Store, wanted: Mapping[str, Any], name: str) -> Resource:
    """Stores a new version, and the model with it when it is the first; the version as `show` gives it.

    `wanted` is the Model as its maker describes it; aliases of other versions move to this one.
    """
    time = now()
    with store.transaction():
        head = store.fetch(name)
        number = str(max((int(row["name"].rpartition("/")[2]) for row in _rows(store, name)), default=0) + 1)
        asked = list(dict.fromkeys(wanted.get("versionAliases", [])))
        for alias in asked:
            _check_alias(alias)
        version = seal(
            {
                "modelSourceInfo": {"sourceType": "CUSTOM"},
                **wanted,
                "name": f"{name}/versions/{number}",
                "versionId": number,
                "versionAliases": asked if head or DEFAULT in asked else [*asked, DEFAULT],
                "versionCreateTime": time,
                "versionUpdateTime": time,
                "createTime": head["createTime"] if head else time,
                "updateTime": time,
            }
        )
        _take_aliases(store, name, asked, keeper=version["name"])
        store.insert(version)
        _copy_default(store, name)
    return show(version, name)


def show(version: Mapping[str, Any], name: str) -> Resource:
    """A version's row as the Model that answers carry, under this name."""
    aliases = {"versionAliases": version["versionAliases"]} if version.get("versionAliases") else {}
    return {**{key: value for key, value in version.items() if key != "versionAliases"}, **aliases, "name": name}


def find(store: Store, name: str) -> tuple[str, Resource]:
    """The model's plain name, and the row of the version that a name stands for. Raises Fault.

    `models/1` and `models/1@-` stand for the default version, `models/1@2` and `models/1@alias` for those named.
    """
    plain, _, wanted = name.partition("@")
    alias = DEFAULT if wanted in ("", "-") else wanted
    for version in list_versions(store, plain):
        if alias == version["versionId"] or _has(version, alias):
            return plain, version
    raise not_found(name)


def list_versions(store: Store, name: str, before: int | None = None) -> Iterator[Resource]:
    """The versions of a model that are there, newest first."""
    return (version for _, version in scan_versions(store, name, before))


def scan_versions(store: Store, name: str, before: int | None = None) -> Iterator[tuple[int, Resource]]:
    """The same with their places in the database."""
    rows = store.scan(name, "versions", before=before)
    return ((place, version) for place, version in rows if version.get("state") != _GONE)


def patch(store: Store, name: str, body: Mapping[str, Any], fields: frozenset[str]) -> Resource:
    """Updates a model, or the version that the name has behind its `@`; what is there now. Raises Fault."""
    with store.transaction():
        plain, version = find(store, name)
        content = {key: value for key, value in body.items() if key != "etag"}
        if name.partition("@")[2] in ("", "-"):
            rows = list(list_versions(store, plain))
            check_etag(version, body, *rows)  # whatever version it was read as
            for row in rows:
                _change(store, row["name"], lambda it: update(it, content, fields))
        else:
            check_etag(version, body)
            _change(store, version["name"], lambda it: {**update(it, content, fields), "versionUpdateTime": now()})
        _copy_default(store, plain)
        return show(find(store, name)[1], plain)


def merge_aliases(store: Store, name: str, aliases: list[str]) -> Resource:
    """Adds aliases to a version and takes away those with a `-` in front. Raises Fault."""
    removed = {alias[1:] for alias in aliases if alias.startswith("-")}
    added = [alias for alias in aliases if not alias.startswith("-") and alias not in removed]
    for alias in (*added, *removed):
        _check_alias(alias)
    with store.transaction():
        plain, version = find(store, name)
        if DEFAULT in removed and _has(version, DEFAULT):
            raise Fault("INVALID_ARGUMENT", "The alias `default` cannot be removed: give it to another version.")
        _take_aliases(store, plain, added, keeper=version["name"])

        def edit(row: Resource) -> Resource:
            kept = [alias for alias in row.get("versionAliases", []) if alias not in removed]
            return {**row, "versionAliases": list(dict.fromkeys([*kept, *added])), "versionUpdateTime": now()}

        _change(store, version["name"], edit)
        _copy_default(store, plain)
        return show(find(store, f"{plain}@{version['versionId']}")[1], plain)


def delete(store: Store, name: str) -> None:
    """Deletes a model with all its versions and evaluations. Raises Fault."""
    with store.transaction():
        plain, _ = find(store, name)
        for version in list_versions(store, plain):
            _remove_evaluations(store, plain, version)
        for kind in ("versions", "evaluations"):
            for _, row in list(store.scan(plain, kind)):
                store.remove(row["name"])
        store.remove(plain)


def delete_version(store: Store, name: str) -> None:
    """Deletes one version, which must be named by its number, must not be the last and not the default one."""
    with store.transaction():
        plain, version = find(store, name)
        if name.partition("@")[2] != version["versionId"]:
            raise Fault("INVALID_ARGUMENT", f"`{name}` must end with the number of a version, as in `{plain}@1`.")
        if len(list(list_versions(store, plain))) == 1:
            raise Fault("FAILED_PRECONDITION", f"`{name}` is the only version; delete the model itself.")
        if _has(version, DEFAULT):
            raise Fault("FAILED_PRECONDITION", f"`{name}` is the default version; give `default` to another one first.")
        _remove_evaluations(store, plain, version)
        # The row stays, so that its number is never given to another version.
        store.change(version["name"], lambda row: {"name": row["name"], "state": _GONE})


def _rows(store: Store, name: str) -> Iterator[Resource]:
    return (row for _, row in store.scan(name, "versions"))


def _remove_evaluations(store: Store, name: str, version: Mapping[str, Any]) -> None:
    for _, row in list(store.scan(f"{name}@{version['versionId']}", "evaluations")):
        for _, part in list(store.scan(row["name"], "slices")):
            store.remove(part["name"])
        store.remove(row["name"])


def _change(store: Store, name: str, edit: Callable[[Resource], Resource]) -> None:
    store.change(name, lambda row: seal(edit(row)))


def _take_aliases(store: Store, name: str, aliases: list[str], *, keeper: str) -> None:
    """An alias names one version at most: takes these from all but the keeper."""
    for row in list(list_versions(store, name)):
        left = [alias for alias in row.get("versionAliases", []) if alias not in aliases]
        if row["name"] != keeper and left != row.get("versionAliases", []):
            _change(store, row["name"], lambda it, left=left: {**it, "versionAliases": left})  # type: ignore[misc]


def _copy_default(store: Store, name: str) -> None:
    """Brings the model's own row up to its default version."""
    _, version = find(store, name)
    head = show(version, name)
    if store.change(name, lambda _: head) is None:
        store.insert(head)


def _has(version: Mapping[str, Any], alias: str) -> bool:
    return alias in version.get("versionAliases", ())


def _check_alias(alias: str) -> None:
    if not _ALIAS.fullmatch(alias):
        raise Fault(
            "INVALID_ARGUMENT",
            f"The version alias `{alias}` is not valid: it must match [a-z][a-zA-Z0-9-]{{0,126}}[a-z0-9].",
        )
