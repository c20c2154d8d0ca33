"""`jobs`: everything that is done with jobs after their submission."""

from __future__ import annotations

from trainctl.commands.tree import Branch, Lazy

_HERE = "trainctl.commands.jobs"

NODE = Branch(
    "jobs",
    "List, watch and end jobs, read their logs",
    (
        Lazy("list", "List jobs of all kinds, in one location or several", f"{_HERE}.list"),
        Lazy("get", "Show all that is known of jobs", f"{_HERE}.get"),
        Lazy("status", "Print the state of jobs, one word each", f"{_HERE}.status"),
        Lazy("model", "Print the full name of the model that a job has made", f"{_HERE}.model"),
        Lazy("watch", "Follow jobs until they end", f"{_HERE}.watch"),
        Lazy("wait", "Wait for the end of all jobs, or of any", f"{_HERE}.wait"),
        Lazy("logs", "Print what jobs have written", f"{_HERE}.logs"),
        Lazy("trials", "Show the trials of a tuning job, the best first", f"{_HERE}.trials"),
        Lazy("export", "Print specs that submit jobs again", f"{_HERE}.export"),
        Lazy("diff", "Compare a job with what a spec would submit", f"{_HERE}.diff"),
        Lazy("rerun", "Submit jobs again, with fields changed", f"{_HERE}.rerun"),
        Lazy("open", "Open jobs' pages of Google's console in the browser", f"{_HERE}.open"),
        Lazy("label", "Change the labels of an AI Platform job", f"{_HERE}.label"),
        Lazy("iam", "Who may do what with a job of AI Platform", f"{_HERE}.iam", group=True),
        Lazy("cancel", "Ask running jobs to end", f"{_HERE}.cancel"),
        Lazy("delete", "Delete jobs for good", f"{_HERE}.delete"),
    ),
)
