"""`jobs export`, `diff`, `rerun` and `open`: what a job was asked for, and asking for it again."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.commands.cloud import refusal
from tests.render.stage import Terminal
from tests.running import Runner
from trainctl.cli import main
from trainctl.commands import Seams

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.cloud import Cloud

IMAGE = "us-docker.pkg.dev/my-project/images/trainer:1"
OURS = {"trainctl-submission": "01m7yk4v59r153q60bjqa9ydpw", "trainctl-key": "a", "trainctl-body": "b"}
FOLDER = "gs://my-bucket/trainctl/digits-20261121-110000-a9ydpw"
EXPORTED = """\
# yaml-language-server: $schema=schemas/custom.json
# the custom job projects/123/locations/us-central1/customJobs/7
kind: custom
project: garden
location: us-central1
display_name: digits
labels:
  team: plants
container_uri: us-docker.pkg.dev/my-project/images/trainer:1
args: [--epochs, "30"]
machine_type: n1-standard-8
staging_bucket: gs://my-bucket
timeout: 2h
"""
RAW = """\
# yaml-language-server: $schema=schemas/custom-job.json
# the custom job projects/123/locations/us-central1/customJobs/7
kind: custom-job
project: garden
location: us-central1
displayName: digits
jobSpec:
  workerPoolSpecs:
    - machineSpec:
        machineType: n1-standard-8
      replicaCount: "1"
      containerSpec:
        imageUri: us-docker.pkg.dev/my-project/images/trainer:1
        args: [--epochs, "30"]
  baseOutputDirectory:
    outputUriPrefix: gs://my-bucket/trainctl/digits-20261121-110000-a9ydpw
  scheduling:
    timeout: 7200s
labels:
  team: plants
