"""Columns of tables and csv: what each is called, and how it reads to people and to programs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from trainctl.catalog import OWN_LABELS
from trainctl.errors import UsageError
from trainctl.phases import Phase
from trainctl.render import words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from trainctl.jobs import Job, Progress

T = TypeVar("T")
_WORD = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column over things of one type.

    `plain` is its stable text for pipes and csv, `shown` the one on a terminal where that differs. `width` is the least
    width in a pipe. `wide` columns appear only with `-o wide` and in csv, `full` ones in csv alone; `spare` ones leave
    when a terminal is narrow, `sparse` ones before them when they say nothing of anything, and `elastic` ones share the
    room that is left.
    """

    key: str
    plain: Callable[[T], str]
    shown: Callable[[T, datetime], str] | None = None
    style: Callable[[T], str] | None = None
    header: str = ""
    plain_header: str = ""
    width: int = 1
    wide: bool = False
    full: bool = False
    spare: bool = False
    sparse: bool = False
    elastic: bool = False

    @property
    def plain_title(self) -> str:
        """The word above the column in a pipe: its key, without spaces; escaped, as services name some columns."""
        return words.escape(self.plain_header or self.key.upper())

    @property
    def title(self) -> str:
        """The word above the column on a terminal; escaped as well."""
        return words.escape(self.header or self.key.upper().replace("_", " "))


def choose(
    columns: Sequence[Column[T]],
    wanted: str | None,
    *,
    form: str,
    raw: Callable[[T], Any],
    fields: Sequence[str] = (),
) -> list[Column[T]]:
    """The columns to show in the form `table`, `wide` or `csv`.

    Those named in `wanted` (keys, or JMESPath into the resource, of whose own `fields` some are no columns), else the
    usual ones of the form.
    """
    if wanted is None:
        return [column for column in columns if form == "csv" or not (column.full or (column.wide and form == "table"))]
    known = {column.key: column for column in columns}
    names = [name for part in _split(wanted) if (name := part.strip())]
    if not names:
        keys = ", ".join(known)
        raise UsageError("`--columns` names no column", hint=f"columns are {keys}, or any path into the resource")
    for name in names:
        _check_word(name, [*known, *fields])
    return [
        replace(known[name], spare=False, sparse=False) if name in known else _path_column(name, known, raw)
        for name in names
    ]


def _check_word(word: str, known: Collection[str]) -> None:
    """Raises UsageError for what can only be a misspelt column: columns write `like_this`, resources `likeThis`."""
    from trainctl.spec.suggest import closest

    if not known or word in known or not _WORD.fullmatch(word):
        return
    meant = closest(word, known)
    if meant or "_" in word:
        hint = f"did you mean `{meant}`? " if meant else ""
        raise UsageError(f"there is no column `{word}`", hint=f"{hint}columns are {', '.join(known)}")


def _split(text: str) -> list[str]:
    """Parts between commas that stand in no bracket."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "[({") - (char in "])}")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _path_column(path: str, known: dict[str, Column[T]], raw: Callable[[T], Any]) -> Column[T]:
    from trainctl.render.query import compile_query, scalar

    expression = compile_query(path, what="--columns", known=tuple(known))

    def plain(item: T) -> str:
        return scalar(expression(raw(item)))

    return Column(path, plain, header=path, plain_header=path, width=words.cells(path), elastic=True)


_STYLES = {
    Phase.QUEUED: "dim",
    Phase.PENDING: "dim",
    Phase.RUNNING: "busy",
    Phase.CANCELLING: "warn",
    Phase.PAUSED: "warn",
    Phase.SUCCEEDED: "good",
    Phase.PARTIAL: "warn",
    Phase.FAILED: "bad",
    Phase.CANCELLED: "warn",
    Phase.EXPIRED: "bad",
    Phase.UNKNOWN: "warn",
}


def phase_style(job: Job) -> str:
    """The style of a job's state."""
    return _STYLES[job.phase]


