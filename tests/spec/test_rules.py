"""Every rule against its own examples, and what rules do together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.spec.running import check_text, codes_of
from trainctl.catalog import OWN_LABELS, SUBMISSION_LABEL
from trainctl.commands.explain import find_rule as find
from trainctl.kinds import all_rules
from trainctl.spec.problems import Severity
from trainctl.spec.rules.general import RULES as GENERAL_RULES
from trainctl.spec.rules.raw import RAW_RULES
from trainctl.spec.rules.rule import TUNING
from trainctl.spec.schema import kinds

if TYPE_CHECKING:
    from trainctl.spec.rules import Rule

ALL_RULES = tuple(all_rules().values())
POOL = (
    "- machine_spec: {machine_type: n1-standard-4}\n  replica_count: 1\n"
    "  container_spec: {image_uri: us-docker.pkg.dev/my-project/images/trainer:1}\n"
)
HEAD = "kind: custom\ndisplay_name: digits\ncontainer_uri: us-docker.pkg.dev/my-project/images/trainer:1\n"


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)
def test_a_rule_finds_its_bad_example_and_nothing_else_does(rule: Rule) -> None:
    problems = check_text(rule.bad).problems
    assert {(problem.code, problem.severity) for problem in problems} == {(rule.code, rule.severity)}
    assert all(problem.hint and problem.line for problem in problems)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)
def test_a_rule_is_content_with_its_good_example(rule: Rule) -> None:
    assert check_text(rule.good).problems == ()


def test_every_rule_has_a_code_of_its_own_and_words() -> None:
    codes = [rule.code for rule in ALL_RULES]
    assert len(set(codes)) == len(codes)
    for rule in ALL_RULES:
        assert rule.sentence.endswith(".")
        assert not rule.cure.endswith(".")
        assert rule.source
        assert find(rule.code) is rule
    assert find("no-such-rule") is None


SCRIPT = "script_path: train.py\ncontainer_uri: us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest\n"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("requirements.txt", "write the lines of the file as this list"),
        ("-r requirements.txt", "write the lines of the file as this list"),
        ("--pre", None),
        ("git+https://github.com/a/b@v1", "write `NAME @ git+https://github.com/a/b@v1`"),
        ("./wheels/a.whl", None),
        ("numpy=1.0", None),
        ("numpy==", None),
        ("numpy 1.0", None),
        ("pandas, numpy", None),
    ],
)
def test_what_pip_would_take_for_another_package_or_for_none_is_no_requirement(text: str, hint: str | None) -> None:
    [problem] = check_text(f"kind: custom\ndisplay_name: a\n{SCRIPT}requirements: ['{text}']\n").problems
    usual = "write `NAME`, `NAME==VERSION`, `NAME>=VERSION` or `NAME @ URL`"
    assert (problem.code, problem.hint) == ("requirement-form", hint or usual)


@pytest.mark.parametrize(
    "text",
    [
        "pandas",
        "Py_YAML.x-1",
        "pandas==2.2.*",
        "xgboost >= 1.7 , < 3",
        'tensorflow[and-cuda]~=2.15; sys_platform == "linux"',
        "torch==2.1.0+cu121",
        "mine @ git+https://github.com/a/b@v1",
        "mine[x]@https://example.com/mine.whl",
        "old (>=1.0)",
        "a===1",
    ],
)
def test_dependency_specifiers_are_requirements(text: str) -> None:
    assert codes_of(f"kind: custom\ndisplay_name: a\n{SCRIPT}requirements: ['{text}']\n") == []


@pytest.mark.parametrize("rule", [rule for rule in GENERAL_RULES if rule.bad], ids=lambda rule: rule.code)
def test_a_general_rule_is_broken_by_its_bad_example_alone(rule: Rule) -> None:
    assert rule.code in codes_of(rule.bad)
    assert set(codes_of(rule.bad)) - {"code-source", "reduction-server"} == {rule.code}
    assert codes_of(rule.good) == []


def test_every_code_that_a_problem_can_have_is_explained() -> None:
    outputs = (Path(__file__).parent / "malformed").glob("*.txt")
    codes = {code for file in outputs for code in re.findall(r"(?:error|warning)\[(.+?)\]", file.read_text())}
    assert len(codes) > 30
    assert [code for code in sorted(codes) if find(code) is None] == []
    everything = [rule.code for rule in (*ALL_RULES, *GENERAL_RULES)]
    assert len(everything) == len(set(everything))
    assert not set(everything) & set(kinds())


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("training_fraction_split: 0.7\nvalidation_fraction_split: 0.2\ntest_fraction_split: 0.1\n", []),
        ("training_fraction_split: 0.1\nvalidation_fraction_split: 0.2\ntest_fraction_split: 0.7\n", []),
        ("training_fraction_split: 0.9\ntest_fraction_split: 0.100000000001\n", []),
        ("training_fraction_split: 0.9\ntest_fraction_split: 0.10001\n", ["split-sum"]),
        ("training_fraction_split: 0\ntest_fraction_split: 0\n", ["split-sum"]),
        ("timestamp_split_column_name: t\ntraining_fraction_split: 1\n", []),
        ("timestamp_split_column_name: t\npredefined_split_column_name: p\n", ["split-kinds"]),
        ("predefined_split_column_name: p\ntest_fraction_split: 0.1\n", ["split-kinds"]),
        ("training_filter_split: ''\nvalidation_filter_split: ''\ntest_filter_split: '-'\n", []),
    ],
)
def test_splits(lines: str, codes: list[str]) -> None:
    assert codes_of(f"{HEAD}dataset: '7'\n{lines}") == codes


@pytest.mark.parametrize(
    ("pools", "codes"),
    [
        (POOL * 4, []),
        (f"{POOL}- {{}}\n{POOL}", []),
        (f"- {{}}\n{POOL}", ["pool-primary"]),
        (POOL.replace("replica_count: 1", "replica_count: '1'"), []),
        (POOL.replace("  replica_count: 1\n", ""), []),
        (POOL.replace("replica_count: 1", "replica_count: 0"), ["replica-count"]),
        (
            POOL
            + "  python_package_spec: {executor_image_uri: a, package_uris: ['gs://bucket/x.whl'], python_module: t}\n",
            ["pool-task", "executor-image"],
        ),
        (POOL + POOL.replace("n1-standard-4", "huge"), ["machine-unknown"]),
    ],
)
def test_pools(pools: str, codes: list[str]) -> None:
    assert codes_of(f"kind: custom\ndisplay_name: digits\nworker_pool_specs:\n{pools}") == codes


@pytest.mark.parametrize(
    ("name", "location", "codes"),
    [
        ("projects/my-project/locations/us-central1/datasets/7", "us-central1", []),
        ("projects/12345/locations/us-central1/datasets/7", "us-central1", []),
        ("projects/other/locations/us-central1/datasets/7", "us-central1", ["resource-place"]),
        ("projects/my-project/locations/us-east1/datasets/7", "us-central1", ["resource-place"]),
        ("projects/my-project/locations/us-east1/datasets/7", None, []),
        ("projects/my-project/locations/us-central1/models/7", "us-central1", ["resource-name"]),
        ("my-dataset", "us-central1", ["resource-name"]),
    ],
)
def test_what_a_job_uses_is_in_its_place(name: str, location: str | None, codes: list[str]) -> None:
    found = check_text(f"{HEAD}dataset: {name if '/' in name or '-' in name else repr(name)}\n", location=location)
    assert [problem.code for problem in found.problems] == codes


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ("[1, 1.0000000001, 2]", []),
        ("[0.1, 0.1000000001]", []),
        ("[1, 1.00000000005, 2]", ["parameter-order"]),
        ("[0, 1e-11]", ["parameter-order"]),
        ("[2, 1.99999999999]", ["parameter-order"]),
    ],
)
def test_discrete_values_increase_by_as_much_as_the_service_tells_apart(values: str, codes: list[str]) -> None:
    spec = f"{TUNING}parameter_spec: {{rate: {{type: discrete, values: {values}}}}}\n"
    assert codes_of(spec) == codes


@pytest.mark.parametrize(
    ("image", "codes"),
    [
        ("python:3.11", []),
        ("us-docker.pkg.dev/example.com/my-project/images/trainer__x-y:v1.0-b_c", []),
        (f"gcr.io/my-project/trainer@sha256:{'0' * 64}", []),
        ("gcr.io/My-Project/trainer", ["image-form"]),
        ("gcr.io/my-project//trainer", ["image-form"]),
        ("gcr.io/my-project/trainer_-1", ["image-form"]),
        ("gcr.io/my-project/trainer:1:2", ["image-form"]),
    ],
)
def test_images_are_named_as_registries_name_them(image: str, codes: list[str]) -> None:
    assert codes_of(f"kind: custom\ndisplay_name: digits\ncontainer_uri: {image}\n") == codes


@pytest.mark.parametrize(
    ("location", "codes"),
    [
        ("europe-west4", []),
        ("us", ["location-unknown"]),
        ("US-central1", ["location-form"]),
        ("us-central1-a", ["location-form"]),
        ("global", ["location-form"]),
        ("mars-north1", ["location-unknown"]),
    ],
)
def test_locations(location: str, codes: list[str]) -> None:
    assert codes_of(f"location: {location}\n{HEAD}") == codes


@pytest.mark.parametrize(("own", "free"), [({SUBMISSION_LABEL}, 63), (OWN_LABELS, 61), (set(), 64)])
def test_labels_are_counted_with_those_that_will_be_added(own: frozenset[str], free: int) -> None:
    names = [f"l{number}: x" for number in range(free + 1)]

    def codes(labels: list[str]) -> list[str]:
        text = f"{HEAD}labels: {{{', '.join(labels)}}}\n"
        return [problem.code for problem in check_text(text, labels=frozenset(own)).problems]

    assert codes(names[:free]) == []
    assert codes(names) == ["label-count"]
    assert codes([*names[:free], *(f"{label}: x" for label in own)]) == ["label-reserved"] * len(own)


@pytest.mark.parametrize("label", sorted(OWN_LABELS))
@pytest.mark.parametrize("field", ["labels", "model_labels"])
def test_labels_of_trainctls_own_are_noticed(field: str, label: str) -> None:
    serving = "model_serving_container_image_uri: us-docker.pkg.dev/my-project/images/server:1\n"
    assert codes_of(f"{HEAD}{serving}{field}: {{{label}: x}}\n") == ["label-reserved"]


@pytest.mark.parametrize("text", ["plants", "été", "日本", "a_b-1", "x" * 64])
def test_labels_take_letters_of_all_scripts(text: str) -> None:
    assert codes_of(f"{HEAD}labels: {{{text}: {text}}}\n") == []


@pytest.mark.parametrize("text", ["1a", "-a", "Été", "a b", "a.b", "x" * 65])
def test_label_keys_of_another_form_are_refused(text: str) -> None:
    assert codes_of(f"{HEAD}labels: {{'{text}': x}}\n") == ["label-form"]


RAW = """\
kind: custom-job
location: us-central1
displayName: digits
encryptionSpec: {kmsKeyName: projects/p/locations/us-east1/keyRings/r/cryptoKeys/k}
labels: {Team: x}
jobSpec:
  tensorboard: projects/my-project/locations/us-central1/tensorboards/7
  scheduling: {strategy: LOW_COST}
  workerPoolSpecs:
  - machineSpec: {machineType: n1-standard-8, acceleratorType: NVIDIA_TESLA_T4}
    replicaCount: "2"
    containerSpec: {imageUri: us-docker.pkg.dev/my-project/images/trainer:1, env: [{name: A-B, value: x}]}
