"""`jobs iam`: who may do what with one job of AI Platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.catalog import ML_JOBS, ResourceName
from trainctl.commands import Session
from trainctl.commands.candidates import recent_jobs
from trainctl.commands.finding import enter_engine, find_job, submission
from trainctl.commands.tree import Branch, Leaf
from trainctl.errors import ExitCode, NotFound, RequestRefused, UsageError

if TYPE_CHECKING:
    from trainctl.api.policies import Grant, Policy

Reference = Annotated[
    str,
    typer.Argument(
        help="The job: its name, id or `@last`", metavar="REF", show_default=False, autocompletion=recent_jobs
    ),
]
Role = Annotated[str, typer.Option("--role", help="The role, such as `roles/ml.jobOwner`", metavar="ROLE")]
Members = Annotated[
    list[str],
    typer.Option("--member", help="`user:EMAIL`, `serviceAccount:EMAIL`, `group:EMAIL`, ...", metavar="MEMBER"),
]
Condition = Annotated[
    str | None, typer.Option("--condition", help="Only where this CEL expression is true", metavar="EXPRESSION")
]


def show(session: Session, reference: Reference) -> ExitCode:
    """Show who may do what with a job.

    With -o yaml or json, the whole policy: what `jobs iam set` takes. A job without a policy of its own is open to
    those who have roles in its project.
    """
    name = find(session, reference)
    write(session, session.client.get_policy(name))
    return ExitCode.OK


def replace(
    session: Session,
    reference: Reference,
    file: Annotated[Path, typer.Argument(help="The policy in YAML or JSON; `-` reads standard input", metavar="FILE")],
) -> ExitCode:
    """Replace the policy of a job by that of a file.

    With the `etag` of a policy that was read before, the policy is only replaced if nobody has changed it since (exit
    code 5). Without one it is replaced in any case. `auditConfigs` are written where the file has them.
    """
    from trainctl.api.policies import read_policy

    policy = read_policy(read_file(session, file), str(file))
    name = find(session, reference)
    if not policy.get("etag"):
        session.console.say("the file has no `etag`: what others have changed since it was made is replaced too")
    write(session, _replaced(session, name, policy, file))
    return ExitCode.OK


def _replaced(session: Session, name: ResourceName, policy: Policy, file: Path) -> Policy:
    """The policy after it was set. Raises RequestRefused when others have changed it since the file was made."""
    from trainctl.api.policies import mask_of, says_same
    from trainctl.api.revising import is_conflict

    try:
        return session.client.set_policy(name, policy, mask_of(policy))
    except RequestRefused as error:
        if not is_conflict(error):
            raise
        # The write may have been ours, and its answer lost: its echo is refused since the etag is a new one.
        now = session.client.get_policy(name)
        if says_same(now, policy):
            return now
        raise RequestRefused(
            f"the policy has changed since `{file}` was made from it",
            http_status=error.http_status,
            status=error.status,
            hint="`trainctl jobs iam get REF -o yaml` has it as it is now",
        ) from error


def add(
    session: Session,
    reference: Reference,
    *,
    role: Role,
    members: Members,
    condition: Condition = None,
    title: Annotated[
        str | None, typer.Option("--title", help="What the condition is called", metavar="TEXT", show_default=False)
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", help="What the condition is for", metavar="TEXT", show_default=False)
    ] = None,
) -> ExitCode:
    """Give members a role on a job.

    A condition such as `request.time < timestamp("2027-01-01T00:00:00Z")` bounds it. What others change at the same
    time is kept.
    """
    from trainctl.api import policies

    grant = read_grant(role, members, expression=condition, title=title, description=description)
    write(session, change(session, find(session, reference), lambda policy: policies.add(policy, grant)))
    return ExitCode.OK


def remove(
    session: Session,
    reference: Reference,
    *,
    role: Role,
    members: Members,
    condition: Condition = None,
    any_condition: Annotated[
        bool, typer.Option("--any-condition", help="Under every condition, and under none", show_default=False)
    ] = False,
) -> ExitCode:
    """Take a role on a job from members.

    Without `--condition` the role that they have unconditionally. What others change at the same time is kept.
    """
    from trainctl.api import policies

    grant = read_grant(role, members, expression=condition)
    name = find(session, reference)

    def without(policy: Policy) -> Policy | None:
        found = policies.remove(policy, grant, any_condition=any_condition)
        if found is None:
            raise _absent(name, grant, policy)
        return found

    write(session, change(session, name, without))
    return ExitCode.OK


def test(
    session: Session,
    reference: Reference,
    permissions: Annotated[
        list[str], typer.Argument(help="Permissions such as `ml.jobs.cancel`", metavar="PERMISSION...")
    ],
) -> ExitCode:
    """List those of some permissions that you have on a job.

    Of a job that does not exist you have none, which is no error.
    """
    if wild := next((each for each in permissions if "*" in each), None):
        raise UsageError(f"`{wild}` names many permissions", hint="name each, such as `ml.jobs.get`")
    from trainctl.render.machine import write_value

    name = _name_only(session, reference)
    held = session.client.test_permissions(name, permissions)
    write_value(held, session.output, console=session.console)
    if not held:
        session.console.say("none of them")
    return ExitCode.OK


def find(session: Session, reference: str) -> ResourceName:
    """The full name of the job that a reference names, which has to be one with a policy of its own."""
    job = find_job(session, reference)
    name = ResourceName.parse(job.name)
    if name is None or "iam" not in job.collection.verbs:
        raise _no_policy(job.collection.noun, job.name)
    return name


def _name_only(session: Session, reference: str) -> ResourceName:
    """What a reference names, without asking whether there is such a job."""
    from trainctl.lookup.references import back_of

    enter_engine(session, [reference])
    if back := back_of(reference):
        reference = str(submission(session, back).name)
    name = ResourceName.parse(reference)
    if name is None and ML_JOBS.may_have(reference):
        return ML_JOBS.name(session.project, "", reference)
    if name is None:
        raise UsageError(f"`{reference}` is no job id and no full name", hint="write `projects/PROJECT/jobs/ID`")
    if name.entry is not ML_JOBS:
        raise _no_policy("job", reference)
    return name


def _no_policy(noun: str, name: str) -> RequestRefused:
    return RequestRefused(
        f"{noun} {name} has no access policy of its own: only jobs of AI Platform (ml.v1) have",
        hint="roles such as `roles/aiplatform.user` are given on its project",
    )


def read_grant(
    role: str,
    members: Sequence[str],
    *,
    expression: str | None,
    title: str | None = None,
    description: str | None = None,
) -> Grant:
    """The grant that options describe. Raises UsageError."""
    from trainctl.api.policies import Grant

    if expression is None and (title or description):
        raise UsageError("`--title` and `--description` are about a condition", hint="add `--condition EXPRESSION`")
    named = {"title": title or expression, "description": description, "expression": expression}
    condition = {key: value for key, value in named.items() if value} if expression else None
    grant = Grant(role, tuple(dict.fromkeys(members)), condition)
    grant.check()
    return grant


def change(session: Session, name: ResourceName, edit: Callable[[Policy], Policy | None]) -> Mapping[str, Any]:
    """The policy as it is after an edit, which is made anew on what others have written in between."""
    from trainctl.api.revising import revise

    client = session.client
    return revise(lambda: client.get_policy(name), edit, lambda policy: client.set_policy(name, policy), session.clock)


def read_file(session: Session, file: Path) -> object:
    """What a YAML or JSON file says, as far as JSON can say it. Raises UsageError."""
    import json

    import yaml

    try:
        text = session.seams.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        found = yaml.safe_load(text)
        json.dumps(found)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"`{file}` cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise UsageError(f"`{file}` is neither YAML nor JSON: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise UsageError(f"`{file}` is nested too deeply for a policy") from error
    return found


def write(session: Session, policy: Policy) -> None:
    """The policy: a row for each grant for people, whole for programs that read json or yaml."""
    from trainctl.api.policies import rows
    from trainctl.render.access import GRANTS
    from trainctl.render.machine import write_list, write_value

    output = session.output
    if output.query is not None:
        from trainctl.render.query import compile_query

        write_value(compile_query(output.query, what="--query")(policy), output, console=session.console)
    elif output.format in ("json", "jsonl", "yaml"):
        write_value(policy, output, console=session.console)
    else:
        count = write_list([list(rows(policy))], GRANTS, output, console=session.console, now=session.clock.now())
        if not count:
            session.console.say("no policy of its own: roles in its project decide")


def _absent(name: ResourceName, grant: Grant, policy: Policy) -> NotFound:
    from trainctl.api.policies import rows

    other = any(role == grant.role and member in grant.members for role, member, *_ in rows(policy))
    hint = "`--any-condition` takes it under every condition" if other else "`trainctl jobs iam get REF` shows who has"
    who = ", ".join(grant.members)
    return NotFound(f"{who} does not have `{grant.role}` on {name}" + (" unconditionally" if other else ""), hint=hint)


_WHO = "--role roles/viewer --member user:a@x.org"
NODE = Branch(
    "iam",
    "Who may do what with a job of AI Platform",
    (
        Leaf("get", show, ("trainctl jobs iam get digits_1", "trainctl jobs iam get @last -o yaml > policy.yaml")),
        Leaf("set", replace, ("trainctl jobs iam set digits_1 policy.yaml",)),
        Leaf("add", add, (f"trainctl jobs iam add @last {_WHO}",)),
        Leaf("remove", remove, (f"trainctl jobs iam remove @last {_WHO}",)),
        Leaf("test", test, ("trainctl jobs iam test digits_1 ml.jobs.get ml.jobs.cancel",)),
    ),
)