def state(job: Job) -> str:
    """The phase's word; an unknown state as the service sent it."""
    return (job.raw_state or "UNKNOWN") if job.phase is Phase.UNKNOWN else job.phase.value


def progress(measure: Progress | None) -> str:
    """`3 of 8 trials, 2 running, best accuracy 0.97 in trial 2`, `4 replicas`, `1.5 of 8 node hours`; `-` for none."""
    if measure is None:
        return "-"
    numbers = [f"{number:g}" for number in (measure.done, measure.total) if number is not None]
    parts = [f"{' of '.join(numbers)} {measure.unit}"]
    parts += [f"{count} {word}" for count, word in ((measure.running, "running"), (measure.failed, "failed")) if count]
    if measure.best:
        metric, value, trial = measure.best
        parts.append(f"best {words.escape(metric)} {words.figure(value)} in trial {words.escape(trial)}")
    return ", ".join(parts)


def labels(job: Job) -> str:
    """`team=plants,stage=test`, without the label of ours; `-` for none."""
    return ",".join(f"{key}={value}" for key, value in sorted(job.labels.items()) if key not in OWN_LABELS) or "-"


def run_seconds(job: Job) -> str:
    """Whole seconds from start to end; `-` while there is no end, since a changing figure is no stable text."""
    if job.start_time is None or job.end_time is None:
        return "-"
    return str(int((job.end_time - job.start_time).total_seconds()))


def made(operation: Job) -> str:
    """The id of what an operation has made; `-` for none."""
    return (operation.outputs.model or operation.outputs.resource).rpartition("/")[2] or "-"


OPERATION_COLUMNS: tuple[Column[Job], ...] = (
    Column("id", lambda operation: operation.id or "-", width=22),
    Column("task", lambda operation: operation.kind, width=14),
    Column("state", state, style=phase_style, width=9),
    Column("location", lambda operation: operation.location or "-", width=15, wide=True),
    Column(
        "create_time",
        lambda operation: words.stamp(operation.create_time),
        lambda operation, now: words.age(operation.create_time, now),
        header="AGE",
        width=20,
    ),
    Column(
        "run_time",
        run_seconds,
        lambda operation, now: words.duration(operation.run_time(now)),
        header="RAN",
        width=8,
        spare=True,
    ),
    Column("end_time", lambda operation: words.stamp(operation.end_time), full=True),
    Column("progress", lambda operation: progress(operation.progress), width=10, wide=True, spare=True),
    Column("made", made, width=22, sparse=True, elastic=True),
    Column("about", lambda operation: operation.about or "-", sparse=True, elastic=True),
    Column("name", lambda operation: operation.name or "-", full=True),
)
JOB_COLUMNS: tuple[Column[Job], ...] = (
    Column("id", lambda job: job.id or "-", width=20),
    Column("kind", lambda job: job.kind, width=17),
    Column("state", state, style=phase_style, width=10),
    Column("location", lambda job: job.place or "-", width=15, wide=True),
    Column(
        "create_time",
        lambda job: words.stamp(job.create_time),
        lambda job, now: words.age(job.create_time, now),
        header="AGE",
        width=20,
    ),
    Column(
        "run_time",
        run_seconds,
        lambda job, now: words.duration(job.run_time(now)),
        header="RAN",
        width=8,
        spare=True,
    ),
    Column("start_time", lambda job: words.stamp(job.start_time), full=True),
    Column("end_time", lambda job: words.stamp(job.end_time), full=True),
    Column("update_time", lambda job: words.stamp(job.update_time), full=True),
    Column("progress", lambda job: progress(job.progress), width=12, wide=True, spare=True),
    Column("name", lambda job: job.name or "-", full=True),
    Column("labels", labels, width=12, wide=True, sparse=True, elastic=True),
    Column("display_name", lambda job: job.display_name or "-", lambda job, _: job.title or "-", elastic=True),
)
