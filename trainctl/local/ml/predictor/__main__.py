"""`python -m trainctl.local.ml.predictor --model=FOLDER --input=PATTERN... --output=FOLDER --format=JSON ...`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from trainctl.local.ml.predictor import files, models


def main(arguments: list[str]) -> int:
    """Predicts over all files; 1 with a line on stderr when there is no model to predict with or nothing to read."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", action="append", required=True)
    for name in ("--model", "--output", "--format", "--report"):
        parser.add_argument(name, required=True)
    parser.add_argument("--batch", type=int, required=True)
    given = parser.parse_args(arguments)
    try:
        paths = files.find(given.input)
        predict = models.load(Path(given.model))
    except (files.NothingFound, models.NoModel) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    source = files.read(paths, plain=given.format == "TEXT")
    counts = files.write(source, predict, folder=Path(given.output), batch=given.batch, report=Path(given.report))
    sys.stdout.write(f"{counts['predictions']} predictions, {counts['errors']} errors\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