"""


def add(cloud: Cloud, number: str = "7", **spec: Any) -> str:
    """A job that has failed, as Vertex AI answers it."""
    pool = {
        "machineSpec": {"machineType": "n1-standard-8"},
        "replicaCount": "1",
        "containerSpec": {"imageUri": IMAGE, "args": ["--epochs", "30"]},
    }
    return cloud.add(
        number,
        "FAILED",
        displayName="digits",
        jobSpec={
            "workerPoolSpecs": [pool],
            "baseOutputDirectory": {"outputUriPrefix": FOLDER},
            "scheduling": {"timeout": "7200s"},
            **spec,
        },
        labels={"team": "plants", **OURS},
        error={"code": 3, "message": "The replica workerpool0-0 exited with a non-zero status of 1."},
        updateTime="2026-11-21T11:41:00Z",
    )


def test_an_export_is_a_spec_without_what_the_service_and_trainctl_added(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "export", "7")
    assert (outcome.code, outcome.out, outcome.err) == (0, EXPORTED, "")
    assert run("validate", "-", "--strict", stdin=outcome.out).code == 0


def test_a_raw_export_is_the_body_of_the_request(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "export", "7", "--raw")
    assert (outcome.code, outcome.out, outcome.err) == (0, RAW, "")
    assert run("validate", "-", "--strict", stdin=outcome.out).code == 0


def test_several_exports_are_documents_of_one_file(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    add(cloud, "8")
    outcome = run("jobs", "export", "7", "8")
    assert outcome.out == f"{EXPORTED}---\n{EXPORTED.replace('customJobs/7', 'customJobs/8')}"


def test_an_export_for_programs_is_the_specs_fields(cloud: Cloud, run: Runner) -> None:
    name = add(cloud)
    one = json.loads(run("jobs", "export", name, "-o", "json").out)
    assert one["project"] == "123"  # asked for by a name that has the number
    assert json.loads(run("jobs", "export", "7", "-o", "json").out) == {**one, "project": "garden"}
    assert json.loads(run("jobs", "export", "-", "-o", "json", stdin="7\n").out) == [{**one, "project": "garden"}]
    assert run("jobs", "export", "7", "--query", "machine_type").out == "n1-standard-8\n"


def test_a_field_that_trainctl_does_not_know_is_told(cloud: Cloud, run: Runner) -> None:
    add(cloud, quantumSpec={"qubits": 8})
    outcome = run("jobs", "export", "7")
    assert (outcome.code, outcome.out) == (0, EXPORTED)
    assert outcome.err == "warning: 7 has `jobSpec.quantumSpec`, which this trainctl does not know; it is left out\n"


def test_text_of_a_server_cannot_disturb_a_terminal_through_an_export(cloud: Cloud, run: Runner) -> None:
    unknown: dict[str, Any] = {"\x1b]0;": 1}
    cloud.add(
        "7",
        "FAILED",
        displayName="a\x1b[31m\u202eb\n---\nkind: custom",
        jobSpec={"workerPoolSpecs": [{"machineSpec": {"machineType": "\x07"}, "containerSpec": {"imageUri": IMAGE}}]},
        **unknown,
    )
    outcome = run("jobs", "export", "7")
    assert f"{outcome.out}{outcome.err}".replace("\n", "").isprintable()
    assert outcome.out.count("---") == 1


def test_a_job_and_its_export_are_the_same_request(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    exported = run("jobs", "export", "7").out
    outcome = run("jobs", "diff", "7", "-", stdin=exported)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "custom job 7 (digits) and <stdin> are the same request\n"


DIFFERENT = """\
--- custom job 7 (digits)
+++ <stdin>
@ location
- us-central1
+ europe-west4
@ jobSpec.workerPoolSpecs[0].machineSpec.machineType
- n1-standard-8
+ n1-standard-16
@ jobSpec.workerPoolSpecs[0].containerSpec.args
- ["--epochs", "30"]
+ ["--epochs", "60"]
@ jobSpec.scheduling.timeout
- 7200s
@ labels.owner
+ me
"""


def test_a_diff_shows_field_by_field_what_a_spec_asks_for_otherwise(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    spec = EXPORTED.replace("timeout: 2h\n", "").replace("location: us-central1", "location: europe-west4")
    sets = ("--set", "machine_type=n1-standard-16", "--set", "args[1]='60'", "--set", "labels.owner=me")
    outcome = run("jobs", "diff", "7", "-", *sets, stdin=spec)
    assert (outcome.code, outcome.out, outcome.err) == (1, DIFFERENT, "")


def test_a_diff_for_programs_has_null_where_a_side_has_nothing(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "diff", "7", "-", "-o", "json", stdin=EXPORTED.replace("timeout: 2h\n", ""))
    assert outcome.code == 1
    assert json.loads(outcome.out) == [{"path": "jobSpec.scheduling.timeout", "before": "7200s", "after": None}]


def test_two_jobs_are_compared(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    add(cloud, "8", serviceAccount="me@my-project.iam.gserviceaccount.com")
    outcome = run("jobs", "diff", "7", "8")
    assert outcome.code == 1
    assert outcome.out == (
        "--- custom job 7 (digits)\n+++ custom job 8 (digits)\n"
        "@ jobSpec.serviceAccount\n+ me@my-project.iam.gserviceaccount.com\n"
    )


def test_of_a_file_with_several_documents_the_one_of_that_name_is_compared(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    other = EXPORTED.replace("display_name: digits", "display_name: letters")
    assert run("jobs", "diff", "7", "-", stdin=f"{other}---\n{EXPORTED}").code == 0
    outcome = run("jobs", "diff", "7", "-", stdin=f"{other}---\n{other}")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: `-` has 2 documents, and none of them is called `digits`\nhint: name a file with one document\n"
    )


def test_a_wrong_spec_is_told_before_it_is_compared(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "diff", "7", "-", stdin=EXPORTED.replace("timeout", "timeuot"))
    assert outcome.code == 3
    assert "did you mean `timeout`?" in outcome.err


def test_a_job_runs_again_in_a_folder_of_its_own_with_what_was_changed(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "rerun", "7", "--set", "machine_type=n1-standard-16", "--display-name", "again")
    assert outcome.code == 0, outcome
    [body] = [json.loads(request.content) for request in cloud.requests if request.method == "POST"]
    submission = body["labels"].pop("trainctl-submission")
    assert submission not in OURS.values()
    folder = body["jobSpec"].pop("baseOutputDirectory")["outputUriPrefix"]
    assert folder == f"gs://my-bucket/trainctl/again-20261121-120000-{submission[-6:]}"
    [pool] = body["jobSpec"]["workerPoolSpecs"]
    assert (pool["machineSpec"], pool["containerSpec"]["args"]) == (
        {"machineType": "n1-standard-16"},
        ["--epochs", "30"],
    )
    assert (body["displayName"], body["labels"]) == ("again", {"team": "plants"})
    [row] = json.loads(run("history", "-o", "json").out)
    assert (row["id"], row["state"], row["file"]) == (
        submission,
        "created",
        "projects/123/locations/us-central1/customJobs/7",
    )


def test_a_dry_rerun_sends_nothing_and_shows_the_request(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "rerun", "7", "--dry-run", "-o", "json")
    [record] = json.loads(outcome.out)
    assert record["requests"][0]["url"].endswith("/v1/projects/garden/locations/us-central1/customJobs")
    assert [line for line in cloud.lines if line.startswith("POST")] == []
    assert json.loads(run("history", "-o", "json").out) == []


def test_a_rerun_with_the_same_key_is_the_same_job(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    names = [run("jobs", "rerun", "7", "--idempotency-key", "night").out for _ in range(2)]
    assert names[0] == names[1] != ""
    assert [line for line in cloud.lines if line.startswith("POST")] == ["POST us-central1/customJobs"]


def test_several_jobs_run_again_side_by_side(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    cloud.add("8", "SUCCEEDED", jobSpec=cloud.resources["projects/123/locations/us-central1/customJobs/7"]["jobSpec"])
    outcome = run("jobs", "rerun", "7", "8", "--parallel", "2", "-o", "name")
    assert (outcome.code, len(outcome.out.splitlines())) == (0, 2), outcome
    assert [line for line in cloud.lines if line.startswith("POST")] == ["POST us-central1/customJobs"] * 2


def test_a_rerun_into_the_folder_of_the_first_run_is_told(cloud: Cloud, run: Runner) -> None:
    add(cloud, baseOutputDirectory={"outputUriPrefix": "gs://my-bucket/out"})
    told = "warning: it writes into gs://my-bucket/out, as 7 did; `--set base_output_dir=gs://...` names another\n"
    assert run("jobs", "rerun", "7", "--dry-run").err == told
    assert run("jobs", "rerun", "7", "--dry-run", "--set", "base_output_dir=gs://my-bucket/2").err == ""


def test_a_change_that_the_spec_does_not_take_submits_nothing(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "rerun", "7", "--set", "machine_tpye=n1-standard-16")
    assert (outcome.code, outcome.out) == (3, "")
    assert "did you mean `machine_type`?" in outcome.err
    assert [line for line in cloud.lines if line.startswith("POST")] == []


def test_of_several_jobs_none_runs_again_without_the_others(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "rerun", "7", "99")
    assert (outcome.code, outcome.out) == (5, "")
    assert [line for line in cloud.lines if line.startswith("POST")] == []


VISION: dict[str, dict[str, Any]] = {
    "operations/ICN5": {
        "name": "projects/1/locations/us-central1/operations/ICN5",
        "metadata": {"createModelDetails": {}},
        "done": True,
        "response": {"name": "projects/1/locations/us-central1/models/ICN9"},
    },
    "models/ICN9": {
        "name": "projects/1/locations/us-central1/models/ICN9",
        "displayName": "flowers",
        "datasetId": "ICN7",
        "createTime": "2026-11-21T11:00:00Z",
        "deploymentState": "UNDEPLOYED",
        "imageClassificationModelMetadata": {
            "modelType": "mobile-versatile-1",
            "trainBudgetMilliNodeHours": "8000",
            "trainCostMilliNodeHours": "7500",
            "stopReason": "MODEL_CONVERGED",
        },
    },
}


def of_vision(home: Path, answers: dict[str, dict[str, Any]]) -> Runner:
    """Someone whose AutoML Vision lives on at a private endpoint."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.get("/".join(request.url.path.split("/")[-2:]))
        return httpx.Response(200, json=found) if found else refusal(404, "NOT_FOUND", "no such thing")

    given = {"TRAINCTL_ENDPOINT_AUTOML": "https://vision.example.com", "TRAINCTL_ACCESS_TOKEN": "ya29.test"}
    return Runner(home, {**given, "TRAINCTL_PROJECT": "garden"}, httpx.MockTransport(answer))


