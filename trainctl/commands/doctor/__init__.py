"""`doctor`: whether everything is there that submissions need, and what to do where something is not."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.doctor import cloud, machine
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.render.checkup import Finding


def doctor(session: Session) -> ExitCode:
    """Check all that submissions need, and say what to do.

    That is the record of submissions, completion, the engine and what runs containers, then the region, credentials,
    project, API and staging bucket; nothing is changed. The exit code is 0 unless a check fails, then that of the
    failure. With --local the engine is started and asked, and Google Cloud is not.
    """
    from trainctl.render.checkup import finding_subject, finding_text
    from trainctl.render.machine import write_list

    codes = [ExitCode.OK]

    def examine() -> Iterator[Finding]:
        for finding in chain(machine.examine(session), () if session.settings.local else cloud.examine(session)):
            codes.append(finding.code)
            yield finding

    if session.output.is_human:
        for finding in examine():
            session.console.write(finding_text(finding, session.console))
    else:
        pages = ([finding] for finding in examine())
        write_list(pages, finding_subject(), session.output, console=session.console, now=session.clock.now())
    return max(codes)


NODE = Leaf("doctor", doctor, ("trainctl doctor", "trainctl doctor --local", "trainctl doctor -o json"))
