"""Documents against schemas: spelling, unknown fields, types, unions, order, strictness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.spec.running import check_text, codes_of, problems_of
from trainctl.errors import SpecInvalid
from trainctl.preparation import found_in, identify
from trainctl.spec.check import Checked, check
from trainctl.spec.load import load_text
from trainctl.spec.problems import Severity, as_json, describe
from trainctl.spec.schema import from_json, kinds
from trainctl.spec.spelling import camel_case, snake_case

HEAD = "kind: custom\ndisplay_name: digits\ncontainer_uri: us-docker.pkg.dev/my-project/images/trainer:1\n"


def test_a_long_value_is_cut_where_a_sentence_names_it() -> None:
    [problem] = check_text(f"{HEAD}network: {'x' * 5000}\n").problems
    assert problem.message == f"`{'x' * 160}...` is no full name of a network"


def test_a_sound_spec_gives_its_fields_without_kind_and_without_defaults() -> None:
    checked = check_text(f"{HEAD}timeout: 1h30m\nlabels: {{team: plants}}\n")
    assert checked == Checked(
        {
            "display_name": "digits",
            "container_uri": "us-docker.pkg.dev/my-project/images/trainer:1",
            "timeout": "1h30m",
            "labels": {"team": "plants"},
        },
        (),
    )


def test_both_spellings_mean_the_same_at_any_depth() -> None:
    text = """\
kind: custom
display_name: digits
model_serving_container_image_uri: us-docker.pkg.dev/my-project/images/server:1
explanation_parameters: {sampled_shapley_attribution: {path_count: 5}}
model_serving_container_health_probe: {http_get: {http_headers: [{name: A, value: b}]}}
worker_pool_specs:
- machine_spec: {machine_type: n1-standard-8, accelerator_type: NVIDIA_TESLA_T4, accelerator_count: 1}
  replica_count: 1
  disk_spec: {boot_disk_type: pd-ssd, boot_disk_size_gb: 200}
  container_spec: {image_uri: us-docker.pkg.dev/my-project/images/trainer:1}
