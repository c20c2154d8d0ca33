"""Pictures as files, drawn by matplotlib: PNG, SVG, or HTML with the SVG in it; among them those of a study."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from trainctl.errors import UsageError
from trainctl.render.plots import Axis

if TYPE_CHECKING:
    from pathlib import Path

    from trainctl.trials import Study

SUFFIXES = (".png", ".svg", ".html")
_COLUMNS = 3
_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
    "<body>\n{picture}\n</body>\n</html>\n"
)


def check_picture(path: Path) -> None:
    """Raises UsageError for a file of another form, and when matplotlib is not there."""
    from importlib.util import find_spec

    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"`--plot-to {path}` has no known form", hint=f"end it in {', '.join(SUFFIXES)}")
    if find_spec("matplotlib") is None:
        raise UsageError("pictures need matplotlib", hint="run `pip install 'trainctl[plot]'`")


def draw(study: Study, path: Path, *, title: str) -> None:
    """Writes the picture of a study with at least one value; the form follows the file's suffix."""
    write_figure(_draw(study, title), path, title=title)


def write_figure(figure: Any, path: Path, *, title: str) -> None:
    """Writes one of matplotlib's figures in the form of the file's suffix. Raises UsageError when it cannot be written.

    `title` is that of an HTML page.
    """
    try:
        _write_figure(figure, path, title)
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}") from error


def _write_figure(figure: Any, path: Path, title: str) -> None:
    suffix = path.suffix.lower()
    if suffix == ".png":
        figure.savefig(path, dpi=130)
        return
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    if suffix == ".html":
        from html import escape

        svg = _PAGE.format(title=escape(title), picture=svg[svg.index("<svg") :])
    path.write_text(svg, encoding="utf-8")


def _draw(study: Study, title: str) -> Any:
    from matplotlib.figure import Figure

    names = [name for name in study.parameters if any(name in trial.parameters for trial in study.trials)]
    rows = 2 + -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(11, 2.8 * rows + 0.6), layout="constrained")
    figure.suptitle(title)
    grid = figure.add_gridspec(rows, _COLUMNS)
    _draw_history(figure.add_subplot(grid[0, :]), study)
    for at, name in enumerate(names):
        _draw_slice(figure.add_subplot(grid[1 + at // _COLUMNS, at % _COLUMNS]), study, name)
    _draw_parallel(figure.add_subplot(grid[rows - 1, :]), study, names)
    return figure


def _draw_history(axes: Any, study: Study) -> None:
    points = study.history()
    numbers = [int(trial.id) for trial, _, _ in points]
    axes.plot(numbers, [value for _, value, _ in points], "o", color="tab:blue", label="trial")
    axes.step(numbers, [best for _, _, best in points], where="post", color="tab:orange", label="best so far")
    axes.set(xlabel="trial", ylabel=study.goals[0].metric, title="History")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()


def _draw_slice(axes: Any, study: Study, name: str) -> None:
    from matplotlib.ticker import NullFormatter

    points = [(trial, value) for trial, value, _ in study.history() if name in trial.parameters]
    texts = Axis.over(study, name).texts
    places = [texts.index(str(t.parameters[name])) if texts else t.parameters[name] for t, _ in points]
    best = [trial.is_best for trial, _ in points]
    axes.scatter(places, [value for _, value in points], c=["tab:orange" if one else "tab:blue" for one in best])
    axes.set(xlabel=name, ylabel=study.goals[0].metric)
    if texts:
        axes.set_xticks(range(len(texts)), texts)
    elif name in study.log_scaled:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())  # their labels would run into each other


def _draw_parallel(axes: Any, study: Study, names: list[str]) -> None:
    """One line per trial over all parameters and the metric, the better the darker."""
    from matplotlib import colormaps

    scales = {name: Axis.over(study, name) for name in names}
    points = study.history()
    values = Axis([value for _, value, _ in points], log=False)
    goal = study.goals[0]
    for trial, value, _ in sorted(points, key=lambda point: -goal.key(point[1])):
        places = [
            (at, scales[name].place(trial.parameters[name]))
            for at, name in enumerate(names)
            if name in trial.parameters
        ]
        places.append((len(names), values.place(value)))
        shade = values.place(value) if goal.is_maximized else 1 - values.place(value)
        axes.plot(
            *zip(*places, strict=True), color=colormaps["viridis_r"](shade), linewidth=2.5 if trial.is_best else 1
        )
    ends = [scales[name].ends for name in names] + [values.ends]
    labels = [f"{name}\n{low} to {high}" for name, (low, high) in zip([*names, goal.metric], ends, strict=True)]
    axes.set_xticks(range(len(names) + 1), labels)
    axes.set(yticks=[], title="Parallel coordinates")
