"""Instances out of files, a line each, and predictions into files as AI Platform names and fills them."""

from __future__ import annotations

import glob
import json
import traceback
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

RESULTS, ERRORS = "prediction.results-00000-of-00001", "prediction.errors_stats-00000-of-00001"


class NothingFound(Exception):
    """No file is there to read."""


@dataclass(frozen=True)
class Line:
    """A line of a file: where it stands, and the instance, or why it is none."""

    place: str
    instance: Any = None
    problem: str = ""


def find(patterns: Sequence[str]) -> list[Path]:
    """The files that patterns stand for; a folder stands for the files in it. Raises NothingFound."""
    found: list[Path] = []
    for pattern in patterns:
        within = f"{pattern.rstrip('/')}/*" if Path(pattern).is_dir() else pattern
        names = glob.glob(within, recursive=True)  # noqa: PTH207  an absolute pattern
        files = sorted(path for path in map(Path, names) if path.is_file())
        if not files:
            raise NothingFound(f"There is no input file `{pattern}`")
        found += files
    return list(dict.fromkeys(found))


def read(paths: Sequence[Path], *, plain: bool) -> Iterator[Line]:
    """All lines that are not empty; `plain` takes one that is no JSON as text."""
    for path in paths:
        with path.open(encoding="utf-8", errors="replace") as stream:
            for number, text in enumerate(stream, 1):
                if text.strip():
                    yield _parse(text.rstrip("\r\n"), f"{path.name}:{number}", plain=plain)


def write(
    lines: Iterable[Line], predict: Callable[[list[Any]], list[Any]], *, folder: Path, batch: int, report: Path
) -> dict[str, int]:
    """Writes results in the order of the lines, and errors with their counts; how many there were of each."""
    folder.mkdir(parents=True, exist_ok=True)
    errors = Errors()
    written = 0
    source = iter(lines)
    with (folder / RESULTS).open("w", encoding="utf-8") as results:
        while chunk := list(islice(source, batch)):
            for line in chunk:
                if line.problem:
                    errors.add(line.problem, line.place)
            written += _predict([line for line in chunk if not line.problem], predict, results, errors)
    (folder / ERRORS).write_text(errors.describe(), encoding="utf-8")
    counts = {"predictions": written, "errors": errors.total}
    report.write_text(json.dumps(counts), encoding="utf-8")
    return counts


@dataclass
class Errors:
    """What went wrong, by its words: how often, and where first."""

    total: int = 0
    kinds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, problem: str, place: str) -> None:
        """Counts one instance that has no prediction."""
        self.total += 1
        kind = self.kinds.setdefault(problem, {"error": problem, "count": 0, "first": place})
        kind["count"] += 1

    def describe(self) -> str:
        """A line of JSON for each kind; nothing when all went well."""
        return "".join(f"{json.dumps(kind)}\n" for kind in self.kinds.values())


def _parse(text: str, place: str, *, plain: bool) -> Line:
    try:
        return Line(place, json.loads(text))
    except ValueError as problem:
        return Line(place, text) if plain else Line(place, problem=f"The line is not JSON: {problem}")


def _predict(chunk: Sequence[Line], predict: Callable[[list[Any]], list[Any]], results: IO[str], errors: Errors) -> int:
    """Writes the predictions of a batch; where it fails, one by one, so that one bad instance costs only itself."""
    if not chunk:
        return 0
    try:
        predictions = predict([line.instance for line in chunk])
        if len(predictions) != len(chunk):
            raise ValueError(f"The model gave {len(predictions)} predictions for {len(chunk)} instances")
        text = "".join(f"{json.dumps(prediction)}\n" for prediction in predictions)
    except Exception as problem:  # noqa: BLE001  whatever a user's model raises
        if len(chunk) > 1:
            return sum(_predict([line], predict, results, errors) for line in chunk)
        errors.add("".join(traceback.format_exception_only(problem)).strip(), chunk[0].place)
        return 0
    results.write(text)
    return len(chunk)
