"""Data for programs: json, jsonl, yaml, csv and names, written as it arrives where the form allows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from trainctl.errors import UsageError
from trainctl.render.columns import Column, choose
from trainctl.render.query import compile_query, scalar
from trainctl.render.table import write_table
from trainctl.render.words import escape, escape_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from trainctl.render.console import Console

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Output:
    """How data was asked for: `-o`, `--query`, `--columns`."""

    format: str = "table"
    query: str | None = None
    columns: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for options that cannot both be followed."""
        if self.columns is not None and self.format not in ("table", "wide", "csv"):
            raise UsageError(f"`--columns` is for tables and csv, not for `-o {self.format}`", hint="use `--query`")
        if self.columns is not None and self.query is not None:
            raise UsageError("`--columns` and `--query` cannot both be given")
        if self.query is not None and self.format in ("csv", "name", "wide"):
            raise UsageError(
                f"`--query` makes data of its own, which `-o {self.format}` has no place for",
                hint="use it with json, jsonl or yaml, or without `-o` for plain text",
            )

    @property
    def is_human(self) -> bool:
        """Whether people read it, and no expression or columns cut it to size."""
        return self.format in ("table", "wide") and self.query is None and self.columns is None


@dataclass(frozen=True, slots=True)
class Subject(Generic[T]):
    """How things of one type are shown: their columns, their whole resource, their full name.

    `fields` are those of the resource that are written `like_this` and are no columns; REST resources have none.
    """

    columns: Sequence[Column[T]]
    raw: Callable[[T], Any]
    name: Callable[[T], str]
    fields: Sequence[str] = ()


def write_list(
    pages: Iterable[Sequence[T]], subject: Subject[T], output: Output, *, console: Console, now: datetime
) -> int:
    """Write all of `pages` in the form asked for; returns how many things there were.

    Every form but those with `--query` is written page by page and keeps nothing.
    """
    counted = _Counted(pages)
    if output.query is not None:
        items = [subject.raw(item) for page in counted for item in page]
        write_value(compile_query(output.query, what="--query")(items), output, console=console)
        return counted.count
    match output.format:
        case "json":
            _write_json_array((subject.raw(item) for page in counted for item in page), console)
        case "jsonl":
            _write_lines(counted, lambda item: _compact(subject.raw(item)), console)
        case "yaml":
            _write_yaml_items((subject.raw(item) for page in counted for item in page), console)
        case "name":
            _write_lines(counted, lambda item: escape(subject.name(item)), console)
        case "csv":
            _write_csv(counted, _chosen(subject, output, "csv"), console)
        case _:
            columns = _chosen(subject, output, output.format)
            write_table(counted, columns, console=console, now=now)
    return counted.count


def _chosen(subject: Subject[T], output: Output, form: str) -> list[Column[T]]:
    return choose(subject.columns, output.columns, form=form, raw=subject.raw, fields=subject.fields)


def write_one(item: T, subject: Subject[T], output: Output, *, console: Console, now: datetime) -> None:
    """Write one thing: an object and not a list of one in the forms that know the difference."""
    data = subject.raw(item)
    if output.query is not None:
        write_value(compile_query(output.query, what="--query")(data), output, console=console)
    elif output.format in ("json", "yaml"):
        write_value(data, output, console=console)
    else:
        write_list([[item]], subject, output, console=console, now=now)


def write_records(records: Iterable[Mapping[str, Any]], console: Console, output: Output) -> None:
    """Write plain objects that are no resources, one page each; the first one's keys are the columns of csv and tables.

    With `-o name` it is their `name`, else what their first key holds.
    """
    source = iter(records)
    first = next(source, None)
    keys = list(first or ())
    columns = [Column(key, partial(_field, key), elastic=True) for key in keys]
    subject: Subject[Mapping[str, Any]] = Subject(
        columns, raw=dict, name=partial(_field, "name" if "name" in keys else next(iter(keys), ""))
    )
    pages = ([record] for record in ([] if first is None else chain([first], source)))
    write_list(pages, subject, output, console=console, now=datetime.fromtimestamp(0, UTC))


def _field(key: str, record: Mapping[str, Any]) -> str:
    return scalar(record.get(key))


