"""Makes a small data set of moving squares: MP4 files, and the import files that say how each moves.

    pip install 'trainctl[automl]'
    python configs/automl/make_clips.py FOLDER

`clips.csv` and `clips.jsonl` say the same. Each clip has two time segments; the square moves otherwise in the second.
"""

import csv
import json
import random
import sys
from pathlib import Path

import av
import numpy as np

SIDE = 64
RATE = 10
SECONDS = 2
EACH = 12
MOVES = {"falling": (0, 1), "rising": (0, -1), "passing": (1, 0)}


def draw(move, chance):
    """The frames of one segment: a bright square that goes its way over a noisy ground."""
    across, down = move
    side, count = chance.randint(10, 16), RATE * SECONDS
    other = chance.randint(0, SIDE - side)
    for number in range(count):
        place = (SIDE - side) * number // (count - 1)
        if across + down < 0:
            place = SIDE - side - place
        left, top = (place, other) if across else (other, place)
        frame = np.random.default_rng(chance.randint(0, 2**32)).integers(20, 60, (SIDE, SIDE, 3), dtype=np.uint8)
        frame[top : top + side, left : left + side] = 220
        yield frame


def write_video(path, moves, chance):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        for move in moves:
            for frame in draw(MOVES[move], chance):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def main(folder):
    chance = random.Random(7)
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    rows, lines = [], []
    for number in range(EACH * len(MOVES) // 2):
        moves = chance.sample(sorted(MOVES), 2)
        name = f"clips/{number:02}.mp4"
        write_video(folder / name, moves, chance)
        spans = [(move, at * SECONDS, (at + 1) * SECONDS) for at, move in enumerate(moves)]
        rows += [(name, *span) for span in spans]
        segments = [{"displayName": move, "startTime": f"{start}s", "endTime": f"{end}s"} for move, start, end in spans]
        lines.append({"videoGcsUri": name, "timeSegmentAnnotations": segments})
    with (folder / "clips.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with (folder / "clips.jsonl").open("w") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)
    print(f"{len(lines)} videos with {len(rows)} time segments in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