def test_a_training_of_automl_vision_is_exported_from_the_model_that_it_made(tmp_path: Path) -> None:
    outcome = of_vision(tmp_path, VISION)("jobs", "export", "projects/garden/locations/us-central1/operations/ICN5")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "# yaml-language-server: $schema=schemas/automl-vision.json\n"
        "# the AutoML Vision training projects/1/locations/us-central1/operations/ICN5\n"
        "kind: automl-vision\nproject: garden\nlocation: us-central1\ndisplay_name: flowers\n"
        "prediction_type: classification\nmodel_type: mobile-versatile-1\ndataset: ICN7\n"
        "train_budget_milli_node_hours: 8000\n"
    )


def test_a_training_of_automl_vision_without_a_model_cannot_be_exported(tmp_path: Path) -> None:
    running = {"operations/ICN5": {**VISION["operations/ICN5"], "done": False, "response": {}}}
    outcome = of_vision(tmp_path, running)("jobs", "export", "projects/garden/locations/us-central1/operations/ICN5")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: the AutoML Vision training ICN5 does not say what it was asked for, and has made no model that does\n"
        "hint: wait for its end with `trainctl jobs wait`\n"
    )


PAGE = "https://console.cloud.google.com/ai/platform/locations/us-central1/training/7?project=123"


