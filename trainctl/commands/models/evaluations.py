"""`models evaluations`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trainctl import wire
from trainctl.catalog import MODELS
from trainctl.commands import Session
from trainctl.commands.models.get import Model
from trainctl.commands.resources import find
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, NotFound, UsageError


def evaluations(
    session: Session,
    model: Model,
    *,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Draw precision over recall into a file: .png, .svg or .html", metavar="FILE"),
    ] = None,
) -> ExitCode:
    """Show how good a model is on data held out.

    For people: the metrics of each label, which labels are taken for which others, and precision over recall. With -o
    json, the evaluations with their slices as the service has them.
    """
    found = find(session, MODELS, model)
    name, version = wire.text(found.get("name")), wire.text(found.get("versionId"))
    place = f"{name}@{version}" if version and "@" not in name else name
    listed = [
        with_slices(session, each) for each in session.client.list_below(place, "evaluations", "modelEvaluations")
    ]
    if plot is not None and listed:
        draw(session, listed[0], plot)
    if not session.output.is_human:
        from trainctl.render.machine import write_records

        write_records(listed, session.console, session.output)
        return ExitCode.OK
    if not listed:
        raise NotFound(f"model `{place}` has no evaluation", http_status=404, status="NOT_FOUND")
    from trainctl.render.evaluation import evaluation_text

    text = "\n".join(evaluation_text(each, colour=session.console.out_colour) for each in listed)
    session.console.write(text)
    return ExitCode.OK


def with_slices(session: Session, evaluation: dict[str, Any]) -> dict[str, Any]:
    """An evaluation with its slices, which the service keeps below it."""
    name = wire.text(evaluation.get("name"))
    return {**evaluation, "slices": list(session.client.list_below(name, "slices", "modelEvaluationSlices"))}


def draw(session: Session, evaluation: dict[str, Any], file: Path) -> None:
    """Precision over recall as a picture. Raises UsageError without matplotlib, and for other kinds of files."""
    from importlib.util import find_spec

    from trainctl.render.picture import SUFFIXES, draw_curves

    if file.suffix.lower() not in SUFFIXES:
        raise UsageError(f"`{file}` is no kind of picture that can be drawn", hint=f"end it with {', '.join(SUFFIXES)}")
    if find_spec("matplotlib") is None:
        raise UsageError(
            "pictures are drawn with matplotlib, which is missing", hint="run `pip install 'trainctl[plot]'`"
        )
    try:
        draw_curves(evaluation, file)
    except OSError as error:
        raise UsageError(f"`{file}` cannot be written: {error.strerror}") from error
    session.console.say(f"precision over recall: {file}")


NODE = Leaf(
    "evaluations",
    evaluations,
    (
        "trainctl models evaluations shapes --local",
        "trainctl models evaluations 2233445566778899001@2 --plot curve.svg",
        "trainctl models evaluations shapes --query '[0].metrics.auPrc'",
    ),
)
