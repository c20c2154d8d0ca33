"""Labelled images out of the JSON Lines that Vertex AI hands to training code."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETS = ("training", "validation", "test")
SIDE = 32


class Unusable(Exception):
    """Data that no model can be trained with; the message says why."""


def say(text: str) -> None:
    """Writes a line to the log at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Example:
    """One image, 32 by 32 pixels in RGB (an array of floats from 0 to 1), and its labels."""

    uri: str
    pixels: Any
    labels: tuple[str, ...]


def read_sets(buckets: Path) -> dict[str, list[Example]]:
    """The examples of each set, from the files that the environment names; `buckets` holds `gs://` objects.

    Images that cannot be read are told and left out.
    """
    found: dict[str, list[Example]] = {}
    for name in SETS:
        pattern = os.environ.get(f"AIP_{name.upper()}_DATA_URI", "")
        lines = [line for path in _match(pattern) for line in path.read_text("utf-8").splitlines()]
        examples = (read_example(json.loads(line), buckets) for line in lines)
        found[name] = [example for example in examples if example is not None]
    return found


def _match(pattern: str) -> list[Path]:
    path = Path(pattern)
    return sorted(path.parent.glob(path.name)) if pattern else []


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
    except (OSError, ValueError) as problem:
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
        raise Unusable(
            f"the training set has {len(examples)} images of {len(labels)} label(s); two labels are the least"
        )
    several = next((example for example in examples if len(example.labels) > 1), None)
    if several is not None and not multi_label:
        raise Unusable(f"{several.uri} has several labels: train with `multi_label: true`")
    return labels