def test_the_page_of_a_job_is_printed_where_there_is_no_terminal(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "open", "7", env={"BROWSER": "false"})
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{PAGE}\n", "")


def test_a_job_without_a_page_keeps_no_other_from_being_opened(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    name = cloud.add_other("projects/123/jobs/census", {"jobId": "census", "trainingInput": {}})
    outcome = run("jobs", "open", name, "7", env={"TRAINCTL_ENDPOINT_ML": "https://ml.googleapis.com"})
    assert (outcome.code, outcome.out) == (2, f"{PAGE}\n")
    assert outcome.err.startswith("error: Google's console has no page for AI Platform job census\n")


@pytest.mark.parametrize("environment", [{}, {"BROWSER": "trainctl-no-such-browser"}])
def test_the_page_of_a_job_is_printed_where_there_is_no_browser(
    cloud: Cloud, run: Runner, environment: dict[str, str]
) -> None:
    add(cloud)
    assert opened(run, environment) == (0, f"{PAGE}\n", "")


def test_the_page_of_a_job_is_opened_in_the_browser(cloud: Cloud, run: Runner, tmp_path: Path) -> None:
    add(cloud)
    browser = tmp_path / "browser.py"
    browser.write_text("import pathlib, sys\npathlib.Path(sys.argv[1]).write_text(sys.argv[2])\n", encoding="utf-8")
    command = f"{sys.executable} {browser} {tmp_path / 'seen'} %s"
    assert opened(run, {"BROWSER": command}) == (0, "", f"opened {PAGE}\n")
    assert (tmp_path / "seen").read_text(encoding="utf-8") == PAGE


def opened(run: Runner, environment: dict[str, str]) -> tuple[int, str, str]:
    """`jobs open 7` by someone whose output is a terminal."""
    out, err = Terminal(), io.StringIO()
    given = {"TRAINCTL_HOME": str(run.home), "TERM": "dumb", **run.environment, **environment}
    code = main(["jobs", "open", "7"], Seams(io.StringIO(), out, err, given, run.clock, run.transport))
    return code, out.getvalue(), err.getvalue()


def test_a_replaced_endpoint_has_no_pages(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    outcome = run("jobs", "open", "7", env={"TRAINCTL_ENDPOINT_VERTEX": "https://vertex.example.com"})
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: Google's console has no page for custom job 7\n"
        "hint: `trainctl jobs get projects/123/locations/us-central1/customJobs/7` shows all there is\n"
    )


def test_a_job_that_cannot_be_exported_is_told_and_the_others_are(cloud: Cloud, run: Runner) -> None:
    add(cloud)
    place = "projects/garden/locations/us-central1"
    training = {"name": f"{place}/operations/ICN5", "metadata": {"createModelDetails": {}}, "done": True}
    name = cloud.add_other(
        "projects/123/locations/us-central1/operations/ICN5",
        {**training, "response": {"name": f"{place}/models/ICN6"}},
    )
    lost = "error: what the AutoML Vision training ICN5 was asked for went with its model, which is deleted\n"
    there = {"TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com"}
    outcome = run("jobs", "export", "7", name, env=there)
    assert (outcome.code, outcome.out, outcome.err) == (5, EXPORTED, lost)
    alone = run("jobs", "export", name, env=there)
    assert (alone.code, alone.out, alone.err) == (5, "", lost)
