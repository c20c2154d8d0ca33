"""The reference of ml.v1's `projects.jobs`, method by method, on the local engine: bodies as it shows them.

create, get, list with its filters, cancel, patch of labels, getIamPolicy, setIamPolicy, testIamPermissions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.packages import MODULE, build_package
from tests.scenarios.test_automl_vision import Reader

if TYPE_CHECKING:
    from tests.running import Runner

pytestmark = pytest.mark.slow
CLUSTER = "import json, os; print(sorted(json.loads(os.environ['TF_CONFIG'])['cluster']))"
TRIAL = """\
import json, os, sys, time
rate = float(next(each for each in sys.argv if each.startswith('--rate=')).partition('=')[2])
path = os.environ['CLOUD_ML_HP_METRIC_FILE']
os.makedirs(os.path.dirname(path), exist_ok=True)
entry = {'timestamp': time.time(), 'trial': os.environ['CLOUD_ML_TRIAL_ID'], 'loss': str(rate), 'global_step': '10'}
open(path, 'a').write(json.dumps({**entry, 'checkpoint_path': ''}) + '\\n')
"""
PREDICTOR = """\
class Doubling:
    @classmethod
    def from_path(cls, model_dir):
        return cls()

    def predict(self, instances, **kwargs):
        return [2 * instance for instance in instances]
"""
NAME = "projects/guide/jobs"


@pytest.fixture(scope="session")
def reader(machine: Runner, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader whose training code and model are in Cloud Storage, as the reference takes for granted."""
    found = Reader(machine, tmp_path_factory.mktemp("reference"))
    found("local", "start")
    bucket = Path(found.read("local", "status")["folders"]["buckets"]) / "guide"
    (bucket / "model").mkdir(parents=True)
    (bucket / "inputs").mkdir()
    build_package(bucket / "census.tar")
    (bucket / "model" / "predictor.py").write_text(PREDICTOR)
    for number in range(3):
        (bucket / "inputs" / f"part-{number}.json").write_text("".join(f"{number * 10 + line}\n" for line in range(4)))
    return found


def training(job_id: str, code: str, **fields: Any) -> str:
    given = {
        "scaleTier": "BASIC",
        "packageUris": ["gs://guide/census.tar"],
        "pythonModule": MODULE,
        "args": [code],
        "region": "us-central1",
        "runtimeVersion": "1.15",
        "pythonVersion": "3.7",
        **fields,
    }
    return json.dumps({"jobId": job_id, "labels": {"team": "census"}, "trainingInput": given})


@pytest.fixture(scope="session")
def census(reader: Reader) -> str:
    """What was told of the training of `census_1`, a cluster of the custom tier, to its end."""
    machines = {
        "scaleTier": "CUSTOM",
        "masterType": "complex_model_m",
        "workerType": "complex_model_m",
        "workerCount": "2",
        "parameterServerType": "large_model",
        "parameterServerCount": "1",
    }
    request = reader.write(training("census_1", CLUSTER, **machines, jobDir="gs://guide/census_1"))
    return reader("submit", request, "--watch").out


@pytest.fixture(scope="session")
def studies(reader: Reader, census: str) -> tuple[str, str]:
    """A study, and one that goes on with it; both younger than `census_1`."""
    assert census
    search = {
        "goal": "MINIMIZE",
        "hyperparameterMetricTag": "loss",
        "algorithm": "RANDOM_SEARCH",
        "maxTrials": 3,
        "maxParallelTrials": 2,
        "params": [{"parameterName": "rate", "type": "DOUBLE", "minValue": 0.1, "maxValue": 1}],
    }
    reader("submit", reader.write(training("census_hp", TRIAL, hyperparameters=search)), "--watch")
    more = {**search, "resumePreviousJobId": "census_hp"}
    reader("submit", reader.write(training("census_hp_2", TRIAL, hyperparameters=more)), "--watch")
    return "census_hp", "census_hp_2"


def test_a_cluster_of_the_custom_tier_is_trained(reader: Reader, census: str) -> None:
    assert "last lines:\n    ['master', 'ps', 'worker']\n" in census
    job = reader.read("jobs", "get", "census_1")
    assert (job["state"], job["labels"]["team"], job["trainingInput"]["workerCount"]) == ("SUCCEEDED", "census", "2")
    assert {"createTime", "startTime", "endTime", "etag"} <= job.keys()
    lines = reader("jobs", "logs", "census_1", "--replica", "master-replica-0").out
    assert "['master', 'ps', 'worker']" in lines
    shown = [line.split() for line in reader("jobs", "get", "census_1").out.splitlines()]
    assert ["progress:", "4", "replicas"] in shown
    assert ["scale", "tier:", "CUSTOM"] in shown


