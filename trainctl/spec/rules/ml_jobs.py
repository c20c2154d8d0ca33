"""What every job of ml.v1 has: its id, its input, its region; and what a tuned one searches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.reference.machines import load_machines
from trainctl.spec.rules.ml_machines import HEAD, IMAGE, ML, training
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

_JOB_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_INPUTS = ("training_input", "prediction_input")
_TUNED = f"{IMAGE}  hyperparameters:\n    max_trials: 4\n    params:\n"
_RATE = "    - {parameter_name: rate, type: DOUBLE, min_value: 0.001, max_value: 0.1, scale_type: UNIT_LOG_SCALE}\n"
_UNITS = "    - {parameter_name: units, type: DISCRETE, discrete_values: [16, 32]}\n"


def _job_id(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("job_id")
    if isinstance(value, str) and not _JOB_ID.fullmatch(value):
        yield Finding(("job_id",), f"`{value}` is no id of a job", _plain(value))


def _plain(value: str) -> str | None:
    """The nearest text that is an id."""
    plain = re.sub(r"\W+", "_", value, flags=re.ASCII).strip("_").lstrip("0123456789_")[:128]
    return f"write `{plain}`" if _JOB_ID.fullmatch(plain) else None


JOB_ID = Rule(
    code="ml-job-id",
    sentence="A job's id has at most 128 letters, digits and `_`, a letter first.",
    cure="use letters, digits and `_`, a letter first",
    source="https://cloud.google.com/ai-platform/training/docs/training-jobs: job names",
    check=_job_id,
    bad=HEAD.replace("example_1", "1-example") + "  master_config: {image_uri: gcr.io/my-project/trainer}\n",
    good=IMAGE,
)


def _input(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [name for name in _INPUTS if name in fields]
    if not given:
        yield Finding((), "the job has neither `training_input` nor `prediction_input`", "add one of them")
    elif len(given) > 1:
        yield Finding(
            (given[1],), "a job either trains or predicts", "keep `training_input` or `prediction_input`", at_key=True
        )


INPUT = Rule(
    code="ml-input",
    sentence="A job has a training input or a prediction input.",
    cure="keep one of them",
    source=f"{ML}Job.trainingInput, predictionInput",
    check=_input,
    bad="kind: ml-job\njobId: example_1\n",
    good="kind: ml-job\njobId: example_1\ntrainingInput:\n  region: us-central1\n"
    "  masterConfig: {imageUri: gcr.io/my-project/trainer}\n",
)


def _region(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in _INPUTS:
        region = (fields.get(name) or {}).get("region")
        if not isinstance(region, str):
            continue
        place = (name, "region")
        if not _REGION.fullmatch(region):
            yield Finding(place, f"`{region}` is no region", suggestion(region, load_machines().regions))
        elif fields.get("location", region) != region:
            hint = "leave `location` out: jobs of AI Platform have no other place than their region"
            yield Finding(place, f"the job is in {region}, but `location` says {fields['location']}", hint)


REGION = Rule(
    code="ml-region",
    sentence="A job runs in a region such as `us-central1`: no zone, and the same as `location` where that is given.",
    cure="write a region such as `us-central1`",
    source=f"{ML}TrainingInput.region, PredictionInput.region",
    check=_region,
    bad=IMAGE.replace("us-central1", "us-central1-a"),
    good=IMAGE,
)


def _region_known(fields: Fields, _: Where) -> Iterator[Finding]:
    known = load_machines().regions
    for name in _INPUTS:
        region = (fields.get(name) or {}).get("region")
        if isinstance(region, str) and _REGION.fullmatch(region) and region not in known:
            yield Finding((name, "region"), f"`{region}` is no region that we know of", suggestion(region, known))


REGION_UNKNOWN = Rule(
    code="ml-region-unknown",
    sentence="Regions are those of Google's list.",
    cure="`trainctl catalog regions` lists those known",
    source="https://cloud.google.com/ai-platform/training/docs/regions",
    check=_region_known,
    severity=WARNING,
    bad=IMAGE.replace("us-central1", "us-central9"),
    good=IMAGE,
)


def _twice(fields: Fields, _: Where) -> Iterator[Finding]:
    seen: set[str] = set()
    params = (training(fields).get("hyperparameters") or {}).get("params") or ()
    for index, each in enumerate(params):
        name = each.get("parameter_name", "")
        if name in seen:
            place = ("training_input", "hyperparameters", "params", index, "parameter_name")
            yield Finding(place, f"there are two parameters `{name}`", "rename one of them")
        seen.add(name)


PARAMETER_TWICE = Rule(
    code="ml-parameter-twice",
    sentence="Each parameter of a study has a name of its own.",
    cure="rename one of them",
    source=f"{ML}ParameterSpec.parameterName: must be unique",
    check=_twice,
    bad=f"{_TUNED}{_RATE}{_RATE}",
    good=f"{_TUNED}{_RATE}{_UNITS}",
)


def _values(fields: Fields, _: Where) -> Iterator[Finding]:
    params = (training(fields).get("hyperparameters") or {}).get("params") or ()
    for index, each in enumerate(params):
        kind = each.get("type")
        place = ("training_input", "hyperparameters", "params", index)
        for name, wanted in (("categorical_values", "CATEGORICAL"), ("discrete_values", "DISCRETE")):
            if name in each and kind in ("CATEGORICAL", "DISCRETE") and kind != wanted:
                yield Finding(
                    (*place, name),
                    f"`{name}` are for type {wanted}, this is {kind}",
                    f"write `type: {wanted}`",
                    at_key=True,
                )
        if kind == "PARAMETER_TYPE_UNSPECIFIED":
            yield Finding(
                (*place, "type"), "the parameter has no type", "write DOUBLE, INTEGER, CATEGORICAL or DISCRETE"
            )


PARAMETER_KIND = Rule(
    code="ml-parameter-kind",
    sentence="A parameter has a type, and the values of that type.",
    cure="give the fields of the parameter's type",
    source=f"{ML}ParameterSpec",
    check=_values,
    bad=f"{_TUNED}    - {{parameter_name: u, type: DISCRETE, discrete_values: [1], categorical_values: [a]}}\n",
    good=f"{_TUNED}{_UNITS}",
)

PARAMETER_COUNT = Rule(
    code="parameter-count",
    sentence="A discrete parameter has 1 to 1 000 values.",
    cure="leave some out, or use type INTEGER or DOUBLE",
    source=f"{ML}ParameterSpec.discreteValues",
    check=by_schema,
    bad=f"{_TUNED}    - {{parameter_name: u, type: DISCRETE, discrete_values: {list(range(1, 1002))}}}\n",
    good=f"{_TUNED}{_UNITS}",
)


def _resume(fields: Fields, _: Where) -> Iterator[Finding]:
    value = (training(fields).get("hyperparameters") or {}).get("resume_previous_job_id")
    place = ("training_input", "hyperparameters", "resume_previous_job_id")
    if not isinstance(value, str):
        return
    if not _JOB_ID.fullmatch(value):
        hint = f"write `{value.rsplit('/', 1)[-1]}`" if "/" in value else _plain(value)
        yield Finding(place, f"`{value}` is no id of a job", hint)
    elif value == fields.get("job_id"):
        yield Finding(place, "a job cannot go on with its own trials", "name an earlier job")


RESUME = Rule(
    code="ml-resume",
    sentence="The job whose trials are gone on with is named by its id, and is an earlier one.",
    cure="write the id of an earlier tuning job",
    source=f"{ML}HyperparameterSpec.resumePreviousJobId",
    check=_resume,
    bad=f"{_TUNED}{_RATE}    resume_previous_job_id: projects/p/jobs/earlier\n",
    good=f"{_TUNED}{_RATE}    resume_previous_job_id: earlier\n",
)

GENERAL = (JOB_ID, REGION, REGION_UNKNOWN)
TUNING = (PARAMETER_TWICE, PARAMETER_KIND, PARAMETER_COUNT, RESUME)
