"""IAM policies of single resources: bindings added and removed, files of them read.

A policy is JSON as IAM has it: `bindings` of a `role` to `members`, each perhaps with a `condition`, `auditConfigs`,
`version`, `etag`. https://cloud.google.com/iam/docs/policies
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.errors import UsageError
from trainctl.wire import dig, items, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Policy = Mapping[str, Any]

WITH_CONDITIONS = 3
FIELDS = ("bindings", "auditConfigs", "etag", "version")
_ROLE = re.compile(r"(?:projects/[^/\s]+/|organizations/[^/\s]+/)?roles/[A-Za-z0-9_.]+")
_MEMBER = re.compile(r"allUsers|allAuthenticatedUsers|(?:deleted:)?[A-Za-z]+:\S+|principal(?:Set)?://\S+")


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for some members, perhaps under a condition in IAM's form."""

    role: str
    members: tuple[str, ...]
    condition: Mapping[str, str] | None = None

    def check(self) -> None:
        """Raise UsageError for a role or a member that IAM cannot know."""
        if not _ROLE.fullmatch(self.role):
            raise UsageError(
                f"`{self.role}` is no role", hint="write `roles/ml.jobOwner` or `projects/PROJECT/roles/NAME`"
            )
        for member in self.members:
            if not _MEMBER.fullmatch(member):
                hint = (
                    f"write `user:{member}`"
                    if "@" in member
                    else "write `user:EMAIL`, `serviceAccount:EMAIL`, `group:EMAIL`"
                )
                raise UsageError(f"`{member}` is no member", hint=hint)


def bindings(policy: Policy) -> list[dict[str, Any]]:
    """The bindings of a policy."""
    return [binding for binding in items(policy.get("bindings")) if isinstance(binding, dict)]


def rows(policy: Policy) -> Iterator[tuple[str, str, str, str]]:
    """Role, member, condition in a word and its expression of every grant, one member a row."""
    for binding in bindings(policy):
        condition = binding.get("condition")
        words = (wordy(condition), text(dig(condition, "expression")))
        yield from ((text(binding.get("role")), text(member), *words) for member in items(binding.get("members")))


def wordy(condition: object) -> str:
    """A condition in one line: its title, else its expression."""
    return text(dig(condition, "title")) or text(dig(condition, "expression"))


def add(policy: Policy, grant: Grant) -> Policy | None:
    """The policy with the grant; None when it has it already."""
    found = next((each for each in bindings(policy) if _is_of(each, grant)), None)
    if found is None:
        own = {"role": grant.role, "members": list(grant.members)}
        return written(policy, [*bindings(policy), own | ({"condition": grant.condition} if grant.condition else {})])
    missing = [member for member in grant.members if member not in items(found.get("members"))]
    if not missing:
        return None
    changed = {**found, "members": [*items(found.get("members")), *missing]}
    return written(policy, [changed if each is found else each for each in bindings(policy)])


def remove(policy: Policy, grant: Grant, *, any_condition: bool = False) -> Policy | None:
    """The policy without the grant; None when it does not have it. A binding that loses its last member goes too."""
    kept: list[dict[str, Any]] = []
    for each in bindings(policy):
        members = items(each.get("members"))
        if each.get("role") == grant.role and (any_condition or _is_of(each, grant)):
            members = [member for member in members if member not in grant.members]
        if members:
            kept.append({**each, "members": members})
    return None if kept == bindings(policy) else written(policy, kept)


def written(policy: Policy, changed: Sequence[Policy]) -> dict[str, Any]:
    """What is sent for a policy with these bindings: conditions need version 3, and say so."""
    version = {"version": WITH_CONDITIONS} if any(each.get("condition") for each in changed) else {}
    rest = {name: value for name, value in policy.items() if name not in ("bindings", "version")}
    return {**rest, "bindings": list(changed), **version}


def read_policy(value: object, name: str) -> dict[str, Any]:
    """The policy in a file, in either spelling. Raises UsageError, for an empty file too: a pipe may have failed."""
    if value is None:
        raise UsageError(f"`{name}` is empty", hint="write `bindings: []` for the policy that gives nobody a role")
    if not isinstance(value, dict):
        raise UsageError(f"`{name}` holds no policy", hint="a policy is a mapping with `bindings`")
    found = {("auditConfigs" if key == "audit_configs" else str(key)): inner for key, inner in value.items()}
    if strange := next((key for key in found if key not in FIELDS), None):
        raise UsageError(f"`{name}` has `{strange}`, which no policy has", hint=f"policies have {', '.join(FIELDS)}")
    if not isinstance(found.get("bindings", []), list) or not all(
        isinstance(each, dict) for each in found.get("bindings", [])
    ):
        raise UsageError(
            f"`bindings` of `{name}` is no list of mappings", hint="each binding has a `role` and `members`"
        )
    for each in found.get("bindings", []):
        Grant(text(each.get("role")), tuple(map(text, items(each.get("members"))))).check()
        if not each.get("members"):
            raise UsageError(
                f"the binding of `{each.get('role')}` in `{name}` has no members", hint="remove the binding"
            )
    return written(found, found.get("bindings", []))


def mask_of(policy: Policy) -> str:
    """The fields that a file says, beyond those that are written without a mask."""
    return "bindings,etag,auditConfigs" if "auditConfigs" in policy else ""


def says_same(one: Policy, other: Policy) -> bool:
    """Whether two policies grant the same, and audit the same where both say it."""
    audits = [each["auditConfigs"] for each in (one, other) if "auditConfigs" in each]
    return _comparable(one) == _comparable(other) and audits[1:] in ([], audits[:1])


def _comparable(policy: Policy) -> list[str]:
    import json

    pairs = ({**each, "members": sorted(items(each.get("members")))} for each in bindings(policy))
    return sorted(json.dumps(each, sort_keys=True) for each in pairs)


def _is_of(binding: Policy, grant: Grant) -> bool:
    """Whether a binding is for the grant's role under the grant's condition, known by its expression."""
    own, other = dig(binding.get("condition"), "expression"), dig(grant.condition, "expression")
    return binding.get("role") == grant.role and (own or None) == (other or None)
