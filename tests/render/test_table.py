"""Tables of jobs, on terminals of several widths and in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.render.stage import NOW, console, job, out
from trainctl.commands import history
from trainctl.errors import UsageError
from trainctl.journal import Submission
from trainctl.kinds import kinds
from trainctl.render.columns import JOB_COLUMNS, choose
from trainctl.render.table import table_lines, write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trainctl.jobs import Job

JOBS = [
    job(1, "RUNNING"),
    job(
        2, "SUCCEEDED", endTime="2026-11-21T09:55:30Z", displayName="a name that is much longer than there is room for"
    ),
    job(3, "PENDING", startTime=None, createTime="2026-11-21T11:59:20Z", displayName="数字 \x1b[31mred\nline"),
    job(4, "SOMETHING_NEW", labels={"team": "plants", "trainctl-submission": "x"}, displayName=None),
]


def table(form: str = "table", *, wanted: str | None = None, jobs: Sequence[Job] = JOBS, **fields: object) -> str:
    stage = console(**fields)
    columns = choose(JOB_COLUMNS, wanted, form=form, raw=lambda each: each.raw)
    assert write_table([jobs[:2], jobs[2:]], columns, console=stage, now=NOW) == len(jobs)
    return out(stage)


def test_a_pipe_gets_stable_lines_without_tabs_or_ages() -> None:
    assert table() == (
        "ID                    KIND               STATE       CREATE_TIME           RUN_TIME  DISPLAY_NAME\n"
        "4860000000000000001   custom             RUNNING     2026-11-21T09:00:00Z  -         digits\n"
        "4860000000000000002   custom             SUCCEEDED   2026-11-21T09:00:00Z  3030      "
        "a name that is much longer than there is room for\n"
        "4860000000000000003   custom             PENDING     2026-11-21T11:59:20Z  -         "
        "数字 \\x1b[31mred\\nline\n"
        "4860000000000000004   custom             JOB_STATE_SOMETHING_NEW  2026-11-21T09:00:00Z  -         -\n"
    )


def test_a_terminal_of_80_cells_cuts_the_name_and_shows_ages() -> None:
    assert table(out_terminal=True, width=80) == (
        "ID                   KIND    STATE      AGE  RAN      DISPLAY NAME\n"
        "4860000000000000001  custom  RUNNING    3h   2h 55m   digits\n"
        "4860000000000000002  custom  SUCCEEDED  3h   50m 30s  a name that is much longe…\n"
        "4860000000000000003  custom  PENDING    40s  -        数字 \\x1b[31mred\\nline\n"
        "4860000000000000004  custom  JOB_STATE_SOMETHING_NEW  3h   2h 55m   -\n"
    )


def test_a_terminal_of_120_cells_has_room_for_all() -> None:
    assert "a name that is much longer than there is room for\n" in table(out_terminal=True, width=120)


def test_a_narrow_terminal_drops_spare_columns_before_it_cuts_names_short() -> None:
    first, second = table(out_terminal=True, width=64, jobs=JOBS[:2]).splitlines()[:2]
    assert first == "ID                   KIND    STATE      AGE  DISPLAY NAME"
    assert second == "4860000000000000001  custom  RUNNING    3h   digits"


def test_titles_are_cut_as_what_is_below_them() -> None:
    jobs = [job(5, "RUNNING", labels={"team": "plants"}), JOBS[1]]
    lines = table("wide", out_terminal=True, width=76, jobs=jobs).splitlines()
    assert lines[0] == "ID                   KIND    STATE      LOCATION     AGE  LABELS    DISPLAY…"
    assert {len(line) <= 76 for line in lines} == {True}


def test_a_narrow_terminal_drops_what_says_nothing_first() -> None:
    def title(*jobs: Job, width: int) -> str:
        return table("wide", out_terminal=True, width=width, jobs=jobs).splitlines()[0]

    named = job(5, "RUNNING", labels={"team": "plants"})
    assert title(*JOBS[:2], width=84) == "ID                   KIND    STATE      LOCATION     AGE  DISPLAY NAME"
    assert title(named, JOBS[1], width=84).endswith("AGE  LABELS       DISPLAY NAME")
    assert "LABELS" in title(*JOBS[:2], width=140)


@pytest.mark.parametrize("width", range(20, 140, 7))
def test_no_width_breaks_the_table(width: int) -> None:
    lines = table("wide", out_terminal=True, width=width).splitlines()
    assert len(lines) == len(JOBS) + 1


def test_wide_shows_where_and_labels_but_not_our_own() -> None:
    wide = table("wide", jobs=JOBS[2:])
    assert wide.splitlines()[0].split() == (
        ["ID", "KIND", "STATE", "LOCATION", "CREATE_TIME", "RUN_TIME", "PROGRESS", "LABELS", "DISPLAY_NAME"]
    )
    assert "  us-central1  " in wide
    assert "  team=plants   -\n" in wide


def test_states_are_coloured_and_legible_without() -> None:
    coloured = table(out_terminal=True, out_colour=True, jobs=JOBS[:2])
    assert "\x1b[36mRUNNING\x1b[0m  " in coloured
    assert "\x1b[32mSUCCEEDED\x1b[0m  " in coloured
    assert "\x1b[1mID" in coloured


def test_values_of_a_path_stand_below_it_in_a_pipe() -> None:
    title, first, *_ = table(wanted="jobSpec.scheduling.timeout,state").splitlines()
    assert title.index("STATE") == first.index("RUNNING")


def test_columns_can_be_keys_and_any_path_into_the_resource() -> None:
    lines = table(wanted="state, name,{a: displayName, b: labels.team}", jobs=JOBS[3:]).splitlines()
    assert lines == [
        "STATE       NAME  {a: displayName, b: labels.team}",
        (
            "JOB_STATE_SOMETHING_NEW  projects/123/locations/us-central1/customJobs/4860000000000000004  "
            '{"a": null, "b": "plants"}'
        ),
    ]


@pytest.mark.parametrize("wanted", ["", " , ", "labels.["])
def test_columns_that_are_none_say_which_there_are(wanted: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(JOB_COLUMNS, wanted, form="table", raw=lambda each: each.raw)
    assert "columns are id, kind, state" in (caught.value.hint or "")


def test_nothing_is_written_for_no_rows() -> None:
    stage = console()
    assert write_table([[], []], JOB_COLUMNS, console=stage, now=NOW) == 0
    assert out(stage) == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_the_first_page_is_written_before_the_second_is_asked_for(terminal: bool) -> None:
    stage = console(out_terminal=terminal)
    seen: list[int] = []

    def pages() -> Iterator[list[Job]]:
        yield JOBS[:1]
        seen.append(out(stage).count("\n"))
        yield JOBS[1:2]

    write_table(pages(), JOB_COLUMNS[:3], console=stage, now=NOW)
    assert seen == [2]


def test_a_history_keeps_one_line_a_submission_and_ids_whole() -> None:
    row = Submission(
        id="01m7zbvps4kqwmj2qs2dngf9nd",
        created=NOW,
        changed=NOW,
        state="created",
        file="long.yaml",
        document=0,
        kind="automl-image",
        display_name="a name that is much longer than there is room for",
        service="vertex",
        endpoint="",
        parent="projects/p/locations/us-central1",
        collection="customJobs",
        digest="",
        profile="default",
        key=None,
        local=True,
        name="projects/p/locations/us-central1/customJobs/4031392698604331450",
        reason=None,
    )
    columns = history.subject().columns
    assert table_lines([row], [each for each in columns if not each.wide], width=80, now=NOW, colour=False) == [
        "ID                          AGE  STATE    DISPLAY NAME       JOB",
        "01m7zbvps4kqwmj2qs2dngf9nd  0s   created  a name that is m…  4031392698604331450",
    ]


def test_a_kind_does_not_shift_the_columns_of_a_history_in_a_pipe() -> None:
    width = next(column.width for column in history.subject().columns if column.key == "kind")
    assert [name for name, kind in kinds().items() if kind.command and len(name) > width] == []
