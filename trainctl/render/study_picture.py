"""A study as a picture: how its best value grew, a slice for each parameter, the trials side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.render.pictures import plain, write_figure
from trainctl.render.plots import Axis

if TYPE_CHECKING:
    from pathlib import Path

    from trainctl.trials import Study

_COLUMNS = 3
_TRIAL, _BEST = "tab:blue", "tab:orange"


def draw_study(study: Study, path: Path, *, title: str) -> None:
    """Writes the picture of a study with at least one value; the form follows the file's suffix."""
    write_figure(_draw(study, title), path, title=title)


def _draw(study: Study, title: str) -> Any:
    from matplotlib.figure import Figure

    names = [name for name in study.parameters if any(name in trial.parameters for trial in study.trials)]
    rows = 2 + -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(11, 2.8 * rows + 0.6), layout="constrained")
    figure.suptitle(plain(title), fontsize="x-large")
    grid = figure.add_gridspec(rows, _COLUMNS)
    history = _axes(figure, grid[0, :])
    _draw_history(history, study)
    for at, name in enumerate(names):
        _draw_slice(_axes(figure, grid[1 + at // _COLUMNS, at % _COLUMNS], sharey=history), study, name)
    _draw_parallel(_axes(figure, grid[rows - 1, :]), study, names)
    return figure


def _axes(figure: Any, place: Any, **options: Any) -> Any:
    axes = figure.add_subplot(place, **options)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _draw_history(axes: Any, study: Study) -> None:
    points = study.history()
    numbers = [int(trial.id) for trial, _, _ in points]
    axes.step(numbers, [best for _, _, best in points], where="post", color=_BEST, label="best so far")
    axes.plot(numbers, [value for _, value, _ in points], "o", color=_TRIAL, alpha=0.7, label="trial")
    axes.set(xlabel="trial", ylabel=plain(study.goals[0].metric), title="History")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlim(min(numbers) - 0.5, max(numbers) + 0.5)
    axes.legend(loc="best", frameon=False)


def _draw_slice(axes: Any, study: Study, name: str) -> None:
    from matplotlib.ticker import NullFormatter

    points = [(trial, value) for trial, value, _ in study.history() if name in trial.parameters]
    texts = Axis.over(study, name).texts
    places = [texts.index(str(t.parameters[name])) if texts else t.parameters[name] for t, _ in points]
    axes.scatter(places, [value for _, value in points], color=_TRIAL, alpha=0.7)
    best = [(place, value) for place, (trial, value) in zip(places, points, strict=True) if trial.is_best]
    if best:
        axes.scatter(*zip(*best, strict=True), color=_BEST, s=70, zorder=3)
    axes.set(xlabel=plain(name), ylabel=plain(study.goals[0].metric))
    axes.margins(x=0.1)
    if texts:
        axes.set_xticks(range(len(texts)), [plain(text) for text in texts])
    elif name in study.log_scaled:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())  # their labels would run into each other


def _draw_parallel(axes: Any, study: Study, names: list[str]) -> None:
    """One line per trial over all parameters and the metric, the better the darker; dots where it has a value."""
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
        width = 3 if trial.is_best else 1
        axes.plot(*zip(*places, strict=True), ".-", color=colormaps["viridis_r"](shade), linewidth=width)
    axes.vlines(range(len(names) + 1), 0, 1, color="lightgrey", zorder=0)
    for at, (low, high) in enumerate([*(scales[name].ends for name in names), values.ends]):
        axes.text(at, -0.04, plain(low), ha="center", va="top", color="dimgrey")
        axes.text(at, 1.04, plain(high), ha="center", va="bottom", color="dimgrey")
    axes.set_xticks(range(len(names) + 1), [plain(name) for name in (*names, goal.metric)])
    axes.set(yticks=[], ylim=(-0.16, 1.16))
    axes.set_title("Parallel coordinates, from the least to the greatest value of each")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
