"""Labelled examples, and images as such."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 32
_IMAGE_AXES = 3


class Unusable(Exception):
    """Data that no model can be trained with; the message says why."""


def say(text: str) -> None:
    """Writes a line to the log at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Example:
    """One image, 32 by 32 pixels in RGB (an array of floats from 0 to 1), or several of a video, and the labels."""

    uri: str
    pixels: Any
    labels: tuple[str, ...]

    @property
    def is_clip(self) -> bool:
        """Whether it is a time segment of a video."""
        return len(self.pixels.shape) > _IMAGE_AXES


def name_units(examples: list[Example]) -> str:
    """What there are several of."""
    return "time segments" if examples and examples[0].is_clip else "images"


def read_example(item: dict[str, Any], buckets: Path) -> Example | None:
    """One item as an example; None without a label, or when its image cannot be read."""
    single = item.get("classificationAnnotation")
    annotations = item.get("classificationAnnotations") or ([single] if single else [])
    labels = tuple(sorted({annotation["displayName"] for annotation in annotations}))
    uri = item["imageGcsUri"]
    if not labels:
        return None
    try:
        return Example(uri, read_image(buckets / uri.removeprefix("gs://")), labels)
    except Exception as problem:  # noqa: BLE001  Pillow's readers of spoilt files raise SyntaxError and many others
        say(f"WARNING: {uri} is left out: {problem}")
        return None


def read_image(path: Path) -> Any:
    """An image file as an array of 32 by 32 by 3."""
    import numpy as np
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
        return np.asarray(upright.resize((SIDE, SIDE)), dtype="float32") / 255


def check(examples: list[Example], *, multi_label: bool) -> list[str]:
    """The labels of the training set in alphabetical order. Raises Unusable."""
    labels = sorted({label for example in examples for label in example.labels})
    if len(labels) < 2:
        found = f"{len(examples)} {name_units(examples)} of {len(labels)} label(s)"
        raise Unusable(f"the training set has {found}; two labels are the least")
    several = next((example for example in examples if len(example.labels) > 1), None)
    if several is not None and not multi_label:
        cure = "leave one for each time segment" if several.is_clip else "train with `multi_label: true`"
        raise Unusable(f"{several.uri} has several labels: {cure}")
    return labels
