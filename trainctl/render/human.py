"""What people read: errors, problems of specs, what was submitted, what would be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from trainctl.errors import RequestRefused
from trainctl.render.console import paint
from trainctl.render.words import cells, escape, escape_json, escape_lines, pad, plural, size
from trainctl.spec.problems import Problem, Severity, excerpt, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trainctl.catalog import Artifact, Call
    from trainctl.errors import SpecInvalid, TrainctlError
    from trainctl.jobs import Job
    from trainctl.render.console import Console


def error_text(error: TrainctlError, console: Console) -> str:
    """What failed, Google's details indented under it, the request id, and the hint on a line of its own."""
    colour = console.err_colour
    head, *rest = escape_lines(error.message) or ["it failed, and nothing says why"]
    lines = [f"{paint('error:', 'bad', colour=colour)} {head}", *(f"  {line}" for line in rest)]
    if isinstance(error, RequestRefused):
        lines += [f"  {line}" for detail in error.details for line in escape_lines(detail)]
        if error.request_id:
            lines.append(f"  request id: {escape(error.request_id)}")
    return "\n".join([*lines, *hint_lines(error.hint, colour=colour)]) + "\n"


def hint_lines(hint: str | None, *, colour: bool) -> list[str]:
    """The hint as a line, if there is one."""
    return [f"{paint('hint:', 'busy', colour=colour)} {' '.join(escape_lines(hint))}"] if hint else []


def problems_text(error: SpecInvalid, console: Console) -> str:
    """Every problem of the specs, and how many there are."""
    problems = [problem for problem in error.problems if isinstance(problem, Problem)]
    text = problem_list(problems, error.sources, colour=console.err_colour)
    return text + "\n".join([count_line(problems), *hint_lines(error.hint, colour=console.err_colour)]) + "\n"


def problem_list(problems: Iterable[Problem], sources: Mapping[str, str], *, colour: bool) -> str:
    """Each problem with its place first, the line it points at, a caret under the spot, and the hint."""
    parts = [_problem_lines(problem, sources.get(problem.file, ""), colour=colour) for problem in problems]
    return "".join("\n".join(lines) + "\n" for lines in parts)


def count_line(problems: Iterable[Problem]) -> str:
    """`2 errors, 1 warning`; `no problems`."""
    found = [problem.severity for problem in problems]
    counts = [(found.count(severity), severity.value) for severity in Severity]
    return ", ".join(plural(count, word) for count, word in counts if count) or "no problems"


_SEVERITY_STYLES = {Severity.ERROR: "bad", Severity.WARNING: "warn"}


def _problem_lines(problem: Problem, source: str, *, colour: bool) -> list[str]:
    style = _SEVERITY_STYLES[problem.severity]
    word = paint(f"{problem.severity.value}[{problem.code}]:", style, colour=colour)
    lines = [f"{paint(escape(problem.location) + ':', 'bold', colour=colour)} {word} {escape(redact(problem.message))}"]
    shown = excerpt(problem, source) if source else None
    if shown and shown.text.strip():
        gutter = f"  {shown.number} | "
        before, marked = shown.text[: shown.start], shown.text[shown.start : shown.start + shown.width]
        caret = paint("^" * max(1, cells(marked)), style, colour=colour)
        lines += [paint(gutter, "dim", colour=colour) + shown.text, " " * (len(gutter) + cells(before)) + caret]
    return lines + [f"  {line}" for line in hint_lines(problem.hint, colour=colour)]


def created_text(job: Job, console: Console, *, adopted: bool = False, link: bool = True, again: str = "") -> str:
    """What exists now under which name, where to look at it, and the commands that come next.

    `adopted` says that it was there before; `link` is false where Google's console cannot know the job; `again` names
    it in commands, in another way than by its full name.
    """
    what = f"{'found' if adopted else 'created'} {job.collection.noun} {escape(job.name)}"
    lines = [paint(what, "bold", colour=console.err_colour)]
    if link and job.console_url:
        lines.append(f"  console: {escape(job.console_url)}")
    verbs = ("watch", "logs", "cancel") if job.log_ids else ("watch", "cancel")
    lines += [f"  {verb + ':':<8} trainctl jobs {verb} {escape(again or job.name)}" for verb in verbs]
    return "\n".join(lines) + "\n"


def dry_run_text(call: Call, artifact: Artifact | None = None) -> str:
    """The exact request: method and URL, the body as JSON, then the uploads with their files."""
    body = escape_json(json.dumps(call.body, ensure_ascii=False, indent=2))
    lines = [f"POST {escape(call.url)}", body]
    packed = artifact.uri if artifact else None
    lines += [f"upload {escape(one.source)} to {escape(one.uri)}" for one in call.uploads if one.uri != packed]
    if artifact:
        lines += _artifact_lines(artifact)
    return "\n".join(lines) + "\n"


def _artifact_lines(artifact: Artifact) -> list[str]:
    total = sum(file.size for file in artifact.files)
    lines = [f"upload {plural(len(artifact.files), 'file')}, {size(total)}, to {escape(artifact.uri)}"]
    lines += aligned([(escape(file.path), size(file.size)) for file in artifact.files])
    if artifact.requirements:
        lines.append(f"requirements: {escape(', '.join(artifact.requirements))}")
    if artifact.left_out:
        lines.append("left out:")
        lines += aligned([(escape(one.path), escape(one.reason)) for one in artifact.left_out])
    return lines


def aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Two columns, indented."""
    width = max((cells(first) for first, _ in pairs), default=0)
    return [f"  {pad(first, width)}  {second}".rstrip() for first, second in pairs]
