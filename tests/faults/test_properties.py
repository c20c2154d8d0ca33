"""Whatever a spec says and whatever a service answers: a clear word or a sound request, soon, and never a traceback."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.mutations import broken_texts, spec_texts, wild_texts
from tests.kinds.test_bodies_match_discovery import TASKS, TYPE, judge
from tests.local.discovery import find_method, find_problems
from tests.running import StillClock
from trainctl.catalog import CUSTOM_JOBS, DRY_RUN_STAMP
from trainctl.errors import NotFound, RequestRefused, SpecInvalid, TrainctlError, Unreachable, WatchTimeout
from trainctl.jobs import view
from trainctl.preparation import Defaults, prepare
from trainctl.spec.load import load_text
from trainctl.spec.problems import Problem
from trainctl.spec.rules.raw import RAW_RULES
from trainctl.watch import Policy, watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.jobs import Job
    from trainctl.preparation import Prepared

BUDGET = settings.default.max_examples if settings.default else 100
DEFAULTS = Defaults(project="my-project", location="us-central1", staging_bucket="gs://my-bucket")
NOWHERE = Path("/nonexistent")


def accept(text: str) -> list[Prepared]:
    """The jobs of a text that are sound; all others must be refused with words, and within a second."""
    found, seconds = _measure(text)
    # A slow text is slow again; whatever else took the time (a collection of all this test's garbage) is not.
    assert seconds < 1 or _measure(text)[1] < 1
    return found


def _measure(text: str) -> tuple[list[Prepared], float]:
    began = time.process_time()
    return list(_accept(text)), time.process_time() - began


def _accept(text: str) -> Any:
    try:
        documents = load_text(text, file="spec.yaml", folder=NOWHERE)
    except SpecInvalid as error:
        check_words(error)
        return
    for document in documents:
        try:
            yield prepare(document, DEFAULTS, DRY_RUN_STAMP)
        except SpecInvalid as error:
            check_words(error)


def check_words(error: SpecInvalid) -> None:
    assert error.problems
    for problem in error.problems:
        assert isinstance(problem, Problem)
        assert problem.message
        assert problem.code


@settings(max_examples=BUDGET * 6 // 10)
@given(spec_texts)
def test_a_spec_is_refused_with_words_or_becomes_a_request_that_google_understands(text: str) -> None:
    for prepared in accept(text):
        assert blame(prepared) == []


def blame(prepared: Prepared) -> list[str]:
    """What Google's description of its API has against a request; raw bodies may be spelt in every way it takes."""
    path, body = prepared.call.url.partition(".com")[2], dict(prepared.call.body)
    if prepared.spec.kind not in RAW_RULES:
        return judge(path, body)
    found = find_method("POST", path)
    assert found is not None
    method, document = found
    problems = find_problems(body, method["request"]["$ref"], document, spellings=True)
    task = TASKS.get(str(body.get("trainingTaskDefinition")).rpartition("/")[2])
    return problems + (find_problems(documented(body, task), f"{TYPE}{task}", document, spellings=True) if task else [])


UNDOCUMENTED = {
    "SchemaTrainingjobDefinitionHyperparameterTuningJobSpec": "labels",
}
"""Inputs of tasks that Google's guides have, and its discovery document does not name."""


def documented(body: Mapping[str, Any], task: str) -> Any:
    """The inputs of a pipeline's task without what Google's document does not name."""
    inputs = body.get("trainingTaskInputs")
    left_out = UNDOCUMENTED.get(task)
    return {name: value for name, value in inputs.items() if name != left_out} if isinstance(inputs, dict) else inputs


@settings(max_examples=BUDGET * 2 // 10)
@given(broken_texts)
def test_a_damaged_spec_is_refused_with_words(text: str) -> None:
    accept(text)


@settings(max_examples=BUDGET * 2 // 10)
@given(wild_texts)
def test_a_text_that_is_no_spec_is_refused_with_words(text: str) -> None:
    accept(text)


STATES = ("QUEUED", "PENDING", "RUNNING", "CANCELLING", "PAUSED", "NEW_IN_2027", "", "SUCCEEDED", "FAILED", "EXPIRED")
names = st.just("projects/p/locations/l/customJobs/1")
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
)
resources = st.builds(
    lambda state, extra: {**extra, "name": "projects/p/locations/l/customJobs/1", "state": f"JOB_STATE_{state}"},
    st.sampled_from(STATES),
    st.dictionaries(
        st.sampled_from(["createTime", "startTime", "endTime", "error", "labels", "jobSpec", "displayName", "x"]),
        junk | st.just("2026-11-21T07:00:00.123456789Z"),
    ),
)
errors = st.sampled_from(
    [
        Unreachable("reset"),
        RequestRefused("busy", http_status=503),
        RequestRefused("slowly", http_status=429),
        NotFound("gone", http_status=404),
    ]
)


@settings(max_examples=BUDGET // 10)
@given(
    st.lists(resources | errors, min_size=1, max_size=30),
    st.floats(1, 5000) | st.none(),
    st.floats(0.1, 100) | st.none(),
    st.floats(1, 2000),
)
def test_a_watch_ends_for_a_reason_whatever_comes(
    answers: list[Any], timeout: float | None, fixed: float | None, max_silence: float
) -> None:
    left = [*answers, Unreachable("for ever")]

    def fetch() -> Job:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, TrainctlError):
            raise answer
        return view(answer, CUSTOM_JOBS)

    clock = StillClock(datetime(2026, 11, 21, tzinfo=UTC))
    last = None
    try:
        for last in watch(fetch, clock, Policy(fixed=fixed, timeout=timeout, max_silence=max_silence)):
            assert last.failures >= 0
    except WatchTimeout:
        assert timeout is not None
        assert clock.monotonic() >= timeout
    except (Unreachable, RequestRefused):
        assert last is None or not last.job.phase.ended
    else:
        assert last is not None
        assert last.job.phase.ended