"""


def test_rest_bodies_are_held_against_the_same_rules_in_their_own_names() -> None:
    problems = check_text(RAW).problems
    assert [(problem.line, problem.column, problem.code) for problem in problems] == [
        (4, 30, "kms-key"),
        (5, 10, "label-form"),
        (7, 3, "tensorboard-account"),
        (8, 26, "strategy-deprecated"),
        (10, 64, "accelerator-pair"),
        (11, 19, "pool-primary"),
        (12, 91, "env-name"),
    ]
    texts = [f"{problem.message}; {problem.hint}" for problem in problems]
    assert texts[2] == (
        "`tensorboard` needs a `serviceAccount` that may write to it; "
        "add `serviceAccount: NAME@PROJECT.iam.gserviceaccount.com`"
    )
    assert not check_text(RAW.replace("displayName", "display_name").replace("jobSpec", "job_spec")).fields.get(
        "job_spec"
    )


def test_raw_kinds_have_no_rule_twice() -> None:
    for rules in RAW_RULES.values():
        codes = [(rule.code, rule.view) for rule in rules]
        assert len(codes) == len(set(codes))


def test_a_warning_beside_an_error_at_the_same_place_is_not_told() -> None:
    problems = check_text(
        f"{HEAD}machine_type: n1-standard-8\naccelerator_type: NVIDIA_TESLA_T4\naccelerator_count: 3\n"
    )
    assert [(problem.code, problem.severity) for problem in problems.problems] == [
        ("accelerator-count", Severity.ERROR)
    ]


SERVED = f"{HEAD}model_serving_container_image_uri: us-docker.pkg.dev/my-project/images/server:1\n"


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("explanation_parameters: {sampled_shapley_attribution: {path_count: 50}}\n", []),
        ("explanation_parameters: {sampled_shapley_attribution: {path_count: 0}}\n", ["range"]),
        ("explanation_parameters: {sampled_shapley_attribution: {path_count: 51}}\n", ["range"]),
        ("explanation_parameters: {xrai_attribution: {step_count: 101}}\n", ["range"]),
        ("model_serving_container_health_probe: {period_seconds: 0}\n", ["range"]),
        ("model_serving_container_health_probe: {http_get: {port: 65536}}\n", ["port"]),
    ],
)
def test_what_serves_and_explains_a_model_is_within_its_limits(lines: str, codes: list[str]) -> None:
    assert codes_of(SERVED + lines) == codes


@pytest.mark.parametrize(
    ("text", "hint"), [("1.0-Beta", "write `1-0-beta`"), ("2Fast", "write `2fast`"), ("-A", "write `a`")]
)
def test_the_cure_of_a_label_value_keeps_its_digits(text: str, hint: str) -> None:
    [problem] = check_text(f"{HEAD}labels: {{version: {text}}}\n").problems
    assert problem.hint == hint
    assert check_text(f"{HEAD}labels: {{version: {hint[7:-1]}}}\n").problems == ()


@pytest.mark.parametrize(
    "line",
    ["base_output_dir: gs://my-bucket/out", "staging_bucket: gs://my-bucket", "project: my-project"],
)
def test_a_line_end_is_no_part_of_a_name(line: str) -> None:
    assert codes_of(f"{HEAD}{line}\n") == []
    assert len(codes_of(HEAD + line.replace(": ", ": |\n  ") + "\n")) == 1


def test_a_pool_may_write_its_replicas_as_a_fraction_that_is_whole() -> None:
    pools = f"{HEAD.partition('container_uri')[0]}worker_pool_specs:\n{POOL}"
    assert codes_of(pools.replace("replica_count: 1", "replica_count: 1.0")) == []
    assert codes_of(pools.replace("replica_count: 1", "replica_count: 1e308")) == ["pool-primary"]


@pytest.mark.parametrize("count", ["'0'", "'000'", f"'{'9' * 5000}'"])
def test_the_replicas_of_a_pool_are_counted_in_text_too(count: str) -> None:
    pools = f"{HEAD.partition('container_uri')[0]}worker_pool_specs:\n{POOL}{POOL}"
    assert codes_of(pools) == []
    before, after = pools.rsplit("replica_count: 1\n", 1)
    assert codes_of(f"{before}replica_count: {count}\n{after}") == ["replica-count"]


def test_a_long_list_of_versions_is_read_in_one_way_alone() -> None:
    """In two ways each, this would take longer than the universe is old."""
    spec = f"{HEAD}script_path: train.py\nrequirements: ['a{'>=1,' * 250}!']\n".replace(
        "us-docker.pkg.dev/my-project/images/trainer:1",
        "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest",
    )
    assert codes_of(spec) == ["requirement-form"]
    assert codes_of(spec.replace(",!", ",<2")) == []
