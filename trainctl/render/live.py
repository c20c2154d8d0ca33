"""A watch as it goes on: a view that redraws itself on a terminal, one line per change elsewhere."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.jobs import NODE_HOURS
from trainctl.render.columns import phase_style, progress, state
from trainctl.render.console import paint
from trainctl.render.rows import Rows
from trainctl.render.words import duration, escape, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from trainctl.clock import Clock
    from trainctl.render.console import Console
    from trainctl.watch import Snapshot

TAIL = 8
"""Log lines that the live view keeps."""
HEARTBEAT = 300.0
"""Seconds after which a job without news says that it is still there."""
JOBS_SHOWN = 20


def nothing_below(now: datetime) -> list[str]:  # noqa: ARG001 - the usual answer
    """No lines: the jobs themselves are all there is to see."""
    return []


@dataclass(frozen=True, slots=True)
class Frame:
    """What a watch knows at one moment: a snapshot of each job, and log lines that are new since the last frame.

    `below` gives the lines that a live view shows under the jobs at a moment.
    """

    snapshots: tuple[Snapshot, ...]
    lines: tuple[str, ...] = ()
    below: Callable[[datetime], list[str]] = nothing_below


def show(frames: Iterable[Frame], *, console: Console, clock: Clock, hint: str = "") -> Frame | None:
    """Draw every frame as it comes, `hint` below the live view; returns the last one, None when there was none.

    Whatever the frames raise passes through, and leaves the terminal as it was.
    """
    news = _News()
    last = None
    with _screen(console, clock, hint) as screen:
        for last in frames:
            for line in news.read(last, console):
                screen.say(line)
            screen.draw(last)
    return last


class _News:
    """Which lines a frame is worth: changes, and a heartbeat of what has not changed for long."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, datetime]] = {}

    def read(self, frame: Frame, console: Console) -> Iterator[str]:
        for snapshot in frame.snapshots:
            text, mark = _news(snapshot), _mark(snapshot)
            before = self._seen.get(snapshot.job.name)
            if before and before[0] == mark:
                if snapshot.over or (snapshot.at - before[1]).total_seconds() < HEARTBEAT:
                    continue
                text_now = f"still {text}"
            else:
                text_now = text
            self._seen[snapshot.job.name] = (mark, snapshot.at)
            yield _line(snapshot, text_now, console)


def _news(snapshot: Snapshot) -> str:
    job = snapshot.job
    seen = escape(state(job))
    if snapshot.last_error and snapshot.lost:
        return f"given up, last seen {seen}: {escape(snapshot.last_error.message)}"
    if snapshot.last_error:
        return f"no answer, last seen {seen}"
    done = job.progress and job.progress.done is not None
    return f"{seen}, {progress(job.progress)}" if done else seen


def _mark(snapshot: Snapshot) -> str:
    """What has to change for a line to be worth it: of a cost that creeps up, every tenth of what may be spent."""
    measure = snapshot.job.progress
    if snapshot.last_error or measure is None or measure.done is None or measure.unit not in (NODE_HOURS, "percent"):
        return _news(snapshot)
    step = 10 if measure.unit == "percent" else (measure.total or 0) / 10 or 1
    return f"{state(snapshot.job)} {int(measure.done / step + 1e-9)}"


def _line(snapshot: Snapshot, text: str, console: Console) -> str:
    """The whole time for records of a run, the time of day for people who sit there."""
    job = snapshot.job
    moment = f"{snapshot.at:%H:%M:%SZ}" if console.animated else stamp(snapshot.at)
    name = f"{job.collection.noun} {escape(job.id)}"
    if job.title:
        name += f" ({escape(job.title)})"
    shown = paint(text, "warn" if snapshot.failures else phase_style(job), colour=console.err_colour)
    span = "" if snapshot.last_error else f" after {duration(snapshot.elapsed)}"
    notice = f", {escape(job.notice)}" if job.notice else ""
    return f"{moment}  {name}: {shown}{span}{notice}"


