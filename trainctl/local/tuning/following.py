"""What is around a tuning job goes where it goes: a pipeline, which uploads the best trial's model, or an ml.v1 job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.states import has_ended
from trainctl.local.ml.names import job_of
from trainctl.local.tuning import trials
from trainctl.local.tuning.goals import best_of
from trainctl.local.vertex.pipelines import follow_job

if TYPE_CHECKING:
    from trainctl.local.core import Core
    from trainctl.local.store import Resource
    from trainctl.local.tuning.goals import Goal


def follow(core: Core, study: Resource, goal: Goal) -> None:
    """Brings what a tuning job works for, if it does, to where the job is."""
    pipeline = core.store.owner_of(study["name"])
    if pipeline is None:
        return
    if job_of(pipeline):
        follow_job(core, pipeline, study)
        return
    best = best_of(trials.list_trials(core, study["name"]), goal) if has_ended(study) else None
    if best is not None:
        metadata = {"bestTrialBackingCustomJob": best["customJob"]}
        core.store.change(
            pipeline, lambda it: {**it, "trainingTaskMetadata": {**it["trainingTaskMetadata"], **metadata}}
        )
    follow_job(core, pipeline, _as_job(study, best["id"] if best else ""))


def _as_job(study: Resource, trial: str) -> dict[str, Any]:
    """The tuning job in the form of the one custom job that a pipeline knows: with the best trial's outputs."""
    base = study["trialJobSpec"].get("baseOutputDirectory", {}).get("outputUriPrefix", "")
    output = {"baseOutputDirectory": {"outputUriPrefix": trials.output_of(base, trial)}} if base and trial else {}
    return {**{key: study[key] for key in ("state", "error") if key in study}, "jobSpec": output}
