"""The parts of tuning that need no engine: spaces, searches, metric files, early stopping."""

from __future__ import annotations

import json
import os
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from trainctl.local.tuning.goals import Goal, choose
from trainctl.local.tuning.metrics import MetricReader
from trainctl.local.tuning.search import make_search
from trainctl.local.tuning.space import grid, read_space
from trainctl.local.tuning.stopping import read_stopping

if TYPE_CHECKING:
    from pathlib import Path

    from trainctl.local.tuning.space import Parameter

UP = Goal("score", is_maximized=True)


def space(*parameters: dict[str, Any], **study: Any) -> tuple[Parameter, ...]:
    return read_space({"parameters": list(parameters), **study})


def double(name: str, low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"parameterId": name, "doubleValueSpec": {"minValue": low, "maxValue": high}, **more}


def integer(name: str, low: int, high: int, **more: Any) -> dict[str, Any]:
    return {"parameterId": name, "integerValueSpec": {"minValue": str(low), "maxValue": str(high)}, **more}


def line(step: int, value: object, name: str = "score", time: float = 100.0) -> str:
    return json.dumps({"timestamp": time + step, "trial": "1", name: str(value), "global_step": str(step)}) + "\n"


def reader(path: Path, *names: str) -> MetricReader:
    return MetricReader(path / "output.metrics", names or ("score",), 100.0)


def test_a_grid_with_conditions_has_every_combination_once() -> None:
    inner = {"parentIntValues": {"values": ["2"]}, "parameterSpec": integer("b", 1, 2)}
    values = list(grid(space(integer("a", 1, 2, conditionalParameterSpecs=[inner]), integer("c", 0, 1))))
    assert values == [
        {"a": 1, "c": 0},
        {"a": 1, "c": 1},
        *({"a": 2, "b": b, "c": c} for b in (1, 2) for c in (0, 1)),
    ]


def test_a_grid_is_made_as_it_is_read() -> None:
    assert list(islice(grid(space(integer("n", 0, 2**40))), 2)) == [{"n": 0}, {"n": 1}]


@pytest.mark.parametrize("algorithm", ["RANDOM_SEARCH", ""])
@pytest.mark.parametrize("scale", ["", "UNIT_LINEAR_SCALE", "UNIT_LOG_SCALE", "UNIT_REVERSE_LOG_SCALE"])
def test_suggestions_stay_within_bounds_on_every_scale(algorithm: str, scale: str) -> None:
    scaled = {"scaleType": scale} if scale else {}
    search = make_search(algorithm, space(double("x", 0.001, 1, **scaled), integer("n", 1, 9, **scaled)), [UP], seed=1)
    for _ in range(12):
        token, values = search.suggest() or (None, {})
        assert 0.001 <= values["x"] <= 1
        assert values["n"] in range(1, 10)
        search.learn(token, [values["x"]])


@pytest.mark.parametrize("low", [5e-324, 1e-300])
def test_what_rounding_leads_out_of_a_range_stays_in_it(low: float) -> None:
    wide = double("x", low, 1e300, scaleType="UNIT_REVERSE_LOG_SCALE")
    search = make_search("RANDOM_SEARCH", space(wide), [UP], seed=1)
    later = make_search("RANDOM_SEARCH", space(wide), [UP], seed=2)
    for _ in range(20):
        _, values = search.suggest() or (None, {})
        assert low <= values["x"] <= 1e300
        later.recall(values, [1.0])


def test_reversed_logarithms_lie_densest_at_the_upper_end() -> None:
    search = make_search(
        "RANDOM_SEARCH", space(double("x", 0.001, 1, scaleType="UNIT_REVERSE_LOG_SCALE")), [UP], seed=1
    )
    values = [suggestion[1]["x"] for _ in range(40) if (suggestion := search.suggest())]
    assert sum(value > 0.9 for value in values) > 20


def test_a_search_goes_on_after_what_an_earlier_one_has_tried() -> None:
    kind = {"parameterId": "k", "categoricalValueSpec": {"values": ["a", "b"]}}
    units = {"parameterId": "u", "discreteValueSpec": {"values": [16, 32.5]}}
    parameters = space(kind, units, integer("n", 1, 9, scaleType="UNIT_REVERSE_LOG_SCALE"))
    old, new = (make_search("", parameters, [UP], seed=4) for _ in range(2))
    for _ in range(3):
        token, values = old.suggest() or (None, {})
        old.learn(token, [float(values["n"])])
        new.recall(values, [float(values["n"])])
    told, known = ([(trial.params, trial.values) for trial in search._study.trials] for search in (new, old))  # type: ignore[attr-defined]
    assert told == known


