"""Access to jobs of ml.v1: policies are kept as they are set, and whoever has the engine's token may do everything.

Sources: the descriptions of GoogleIamV1 in the discovery document, and https://cloud.google.com/iam/docs/policies for
what is shown of conditions to who asks for an older version.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.etags import check_etag, seal
from trainctl.local.protocol.faults import Fault, not_found, refuse_fields
from trainctl.local.protocol.masks import apply_update, read_update
from trainctl.local.protocol.routing import Answer, Call, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.store import Resource

_PERMISSIONS = frozenset(
    f"ml.jobs.{verb}" for verb in ("cancel", "create", "get", "getIamPolicy", "list", "setIamPolicy", "update")
)
_EMPTY = {"etag": "ACAB"}
"""What IAM answers where no policy was ever set."""

_FIELDS = frozenset({"bindings", "etag", "audit_configs", "version"})
_DEFAULT_MASK = frozenset({"bindings", "etag", "version"})
_VERSIONS = (0, 1, 3)
_WITH_CONDITIONS = 3
_OWN = frozenset({"name", "revision"})
_ROLE = re.compile(r"(roles|projects/[^/]+/roles|organizations/[^/]+/roles)/[\w.]+")
_MEMBER = re.compile(r"allUsers|allAuthenticatedUsers|[A-Za-z]+:.+")


def list_routes(path: str) -> Iterator[Route]:
    """The routes below the path of one job."""
    yield Route("GET", f"{path}:getIamPolicy", _get_policy)
    yield Route("POST", f"{path}:setIamPolicy", _set_policy)
    yield Route("POST", f"{path}:testIamPermissions", _test_permissions)


def _get_policy(call: Call) -> Answer:
    asked = call.read_parameters(frozenset({"options.requested_policy_version"}))
    version = _read_version(asked.get("options.requested_policy_version", ""))
    job = _name_job(call)
    if call.core.store.fetch(job) is None:
        raise not_found(job)
    return _show(call.core.store.fetch(_name_policy(job)) or _EMPTY, version)


def _set_policy(call: Call) -> Answer:
    call.read_parameters(frozenset())
    request = check_body(call.read_json(), "GoogleIamV1__SetIamPolicyRequest", service="ml", at="")
    policy, mask = request.get("policy", {}), request.get("updateMask", "")
    fields = read_update(mask, _FIELDS, _FIELDS) if mask else _DEFAULT_MASK
    store, job = call.core.store, _name_job(call)
    with store.transaction():
        if store.fetch(job) is None:
            raise not_found(job)
        _check_policy(policy)
        kept = store.fetch(_name_policy(job))
        check_etag({"name": job, **(kept or _EMPTY)}, policy)
        changed = _change(kept or {"name": _name_policy(job)}, policy, fields)
        if kept is None:
            store.insert(changed)
        else:
            store.change(changed["name"], lambda _: changed)
    return _show(changed, _WITH_CONDITIONS)


def _test_permissions(call: Call) -> Answer:
    """Nothing for a job that is not there, which is no error."""
    call.read_parameters(frozenset())
    request = check_body(call.read_json(), "GoogleIamV1__TestIamPermissionsRequest", service="ml", at="")
    asked: list[str] = request.get("permissions", [])
    if not asked or call.core.store.fetch(_name_job(call)) is None:
        return {}
    if unknown := [name for name in asked if name not in _PERMISSIONS]:
        raise refuse_fields([("permissions", f"Permission {unknown[0]} is not valid for this resource.")])
    return {"permissions": asked}


def _change(kept: Mapping[str, Any], policy: Mapping[str, Any], fields: frozenset[str]) -> Resource:
    changed = apply_update(kept, policy, fields - {"etag"})
    changed["version"] = _WITH_CONDITIONS if _has_conditions(changed) else 1
    return seal({**changed, "revision": kept.get("revision", 0) + 1})


def _show(policy: Mapping[str, Any], version: int) -> dict[str, Any]:
    """A policy in the version asked for: before version 3, conditions are only hinted at."""
    shown = {name: value for name, value in policy.items() if name not in _OWN}
    if version >= _WITH_CONDITIONS or not _has_conditions(policy):
        return shown
    return {**shown, "version": 1, "bindings": [_hide_condition(binding) for binding in policy["bindings"]]}


def _hide_condition(binding: Mapping[str, Any]) -> dict[str, Any]:
    if "condition" not in binding:
        return dict(binding)
    mark = sha256(str(sorted(binding["condition"].items())).encode()).hexdigest()[:20]
    return {"role": f"{binding['role']}_withcond_{mark}", "members": binding.get("members", [])}


def _check_policy(policy: Mapping[str, Any]) -> None:
    problems = list(_find_problems(policy))
    if problems:
        raise refuse_fields([(f"policy.{field}", text) for field, text in problems])


def _find_problems(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if policy.get("version", 0) not in _VERSIONS:
        yield "version", "The policy version must be 0, 1 or 3."
    if _has_conditions(policy) and policy.get("version") != _WITH_CONDITIONS:
        yield "version", "Policies with conditional role bindings must specify version 3."
    for place, binding in enumerate(policy.get("bindings", ())):
        role = binding.get("role", "")
        if "_withcond_" in role or not _ROLE.fullmatch(role):
            yield f"bindings[{place}].role", f"Role `{role}` is not of the form `roles/NAME`."
        if not binding.get("members"):
            yield f"bindings[{place}].members", "Each of the bindings must contain at least one principal."
        for member in binding.get("members", ()):
            if not _MEMBER.fullmatch(member):
                yield f"bindings[{place}].members", f"`{member}` is not of the form `user:EMAIL`."


def _has_conditions(policy: Mapping[str, Any]) -> bool:
    return any("condition" in binding for binding in policy.get("bindings", ()))


def _read_version(text: str) -> int:
    if text and text not in map(str, _VERSIONS):
        raise Fault("INVALID_ARGUMENT", "The requested policy version must be 0, 1 or 3.")
    return int(text or 0)


def _name_job(call: Call) -> str:
    return f"{call.parent}/jobs/{call.parts['id']}"


def _name_policy(job: str) -> str:
    return f"{job}/policies/iam"
