"""A watch as it goes on: lines in a pipe, a view on a terminal."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.render.stage import NOW, Terminal, console, err, job, out
from tests.running import StillClock
from trainctl.errors import NotFound, Unreachable
from trainctl.render.live import Frame, show, view_lines, within
from trainctl.watch import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.errors import TrainctlError
    from trainctl.jobs import Job


def snapshot(
    what: Job, minutes: float = 0, *, failures: int = 0, error: TrainctlError | None = None, lost: bool = False
) -> Snapshot:
    at = NOW + timedelta(minutes=minutes)
    return Snapshot(what, what.elapsed(at), failures, error, at, lost)


def lines(*frames: Frame, **fields: object) -> str:
    stage = console(**fields)
    assert show(frames, console=stage, clock=StillClock()) is (frames[-1] if frames else None)
    assert out(stage) == ""
    return err(stage)


def one(*snapshots: Snapshot) -> list[Frame]:
    return [Frame((each,), ("a log line",)) for each in snapshots]


def test_a_pipe_gets_one_line_per_change() -> None:
    pending, running, over = (
        job(1, "PENDING", startTime=None),
        job(1),
        job(1, "SUCCEEDED", endTime="2026-11-21T12:04:00Z"),
    )
    frames = one(snapshot(pending), snapshot(pending, 1), snapshot(running, 2), snapshot(running, 3), snapshot(over, 4))
    assert lines(*frames) == (
        "2026-11-21T12:00:00Z  custom job 4860000000000000001 (digits): PENDING after 3h 0m\n"
        "2026-11-21T12:02:00Z  custom job 4860000000000000001 (digits): RUNNING after 3h 2m\n"
        "2026-11-21T12:04:00Z  custom job 4860000000000000001 (digits): SUCCEEDED after 3h 4m\n"
    )


def test_a_job_without_news_says_every_five_minutes_that_it_is_still_there() -> None:
    text = lines(*one(*(snapshot(job(1), minute) for minute in range(12))))
    assert [line.partition(": ")[2] for line in text.splitlines()] == [
        "RUNNING after 3h 0m",
        "still RUNNING after 3h 5m",
        "still RUNNING after 3h 10m",
    ]


def test_a_failed_poll_and_its_end_are_changes() -> None:
    lost = Unreachable("connection reset")
    frames = one(
        snapshot(job(1)),
        snapshot(job(1), 1, failures=1, error=lost),
        snapshot(job(1), 2, failures=2, error=lost),
        snapshot(job(1), 3),
    )
    assert [line.partition(": ")[2] for line in lines(*frames).splitlines()] == [
        "RUNNING after 3h 0m",
        "no answer, last seen RUNNING",
        "RUNNING after 3h 3m",
    ]


def test_a_cost_that_creeps_up_is_news_with_every_tenth_of_the_budget() -> None:
    from trainctl.catalog import TRAINING_PIPELINES
    from trainctl.jobs import view

    name = "projects/123/locations/us-central1/trainingPipelines/7"
    jobs = [
        view(
            {
                "name": name,
                "state": "PIPELINE_STATE_RUNNING",
                "trainingTaskInputs": {"budgetMilliNodeHours": "8000"},
                "trainingTaskMetadata": {"costMilliNodeHours": str(cost)},
            },
            TRAINING_PIPELINES,
        )
        for cost in range(100, 2500, 100)
    ]
    text = lines(*one(*(snapshot(each, second / 60) for second, each in enumerate(jobs))))
    shown = [line.partition("RUNNING, ")[2].partition(" node")[0] for line in text.splitlines()]
    assert shown == ["0.1 of 8", "0.8 of 8", "1.6 of 8", "2.4 of 8"]


def test_finished_trials_are_changes_and_an_unknown_state_is_shown_as_it_came() -> None:
    from trainctl.catalog import HYPERPARAMETER_TUNING_JOBS
    from trainctl.jobs import view

    def tuning(done: int, state: str = "RUNNING") -> Job:
        trials = [{"state": "SUCCEEDED"}] * done
        return view(
            {"name": "a/9", "state": f"JOB_STATE_{state}", "maxTrialCount": 8, "trials": trials},
            HYPERPARAMETER_TUNING_JOBS,
        )

    frames = one(snapshot(tuning(0)), snapshot(tuning(2)), snapshot(tuning(2)), snapshot(tuning(3, "NEW")))
    assert [line.partition(": ")[2] for line in lines(*frames).splitlines()] == [
        "RUNNING, 0 of 8 trials after 0s",
        "RUNNING, 2 of 8 trials after 0s",
        "JOB_STATE_NEW, 3 of 8 trials after 0s",
    ]


def test_a_lost_job_says_why_once() -> None:
    gone = NotFound("there is no such job")
    frames = one(snapshot(job(1)), *(snapshot(job(1), at, failures=1, error=gone, lost=True) for at in (1, 9)))
    assert lines(*frames).splitlines()[1:] == [
        (
            "2026-11-21T12:01:00Z  custom job 4860000000000000001 (digits): "
            "given up, last seen RUNNING: there is no such job"
        )
    ]


def test_each_of_many_jobs_has_its_own_lines() -> None:
    first = Frame((snapshot(job(1)), snapshot(job(2, "PENDING"))))
    second = Frame((snapshot(job(1), 1), snapshot(job(2), 1)))
    words = [line.split() for line in lines(first, second).splitlines()]
    assert [(word[3], word[5]) for word in words] == [
        ("4860000000000000001", "RUNNING"),
        ("4860000000000000002", "PENDING"),
        ("4860000000000000002", "RUNNING"),
    ]


def test_quiet_says_nothing() -> None:
    assert lines(*one(snapshot(job(1))), quiet=True) == ""


def test_the_view_has_running_jobs_first_then_the_log() -> None:
    failing = snapshot(job(2), failures=3, error=Unreachable("connection\nreset"))
    over = snapshot(job(1, "FAILED", endTime="2026-11-21T09:06:00Z", displayName="done"))
    later = NOW + timedelta(seconds=5)
    assert view_lines(Frame((over, failing)), ("epoch 1", "epoch 2"), now=later, colour=False) == [
        "RUNNING  3h 0m  digits  no answer to the last 3 polls: connection\\nreset",
        "FAILED  6m 0s  done",
        "│ epoch 1",
        "│ epoch 2",
    ]


def test_elapsed_ticks_between_polls() -> None:
    frame = Frame((snapshot(job(1, createTime="2026-11-21T11:59:00Z")),))
    texts = [view_lines(frame, (), now=NOW + timedelta(seconds=late), colour=False) for late in (0, 7)]
    assert texts == [["RUNNING  1m 0s  digits"], ["RUNNING  1m 7s  digits"]]


def test_very_many_jobs_are_counted_instead_of_filling_the_screen() -> None:
    frame = Frame(tuple(snapshot(job(number)) for number in range(30)))
    assert view_lines(frame, (), now=NOW, colour=False)[-1] == "and 10 more"


def test_a_view_never_has_more_rows_than_its_terminal_can_erase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    stage = console(err=stream, err_terminal=True, animated=True)
    frame = Frame(tuple(snapshot(job(number)) for number in range(15)), ("epoch 1", "epoch 2"))
    show([frame], console=stage, clock=StillClock(), hint="Ctrl-C")
    assert max(len(found) // 8 for found in re.findall(r"(?:\x1b\[1A\x1b\[2K)+", stream.getvalue())) == 9
    show(
        [Frame(frame.snapshots[:6], ("epoch 1", "epoch 2", "epoch 3"))],
        console=stage,
        clock=StillClock(),
        hint="Ctrl-C",
    )
    assert "digits\n│ epoch 2\n│ epoch 3\nCtrl-C" in re.sub(r"\x1b\[[?\d;]*[A-Za-z]|\r", "", stream.getvalue())
    assert "…\nCtrl-C" in re.sub(r"\x1b\[[?\d;]*[A-Za-z]|\r", "", stream.getvalue())


@pytest.mark.parametrize(
    ("height", "shown"),
    [
        (24, ["a", "b", "c", "hint"]),
        (5, ["a", "b", "c", "hint"]),
        (4, ["a", "…", "hint"]),
        (3, ["a", "hint"]),
        (1, ["a"]),
    ],
)
def test_a_low_terminal_has_what_it_has_room_for(height: int, shown: list[str]) -> None:
    assert within(["a", "b", "c"], "hint", height=height) == shown


@pytest.mark.parametrize("error", [KeyboardInterrupt, Unreachable])
def test_what_ends_a_live_view_passes_through_and_leaves_the_cursor_visible(error: type[BaseException]) -> None:
    stream = Terminal()
    stage = console(err=stream, err_terminal=True, animated=True)

    def frames() -> Iterator[Frame]:
        yield Frame((snapshot(job(1)),), ("a [bold]log[/bold] line",))
        raise error("so it ends")

    with pytest.raises(error):
        show(frames(), console=stage, clock=StillClock(), hint="Ctrl-C")
    text = stream.getvalue()
    assert "12:00:00Z  custom job 4860000000000000001 (digits): RUNNING after 3h 0m" in text
    assert "│ a [bold]log[/bold] line" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
