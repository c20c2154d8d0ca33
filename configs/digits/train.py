"""Train a small neural network on scikit-learn's handwritten digits, and save it where Vertex AI looks for models."""

import argparse
import json
import os
import time
import warnings
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--hidden-units", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--optimizer", choices=["adam", "sgd"], default="adam")
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def model_folder():
    # Vertex AI gives a gs:// URI and mounts every bucket below /gcs; other places give a folder.
    folder = Path(os.environ.get("AIP_MODEL_DIR", "model").replace("gs://", "/gcs/", 1))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def report(accuracy, epoch):
    # What the package cloudml-hypertune does, which need not be installed for it: one JSON object a line.
    if trial := os.environ.get("CLOUD_ML_TRIAL_ID"):
        path = Path(os.environ.get("CLOUD_ML_HP_METRIC_FILE", "/tmp/hypertune/output.metrics"))
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"timestamp": time.time(), "trial": trial, "accuracy": str(accuracy), "global_step": str(epoch)}
        with path.open("a") as metrics:
            metrics.write(json.dumps({**entry, "checkpoint_path": ""}) + "\n")


def main():
    options = parse_arguments()
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data, digits.target, test_size=0.2, random_state=options.seed, stratify=digits.target
    )
    print(f"{len(x_train)} images to train on, {len(x_test)} held out", flush=True)

    scaler = StandardScaler().fit(x_train)
    network = MLPClassifier(
        hidden_layer_sizes=(options.hidden_units,),
        learning_rate_init=options.learning_rate,
        solver=options.optimizer,
        momentum=options.momentum,
        random_state=options.seed,
    )
    for epoch in range(1, options.epochs + 1):
        network.partial_fit(scaler.transform(x_train), y_train, classes=range(10))
        if epoch % 5 == 0 or epoch == options.epochs:
            accuracy = accuracy_score(y_test, network.predict(scaler.transform(x_test)))
            print(f"epoch {epoch}/{options.epochs}  loss {network.loss_:.4f}  accuracy {accuracy:.4f}", flush=True)
            report(accuracy, epoch)

    folder = model_folder()
    joblib.dump(make_pipeline(scaler, network), folder / "model.joblib")
    (folder / "metrics.json").write_text(json.dumps({"accuracy": accuracy, "epochs": options.epochs}))
    print(f"accuracy {accuracy:.4f} on {len(x_test)} held-out images; model saved in {folder}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
