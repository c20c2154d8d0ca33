"""An evaluation as a picture: precision over recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl import wire
from trainctl.render.evaluation import curves_of
from trainctl.render.pictures import plain, write_figure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def draw_curves(evaluation: Mapping[str, object], file: Path) -> None:
    """One curve for all labels and, where there are not too many, one for each. The suffix decides the form."""
    from matplotlib.figure import Figure

    title = wire.text(evaluation.get("name"))
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    for number, (name, points) in enumerate(curves_of(evaluation)):
        recall = [point.recall or 0.0 for point in points]
        precision = [point.precision or 0.0 for point in points]
        axes.plot(recall, precision, marker=".", label=plain(name), linewidth=1 if number else 2.5)
    axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(loc="lower left")
    write_figure(figure, file, title=title)
