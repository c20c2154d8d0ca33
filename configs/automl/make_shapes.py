"""Draws a small data set of shapes: PNG files, and the import files that say what is on them.

    python configs/automl/make_shapes.py FOLDER

`shapes.csv` has one label an image, its shape; `shapes-and-colours.csv` has two, its shape and its colour. Needs
nothing but Python's own library.
"""

import csv
import random
import struct
import sys
import zlib
from pathlib import Path

SIDE = 48
EACH = 30
COLOURS = {"red": (200, 60, 60), "green": (60, 170, 80), "blue": (70, 90, 200)}
SHAPES = {
    "circle": lambda x, y: x * x + y * y <= 1,
    "square": lambda x, y: max(abs(x), abs(y)) <= 0.85,
    "cross": lambda x, y: min(abs(x), abs(y)) <= 0.3 and max(abs(x), abs(y)) <= 1,
}


def draw(shape, colour, chance):
    """One image as rows of RGB bytes: a shape somewhere on a noisy background."""
    radius = chance.uniform(0.25, 0.4) * SIDE
    left, top = (chance.uniform(radius, SIDE - radius) for _ in range(2))
    rows = []
    for y in range(SIDE):
        row = bytearray()
        for x in range(SIDE):
            inside = SHAPES[shape]((x - left) / radius, (y - top) / radius)
            base = COLOURS[colour] if inside else (215, 215, 205)
            row += bytes(min(255, max(0, part + chance.randint(-25, 25))) for part in base)
        rows.append(bytes(row))
    return rows


def encode_png(rows):
    """PNG, https://www.w3.org/TR/png-3: a header, the rows compressed, an end."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", SIDE, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def main(folder):
    chance = random.Random(7)
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    lines = []
    for shape in SHAPES:
        for number in range(EACH):
            colour = chance.choice(sorted(COLOURS))
            name = f"images/{shape}-{number:02}.png"
            (folder / name).write_bytes(encode_png(draw(shape, colour, chance)))
            lines.append((name, shape, colour))
    with (folder / "shapes.csv").open("w", newline="") as file:
        csv.writer(file).writerows((name, shape) for name, shape, _ in lines)
    with (folder / "shapes-and-colours.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    print(f"{len(lines)} images in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
