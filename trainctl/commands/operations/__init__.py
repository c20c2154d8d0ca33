"""`operations`: what services do over time, such as imports, deletions, and AutoML Vision's trainings."""

from __future__ import annotations

from trainctl.commands.tree import Branch, Lazy

_HERE = "trainctl.commands.operations"

NODE = Branch(
    "operations",
    "Long-running operations: imports, deletions, AutoML Vision",
    (
        Lazy("list", "List long-running operations, in one location or several", f"{_HERE}.list"),
        Lazy("get", "Show all that is known of operations", f"{_HERE}.get"),
        Lazy("wait", "Wait for the end of operations, and show what they made", f"{_HERE}.wait"),
        Lazy("cancel", "Ask running operations to end", f"{_HERE}.cancel"),
        Lazy("delete", "Delete the records of operations that are over", f"{_HERE}.delete"),
    ),
)
