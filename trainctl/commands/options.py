"""Options that many commands share, each declared once, and `bind`, which gives a command its Session."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from trainctl.commands.candidates import regions

if TYPE_CHECKING:
    from trainctl.commands import Seams
    from trainctl.commands.tree import Leaf

OUTPUT_PANEL = "Output"
CONNECTION_PANEL = "Where and as whom"


class Format(StrEnum):
    """How data is written to standard output."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    JSONL = "jsonl"
    YAML = "yaml"
    CSV = "csv"
    NAME = "name"


class Colour(StrEnum):
    """When colour is used."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def _option(
    *declarations: str, text: str, panel: str, metavar: str | None = None, values: Callable[..., Any] | None = None
) -> Any:
    return typer.Option(
        *declarations, help=text, rich_help_panel=panel, metavar=metavar, autocompletion=values, show_default=False
    )


OUTPUT: Mapping[str, Any] = {
    "output": Annotated[Format | None, _option("--output", "-o", text="How data is written", panel=OUTPUT_PANEL)],
    "query": Annotated[
        str | None,
        _option("--query", text="A JMESPath expression over the data", panel=OUTPUT_PANEL, metavar="JMESPATH"),
    ],
    "columns": Annotated[
        str | None,
        _option("--columns", text="Columns of a table or csv: `name,state,...`", panel=OUTPUT_PANEL, metavar="NAMES"),
    ],
    "color": Annotated[Colour | None, _option("--color", text="When to use colour", panel=OUTPUT_PANEL)],
    "quiet": Annotated[bool, _option("--quiet", "-q", text="Say nothing but data and errors", panel=OUTPUT_PANEL)],
    "debug": Annotated[bool, _option("--debug", text="Show requests, and tracebacks of failures", panel=OUTPUT_PANEL)],
}

CONNECTION: Mapping[str, Any] = {
    "project": Annotated[
        str | None, _option("--project", text="Google Cloud project", panel=CONNECTION_PANEL, metavar="PROJECT")
    ],
    "location": Annotated[
        str | None,
        _option(
            "--location",
            "--region",
            text="Region; lists take several or `all`",
            panel=CONNECTION_PANEL,
            metavar="REGION",
            values=regions,
        ),
    ],
    "staging_bucket": Annotated[
        str | None,
        _option("--staging-bucket", text="Bucket for uploads and outputs", panel=CONNECTION_PANEL, metavar="gs://..."),
    ],
    "encryption_key": Annotated[
        str | None,
        _option("--encryption-key", text="Cloud KMS key of jobs and models", panel=CONNECTION_PANEL, metavar="KEY"),
    ],
    "local": Annotated[
        bool | None,
        _option("--local/--no-local", text="Use the local engine, started when needed", panel=CONNECTION_PANEL),
    ],
    "profile": Annotated[
        str | None,
        _option("--profile", text="Profile of the configuration file", panel=CONNECTION_PANEL, metavar="NAME"),
    ],
    "credentials_file": Annotated[
        str | None,
        _option("--credentials-file", text="Credentials in Google's JSON", panel=CONNECTION_PANEL, metavar="FILE"),
    ],
    "access_token_file": Annotated[
        str | None,
        _option("--access-token-file", text="File with an access token", panel=CONNECTION_PANEL, metavar="FILE"),
    ],
    "impersonate": Annotated[
        str | None,
        _option(
            "--impersonate-service-account", text="Act as this service account", panel=CONNECTION_PANEL, metavar="EMAIL"
        ),
    ],
    "quota_project": Annotated[
        str | None,
        _option(
            "--quota-project", text="Project that is charged for requests", panel=CONNECTION_PANEL, metavar="PROJECT"
        ),
    ],
    "request_timeout": Annotated[
        float | None,
        _option("--request-timeout", text="Seconds for one request", panel=CONNECTION_PANEL, metavar="SECONDS"),
    ],
}


def bind(leaf: Leaf) -> Callable[..., None]:
    """What Typer calls for `leaf`: its own parameters and the shared ones, a Session made of the latter.

    A parameter whose type is a dataclass stands for an option of each field. The command's return value is its exit
    code; None is 0.
    """
    shared = dict(OUTPUT) if leaf.offline else {**OUTPUT, **CONNECTION}
    own = list(inspect.signature(leaf.function, eval_str=True).parameters.values())[1:]
    bundles: dict[str, Any] = {each.name: each.annotation for each in own if is_dataclass(each.annotation)}

    def command(context: typer.Context, **values: Any) -> None:
        from trainctl.commands import open_session

        flags = {name: values.pop(name) for name in shared}
        for name, kind in bundles.items():
            values[name] = kind(**{each.name: values.pop(each.name) for each in fields(kind)})
        seams: Seams = context.obj
        with open_session(flags, seams, new_profile=leaf.new_profile) as session:
            code = leaf.function(session, **values)
        raise typer.Exit(int(code or 0))

    parameters = [
        inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *(each for parameter in own for each in unbundled(parameter)),
        *(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default_of(name))
            for name, kind in shared.items()
        ),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = help_text(leaf)
    return command


def unbundled(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """The parameter for Typer, or one for each field of the dataclass that is its type."""
    kind = parameter.annotation
    if not is_dataclass(kind):
        yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    types = get_type_hints(kind, include_extras=True)
    for each in fields(kind):
        default = inspect.Parameter.empty if each.default is MISSING else each.default
        yield inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, annotation=types[each.name], default=default)


def default_of(name: str) -> bool | None:
    """What a shared option is when it was not given."""
    return False if name in ("quiet", "debug") else None


def help_text(leaf: Leaf) -> str:
    """The docstring and the examples; the backspace tells Typer to keep their line breaks."""
    text = inspect.cleandoc(leaf.function.__doc__ or "")
    if not leaf.examples:
        return text
    lines = "\n".join(f"  {example}" for example in leaf.examples)
    return f"{text}\n\n\b\nExamples:\n{lines}"
