"""What holds for the source as a whole: how it starts, how modules depend on each other, how long things may be."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parents[1]
SOURCES = {
    ".".join(path.relative_to(TOP).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((TOP / "trainctl").rglob("*.py"))
}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in SOURCES.items()}
LATE = """
    asyncio build certifi google http.client httpx jmespath jsonschema pathspec platformdirs rich setuptools sqlite3 ssl
    tarfile waitress werkzeug yaml
"""
"""What only some commands need, or only failures."""
MAX_FILE, MAX_FUNCTION = 350, 45
Function = ast.FunctionDef | ast.AsyncFunctionDef


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport sys\nprint(*sys.modules, file=sys.stderr)"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr.split()
    )


def test_the_command_line_starts_without_what_only_some_commands_need() -> None:
    assert loaded_after("import trainctl.cli") & {*LATE.split()} == set()


def test_the_command_of_a_kind_loads_no_other_kind() -> None:
    loaded = loaded_after("from trainctl.cli import tree; tree(['hptune', 'submit'])")
    assert {"trainctl.kinds.hptune", "trainctl.kinds.raw", "trainctl.kinds.automl"} & loaded == {
        "trainctl.kinds.hptune"
    }


def test_the_version_is_told_before_anything_is_imported() -> None:
    loaded = loaded_after("import sys; sys.argv[1:] = ['--version']; from trainctl.__main__ import run; run()")
    assert {name for name in loaded if name.startswith(("trainctl", "typer"))} == {"trainctl", "trainctl.__main__"}


def test_a_check_loads_the_modules_of_its_own_kind_alone() -> None:
    loaded = loaded_after("from trainctl.kinds import find_kind; find_kind('automl-video').rules()")
    ours = {name for name in loaded if name.startswith(("trainctl.kinds.", "trainctl.spec.rules."))}
    assert {
        name for name in ours if name.rpartition(".")[2] in ("custom", "hptune", "raw", "code", "training")
    } == set()


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import that can happen when the program runs, in functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        yield from imports(node)


def targets(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The modules of trainctl that an import names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in SOURCES)
    elif node.module in SOURCES:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name if name in SOURCES else node.module for name in inner)


def test_no_import_goes_in_a_circle_not_even_a_late_one() -> None:
    graph = {module: {target for node in imports(tree) for target in targets(node)} for module, tree in TREES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def test_files_stay_short() -> None:
    sizes = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in SOURCES.items()}
    assert {module: size for module, size in sizes.items() if size > MAX_FILE} == {}


def test_functions_stay_short() -> None:
    sizes = {
        f"{module}.{node.name}": len(code_lines(node))
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION} == {}


def code_lines(function: Function) -> set[int]:
    """The lines of a function's own statements: no docstring, no comments, no functions within it."""
    lines: set[int] = set()
    for node in function.body[1:] if ast.get_docstring(function) else function.body:
        if not isinstance(node, Function):
            inside = (inner for inner in ast.walk(node) if isinstance(inner, ast.expr | ast.stmt | ast.excepthandler))
            lines |= {line for inner in inside for line in (inner.lineno, inner.end_lineno or inner.lineno)}
    return lines


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [module for module in SOURCES if {"utils", "util", "helpers", "common", "misc"} & {*module.split(".")}] == []


def test_everything_public_says_what_it_is() -> None:
    silent = [
        f"{module}.{node.name}"
        for module, tree in TREES.items()
        for node in definitions(tree)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def definitions(tree: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """Functions, classes and methods, but not what stands inside functions."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from definitions(node)


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    private = {f"{folder}/".encode() for folder in (TOP, Path.home()) if len(folder.parts) > 2}
    assert [str(path) for path in files() if any(name in path.read_bytes() for name in private)] == []


def files() -> Iterator[Path]:
    """Every file that people wrote."""
    for folder in ("trainctl", "tests", "configs", "completions"):
        for place, folders, names in os.walk(TOP / folder):
            folders[:] = [each for each in folders if each != "__pycache__"]  # where other processes write meanwhile
            yield from (Path(place, name) for name in names)
    yield from (path for path in TOP.iterdir() if path.suffix in {".md", ".toml"})


def test_the_readme_maps_every_module_in_the_order_of_the_layers() -> None:
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = [re.findall(r"\w+", layer) for layer in contracts[0]["layers"]] + [["local"]]
    level = {module: number for number, layer in enumerate(layers) for module in layer}
    rows = re.findall(r"^\| (`\w+(?:\.py|/)`.*?) \|", (TOP / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    mapped = [name for row in rows for name in re.findall(r"`(\w+)(?:\.py|/)`", row)]
    assert sorted(mapped) == sorted({module.split(".")[1] for module in SOURCES if "." in module})
    assert [level[module] for module in mapped] == sorted(level[module] for module in mapped)


def test_the_readme_names_every_room_of_the_engine() -> None:
    rooms = {folder.name for folder in (TOP / "trainctl" / "local").iterdir() if (folder / "__init__.py").exists()}
    told = (TOP / "README.md").read_text(encoding="utf-8").partition("The engine's rooms")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`(\w+)/`", told)) == sorted(rooms)


def test_the_wall_around_the_engine_names_every_module_on_its_other_side() -> None:
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    top = {".".join(module.split(".")[:2]) for module in SOURCES if "." in module} - {
        "trainctl.local",
        "trainctl.__main__",
    }
    assert {*contracts[1]["forbidden_modules"]} == top - {"trainctl.reference"}
    assert {*contracts[2]["source_modules"]} == top - {"trainctl.cli", "trainctl.commands"}
