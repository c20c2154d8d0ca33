"""Train a classifier of scikit-learn's digits, as AI Platform Training starts it: outputs go to --job-dir."""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--job-dir", default="job")
    parser.add_argument("--strength", type=float, default=1.0, help="of the regularisation, smaller is stronger")
    parser.add_argument("--solver", choices=["lbfgs", "saga"], default="lbfgs")
    parser.add_argument("--iterations", type=int, default=200)
    return parser.parse_args()


def report(accuracy, step):
    # What the package cloudml-hypertune does, which need not be installed for it: one JSON object a line.
    if trial := os.environ.get("CLOUD_ML_TRIAL_ID"):
        path = Path(os.environ.get("CLOUD_ML_HP_METRIC_FILE", "/tmp/hypertune/output.metrics"))
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"timestamp": time.time(), "trial": trial, "accuracy": str(accuracy), "global_step": str(step)}
        with path.open("a") as metrics:
            metrics.write(json.dumps({**entry, "checkpoint_path": ""}) + "\n")


def save(write, job_dir):
    # The engine gives a folder, AI Platform a gs:// URI, which nothing mounts there.
    if not job_dir.startswith("gs://"):
        write(Path(job_dir))
        return
    from google.cloud import storage

    bucket, _, prefix = job_dir.removeprefix("gs://").partition("/")
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch))
        for file in Path(scratch).rglob("*"):
            if file.is_file():
                name = f"{prefix.rstrip('/')}/{file.relative_to(scratch).as_posix()}"
                storage.Client().bucket(bucket).blob(name).upload_from_filename(str(file))


def main():
    options = parse_arguments()
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data, digits.target, test_size=0.2, random_state=0, stratify=digits.target
    )
    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=options.strength, solver=options.solver, max_iter=options.iterations)
    )
    model.fit(x_train, y_train)
    accuracy = accuracy_score(y_test, model.predict(x_test))
    report(accuracy, options.iterations)

    def write(folder):
        (folder / "model").mkdir(parents=True, exist_ok=True)
        (folder / "inputs").mkdir(exist_ok=True)
        joblib.dump(model, folder / "model" / "model.joblib")
        lines = [json.dumps(image.tolist()) + "\n" for image in x_test]
        (folder / "inputs" / "held-out.jsonl").write_text("".join(lines))

    save(write, options.job_dir)
    print(f"accuracy {accuracy:.4f} on {len(x_test)} held-out images; saved in {options.job_dir}", flush=True)


if __name__ == "__main__":
    main()