def write_value(value: Any, output: Output, *, console: Console) -> None:
    """Write any JSON value: as json, as jsonl (a list one item a line), as yaml, else as plain text.

    Plain text is for shells: a text alone, a list of them one a line, anything else as json.
    """
    match output.format:
        case "json":
            console.write(_pretty(value) + "\n")
        case "jsonl":
            for item in value if isinstance(value, list) else [value]:
                console.write(_compact(item) + "\n")
        case "yaml":
            console.write(_yaml(value))
        case _:
            flat = isinstance(value, list) and not any(isinstance(item, list | dict) for item in value)
            if flat or not isinstance(value, list | dict):
                texts = value if isinstance(value, list) else [value]
                console.write("".join(f"{escape(scalar(item))}\n" for item in texts))
            else:
                console.write(_pretty(value) + "\n")


class _Counted(Generic[T]):
    """Pages that count what went through them."""

    def __init__(self, pages: Iterable[Sequence[T]]) -> None:
        self.pages = pages
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[T]]:
        for page in self.pages:
            yield page
            self.count += len(page)


def _pretty(value: Any) -> str:
    return escape_json(json.dumps(value, ensure_ascii=False, indent=2))


_encode_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _compact(value: Any) -> str:
    return escape_json(_encode_compact(value))


def _write_lines(pages: Iterable[Sequence[T]], text: Callable[[T], str], console: Console) -> None:
    for page in pages:
        console.write("".join(f"{text(item)}\n" for item in page))
        console.out.flush()


def _write_json_array(items: Iterator[Any], console: Console) -> None:
    """An array that is closed even when its source fails on the way, so that what came can be read."""
    opened = False
    try:
        for item in items:
            console.write(("," if opened else "[") + "\n  " + _pretty(item).replace("\n", "\n  "))
            opened = True
    finally:
        console.write("\n]\n" if opened else "[]\n")


def _write_yaml_items(items: Iterator[Any], console: Console) -> None:
    empty = True
    for item in items:
        console.write(_yaml([item]))
        empty = False
    if empty:
        console.write("[]\n")


def _yaml(value: Any) -> str:
    """YAML whose text cannot disturb a terminal: where it could, everything beyond ASCII is escaped."""
    try:
        text = _dump(value, unicode=True)
    except UnicodeEncodeError:  # half of a surrogate pair, which libyaml cannot write
        return _dump(value, unicode=False, fast=False)
    safe = all(line == escape(line) for line in text.split("\n"))
    return text if safe else _dump(value, unicode=False)


def _dump(value: Any, *, unicode: bool, fast: bool = True) -> str:
    """YAML without the line that ends a document after a plain text; a text may end in three points itself."""
    import yaml

    text = str(yaml.dump(value, Dumper=_dumper(fast=fast), sort_keys=False, allow_unicode=unicode, width=4096))
    return text.removesuffix("...\n") if text.endswith("\n...\n") else text


@cache
def _dumper(*, fast: bool) -> type[Any]:
    """One that quotes what YAML 1.2 (10.3.2) takes for a number and PyYAML's 1.1 does not: `1e5`, `089`, `0o17`."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper) if fast else yaml.SafeDumper):  # type: ignore[misc]
        pass

    number = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+"
    Dumper.add_implicit_resolver("tag:trainctl,1.2:number", re.compile(rf"(?:{number})\Z"), list("-+.0123456789"))
    return Dumper


def _write_csv(pages: Iterable[Sequence[T]], columns: Sequence[Column[T]], console: Console) -> None:
    """RFC 4180 with a header; faithful in a pipe, escaped on a terminal, and empty where a table has `-`."""
    import csv

    def shown(text: str) -> str:
        return "" if text == "-" else escape(text) if console.out_terminal else text

    writer = csv.writer(_Records(console), lineterminator=_Records.END)
    writer.writerow([shown(column.key) for column in columns])
    for page in pages:
        writer.writerows([shown(column.plain(item)) for column in columns] for item in page)
        console.out.flush()


class _Records:
    """Ends the lines of csv as all others here: Python before 3.13 quotes line ends only of the sort that it writes."""

    END = "\r\n"

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, record: str) -> None:
        self._console.write(record.removesuffix(self.END) + "\n")
