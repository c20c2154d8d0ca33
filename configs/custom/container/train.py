"""Train a logistic regression on points in the plane, with nothing but Python itself: any image of it will do."""

import argparse
import json
import math
import os
import random
from pathlib import Path


def make_points(count, seed):
    """Points around two centres: `(x, y, 0 or 1)`."""
    source = random.Random(seed)
    centres = ((-1.0, -0.5), (1.0, 0.5))
    return [
        (source.gauss(centres[kind][0], 0.6), source.gauss(centres[kind][1], 0.6), kind)
        for kind in (source.randrange(2) for _ in range(count))
    ]


def predict(weights, x, y):
    return 1 / (1 + math.exp(-(weights[0] * x + weights[1] * y + weights[2])))


def train(points, epochs, rate):
    weights = [0.0, 0.0, 0.0]
    for epoch in range(1, epochs + 1):
        for x, y, kind in points:
            error = kind - predict(weights, x, y)
            weights = [weight + rate * error * value for weight, value in zip(weights, (x, y, 1.0), strict=True)]
        print(f"epoch {epoch}/{epochs}  weights {' '.join(f'{weight:.3f}' for weight in weights)}", flush=True)
    return weights


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    options = parser.parse_args()
    weights = train(make_points(2000, seed=1), options.epochs, options.learning_rate)
    held_out = make_points(1000, seed=2)
    accuracy = sum((predict(weights, x, y) > 0.5) == bool(kind) for x, y, kind in held_out) / len(held_out)

    # Vertex AI gives a gs:// URI and mounts every bucket below /gcs; other places give a folder.
    folder = Path(os.environ.get("AIP_MODEL_DIR", "model").replace("gs://", "/gcs/", 1))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps({"weights": weights, "accuracy": accuracy}))
    print(f"accuracy {accuracy:.4f} on {len(held_out)} held-out points", flush=True)


if __name__ == "__main__":
    main()
