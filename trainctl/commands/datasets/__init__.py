"""`datasets`: the managed datasets that AutoML jobs start from."""

from __future__ import annotations

from trainctl.commands.tree import Branch, Lazy

_HERE = "trainctl.commands.datasets"

NODE = Branch(
    "datasets",
    "Managed datasets: make, import, list, delete",
    (
        Lazy("create", "Make a dataset, and import files into it", f"{_HERE}.create"),
        Lazy("import", "Import files into a dataset", f"{_HERE}.importing"),
        Lazy("list", "List datasets, in one location or several", f"{_HERE}.list"),
        Lazy("get", "Show datasets", f"{_HERE}.get"),
        Lazy("delete", "Delete datasets for good", f"{_HERE}.delete"),
    ),
)
