"""`jobs open`: a job's page in Google's console."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.finding import find_jobs, has_console_page, tell
from trainctl.commands.jobs.choices import References
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.jobs import Job


def open_page(session: Session, references: References) -> ExitCode:
    """Open jobs' pages of Google's console in the browser.

    Where there is no terminal or no browser, their addresses are printed, one a line.
    """
    jobs, code = find_jobs(session, references)
    command = browser(session.environment) if session.console.out_terminal else None
    for job in jobs:
        try:
            page = page_of(session, job)
        except UsageError as error:
            if len(jobs) == 1:
                raise
            tell(session, error)
            code = max(code, error.exit_code)
            continue
        if command is not None and show(page, command):
            session.console.say(f"opened {page}")
        else:
            session.console.write(f"{page}\n")
    return code


def page_of(session: Session, job: Job) -> str:
    """The address of a job's page, safe on a terminal. Raises UsageError where there is none."""
    from trainctl.render.words import escape

    if session.settings.local:
        hint = f"`trainctl jobs get {job.id} --local` shows all there is"
        raise UsageError(f"{job.collection.noun} {job.id} runs on the local engine, which has no pages", hint=hint)
    if not job.console_url or not has_console_page(session):
        hint = f"`trainctl jobs get {job.name}` shows all there is"
        raise UsageError(f"Google's console has no page for {job.collection.noun} {job.id}", hint=hint)
    return escape(job.console_url)


def browser(environment: Mapping[str, str]) -> str | None:
    """The command line of a browser that can show pages here, `%s` for the address; empty for the system's own.

    None where there is no screen: over ssh, in a container.
    """
    if named := environment.get("BROWSER"):
        first = named.split(":")[0]
        return first if "%s" in first else f"{first} %s"
    screen = sys.platform in ("darwin", "win32") or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return "" if screen else None


def show(page: str, command: str) -> bool:
    """Whether a browser was started with the page."""
    import webbrowser

    try:
        return webbrowser.get(command or None).open(page)
    except (webbrowser.Error, OSError):
        return False


NODE = Leaf("open", open_page, ("trainctl jobs open @last", "trainctl jobs open @last | xclip"))
