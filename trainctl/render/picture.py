"""Precision over recall as a picture, drawn with matplotlib (extra `plot`)."""

from __future__ import annotations

import base64
import html
from io import BytesIO
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.render.evaluation import curve_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIXES = (".png", ".svg", ".html")
_MOST_CURVES = 12


def draw_curves(evaluation: Mapping[str, Any], file: Path) -> None:
    """One curve for all labels and, where there are not too many, one for each. The suffix decides the form."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    curves = [("all labels", curve_of(evaluation.get("metrics")))]
    slices = wire.items(evaluation.get("slices"))
    if len(slices) <= _MOST_CURVES:
        named = [(wire.text(wire.dig(part, "slice", "value")), curve_of(wire.dig(part, "metrics"))) for part in slices]
        curves += sorted(named, key=lambda curve: curve[0])
    for number, (name, points) in enumerate(curves):
        recall = [wire.number(point.get("recall")) or 0.0 for point in points]
        precision = [wire.number(point.get("precision")) or 0.0 for point in points]
        axes.plot(recall, precision, marker=".", label=name.replace("$", r"\$"), linewidth=1 if number else 2.5)
    axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(loc="lower left")
    if file.suffix.lower() == ".html":
        file.write_text(_page(figure, evaluation), encoding="utf-8")
    else:
        figure.savefig(file, format=file.suffix.lower().removeprefix("."))


def _page(figure: Any, evaluation: Mapping[str, Any]) -> str:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=150)
    picture = base64.b64encode(stream.getvalue()).decode()
    name = html.escape(wire.text(evaluation.get("name")))
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    body = f'<h1>{name}</h1><img alt="precision over recall" width="700" src="data:image/png;base64,{picture}">'
    return f"{head}<title>{name}</title></head><body>{body}</body></html>\n"
