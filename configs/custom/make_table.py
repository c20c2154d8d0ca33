"""Writes a small table of made-up flowers: two measures, the species, and the set that each row belongs to.

    python configs/custom/make_table.py FILE.csv

Needs nothing but Python's own library.
"""

import csv
import random
import sys
from pathlib import Path

EACH = 100
SPECIES = {"daisy": (1.5, 0.3), "tulip": (4.3, 1.3), "lily": (5.6, 2.0)}
"""Length and width of a petal, in centimetres."""

SETS = ["training"] * 7 + ["validation"] * 1 + ["test"] * 2


def main(file):
    chance = random.Random(7)
    rows = []
    for species, (length, width) in SPECIES.items():
        for number in range(EACH):
            measures = (round(chance.gauss(length, 0.4), 2), round(chance.gauss(width, 0.2), 2))
            rows.append((*measures, species, SETS[number % len(SETS)]))
    chance.shuffle(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([("petal_length", "petal_width", "species", "ml_use"), *rows])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
