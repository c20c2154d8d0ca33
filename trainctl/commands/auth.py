"""`auth`: which credentials would be used, for whom, until when; never the token."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.tree import Branch, Leaf
from trainctl.errors import CredentialsError, ExitCode

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


NODE = Branch(
    "auth",
    "Which credentials would be used",
    (Leaf("status", status, ("trainctl auth status", "trainctl auth status --check -o json")),),
    default="status",
)
