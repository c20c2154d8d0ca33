"""`auth`: which credentials would be used, for whom, until when, and how to come by others; never the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.tree import Branch, Leaf
from trainctl.errors import CredentialsError, ExitCode

if TYPE_CHECKING:
    from trainctl.api.identity import Identity

Check = Annotated[
    bool, typer.Option("--check", help="Also ask for a token, to see that one can be had", show_default=False)
]


def status(session: Session, check: Check = False) -> ExitCode:  # noqa: FBT002 - Typer's way to declare a flag
    """Show which credentials would be used, and where they come from.

    Nothing is asked of Google without --check. The exit code is 4 when no credentials are configured and the machine is
    none of Google's, and with --check when no token can be had.
    """
    from trainctl.commands.local import write_record

    account = session.authorizer.describe(fetch=check)
    record = {
        "account": account.account,
        "source": account.source,
        "expiry": account.expiry.isoformat() if account.expiry else None,
        "project": account.project,
        "quota_project": account.quota_project,
    }
    write_record(session, record)
    if not check and not session.identity.is_there(session.environment):
        from trainctl.api.google_token import LOGIN

        raise CredentialsError("there are no Google credentials on this machine", hint=LOGIN)
    if account.account is None and not check:
        session.console.say("hint: `--check` asks for a token, to see that one can be had")
    return ExitCode.OK


def login_hint(session: Session) -> None:
    """Print the commands that lead to credentials, the way that the settings lead now first.

    Works offline, runs nothing, and asks nobody.
    """
    from trainctl.api.ways import current_way, list_ways
    from trainctl.render.login import write_ways

    identity = configured(session)
    current = current_way(identity, on_google=identity.is_there(session.environment))
    try:
        headline = f"in use: {identity.source}" if current else "no credentials are in use"
    except CredentialsError as error:
        headline = f"not usable: {error.message}"
    ways = list_ways(identity, current, project=session.known_project)
    write_ways(session.console, session.output, ways, headline)
    if session.output.is_human and not has_gcloud(session):
        session.console.say("hint: gcloud is not installed here: https://cloud.google.com/sdk/docs/install")


def configured(session: Session) -> Identity:
    """The credentials that the settings name; an engine is not started for its token."""
    from trainctl.api.identity import Identity

    if session.settings.local:
        return Identity("local engine", loopback_only=True)
    return Identity.from_settings(session.settings)


def has_gcloud(session: Session) -> bool:
    """Whether gcloud is on the user's path."""
    import shutil

    return shutil.which("gcloud", path=session.environment.get("PATH", "")) is not None


NODE = Branch(
    "auth",
    "Which credentials would be used",
    (
        Leaf("status", status, ("trainctl auth status", "trainctl auth status --check -o json")),
        Leaf("login-hint", login_hint, ("trainctl auth login-hint", "trainctl auth login-hint -o json")),
    ),
    default="status",
)
