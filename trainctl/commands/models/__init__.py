"""`models`: what training jobs leave behind."""

from __future__ import annotations

from trainctl.commands.tree import Branch, Lazy

_HERE = "trainctl.commands.models"

NODE = Branch(
    "models",
    "Trained models and how good they are",
    (
        Lazy("list", "List models, in one location or several", f"{_HERE}.list"),
        Lazy("get", "Show models", f"{_HERE}.get"),
        Lazy("versions", "List the versions of a model, the newest first", f"{_HERE}.versions"),
        Lazy("evaluations", "Show how good a model is on data held out", f"{_HERE}.evaluations"),
        Lazy("delete", "Delete models, or one version of each, for good", f"{_HERE}.delete"),
    ),
)
