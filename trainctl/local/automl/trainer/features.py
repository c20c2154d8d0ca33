"""What is measured of images, each by its name: arrays of 32 by 32 by 3 to rows of numbers.

Of the frames of a clip the same, with what changes from one to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CELL = 8
_BINS = 9
_SHADES = 4


def pixels(images: Any) -> Any:
    """Brightness, on a grid of 16 by 16."""
    grey = images.mean(axis=3)
    return grey.reshape(len(grey), 16, 2, 16, 2).mean(axis=(2, 4)).reshape(len(grey), -1)


def gradients(images: Any) -> Any:
    """Histograms of the directions of edges in cells of 8 by 8 pixels, normalised over the image."""
    import numpy as np

    grey = images.mean(axis=3)
    down, across = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(down, across)
    bins = np.minimum((np.arctan2(down, across) % np.pi / np.pi * _BINS).astype(int), _BINS - 1)
    planes = np.stack([strength * (bins == number) for number in range(_BINS)], axis=-1)
    cells = grey.shape[1] // _CELL
    sums = planes.reshape(len(grey), cells, _CELL, cells, _CELL, _BINS).sum(axis=(2, 4)).reshape(len(grey), -1)
    return sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-6)


def colours(images: Any) -> Any:
    """How much of each of 64 colours there is, and the mean colour of each quarter."""
    import numpy as np

    levels = np.minimum((images * _SHADES).astype(int), _SHADES - 1)
    codes = (levels[..., 0] * _SHADES + levels[..., 1]) * _SHADES + levels[..., 2]
    flat = codes.reshape(len(codes), -1)
    histogram = np.stack([(flat == code).mean(axis=1) for code in range(_SHADES**3)], axis=1)
    quarters = images.reshape(len(images), 2, 16, 2, 16, 3).mean(axis=(2, 4)).reshape(len(images), -1)
    return np.concatenate([histogram, quarters], axis=1)


def everything(images: Any) -> Any:
    """All of them side by side."""
    import numpy as np

    return np.concatenate([pixels(images), gradients(images), colours(images)], axis=1)


FEATURES: dict[str, Callable[[Any], Any]] = {
    "pixels": pixels,
    "gradients": gradients,
    "colours": colours,
    "everything": everything,
}


_CLIP_AXES = 5


def extract(name: str, examples: Any) -> Any:
    """The named features of images (N by 32 by 32 by 3) or clips (N by frames by 32 by 32 by 3), a row for each."""
    import numpy as np

    if examples.ndim < _CLIP_AXES:
        return FEATURES[name](examples)
    count, frames = examples.shape[:2]
    rows = FEATURES[name](examples.reshape(count * frames, *examples.shape[2:])).reshape(count, frames, -1)
    half = frames // 2
    changes = np.abs(np.diff(rows, axis=1)).mean(axis=1)
    return np.concatenate([rows[:, :half].mean(axis=1), rows[:, half:].mean(axis=1), changes], axis=1)
