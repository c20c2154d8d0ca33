"""The README says what is so: its consoles run and print what stands there, its tables are made from the code."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import Runner
from trainctl.cli import main
from trainctl.commands import Seams
from trainctl.settings import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Expected

TOP = Path(__file__).parent.parent
README = TOP / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```yaml (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"<!-- generated: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)

# What differs from run to run and from machine to machine.
VOLATILE = (
    (re.compile(r"\b\d{15,20}\b"), "ID"),
    (re.compile(r"\b01[0-9a-hjkmnp-tv-z]{24}\b"), "SUBMISSION"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-z]{6}\b"), "STAMP"),
    (re.compile(r"\b(\d+m ?)?\d+s( ago)?\b"), "AGE"),
    (re.compile(r"(?<=TIME)  +\d+(?= )"), "  RAN"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "DIGEST"),
    (re.compile(r"loss \d\.\d+ +accuracy \d\.\d+|accuracy \d\.\d+"), "FIGURES"),
    (re.compile(r"\b0\.\d{4,}"), "FIGURE"),
    (re.compile(r"\d[\d,]* bytes|\d+(\.\d)? KiB"), "SIZE"),
    (re.compile(r" {2,}"), "  "),
    (re.compile(r"^.*: (QUEUED|PENDING|RUNNING) after .*\n", re.MULTILINE), ""),  # polls may or may not meet them
)


@dataclass(frozen=True)
class Command:
    """One command of a console and what the README says it prints."""

    line: str
    output: str


def commands(block: str) -> list[Command]:
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    pairs = [part.partition("\n") for part in parts]
    return [Command(line, output) for line, _, output in pairs]


def comparable(text: str) -> str:
    for pattern, word in VOLATILE:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def consoles() -> list[str]:
    return [found[1] for found in BLOCK.finditer(README.read_text(encoding="utf-8"))]


def on_one_screen(machine: Runner, line: str) -> str:
    """What a command prints where standard output and error are one terminal's; it must exit as its comment says."""
    screen = io.StringIO()
    environment = {"TRAINCTL_HOME": str(machine.home), "HOME": str(machine.home), "COLUMNS": "100"}
    arguments = shlex.split(line, comments=True)
    assert arguments.pop(0) == "trainctl", line
    code = main(arguments, Seams(io.StringIO(), screen, screen, environment))
    said = re.search(r"# exit code (\d+)$", line)
    assert code == (int(said[1]) if said else 0), f"$ {line}\n{screen.getvalue()}"
    return screen.getvalue().replace(f"{machine.home}/state", "~/.local/state/trainctl")


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Runner]:
    """The machine of someone who has never used trainctl."""
    runner = Runner(tmp_path / "home")
    yield runner
    runner("local", "stop")


@pytest.mark.slow
def test_every_console_runs_and_prints_what_the_readme_shows(
    newcomer: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(TOP / "configs", tmp_path / "configs")
    text = README.read_text(encoding="utf-8")
    for name, contents in FILE.findall(text):
        (tmp_path / name).write_text(contents, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    wrong = []
    for command in [command for block in consoles() for command in commands(block)]:
        printed = on_one_screen(newcomer, command.line)
        if comparable(printed) != comparable(command.output):
            wrong.append(f"$ {command.line}\n{printed}\n-- the README has\n{command.output}")
            text = text.replace(f"$ {command.line}\n{command.output}", f"$ {command.line}\n{printed}")
    if request.config.getoption("--update"):
        README.write_text(text, encoding="utf-8")
    else:
        assert not wrong, "\n\n".join(wrong)


def settings_table() -> str:
    rows = ["| setting | flag | environment | gcloud property | meaning |", "|---|---|---|---|---|"]
    for name in NAMES.values():
        environment = ", ".join(f"`{variable}`" for variable in name.environment)
        flag = f"`{name.flag}`" if name.flag else ""
        gcloud = ", ".join(f"`{property_}`" for property_ in name.gcloud)
        rows.append(f"| `{name.name}` | {flag} | {environment} | {gcloud} | {name.description} |")
    return "\n".join(rows) + "\n"


def commands_table() -> str:
    from trainctl.cli import tree
    from trainctl.commands.tree import Branch, Node, resolve

    def rows(node: Node, words: str) -> list[str]:
        found = resolve(node)
        if isinstance(found, Branch):
            return [row for child in found.children for row in rows(child, f"{words} {child.name}")]
        return [f"| `{words}` | {found.summary.rstrip('.')} |"]

    lines = [row for child in tree().children for row in rows(child, f"trainctl {child.name}")]
    return "\n".join(["| command | what it does |", "|---|---|", *lines]) + "\n"


TABLES = {"settings": settings_table, "commands": commands_table}


def test_tables_of_the_readme_are_those_of_the_code(expected: Expected) -> None:
    text = README.read_text(encoding="utf-8")
    assert {name for name, _ in GENERATED.findall(text)} == set(TABLES)
    made = GENERATED.sub(lambda found: f"<!-- generated: {found[1]} -->\n{TABLES[found[1]]()}<!-- end -->", text)
    expected(made, README)
