"""Chooses, trains and evaluates a model that classifies images or time segments of videos."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainctl.local.automl.trainer.candidates import NAMES, Choice, choose, make_model, measure
from trainctl.local.automl.trainer.data import Example, Unusable, check, name_units, say
from trainctl.local.automl.trainer.scores import evaluate, evaluate_label
from trainctl.local.automl.trainer.sets import read_sets

SHARE = 0.7
"""Of the time for choosing; the rest is for training on all data and for the evaluation."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as it is saved: pipeline, estimator, labels, and the earlier model whose answers it reads."""

    pipeline: str
    model: Any
    labels: list[str]
    multi_label: bool
    base: Trained | None = None

    def chances(self, images: Any) -> Any:
        """The probability of each label for each image."""
        hints = self.base.chances(images) if self.base else None
        return self.model.predict_proba(measure(self.pipeline, images, hints))


def main(arguments: list[str]) -> int:
    """0 when a model was saved; 1 when the data is of no use, which is said on stderr."""
    options = _read_options(arguments)
    try:
        sets = read_sets(options.buckets)
        labels = check(sets["training"], multi_label=options.multi_label)
    except Unusable as problem:
        sys.stderr.write(f"no model can be trained: {problem}\n")
        return 1
    units = name_units(sets["training"])
    say(", ".join(f"{len(examples)} {units} for {name}" for name, examples in sets.items()))
    base = load(options.base) if options.base else None
    choice, trained = _train(options, sets, labels, base)
    report = {**_report(trained, sets, choice), "modelType": options.model_type, "stopReason": choice.reason}
    save(Path(os.environ["AIP_MODEL_DIR"]), trained, report)
    return 0


def load(folder: str) -> Trained:
    """The model that an earlier job saved."""
    import joblib

    trained: Trained = joblib.load(Path(folder) / "model.joblib")
    return trained


def save(folder: Path, trained: Trained, report: dict[str, Any]) -> None:
    """Writes the model, its labels and the report."""
    import joblib

    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(trained, folder / "model.joblib", compress=3)
    (folder / "labels.txt").write_text("\n".join(trained.labels) + "\n", encoding="utf-8")
    (folder / "automl.json").write_text(json.dumps(report), encoding="utf-8")


def _read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--buckets", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--model-type", required=True, help="what the model is called for; later ones may ask for it")
    parser.add_argument("--multi-label", action="store_true")
    parser.add_argument("--patient", action="store_true")
    parser.add_argument("--base", default="")
    parser.add_argument("--go-on", action="store_true", help="with the pipeline of the base model")
    return parser.parse_args(arguments)


def _train(
    options: argparse.Namespace, sets: dict[str, list[Example]], labels: list[str], base: Trained | None
) -> tuple[Choice, Trained]:
    """The best pipeline, and its model trained on the training and the validation set."""
    images, targets = _stack(sets["training"]), _targets(sets["training"], labels, multi_label=options.multi_label)
    hints = base.chances(images) if base else None
    choice = choose(
        (base.pipeline,) if base and options.go_on else NAMES,
        lambda name: measure(name, images, hints),
        targets,
        seconds=options.seconds * SHARE,
        patient=options.patient,
        multi_label=options.multi_label,
    )
    say(f"chosen: {choice.name}")
    known = set(labels)
    seen = [*sets["training"], *(each for each in sets["validation"] if known.issuperset(each.labels))]
    images, targets = _stack(seen), _targets(seen, labels, multi_label=options.multi_label)
    model = make_model(choice.name, multi_label=options.multi_label)
    model.fit(measure(choice.name, images, base.chances(images) if base else None), targets)
    return choice, Trained(choice.name, model, labels, options.multi_label, base)


def _report(trained: Trained, sets: dict[str, list[Example]], choice: Choice) -> dict[str, Any]:
    """What is known of the model: how it was chosen, and how it does on images held out."""
    known = set(trained.labels)
    held_out = [example for example in sets["test"] if known.issuperset(example.labels)]
    about = {"pipeline": choice.name, "crossValidation": choice.scores, "labels": trained.labels}
    if not held_out:
        say("WARNING: the test set is empty, so there is no evaluation")
        return about
    truth = _matrix(held_out, trained.labels)
    chances = trained.chances(_stack(held_out))
    metrics = evaluate(truth, chances, trained.labels, multi_label=trained.multi_label)
    slices = {label: evaluate_label(truth[:, n], chances[:, n]) for n, label in enumerate(trained.labels)}
    if not trained.multi_label:
        say(f"accuracy {metrics['accuracy']:.4f} on {len(held_out)} {name_units(held_out)} held out")
    else:
        best = max(point["f1Score"] for point in metrics["confidenceMetrics"])
        say(f"f1 {best:.4f} on {len(held_out)} images held out")
    return {**about, "metrics": metrics, "slices": slices, "heldOut": len(held_out)}


def _stack(examples: list[Example]) -> Any:
    import numpy as np

    return np.stack([example.pixels for example in examples])


def _targets(examples: list[Example], labels: list[str], *, multi_label: bool) -> Any:
    matrix = _matrix(examples, labels)
    return matrix if multi_label else matrix.argmax(axis=1)


def _matrix(examples: list[Example], labels: list[str]) -> Any:
    """Images by labels: 1 where the image has the label."""
    import numpy as np

    return np.array([[int(label in example.labels) for label in labels] for example in examples])
