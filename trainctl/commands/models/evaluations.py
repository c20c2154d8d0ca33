"""`models evaluations`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl import wire
from trainctl.catalog import VISION_MODELS
from trainctl.commands import Session
from trainctl.commands.models.get import Model
from trainctl.commands.resources import find
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, NotFound, UsageError
from trainctl.lookup.references import MODEL
from trainctl.shapes.evaluations import evaluation_shapes

if TYPE_CHECKING:
    from trainctl.assets import Model as KnownModel


def evaluations(
    session: Session,
    model: Model,
    *,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw precision over recall instead", show_default=False)
    ] = False,
    plot_to: Annotated[
        Path | None, typer.Option("--plot-to", help="Draw it into a .png, .svg or .html file", metavar="FILE")
    ] = None,
) -> ExitCode:
    """Show how good a model is on data held out.

    For people: the metrics of each label, and which labels are taken for which others. With -o json, the evaluations
    with their slices as the service has them. Drawn is the latest evaluation.
    """
    if plot_to is not None:
        from trainctl.render.pictures import check_picture

        check_picture(plot_to)
    found = find(session, MODEL, model)
    place = found.versioned_name
    drawn = plot or plot_to is not None
    listed = list_evaluations(session, found, shaped=drawn or session.output.is_human)
    if drawn and listed:
        draw(session, listed[0], plot_to)
        return ExitCode.OK
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


def list_evaluations(session: Session, model: KnownModel, *, shaped: bool) -> list[dict[str, Any]]:
    """A model's evaluations with their slices; unless `shaped`, those of AutoML Vision as that service has them."""
    client = session.client
    if model.collection is VISION_MODELS:
        found = list(client.list_below(model.name, "modelEvaluations", "modelEvaluation"))
        return evaluation_shapes(found) if shaped else found
    listed = client.list_below(model.versioned_name, "evaluations", "modelEvaluations")
    return [with_slices(session, each) for each in listed]


def with_slices(session: Session, evaluation: dict[str, Any]) -> dict[str, Any]:
    """An evaluation with its slices, which the service keeps below it."""
    name = wire.text(evaluation.get("name"))
    return {**evaluation, "slices": list(session.client.list_below(name, "slices", "modelEvaluationSlices"))}


def draw(session: Session, evaluation: dict[str, Any], file: Path | None) -> None:
    """Precision over recall: in the terminal, or as a picture in a file. Raises UsageError for what has no curve."""
    from trainctl.render.evaluation import curves_of, plot_text

    if file is None:
        session.console.write(plot_text(evaluation, width=session.console.width))
        return
    if not curves_of(evaluation):
        hint = "without `--plot-to`, the other metrics are shown"
        raise UsageError("this evaluation has no curve of precision and recall", hint=hint)
    from trainctl.render.evaluation_picture import draw_curves

    draw_curves(evaluation, file)
    session.console.say(f"wrote {file}")


NODE = Leaf(
    "evaluations",
    evaluations,
    (
        "trainctl models evaluations shapes --local",
        "trainctl models evaluations shapes --plot",
        "trainctl models evaluations 2233445566778899001@2 --plot-to curve.svg",
        "trainctl models evaluations shapes --query '[0].metrics.auPrc'",
    ),
)