@pytest.mark.parametrize("algorithm", ["", "RANDOM_SEARCH", "GRID_SEARCH"])
def test_parameters_that_exclude_each_other_may_share_a_name(algorithm: str) -> None:
    def when(value: str, *choices: str) -> dict[str, Any]:
        spec = {"parameterId": "size", "categoricalValueSpec": {"values": list(choices)}}
        return {"parentCategoricalValues": {"values": [value]}, "parameterSpec": spec}

    parent = {"parameterId": "kind", "categoricalValueSpec": {"values": ["a", "b"]}}
    parts = space({**parent, "conditionalParameterSpecs": [when("a", "x", "y"), when("b", "u", "v", "w")]})
    search = make_search(algorithm, parts, (UP,), seed=1)
    tried: list[tuple[str, str]] = []
    while len(tried) < 30 and (suggestion := search.suggest()):
        token, values = suggestion
        tried.append((values["kind"], values["size"]))
        search.learn(token, [1.0])
    assert {("a", "x"), ("a", "y"), ("b", "u"), ("b", "v"), ("b", "w")} == set(tried)
    other = make_search(algorithm, parts, (UP,), seed=1)
    for kind, size in tried:
        other.recall({"kind": kind, "size": size}, [1.0])


@pytest.mark.parametrize(
    "text",
    [
        *(
            '{"score": 1, "global_step": 1e999}',
            '{"score": 1, "global_step": 1e30}',
            '{"score": 1, "global_step": -9223372036854775809}',
            '{"score": 1, "timestamp": 1e30}',
            '{"score": 1, "timestamp": NaN}',
            '{"score": 1, "timestamp": Infinity}',
        ),
        *(f'{{"score": 1{"0" * 400}}}', f'{{"score": 1, "timestamp": 1{"0" * 400}}}', "[" * 5000),
    ],
    ids=lambda text: text[:40],
)
def test_a_report_beyond_all_numbers_is_left_out(tmp_path: Path, text: str) -> None:
    metrics = reader(tmp_path)
    (tmp_path / "output.metrics").write_text(f"{text}\n{line(2, 0.5)}")
    assert metrics.read()
    assert [each["metrics"] for each in metrics.measurements] == [[{"metricId": "score", "value": 0.5}]]


def test_what_is_reported_is_taken_in_once_however_often_the_file_is_read(tmp_path: Path) -> None:
    metrics, file = reader(tmp_path), tmp_path / "output.metrics"
    assert not metrics.read()
    file.write_text(line(1, 0.5) + line(2, 0.75))
    assert metrics.read()
    assert not metrics.read()
    file.write_text(line(2, 0.75) + line(3, 0.8))
    assert metrics.read()
    assert [(each["stepCount"], each["metrics"][0]["value"]) for each in metrics.measurements] == [
        ("1", 0.5),
        ("2", 0.75),
        ("3", 0.8),
    ]
    assert metrics.measurements[0]["elapsedDuration"] == "1.000000s"


def test_a_report_within_the_moment_of_the_one_before_is_not_missed(tmp_path: Path) -> None:
    """Where neither the file's time nor its size tells that it was written once more."""
    metrics, file = reader(tmp_path), tmp_path / "output.metrics"
    moment = time.time_ns() + 60 * 10**9  # however long a read takes to come, it comes within the moment
    for step, score in ((1, 0.5), (2, 0.7)):
        file.write_text(line(step, score))
        os.utime(file, ns=(moment, moment))
        assert metrics.read()
    assert [each["stepCount"] for each in metrics.measurements] == ["1", "2"]


def test_a_line_that_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    metrics, file = reader(tmp_path), tmp_path / "output.metrics"
    file.write_text(line(1, 0.5)[:30])
    assert not metrics.read()
    file.write_text(line(1, 0.5))
    assert metrics.read()


