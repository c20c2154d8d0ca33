"""Frames of labelled time segments of videos."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from trainctl.local.automl.trainer.data import SIDE, Example, say

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 8
"""Of each segment, evenly spaced."""

Span = tuple[float, float]


def read_segments(item: dict[str, Any], buckets: Path) -> list[Example]:
    """One example for each labelled time segment of a video; none when it cannot be read, which is told."""
    uri = item["videoGcsUri"]
    labels: dict[Span, set[str]] = defaultdict(set)
    for annotation in item.get("timeSegmentAnnotations", ()):
        labels[_read_span(annotation)].add(annotation["displayName"])
    try:
        clips = read_clips(buckets / uri.removeprefix("gs://"), list(labels))
    except Exception as problem:  # noqa: BLE001  PyAV has errors of its own, and decoders of spoilt files any
        say(f"WARNING: {uri} is left out: {problem}")
        return []
    return [
        Example(f"{uri} from {span[0]:g} s", clip, tuple(sorted(labels[span])))
        for span, clip in zip(labels, clips, strict=True)
    ]


def _read_span(annotation: dict[str, Any]) -> Span:
    start, end = annotation.get("startTime", "0s"), annotation.get("endTime", "Infinity")
    return float(start.removesuffix("s")), float(end.removesuffix("s"))


def read_clips(path: Path, spans: list[Span]) -> list[Any]:
    """The sampled frames of each span of seconds: arrays of 8 by 32 by 32 by 3 from 0 to 1. Raises ValueError."""
    import av

    with av.open(str(path)) as container:
        if not container.streams.video:
            raise ValueError("there is no video in the file")
        stream = container.streams.video[0]
        return [_sample(container, stream, span) for span in spans]


def _sample(container: Any, stream: Any, span: Span) -> Any:
    import numpy as np

    start, end = span[0], min(span[1], _length_of(container, stream))
    if start >= end:
        raise ValueError(f"the video ends before {start:g} s")
    step = (end - start) / FRAMES
    return np.stack([_read_frame(container, stream, start + (number + 0.5) * step) for number in range(FRAMES)])


def _length_of(container: Any, stream: Any) -> float:
    import av

    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return float(container.duration / av.time_base) if container.duration else float("inf")


def _read_frame(container: Any, stream: Any, time: float) -> Any:
    """The frame that is seen at a time; the last one behind the end."""
    container.seek(int(time / stream.time_base), stream=stream)
    found = None
    for frame in container.decode(stream):
        if found is not None and frame.time is not None and frame.time > time:
            break
        found = frame
    if found is None:
        raise ValueError(f"no frame can be read at {time:g} s")
    picture = found.to_ndarray(format="rgb24", width=SIDE, height=SIDE, interpolation="AREA")
    return picture.astype("float32") / 255
