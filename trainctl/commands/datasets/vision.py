"""Datasets of AutoML Vision: made and filled by the same commands as others, in that service's words.

Its import files are CSV, and every line names a set:
https://cloud.google.com/vision/automl/docs/prepare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.datafiles.formats import USES
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.assets import Dataset
    from trainctl.commands.datasets.files import Checked
    from trainctl.datafiles.formats import Format

METADATA: dict[str, dict[str, Any]] = {
    "single-label": {"imageClassificationDatasetMetadata": {"classificationType": "MULTICLASS"}},
    "multi-label": {"imageClassificationDatasetMetadata": {"classificationType": "MULTILABEL"}},
    "object-detection": {"imageObjectDetectionDatasetMetadata": {}},
}
"""What a dataset is for, by the objective."""
SETS = {"training": "TRAIN", "validation": "VALIDATION", "test": "TEST", "unassigned": "UNASSIGNED"}


def describe(form: Format) -> dict[str, Any]:
    """The field of a dataset of images that says what it is for."""
    return METADATA[form.objective]


def objective_of(dataset: Dataset) -> str:
    """The objective of a dataset that is there; empty for one of something else than images."""
    kind = wire.text(wire.dig(dataset.raw, "imageClassificationDatasetMetadata", "classificationType"))
    if kind:
        return "multi-label" if kind == "MULTILABEL" else "single-label"
    return "object-detection" if "imageObjectDetectionDatasetMetadata" in dataset.raw else ""


def refuse_json(checked: Checked) -> None:
    """Raises UsageError for an import file that AutoML Vision cannot read."""
    names = [*map(str, checked.local), *checked.remote]
    if wrong := next((name for name in names if not name.lower().endswith(".csv")), None):
        raise UsageError(f"`{wrong}` is no CSV file, and AutoML Vision imports no others")


def import_request(uris: Sequence[str]) -> dict[str, Any]:
    """The body of `datasets.importData`."""
    return {"inputConfig": {"gcsSource": {"inputUris": list(uris)}}}


def set_cells(cells: Sequence[str]) -> list[str]:
    """The first column of a row, which is the set: none counts as unassigned."""
    return [SETS[USES[cells[0].strip().lower()]] if cells else SETS["unassigned"]]
