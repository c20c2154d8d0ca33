"""Locations that are no regions we know of: said by lists and look-ups, which would find nothing and not say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.commands.cloud import Cloud
    from tests.running import Runner

SLIP = (
    "warning: `us-centrall1` ({}) is no region for training that we know of\nhint: did you mean `us-central1`?\n"
).format
AT = ("--location", "us-centrall1")


@pytest.mark.parametrize(
    "command",
    [
        ("jobs", "list"),
        ("jobs", "wait", "--label", "team=plants"),
        ("operations", "list"),
        ("models", "list"),
        ("datasets", "list"),
    ],
)
def test_a_list_warns_once_and_is_shown_all_the_same(run: Runner, command: tuple[str, ...]) -> None:
    outcome = run(*command, *AT)
    assert outcome.err.startswith(SLIP("flag --location") + "no "), outcome
    assert (outcome.err.count("warning"), outcome.code) == (1, 0)


@pytest.mark.parametrize(
    "command",
    [
        ("jobs", "get", "7"),
        ("jobs", "diff", "7", "8"),
        ("models", "get", "7"),
        ("datasets", "get", "7", "8"),
    ],
)
def test_a_look_up_warns_once(run: Runner, command: tuple[str, ...]) -> None:
    outcome = run(*command, *AT)
    assert outcome.err.startswith(SLIP("flag --location")), outcome
    assert outcome.err.count("warning") == 1


def test_the_origin_of_the_slip_is_named(run: Runner) -> None:
    outcome = run("jobs", "list", env={"TRAINCTL_LOCATION": "us-centrall1"})
    assert outcome.err.startswith(SLIP("environment TRAINCTL_LOCATION")), outcome


def test_of_several_locations_the_unknown_ones_are_named(run: Runner, cloud: Cloud) -> None:
    cloud.add("1", "RUNNING")
    outcome = run("jobs", "list", "--location", "us-central1,qq-zz99", "-o", "name")
    assert outcome.err == (
        "warning: `qq-zz99` (flag --location) is no region for training that we know of\n"
        "hint: `trainctl catalog regions` lists those known\n"
    )
    assert outcome.out == "projects/123/locations/us-central1/customJobs/1\n"


@pytest.mark.parametrize("location", ["europe-west4", "eu", "all", "us,us-central1"])
def test_regions_and_multi_regions_are_known(run: Runner, location: str) -> None:
    assert "warning" not in run("jobs", "list", "--location", location).err


def test_another_cloud_has_regions_of_its_own(run: Runner) -> None:
    outcome = run("jobs", "list", *AT, env={"TRAINCTL_UNIVERSE_DOMAIN": "cloud.example"})
    assert "warning" not in outcome.err, outcome
