"""The encryption key of the settings: in the job's region as one in a spec, and never silently unused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.running import Outcome, Runner

KEY = "projects/my-project/locations/europe-west4/keyRings/ring/cryptoKeys/key"
OTHER = KEY.replace("europe-west4", "us-central1")
IMAGE = "us-docker.pkg.dev/my-project/images/trainer:1"
CUSTOM = f"kind: custom\ndisplay_name: digits\ncontainer_uri: {IMAGE}\n"
AUTOML = "kind: automl-image\ndisplay_name: digits\ndataset: '7'\nmodel_display_name: digits\n"
TRAINING = (
    "kind: ml-training\njob_id: digits\n"
    f"training_input: {{scale_tier: BASIC, region: REGION, master_config: {{image_uri: {IMAGE}}}}}\n"
)
POOL = f"{{machineSpec: {{machineType: n1-standard-4}}, replicaCount: 1, containerSpec: {{imageUri: '{IMAGE}'}}}}"
BODY = f"kind: custom-job\ndisplayName: digits\njobSpec: {{workerPoolSpecs: [{POOL}]}}\n"
VISION = "kind: automl-vision\ndisplay_name: digits\ndataset: ICN7\n"


def dry_run(trainctl: Runner, spec: str, location: str, *more: str) -> Outcome:
    place = ("--project", "my-project", "--location", location)
    return trainctl("submit", "-", "--dry-run", "--encryption-key", KEY, *place, *more, stdin=spec)


@pytest.mark.parametrize("spec", [CUSTOM, AUTOML, TRAINING.replace("REGION", "us-central1")])
def test_a_key_of_another_region_is_refused_before_google_does(trainctl: Runner, spec: str) -> None:
    outcome = dry_run(trainctl, spec, "us-central1")
    assert outcome.code == 3, outcome
    assert "error[kms-key]: the key that the settings name is in europe-west4, the job in us-central1\n" in outcome.err
    assert "hint: take a key in us-central1 with `--encryption-key`\n" in outcome.err


@pytest.mark.parametrize("spec", [CUSTOM, AUTOML, TRAINING.replace("REGION", "europe-west4")])
def test_a_key_of_the_jobs_region_is_taken(trainctl: Runner, spec: str) -> None:
    outcome = dry_run(trainctl, spec, "europe-west4")
    assert (outcome.code, KEY in outcome.out) == (0, True), outcome
    assert "kms" not in outcome.err


def test_the_key_of_a_spec_stands_before_that_of_the_settings(trainctl: Runner) -> None:
    outcome = dry_run(trainctl, f"{CUSTOM}training_encryption_spec_key_name: {OTHER}\n", "us-central1")
    assert (outcome.code, OTHER in outcome.out, KEY in outcome.out) == (0, True, False), outcome


@pytest.mark.parametrize(
    ("spec", "reason"),
    [(BODY, "a REST body is sent as it is written"), (VISION, "`automl-vision` has no field for it")],
)
def test_a_job_that_the_key_does_not_reach_is_warned_of(trainctl: Runner, spec: str, reason: str) -> None:
    said = f"warning[kms-unused]: the job is not encrypted with the key that the settings name: {reason}\n"
    outcome = dry_run(trainctl, spec, "us-central1")
    assert (outcome.code, said in outcome.err) == (0, True), outcome


def test_with_strict_it_is_not_submitted(trainctl: Runner) -> None:
    outcome = dry_run(trainctl, BODY, "us-central1", "--strict")
    assert (outcome.code, "error[kms-unused]" in outcome.err) == (3, True), outcome


def test_the_key_in_a_body_is_its_own(trainctl: Runner) -> None:
    outcome = dry_run(trainctl, f"{BODY}encryptionSpec: {{kmsKeyName: {OTHER}}}\n", "us-central1")
    assert (outcome.code, outcome.err) == (0, ""), outcome
