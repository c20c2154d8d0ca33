"""Errors, problems, submissions and dry runs as people read them."""

from __future__ import annotations

from tests.render.stage import console, job
from trainctl.catalog import CUSTOM_JOBS, Artifact, Call, LeftOut, PackedFile, Upload
from trainctl.errors import NotFound, SpecInvalid, UsageError
from trainctl.render.human import created_text, dry_run_text, error_text, problems_text
from trainctl.spec.problems import Problem, Severity

NAME = "projects/123/locations/us-central1/customJobs/4860000000000000001"


def test_an_error_is_a_sentence_its_details_and_a_hint() -> None:
    error = NotFound(
        "there is no job `7`\nnor was there ever",
        http_status=404,
        details=("resource: jobs/7\x1b[0m", "help: https://example.com"),
        request_id="abc",
        hint="list them",
    )
    assert error_text(error, console()) == (
        "error: there is no job `7`\n"
        "  nor was there ever\n"
        "  resource: jobs/7\\x1b[0m\n"
        "  help: https://example.com\n"
        "  request id: abc\n"
        "hint: list them\n"
    )


def test_an_error_without_hint_is_one_line() -> None:
    assert error_text(UsageError("no project is given"), console()) == "error: no project is given\n"


def test_only_the_words_error_and_hint_are_coloured() -> None:
    text = error_text(UsageError("no", hint="yes"), console(err_colour=True))
    assert text == "\x1b[31merror:\x1b[0m no\n\x1b[36mhint:\x1b[0m yes\n"


SOURCE = "kind: custom\nmachine_typ: n1\nnäme: 数字 x\n"
PROBLEMS = [
    Problem(
        "a.yaml", 0, ("machine_typ",), 2, 1, "unknown-key", "no such field `machine_typ`", "`machine_type`?", width=11
    ),
    Problem("a.yaml", 0, ("näme",), 3, 10, "odd", "x is odd", None, Severity.WARNING),
    Problem("a.yaml", 0, ("x",), 0, 0, "bad-set", "not a number", None, origin="--set x=y"),
]


def test_every_problem_has_its_place_its_line_and_a_caret() -> None:
    error = SpecInvalid(PROBLEMS, sources={"a.yaml": SOURCE}, hint="see `trainctl explain custom`")
    assert problems_text(error, console()) == (
        "a.yaml:2:1: error[unknown-key]: no such field `machine_typ`\n"
        "  2 | machine_typ: n1\n"
        "      ^^^^^^^^^^^\n"
        "  hint: `machine_type`?\n"
        "a.yaml:3:10: warning[odd]: x is odd\n"
        "  3 | näme: 数字 x\n"
        "                 ^\n"
        "a.yaml --set x=y: error[bad-set]: not a number\n"
        "2 errors, 1 warning\n"
        "hint: see `trainctl explain custom`\n"
    )


def test_problems_without_their_source_still_have_their_place() -> None:
    assert problems_text(SpecInvalid(PROBLEMS[1:2]), console()) == "a.yaml:3:10: warning[odd]: x is odd\n1 warning\n"


def test_a_created_job_has_its_name_its_page_and_the_next_commands() -> None:
    page = "https://console.cloud.google.com/ai/platform/locations/us-central1/training/4860000000000000001?project=123"
    assert created_text(job(), console()) == (
        f"created custom job {NAME}\n"
        f"  console: {page}\n"
        f"  watch:   trainctl jobs watch {NAME}\n"
        f"  logs:    trainctl jobs logs {NAME}\n"
        f"  cancel:  trainctl jobs cancel {NAME}\n"
    )


def test_an_adopted_local_job_is_found_and_has_no_page() -> None:
    assert created_text(job(), console(), adopted=True, link=False, again="7 --local") == (
        f"found custom job {NAME}\n"
        "  watch:   trainctl jobs watch 7 --local\n"
        "  logs:    trainctl jobs logs 7 --local\n"
        "  cancel:  trainctl jobs cancel 7 --local\n"
    )


def test_a_dry_run_shows_the_exact_request_and_every_file() -> None:
    call = Call(
        CUSTOM_JOBS,
        "p",
        "us-central1",
        {"displayName": "dig\u202eits"},
        (Upload("code.tar.gz", "gs://b/code.tar.gz"), Upload("extra.whl", "gs://b/extra.whl")),
    )
    files = (PackedFile("pkg/task.py", 812, "task.py"), PackedFile("pkg/data/words.txt", 2048, "data/words.txt"))
    artifact = Artifact(
        "code.tar.gz", "ab", "gs://b/code.tar.gz", "pkg.task", files, ("numpy",), (LeftOut("venv/", "ignored"),)
    )
    assert dry_run_text(call, artifact) == (
        "POST https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/customJobs\n"
        '{\n  "displayName": "dig\\u202eits"\n}\n'
        "upload extra.whl to gs://b/extra.whl\n"
        "upload 2 files, 2.8 KiB, to gs://b/code.tar.gz\n"
        "  pkg/task.py         812 B\n"
        "  pkg/data/words.txt  2.0 KiB\n"
        "requirements: numpy\n"
        "left out:\n"
        "  venv/  ignored\n"
    )
