"""What Ctrl-C, SIGTERM and SIGHUP do to a command that follows jobs, and what its jobs do then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trainctl.errors import ExitCode, Interrupted

if TYPE_CHECKING:
    from trainctl.commands import Session
    from trainctl.jobs import Job


@contextmanager
def terminable(*, wanted: bool) -> Iterator[None]:
    """Let SIGTERM and SIGHUP end what is below as Ctrl-C does, where the jobs are to be cancelled with it.

    One that is ignored stays so: `nohup` wants the work to go on when the terminal goes.
    """
    import signal
    import threading

    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(number)

    heard = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupted(
    session: Session, pending: Sequence[Job], *, cancel: bool, words: str = "the watch has ended, and"
) -> ExitCode:
    """Say what the interruption did and did not do, and how to come back; cancel the jobs if that was planned.

    `words` are what it ended.
    """
    if cancel:
        cancel_pending(session, pending)
    else:
        say_running(session, pending, words, "still running")
    return Interrupted.exit_code


def cancel_pending(session: Session, pending: Sequence[Job]) -> None:
    """Cancel the jobs, and say so on standard error alone: programs get the jobs themselves, if anything.

    Who interrupts that as well leaves at once, and hears what may be running.
    """
    from trainctl.commands.ending import cancel_all

    try:
        code = cancel_all(session, pending, records=False)
    except KeyboardInterrupt:
        say_running(session, pending, "left before it was certain that the work ends:", "perhaps still running")
        return
    if code is not ExitCode.OK:
        say_running(session, pending, "not everything could be cancelled:", "perhaps still running")


def say_running(session: Session, jobs: Sequence[Job], words: str, state: str) -> None:
    """Tell which jobs go on, how to follow them again and how to end them."""
    if not jobs:
        return
    from trainctl.commands.finding import again
    from trainctl.render.words import escape

    names, many = again(session, jobs), len(jobs) != 1
    follow, command = jobs[0].collection.follow, jobs[0].collection.command
    what = f"{len(jobs)} {command} are" if many else f"{jobs[0].collection.noun} {escape(jobs[0].id)} is"
    session.console.warn(
        f"{words} {what} {state}\n"
        f"  to come back: trainctl {follow} {names}\n"
        f"  {'to end them:' if many else 'to end it:':<13} trainctl {command} cancel {names}"
    )