def test_metrics_of_one_step_are_one_measurement_and_strangers_are_none(tmp_path: Path) -> None:
    metrics, file = reader(tmp_path, "loss", "score"), tmp_path / "output.metrics"
    file.write_text(line(1, 2, "loss") + line(1, 1, "score") + line(1, 9, "other") + "nonsense\n[1]\n" + line(2, "nan"))
    assert metrics.read()
    assert metrics.measurements == [
        {
            "elapsedDuration": "1.000000s",
            "stepCount": "1",
            "metrics": [{"metricId": "loss", "value": 2.0}, {"metricId": "score", "value": 1.0}],
        }
    ]
    assert choose(metrics.measurements, [UP], "BEST_MEASUREMENT") == metrics.measurements[0]


def test_a_metric_without_a_name_is_the_only_one_of_the_study(tmp_path: Path) -> None:
    metrics = reader(tmp_path)
    (tmp_path / "output.metrics").write_text(line(0, 0.25, "training/hptuning/metric"))
    assert metrics.read()
    assert metrics.measurements[0]["metrics"] == [{"metricId": "score", "value": 0.25}]


FINISHED = [[(1.0, 0.5), (2.0, 0.8)], [(1.0, 0.6), (2.0, 0.9)], [(1.0, 0.55), (2.0, 0.85)]]


@pytest.mark.parametrize(
    ("rule", "value", "hopeless"),
    [
        ("medianAutomatedStoppingSpec", 0.54, True),
        ("medianAutomatedStoppingSpec", 0.55, False),
        ("decayCurveStoppingSpec", 0.55, True),  # others gained 0.3 from there: 0.85 stays below 0.9
        ("decayCurveStoppingSpec", 0.61, False),
    ],
)
def test_early_stopping(rule: str, value: float, hopeless: bool) -> None:
    stopping = read_stopping({rule: {}})
    assert stopping is not None
    assert stopping.is_hopeless([(1.0, value)], FINISHED) is hopeless


def test_the_convex_rule_has_googles_defaults() -> None:
    """Five measurements, six finished trials, and more than a tenth of the steps before anything is ended."""
    stopping = read_stopping({"convexAutomatedStoppingSpec": {"maxStepCount": "60"}})
    assert stopping is not None
    poor = [(float(step), 0.1) for step in (1, 2, 3, 4, 7)]
    assert stopping.is_hopeless(poor, FINISHED * 2)
    assert not stopping.is_hopeless(poor, FINISHED)
    assert not stopping.is_hopeless(poor[1:], FINISHED * 2)
    assert not stopping.is_hopeless([*poor[:4], (6.0, 0.1)], FINISHED * 2)


def test_early_stopping_waits_for_trials_steps_and_measurements() -> None:
    stopping = read_stopping({"convexAutomatedStoppingSpec": {"minStepCount": "2", "minMeasurementCount": "2"}})
    assert stopping is not None
    assert not stopping.is_hopeless([(1.0, 0.1)], FINISHED)
    assert not stopping.is_hopeless([(0.5, 0.1), (1.0, 0.1)], FINISHED)
    assert not stopping.is_hopeless([(1.0, 0.1), (2.0, 0.1)], FINISHED)
    assert stopping.is_hopeless([(1.0, 0.1), (3.0, 0.1)], FINISHED)
    assert stopping.is_hopeless([(3.0, 0.1), (1.0, 0.1)], FINISHED)
    assert not stopping.is_hopeless([(1.0, 0.1), (3.0, 0.1)], FINISHED[:2])


def test_the_median_rule_takes_measurements_without_a_step() -> None:
    stopping = read_stopping({"medianAutomatedStoppingSpec": {}})
    assert stopping is not None
    assert stopping.is_hopeless([(0.0, 0.1)], [[(0.0, 0.5)]] * 3)


def test_curves_are_taken_by_step_or_by_time_and_point_upwards() -> None:
    measurement = {"stepCount": "4", "elapsedDuration": "2.5s", "metrics": [{"metricId": "loss", "value": 3.0}]}
    loss = Goal("loss", is_maximized=False)
    for elapsed, place in ((False, 4.0), (True, 2.5)):
        stopping = read_stopping({"medianAutomatedStoppingSpec": {"useElapsedDuration": elapsed}})
        assert stopping is not None
        assert stopping.curve([measurement], loss) == [(place, -3.0)]
