"""Models and datasets as people read them: the columns of their lists, and all that is known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.render.columns import Column
from trainctl.render.words import figure, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.assets import Asset, Dataset, Model

EXPORT_GUIDE = "https://cloud.google.com/vision/automl/docs/export-edge"
"""How a package of AutoML Vision Edge comes into a bucket; trainctl does not speak that API."""

MODEL_COLUMNS: tuple[Column[Model], ...] = (
    Column("id", lambda model: model.id or "-", width=22),
    Column("display_name", lambda model: model.display_name or "-", width=12, elastic=True),
    Column("version", lambda model: model.version or "-", width=7, sparse=True),
    Column("aliases", lambda model: ", ".join(model.aliases) or "-", width=9, sparse=True, elastic=True),
    Column("type", lambda model: model.type or "-", width=6, spare=True),
    Column("created", lambda model: stamp(model.create_time), width=20),
    Column("location", lambda model: model.location or "-", width=11, wide=True),
    Column("deployment", lambda model: model.deployment or "-", wide=True, sparse=True),
    Column("node_qps", lambda model: figure(model.node_qps), full=True),
    Column("name", lambda model: model.name or "-", full=True),
)
DATASET_COLUMNS: tuple[Column[Dataset], ...] = (
    Column("id", lambda dataset: dataset.id or "-", width=22),
    Column("display_name", lambda dataset: dataset.display_name or "-", width=12, elastic=True),
    Column("kind", lambda dataset: dataset.kind or "-", width=7),
    Column("items", lambda dataset: figure(dataset.items or None), width=7),
    Column("created", lambda dataset: stamp(dataset.create_time), width=20),
    Column("location", lambda dataset: dataset.location or "-", width=11, wide=True),
    Column("name", lambda dataset: dataset.name or "-", full=True),
)


def model_pairs(model: Model, page: str) -> Iterator[tuple[str, str]]:
    """What is known of a model, key and value; `page` is its page in Google's console."""
    yield "name", model.name
    yield "display name", model.display_name
    yield "version", model.version
    yield "aliases", ", ".join(model.aliases)
    yield "description", model.description
    yield "type", " for ".join(word for word in (model.type, model.task) if word)
    yield "deployment", model.deployment
    yield "speed", f"{figure(model.node_qps)} predictions a second and node" if model.node_qps else ""
    yield "trained", _training(model)
    yield "dataset", model.dataset
    yield "resumed from", model.base_model
    yield "files", model.files
    yield "package", f"TensorFlow Lite; to export it: {EXPORT_GUIDE}" if model.is_edge else ""
    yield "made by", model.made_by
    yield from _times_and_labels(model)
    yield "console", page


def _training(model: Model) -> str:
    """`6.5 of 8 node hours, MODEL_CONVERGED`."""
    hours = [figure(each) for each in (model.cost, model.budget) if each is not None]
    return ", ".join(part for part in (f"{' of '.join(hours)} node hours" if hours else "", model.stop_reason) if part)


def dataset_pairs(dataset: Dataset, page: str) -> Iterator[tuple[str, str]]:
    """What is known of a dataset, key and value; `page` is its page in Google's console."""
    yield "name", dataset.name
    yield "display name", dataset.display_name
    yield "kind", dataset.kind
    yield "for", dataset.purpose
    yield "items", figure(dataset.items) if dataset.items else "none"
    yield from _times_and_labels(dataset)
    yield "console", page


def _times_and_labels(asset: Asset) -> Iterator[tuple[str, str]]:
    yield "created", "" if asset.create_time is None else stamp(asset.create_time)
    for at, (key, value) in enumerate(sorted(asset.labels.items())):
        yield "" if at else "labels", f"{key}={value}"
