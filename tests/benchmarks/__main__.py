"""`python -m tests.benchmarks`: measure, and write a table or JSON."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.cases import list_cases
from tests.benchmarks.measure import measure
from tests.benchmarks.place import Place
from tests.benchmarks.report import describe, write_json, write_table


def main() -> int:
    """Run the cases and report; exit code 1 when a target is missed."""
    options = parse()
    with tempfile.TemporaryDirectory(prefix="trainctl-bench-") as scratch, Place.open(Path(scratch)) as place:
        cases = [case for case in list_cases(place, options.specs) if options.only in case.name or case.is_floor]
        series = measure(cases, place, options.runs, say=lambda text: print(text, file=sys.stderr))
    rows = describe(series)
    if options.json:
        write_json(rows)
    else:
        write_table(rows)
    return 0 if all(row.met is not False for row in rows) else 1


def parse() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each case; the median counts [default: 15]")
    parser.add_argument("--specs", type=int, default=1000, help="specs of the large validation [default: 1000]")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the floors and cases with this in their names")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