def test_hyperparameters_are_tuned_and_a_study_gone_on_with(reader: Reader, studies: tuple[str, str]) -> None:
    first, second = studies
    output = reader.read("jobs", "get", first)["trainingOutput"]
    assert (output["isHyperparameterTuningJob"], output["completedTrialCount"]) == (True, "3")
    trials = reader.read("jobs", "trials", first)
    values = [trial["finalMetric"]["objectiveValue"] for trial in trials]
    assert values == sorted(values)
    assert [trial["hyperparameters"]["rate"] for trial in trials] == [str(value) for value in values]
    assert len(reader.read("jobs", "trials", second)) >= 3


def test_a_failed_job_says_why_and_lists_find_it(reader: Reader, studies: tuple[str, str]) -> None:
    reader("submit", reader.write(training("rnn_1", "raise SystemExit('no data')")), "--watch", code=1)
    job = reader.read("jobs", "get", "rnn_1")
    assert "exited with a non-zero status of 1" in job["errorMessage"]
    assert reader.names("jobs", "list", "--filter", "jobId:census*", "--kind", "ml-training") == [
        *(f"{NAME}/{study}" for study in reversed(studies)),
        f"{NAME}/census_1",
    ]
    assert reader.names("jobs", "list", "--filter", "jobId:rnn* AND state:FAILED", "--kind", "ml-training") == [
        f"{NAME}/rnn_1"
    ]
    assert reader.read("jobs", "list", "--filter", "jobId:nobody*", "--kind", "ml-training") == []


def test_a_running_job_is_cancelled_once(reader: Reader) -> None:
    reader("submit", reader.write(training("long_1", "import time; time.sleep(600)")))
    reader("jobs", "cancel", "long_1", "--wait")
    assert reader.read("jobs", "get", "long_1")["state"] == "CANCELLED"
    again = reader("jobs", "cancel", "long_1", code=5)
    assert again.err.startswith(f"error: AI Platform job {NAME}/long_1 is over already: CANCELLED")


@pytest.mark.usefixtures("census")
def test_an_id_is_used_once(reader: Reader) -> None:
    taken = reader("submit", reader.write(training("census_1", "pass")), code=5)
    assert "the job id `census_1` is taken" in taken.err


@pytest.mark.usefixtures("census")
def test_labels_are_patched(reader: Reader) -> None:
    before = reader.read("jobs", "get", "census_1")
    reader("jobs", "label", "census_1", "team-", "owner=ada")
    after = reader.read("jobs", "get", "census_1")
    assert {**after["labels"], "owner": "ada"} == after["labels"]
    assert "team" not in after["labels"]
    assert after["etag"] != before["etag"]
    assert reader.names("jobs", "list", "--label", "owner=ada", "--kind", "ml-training") == [f"{NAME}/census_1"]


@pytest.mark.usefixtures("census")
def test_access_is_given_and_asked_for(reader: Reader) -> None:
    reader("jobs", "iam", "add", "census_1", "--role", "roles/viewer", "--member", "user:mike@example.com")
    reader("jobs", "iam", "get", "census_1")
    policy = reader.read("jobs", "iam", "get", "census_1")
    assert policy["bindings"] == [{"role": "roles/viewer", "members": ["user:mike@example.com"]}]
    (reader.folder / "policy.json").write_text(json.dumps({**policy, "bindings": []}))
    reader("jobs", "iam", "set", "census_1", str(reader.folder / "policy.json"))
    assert reader.read("jobs", "iam", "get", "census_1").get("bindings", []) == []
    assert reader("jobs", "iam", "test", "census_1", "ml.jobs.get").out == "ml.jobs.get\n"
    assert reader("jobs", "iam", "test", "nobody", "ml.jobs.get").out == ""


def prediction(job_id: str, **fields: Any) -> str:
    given = {
        "dataFormat": "JSON",
        "inputPaths": ["gs://guide/inputs/part-*"],
        "outputPath": "gs://guide/predictions",
        "region": "us-central1",
        "batchSize": "5",
        **fields,
    }
    return json.dumps({"jobId": job_id, "predictionInput": given})


def test_predictions_are_made_for_files_with_a_wildcard(reader: Reader) -> None:
    reader("submit", reader.write(prediction("predict_1", uri="gs://guide/model/")), "--watch")
    output = reader.read("jobs", "get", "predict_1")["predictionOutput"]
    assert (output["predictionCount"], output["errorCount"]) == ("12", "0")
    bucket = Path(reader.read("local", "status")["folders"]["buckets"]) / "guide"
    [results] = (bucket / "predictions").glob("prediction.results-*")
    expected = [str(2 * (number * 10 + line)) for number in range(3) for line in range(4)]
    assert results.read_text().split() == expected


def test_a_model_that_only_google_had_is_refused_with_a_word(reader: Reader) -> None:
    refused = reader("submit", reader.write(prediction("predict_2", modelName="projects/guide/models/census")), code=5)
    assert "model" in refused.err
