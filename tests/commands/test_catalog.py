"""The bundled catalogue, as people and programs ask it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.running import Runner


@pytest.mark.parametrize("name", ["T4", "tesla-t4", "NVIDIA_TESLA_T4"])
def test_machines_are_found_by_any_form_of_an_accelerators_name(trainctl: Runner, name: str) -> None:
    found = trainctl("catalog", "machines", "--accelerator", name, "-o", "name").out.split()
    assert "n1-standard-4" in found
    assert not any(machine.startswith("g2-") for machine in found)


def test_machines_are_sorted_by_their_sizes(trainctl: Runner) -> None:
    found = trainctl("catalog", "machines", "--accelerator", "L4", "-o", "name").out.split()
    assert found == [f"g2-standard-{size}" for size in (4, 8, 12, 16, 24, 32, 48, 96)]


def test_accelerators_of_a_region_say_where_else_they_are(trainctl: Runner) -> None:
    found = json.loads(trainctl("catalog", "accelerators", "--region", "us-south1", "-o", "json").out)
    [b200] = [row for row in found if row["accelerator"] == "NVIDIA_B200"]
    assert b200["machine_types"] == "a4-highgpu-8g"
    assert "us-south1" in b200["regions"]


def test_regions_know_where_automl_trains_images(trainctl: Runner) -> None:
    rows = json.loads(trainctl("catalog", "regions", "-o", "json").out)
    assert [row["region"] for row in rows if row["automl_image"] == "yes"] == ["europe-west4", "us-central1"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--machine", "a2-highgpu"], [f"a2-highgpu-{count}g" for count in (1, 2, 4, 8)]),
        (["--machine", "n1-standard-8"], ["n1-standard-8"]),
        (["--machine", "n1", "--accelerator", "P100", "--gpus", "1", "--region", "us-east4"], []),
        (
            ["--accelerator", "V100", "--gpus", "8", "--machine", "n1-highcpu"],
            [f"n1-highcpu-{n}" for n in (16, 32, 64, 96)],
        ),
        (["--accelerator", "T4", "--gpus", "2", "--machine", "n1-highcpu"], ["n1-highcpu-16", "n1-highcpu-32"]),
        (["--machine", "ct5lp", "--region", "us-east1"], [f"ct5lp-hightpu-{n}t" for n in (1, 4, 8)]),
        (["--machine", "ct5lp", "--region", "us-east4"], []),
        (["--machine", "n2-standard", "--gpus", "0"], [f"n2-standard-{n}" for n in (4, 8, 16, 32, 48, 64, 80)]),
    ],
)
def test_machines_are_filtered_by_all_that_is_asked(trainctl: Runner, options: list[str], found: list[str]) -> None:
    outcome = trainctl("catalog", "machines", *options, "-o", "name")
    assert (outcome.code, outcome.out.split()) == (0, found)


def test_accelerators_of_a_family_of_machines_are_listed(trainctl: Runner) -> None:
    assert trainctl("catalog", "accelerators", "--machine", "a2", "-o", "name").out.split() == [
        "NVIDIA_A100_80GB",
        "NVIDIA_TESLA_A100",
    ]


def test_tpus_are_listed_with_the_machines_that_are_them(trainctl: Runner) -> None:
    outcome = trainctl("catalog", "accelerators", "--machine", "ct5lp", "-o", "csv")
    assert outcome.out.splitlines()[1:] == [
        'ct5lp,"ct5lp-hightpu-1t, ct5lp-hightpu-4t, ct5lp-hightpu-8t","us-central1, us-east1, us-west1, us-west4",'
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("machines", "--accelerator", "T5"),
        ("machines", "--region", "us-centrl1"),
        ("accelerators", "--region", "europe"),
        ("regions", "--accelerator", "T5"),
    ],
)
def test_what_fits_nothing_is_said_to(trainctl: Runner, words: tuple[str, ...]) -> None:
    outcome = trainctl("catalog", *words)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "nothing in the catalogue fits; without options, the same command lists all of it\n"