class _Lines:
    """No more than lines."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        self._console.say(line)

    def draw(self, frame: Frame) -> None:
        """Nothing: `say` has said what is new."""


class _Drawing:
    """Lines that stay, and below them a view of the present that rich redraws four times a second."""

    def __init__(self, console: Console, clock: Clock, hint: str, print_above: Callable[[str], None]) -> None:
        self._console = console
        self._hint = hint
        self._clock = clock
        self._print_above = print_above
        self._frame: Frame | None = None
        self._tail: deque[str] = deque(maxlen=TAIL)

    def say(self, line: str) -> None:
        self._print_above(line)

    def draw(self, frame: Frame) -> None:
        self._tail.extend(frame.lines)
        self._frame = frame

    def text(self, height: int) -> str:
        """What there is to see, in a terminal of so many rows."""
        if self._frame is None:
            return ""
        colour = self._console.err_colour
        lines = view_lines(self._frame, (), now=self._clock.now(), colour=colour)
        old = max(len(lines) + len(self._tail) - (height - 2), 0)
        lines += _tail_lines([*self._tail][old:], colour=colour)
        # The terminal writes `^C` behind the last line: were that full, rich would erase one line too few.
        return "\n".join(within(lines, paint(self._hint, "dim", colour=colour), height=height))


def within(lines: list[str], hint: str, *, height: int) -> list[str]:
    """The lines and the hint below them, cut so that a row is left: at its end rich can erase no more than a screen."""
    room = max(height - 2, 1)
    kept = lines if len(lines) <= room else [*lines[: room - 1], "…"] if room > 1 else lines[:1]
    return [*kept, hint] if height > 2 else kept


def view_lines(frame: Frame, tail: tuple[str, ...], *, now: datetime, colour: bool) -> list[str]:
    """The live view: a line for each job, running ones first, what belongs below them, then the last log lines."""
    pending = [snapshot for snapshot in frame.snapshots if not snapshot.over]
    over = [snapshot for snapshot in frame.snapshots if snapshot.over]
    shown = [*pending, *over][:JOBS_SHOWN]
    lines = [_status(snapshot, now, colour=colour) for snapshot in shown]
    if len(frame.snapshots) > len(shown):
        lines.append(f"and {len(frame.snapshots) - len(shown)} more")
    lines += frame.below(now)
    return lines + _tail_lines(tail, colour=colour)


def _tail_lines(tail: Sequence[str], *, colour: bool) -> list[str]:
    return [paint("│ ", "dim", colour=colour) + line for line in tail]


def _status(snapshot: Snapshot, now: datetime, *, colour: bool) -> str:
    job = snapshot.job
    elapsed = job.elapsed(now) if job.create_time else snapshot.elapsed
    parts = [
        paint(escape(state(job)), phase_style(job), colour=colour),
        duration(elapsed),
        escape(job.display_name or job.id),
        *([progress(job.progress)] if job.progress else []),
        *([paint(escape(job.notice), "warn", colour=colour)] if job.notice else []),
        *([paint(_stale(snapshot), "warn", colour=colour)] if snapshot.last_error else []),
    ]
    return "  ".join(parts)


def _stale(snapshot: Snapshot) -> str:
    polls = "the last poll" if snapshot.failures == 1 else f"the last {snapshot.failures} polls"
    reason = escape(snapshot.last_error.message) if snapshot.last_error else ""
    return f"no answer to {polls}: {reason}"


@contextmanager
def _screen(console: Console, clock: Clock, hint: str) -> Iterator[_Lines | _Drawing]:
    if not console.animated:
        yield _Lines(console)
        return
    from rich.console import Console as RichConsole
    from rich.live import Live
    from rich.text import Text

    rich = RichConsole(
        file=console.err,
        force_terminal=True,
        color_system="standard" if console.err_colour else None,
        highlight=False,
        markup=False,
    )

    rows = Rows(rich, wraps=console.wraps)

    def print_above(line: str) -> None:
        rows.mend()
        rich.print(Text.from_ansi(line), soft_wrap=True)

    drawing = _Drawing(console, clock, hint, print_above)

    def redraw() -> Text:
        return rows.replace(Text.from_ansi(drawing.text(rich.size.height), no_wrap=True, overflow="ellipsis"))

    with Live(
        get_renderable=redraw,
        console=rich,
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield drawing