"""
    names = sorted(set(_words(check_text(text).fields)), key=len, reverse=True)
    camel = text
    for name in names:
        camel = camel.replace(f"{name}:", f"{camel_case(name)}:")
    assert "bootDiskSizeGb" in camel
    assert check_text(camel) == check_text(text)
    assert check_text(camel).problems == ()


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for key, inner in value.items() for word in (key, *_words(inner)) if "_" in word]
    return [word for inner in value for word in _words(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("snake", "camel"),
    [
        ("boot_disk_size_gb", "bootDiskSizeGb"),
        ("worker_pool_specs", "workerPoolSpecs"),
        ("base_output_dir", "baseOutputDir"),
        ("persist_ml_use_assignment", "persistMlUseAssignment"),
        ("name", "name"),
    ],
)
def test_names_are_respelt_in_both_directions(snake: str, camel: str) -> None:
    assert (snake_case(camel), camel_case(snake)) == (camel and snake, camel)


def test_keys_of_free_maps_are_never_touched() -> None:
    text = f"{HEAD}labels: {{fooBar_x: y}}\nenvironment_variables: {{myVar: 1, MY_VAR: 2}}\n".replace(
        "fooBar_x", "foo_bar"
    )
    fields = check_text(text).fields
    assert fields["labels"] == {"foo_bar": "y"}
    assert fields["environment_variables"] == {"myVar": 1, "MY_VAR": 2}


def test_null_leaves_a_field_out_and_an_empty_value_is_a_problem() -> None:
    assert check_text(f"{HEAD}labels: null\ntimeout: ~\n").fields.keys() == {"display_name", "container_uri"}
    assert codes_of(f"{HEAD}labels:\n") == ["no-value"]
    assert codes_of('{"kind": "custom", "display_name": null, "container_uri": "a/b"}') == ["missing"]


def test_a_required_field_under_a_misspelt_key_is_one_problem() -> None:
    (problem,) = problems_of(HEAD.replace("display_name", "dispaly_name"))
    assert (problem.code, problem.hint) == ("unknown-field", "did you mean `display_name`?")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("region", "write `location`"),
        ("image_uri", "write `container_uri`"),
        ("env", "write `environment_variables`"),
        ("sync", "a spec does not wait: use `trainctl submit --watch`"),
        ("createRequestTimeout", "use `--request-timeout` of the command"),
        ("custom_job", "write its fields at the top, beside `parameter_spec`"),
    ],
)
def test_words_of_the_sdk_and_of_gcloud_are_led_to_ours(key: str, hint: str) -> None:
    text = HEAD.replace("kind: custom", "kind: hptune") if key == "custom_job" else HEAD
    found = [problem.hint for problem in problems_of(f"{text}{key}: {{}}\n") if problem.code == "unknown-field"]
    assert found == [hint]


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("costum", "custom"),
        ("CustomTrainingJob", "custom"),
        ("CustomContainerTrainingJob", "custom"),
        ("CustomPythonPackageTrainingJob", "custom"),
        ("HyperparameterTuningJob", "hptune"),
        ("AutoMLImageTrainingJob", "automl-image"),
    ],
)
def test_a_slip_and_a_class_of_the_sdk_in_the_place_of_a_kind_are_understood(kind: str, meant: str) -> None:
    with pytest.raises(SpecInvalid) as caught:
        identify(load_text(f"kind: {kind}\n", file="spec.yaml", folder=Path())[0])
    assert [problem.hint for problem in found_in(caught.value)] == [f"did you mean `{meant}`?"]


def test_texts_between_commas_become_a_list_without_them() -> None:
    [problem] = problems_of(f"{HEAD}requirements: pandas, numpy  scipy\n")
    assert problem.hint == "write `[pandas, numpy, scipy]`"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("dataset: flowers", "write the id (`trainctl datasets list` shows it), or `{}/datasets/ID`"),
        ("tensorboard: mine", "write the id, or `{}/tensorboards/ID`"),
    ],
)
def test_a_name_where_an_id_belongs_is_told_where_the_id_stands(line: str, hint: str) -> None:
    found = [problem.hint for problem in problems_of(f"{HEAD}{line}\n") if problem.code == "resource-name"]
    assert found == [hint.format("projects/PROJECT/locations/LOCATION")]


def test_problems_come_in_the_order_of_the_file() -> None:
    text = f"timeout: -1\n{HEAD}replica_count: 0\nqueue: x\nlabels: {{A: b}}\nboot_disk_size_gb: 1\n"
    assert [problem.line for problem in problems_of(text)] == [1, 5, 6, 7, 8]


def test_strict_makes_errors_of_warnings() -> None:
    text = f"{HEAD}machine_type: huge-9000\n"
    (warning,) = check_text(text).warnings
    assert check_text(text).errors == ()
    (error,) = check_text(text, strict=True).errors
    assert (warning.code, error.code, error.severity) == ("machine-unknown", "machine-unknown", Severity.ERROR)


def test_a_rule_is_silent_about_what_has_no_sound_shape() -> None:
    assert codes_of(f"{HEAD}container_uri_: x\nscript_path: 5\n") == ["unknown-field", "type"]
    assert codes_of("kind: custom\ndisplay_name: a\ncontainer_uri: [x]\n") == ["type"]
    assert codes_of(f"{HEAD}accelerator_type: T4\naccelerator_count: 1\n") == ["choice"]
    assert codes_of(f"{HEAD}args: [{{a: b}}, [c]]\n") == ["type", "type"]


def test_a_problem_as_json_has_the_place_the_code_and_the_cure() -> None:
    (problem,) = problems_of(f"{HEAD}labels: {{Team: x}}\n")
    assert as_json(problem) == {
        "path": "labels.Team",
        "line": 4,
        "column": 10,
        "code": "label-form",
        "message": "the label key `Team` has other characters than lower-case letters, digits, `_` and `-`",
        "hint": "write `team`",
    }


UNION = {
    "type": "object",
    "properties": {
        "shape": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"type": {"const": "circle"}, "radius": {"type": "number"}},
                    "required": ["type", "radius"],
                },
                {
                    "type": "object",
                    "properties": {"type": {"const": "square"}, "side": {"type": "number", "minimum": 1}},
                    "required": ["type", "side"],
                },
                {"type": "string"},
            ]
        }
    },
}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shape: {type: square, side: 0}", "`shape.side` must be at least 1, not `0`"),
        ("shape: {type: circle, radius: x}", '`shape.radius` must be a number, not `"x"`'),
        ("shape: {type: circle}", "`radius` is missing in `shape`"),
        ("shape: 5", "`shape` must be a mapping or a string, not `5`"),
    ],
)
def test_a_union_is_reported_by_the_branch_that_is_meant(text: str, message: str) -> None:
    document = load_text(text, file="spec.yaml", folder=Path())[0]
    assert [problem.message for problem in check(document, schema=from_json("x", UNION)).problems] == [message]


def test_a_long_line_is_cut_around_the_spot() -> None:
    text = f"{HEAD}args: [{'x, ' * 100}{{a: b}}{', y' * 100}]\n"
    (problem,) = problems_of(text)
    line, caret = describe(problem, text).splitlines()[1:3]
    assert len(line) <= 130
    assert line[caret.index("^")] == "{"


@pytest.mark.parametrize(
    "lines",
    [
        "".join(f"field_{number}: x\n" for number in range(5_000)),
        f"labels: {{{', '.join(f'K{number}: V' for number in range(5_000))}}}\n",
        f"labels: {{{'k: v, ' * 5_000}}}\n",
        f"args: [{'null, ' * 5_000}]\n",
        f"args: ['{''.join(f'${{var.A{number}}}' for number in range(5_000))}']\n",
    ],
    ids=["unknown fields", "labels", "duplicate keys", "nulls", "variables"],
)
def test_a_hundred_problems_are_told_and_that_there_are_more(lines: str) -> None:
    problems = problems_of(f"{HEAD}{lines}nothing: x\n")
    assert len(problems) == 101
    assert problems[-1].message == "only the first 100 problems are shown"


@pytest.mark.parametrize(
    "text",
    [f"a: [{'x,' * 400_000}]", "a: '" + "${var.A:-" * 2_000 + "'", "a: " + "[" * 100_000, "- " * 50_000, "{" * 50_000],
    ids=["values", "open references", "open lists", "nested items", "open mappings"],
)
def test_what_could_take_long_is_refused_at_once(text: str) -> None:
    assert problems_of(text)


def test_inputs_of_other_tasks_than_custom_ones_are_not_read_as_theirs() -> None:
    definition = "gs://google-cloud-aiplatform/schema/trainingjob/definition/automl_tabular_1.0.0.yaml"
    text = f"kind: training-pipeline\ndisplayName: x\ntrainingTaskDefinition: {definition}\n"
    assert check_text(f"{text}trainingTaskInputs: {{network: false}}\n").problems == ()
    bare = "kind: training-pipeline\ndisplayName: x\ntrainingTaskInputs: {workerPoolSpecs: true}\n"
    assert [problem.code for problem in check_text(bare).problems] == ["missing"]


@pytest.mark.parametrize("key", ["container_uri", "containerUri"])
def test_a_field_whose_variable_is_not_set_is_there_all_the_same(key: str) -> None:
    text = f"kind: custom\ndisplay_name: x\n{key}: ${{var.IMAGE}}\n"
    assert [problem.code for problem in check_text(text).problems] == ["variable"]


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_the_cure_of_a_missing_field_is_of_its_type(kind: str) -> None:
    told = [problem for problem in problems_of(f"kind: {kind}\n") if problem.code == "missing"]
    lines = [(problem.hint or "")[len("add `") : -1] for problem in told]
    whole = [line for line in lines if not line.endswith(": ...")]
    text = "".join(f"{line}\n" for line in [f"kind: {kind}", *whole])
    assert [problem.message for problem in problems_of(text) if problem.code in ("type", "choice")] == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("kind: automl-image\ndisplay_name: a\n", 'add `dataset: "7310042200118822771"`'),
        (
            "kind: ml-training\ntraining_input: {hyperparameters: {params: [{parameter_name: a}]}}\n",
            "add `type: DOUBLE`",
        ),
        ("kind: ml-training\ntraining_input: {runtime_version: latest}\n", 'for example `"2.11"`'),
        ("kind: automl-vision\ndisplay_name: a\ndataset: ICN7\ntrain_budget: 24h\n", "for example `24`"),
    ],
)
def test_an_example_in_a_cure_reads_as_what_the_field_takes(text: str, hint: str) -> None:
    assert hint in [problem.hint for problem in problems_of(text)]
