"""Metrics that training code writes as TensorFlow summaries: AI Platform reads them where a job writes its outputs.

Only what a scalar needs is read of the files. Sources: TFRecord's framing in
https://www.tensorflow.org/tutorials/load_data/tfrecord, and event.proto, summary.proto and tensor.proto of TensorFlow.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH, _FRAME = 12, 16
"""Bytes before a record's content, of which the first eight tell its length, and bytes around it."""
_VALUE, _TAG, _SIMPLE, _TENSOR = 1, 1, 2, 8
_CONTENT, _FLOATS, _DOUBLES = 4, 5, 6
_FORMS = {4: "<f", 8: "<d"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value of the metric: its step, and when it was written, in seconds since the epoch."""

    step: int
    time: float
    value: float


@dataclass(slots=True)
class SummaryFolder:
    """The event files anywhere below a folder; `tag` is the metric's. What was read is not read again.

    What was written before `since`, in seconds since the epoch, is another run's.
    """

    folder: Path
    tag: str
    since: float = 0.0
    _offsets: dict[Path, int] = field(default_factory=dict)

    def read(self) -> Iterator[Scalar]:
        """What is new, file by file. A record that is only half written comes again."""
        for path in self._list_files():
            try:
                with path.open("rb") as stream:
                    stream.seek(self._offsets.get(path, 0))
                    data = stream.read()
            except OSError:
                continue
            for record in self._split(path, data):
                yield from (each for each in _read_event(record, self.tag) if each.time >= self.since)

    def _list_files(self) -> list[Path]:
        """Not by Path.rglob, which fails where code deletes a folder meanwhile, as saving a checkpoint does."""
        return sorted(Path(top, name) for top, _, names in os.walk(self.folder) for name in names if "tfevents" in name)

    def _split(self, path: Path, data: bytes) -> Iterator[bytes]:
        place = 0
        while place + _FRAME <= len(data):
            end = place + _FRAME + int.from_bytes(data[place : place + 8], "little")
            if end > len(data):
                break
            yield data[place + _LENGTH : end - 4]
            place = end
        self._offsets[path] = self._offsets.get(path, 0) + place


def _read_event(record: bytes, tag: str) -> Iterator[Scalar]:
    """The scalars of a tag in an Event; none of what is no Event."""
    step, time, summaries = 0, 0.0, []
    try:
        for number, value in _read_fields(record):
            match number, value:
                case 1, bytes() if len(value) == 8:
                    time = struct.unpack("<d", value)[0]
                case 2, int():
                    step = value
                case 5, bytes():
                    summaries.append(value)
                case _:
                    pass
        found = [each for summary in summaries for each in _read_summary(summary, tag)]
    except (IndexError, struct.error, ValueError):
        return
    yield from (Scalar(step, time, value) for value in found)


def _read_summary(summary: bytes, tag: str) -> Iterator[float]:
    for number, message in _read_fields(summary):
        if number == _VALUE and isinstance(message, bytes):
            fields = dict(_read_fields(message))
            if fields.get(_TAG) == tag.encode():
                yield from _read_value(fields)


def _read_value(fields: dict[int, int | bytes]) -> Iterator[float]:
    """TensorFlow 1 writes a float, 2 a tensor of one."""
    content = fields.get(_SIMPLE)
    if isinstance(tensor := fields.get(_TENSOR), bytes):
        parts = dict(_read_fields(tensor))
        content = next((parts[name] for name in (_CONTENT, _FLOATS, _DOUBLES) if name in parts), None)
    if isinstance(content, bytes) and len(content) in _FORMS:
        yield struct.unpack(_FORMS[len(content)], content)[0]


def _read_fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: numbers of varints, bytes of everything else."""
    place = 0
    while place < len(message):
        key, place = _read_varint(message, place)
        match key & 7:
            case 0:
                value, place = _read_varint(message, place)
                yield key >> 3, value
                continue
            case 1:
                size = 8
            case 2:
                size, place = _read_varint(message, place)
            case 5:
                size = 4
            case wire:
                raise ValueError(wire)
        yield key >> 3, message[place : place + size]
        place += size


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
