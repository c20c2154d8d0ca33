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
