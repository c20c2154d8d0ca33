"""AutoML jobs: what `automl image get` takes and refuses, and what a watch shows of the budget and the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands.cloud import DEFINITION

if TYPE_CHECKING:
    from tests.commands.cloud import Cloud
    from tests.running import Runner

MODEL = "projects/123/locations/us-central1/models/5"
PAGE = "https://console.cloud.google.com/vertex-ai/locations/us-central1/models/5?project=123"


def add(cloud: Cloud, task: str, *states: str) -> str:
    return cloud.add(
        "7",
        *states,
        collection="trainingPipelines",
        trainingTaskDefinition=f"{DEFINITION}{task}_1.0.0.yaml",
        trainingTaskInputs={"budgetMilliNodeHours": "8000"},
        trainingTaskMetadata={"costMilliNodeHours": "6250"},
        modelToUpload={"name": MODEL, "versionId": "2", "versionAliases": ["candidate", "default"]},
    )


def test_get_of_one_kind_refuses_the_pipeline_of_another(cloud: Cloud, run: Runner) -> None:
    name = add(cloud, "automl_video_classification", "SUCCEEDED")
    assert run("automl", "video", "get", "7").code == 0
    outcome = run("automl", "image", "get", "7")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"error: training pipeline {name} is of kind `automl-video`, not `automl-image`\n"
        "hint: `trainctl jobs get` shows jobs of every kind\n"
    )
    assert run("custom", "get", "7").code == 2


def test_a_watch_shows_node_hours_used_and_ends_with_the_model(cloud: Cloud, run: Runner) -> None:
    name = add(cloud, "automl_image_classification", "RUNNING", "RUNNING", "SUCCEEDED")
    outcome = run("jobs", "watch", name)
    assert outcome.code == 0
    assert "RUNNING, 6.25 of 8 node hours" in outcome.err
    assert outcome.out.splitlines()[1:4] == [
        f"  model:       {MODEL}@2",
        "  aliases:     candidate, default",
        f"  model page:  {PAGE}",
    ]


def test_what_the_engine_only_simulates_is_told_wherever_the_job_is_shown(cloud: Cloud, run: Runner) -> None:
    name = cloud.add(
        "7",
        "RUNNING",
        "SUCCEEDED",
        collection="trainingPipelines",
        trainingTaskDefinition=f"{DEFINITION}automl_image_object_detection_1.0.0.yaml",
        trainingTaskMetadata={"simulated": "nothing was trained"},
        modelToUpload={"displayName": "parts"},
    )
    watched = run("jobs", "watch", name)
    assert [line.partition(": ")[2] for line in watched.err.splitlines()] == [
        "RUNNING after 1h 0m, simulated: nothing was trained",
        "SUCCEEDED after 40m 0s, simulated: nothing was trained",
    ]
    assert watched.out.splitlines()[1:] == ["  notice:  simulated: nothing was trained"]
    assert "\n               simulated: nothing was trained\n" in run("jobs", "get", name).out
    asked = run("jobs", "model", name)
    assert asked.code == 1
    assert asked.err == f"error: training pipeline {name} has registered no model: simulated: nothing was trained\n"
