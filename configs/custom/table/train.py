"""Train trees on the table of a managed dataset, which comes in three sets, and save them as the pipeline's model."""

import csv
import json
import os
from pathlib import Path

import joblib
from sklearn.tree import DecisionTreeClassifier

FEATURES = ("petal_length", "petal_width")


def mounted(uri):
    # Vertex AI gives a gs:// URI and mounts every bucket below /gcs; other places give a path.
    return uri.replace("gs://", "/gcs/", 1)


def read(name):
    """Features and species of one set; its files are named by a pattern, and each begins with the header."""
    assert os.environ["AIP_DATA_FORMAT"] == "csv"
    rows = []
    pattern = Path(mounted(os.environ[f"AIP_{name}_DATA_URI"]))
    for file in sorted(pattern.parent.glob(pattern.name)):
        with file.open(newline="") as stream:
            rows += csv.DictReader(stream)
    return [[float(row[feature]) for feature in FEATURES] for row in rows], [row["species"] for row in rows]


def main():
    training, validation, test = (read(name) for name in ("TRAINING", "VALIDATION", "TEST"))
    print(f"{len(training[1])} flowers to train on, {len(validation[1])} to choose with, {len(test[1])} held out")
    trees = [DecisionTreeClassifier(max_depth=depth, random_state=0).fit(*training) for depth in (1, 2, 3, 4)]
    best = max(trees, key=lambda tree: tree.score(*validation))
    accuracy = best.score(*test)

    folder = Path(mounted(os.environ["AIP_MODEL_DIR"]))
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(best, folder / "model.joblib")
    (folder / "metrics.json").write_text(json.dumps({"accuracy": accuracy, "held_out": len(test[1])}))
    print(f"depth {best.get_depth()}  accuracy {accuracy:.4f} on {len(test[1])} held-out flowers")


if __name__ == "__main__":
    main()
