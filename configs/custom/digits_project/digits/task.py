"""Choose a support vector machine for handwritten digits by cross-validation, and save the best one."""

import argparse
import logging
import os
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from digits.search import search


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(levelname)s %(message)s")

    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(digits.data, digits.target, test_size=0.2, random_state=0)
    logging.info("searching with %d folds", options.folds)
    best = search(x_train, y_train, options.folds)
    logging.info("best parameters %s, cross-validated accuracy %.4f", best.best_params_, best.best_score_)
    logging.info("accuracy %.4f on %d held-out images", best.score(x_test, y_test), len(x_test))

    folder = Path(os.environ.get("AIP_MODEL_DIR", "model").replace("gs://", "/gcs/", 1))
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(best.best_estimator_, folder / "model.joblib")
    logging.info("model saved in %s", folder)


if __name__ == "__main__":
    main()
