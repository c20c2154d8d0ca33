"""Pictures as files, drawn by matplotlib (extra `plot`): PNG, SVG, or HTML with the SVG in it."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from trainctl.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".png", ".svg", ".html")
_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>\n'
    '<meta name="viewport" content="width=device-width">\n'
    "<style>body {{background: white; margin: 1em}} svg {{max-width: 100%; height: auto}}</style></head>\n"
    "<body>\n{picture}\n</body>\n</html>\n"
)


def check_picture(path: Path) -> None:
    """Raises UsageError for a file of another form, and when matplotlib is not there."""
    from importlib.util import find_spec

    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"`--plot-to {path}` has no known form", hint=f"end it in {', '.join(SUFFIXES)}")
    if find_spec("matplotlib") is None:
        raise UsageError("pictures need matplotlib", hint="run `pip install 'trainctl[plot]'`")


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


def plain(text: str) -> str:
    """A text that matplotlib shows as it is: between two `$` it would look for a formula."""
    return text.replace("$", r"\$")
