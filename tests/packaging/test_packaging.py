"""Local code becomes an archive that is the same for the same files, and runs as it does in place."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from trainctl.catalog import LocalCode
from trainctl.packaging import CodeUnusable, build, plan

if TYPE_CHECKING:
    from pathlib import Path

STAGING = "gs://bucket/stage"

BACKEND = """
import tarfile

def get_requires_for_build_sdist(config_settings=None):
    return []

def build_sdist(sdist_directory, config_settings=None):
    name = "mine-7.tar.gz"
    with tarfile.open(f"{sdist_directory}/{name}", "w:gz") as archive:
        archive.add("mine", "mine-7/mine")
    return name
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def packed(code: LocalCode) -> list[str]:
    return [file.path for file in plan(code, STAGING).files]


def built(code: LocalCode, cache: Path) -> Path:
    return build(code, plan(code, STAGING), cache)


def members(archive: Path) -> list[str]:
    with tarfile.open(archive) as opened:
        return sorted(member.name for member in opened.getmembers() if member.isfile())


def test_a_script_is_packed_alone_and_run_by_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "print('hello')", "notes.txt": "not asked for"})
    artifact = plan(LocalCode(tmp_path / "train.py"), STAGING)
    assert [file.path for file in artifact.files] == ["trainctl_code/train.py"]
    assert artifact.module == "trainctl_code.train"
    assert artifact.uri == f"gs://bucket/stage/trainctl/code/{artifact.digest[:32]}/trainctl_code-0.1.tar.gz"


def test_the_same_files_have_the_same_name_wherever_and_whenever_they_are(tmp_path: Path) -> None:
    one, two = (write(tmp_path / name, {"task.py": "x = 1", "data/rows.csv": "1,2"}) for name in ("one", "two"))
    os.utime(two / "task.py", (1, 1))
    assert plan(LocalCode(one), STAGING).digest == plan(LocalCode(two), STAGING).digest


@pytest.mark.parametrize("change", ["contents", "name", "requirements"])
def test_another_content_has_another_name(tmp_path: Path, change: str) -> None:
    before = plan(LocalCode(write(tmp_path / "a", {"task.py": "x = 1", "b.txt": "b"})), STAGING)
    files = {"task.py": "x = 2" if change == "contents" else "x = 1", "c.txt" if change == "name" else "b.txt": "b"}
    requirements = ("numpy",) if change == "requirements" else ()
    after = plan(LocalCode(write(tmp_path / "b", files), requirements), STAGING)
    assert before.digest != after.digest


def test_the_archive_is_the_same_to_the_byte(tmp_path: Path) -> None:
    code = LocalCode(write(tmp_path / "code", {"task.py": "x = 1", "data/rows.csv": "1,2"}), ("numpy>=1",))
    first, second = (built(code, tmp_path / cache).read_bytes() for cache in ("first", "second"))
    assert first == second


def test_files_that_are_no_python_are_packed(tmp_path: Path) -> None:
    code = LocalCode(write(tmp_path / "code", {"task.py": "", "words/de.json": "{}", "words/.hidden": "h"}))
    assert {name.split("/", 2)[-1] for name in members(built(code, tmp_path / "cache"))} >= {
        "task.py",
        "words/de.json",
        "words/.hidden",
    }


def test_folders_with_points_in_their_names_are_packed(tmp_path: Path) -> None:
    files = {"task.py": "", "conf.d/a.json": "{}", "model-v1.2/[x]/.hidden": "h"}
    code = LocalCode(write(tmp_path / "code", files))
    assert {name.split("/", 2)[-1] for name in members(built(code, tmp_path / "cache"))} >= files.keys()


def test_programs_stay_programs_and_that_names_another_archive(tmp_path: Path) -> None:
    code = LocalCode(write(tmp_path / "code", {"task.py": "", "tool": "#!/bin/sh\n"}))
    before = plan(code, STAGING)
    (code.path / "tool").chmod(0o700)
    assert plan(code, STAGING).digest != before.digest
    with tarfile.open(built(code, tmp_path / "cache")) as opened:
        modes = {each.name.rpartition("/")[2]: each.mode for each in opened.getmembers() if each.isfile()}
    assert (modes["tool"], modes["task.py"]) == (0o755, 0o644)


def test_nothing_is_written_beside_the_users_code(tmp_path: Path) -> None:
    folder = write(tmp_path / "code", {"task.py": "", "helper.py": ""})
    built(LocalCode(folder), tmp_path / "cache")
    assert sorted(path.name for path in folder.rglob("*")) == ["helper.py", "task.py"]


def test_what_was_built_once_is_not_built_again(tmp_path: Path) -> None:
    code = LocalCode(write(tmp_path / "code", {"task.py": ""}))
    archive = built(code, tmp_path / "cache")
    archive.write_bytes(b"kept")
    assert built(code, tmp_path / "cache").read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("secret.env.txt", "ignored by .gitignore"),
        ("big.bin", "ignored by .trainctlignore"),
        ("old.py", "excluded by the spec"),
        (".env", "its name says it may hold a secret"),
        ("deploy.pem", "its name says it may hold a secret"),
        ("module.pyc", "never packed"),
        ("__pycache__/", "never packed"),
        (".git/", "never packed"),
        ("CVS/", "never packed"),
    ],
)
def test_what_is_left_out_says_why(tmp_path: Path, name: str, reason: str) -> None:
    inside = f"{name}file" if name.endswith("/") else name
    files = {"task.py": "", ".gitignore": "secret.*\n", ".trainctlignore": "*.bin\n", inside: "x"}
    artifact = plan(LocalCode(write(tmp_path, files), exclude=("old*",)), STAGING)
    assert (name, reason) in [(left.path, left.reason) for left in artifact.left_out]
    assert not any(file.path.endswith(inside) for file in artifact.files)


KEY = '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\nMIIE"}'
HELD = "it holds a private key or a sign-in"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("my-project-1a2b3c4d5e6f.json", KEY, HELD),
        ("data/adc.json", '\n{"refresh_token": "r", "type": "authorized_user"}', HELD),
        ("of-windows.json", f"\ufeff{KEY}", HELD),
        ("deploy_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", HELD),
        ("id_ecdsa", "", "its name says it may hold a secret"),
        (".git-credentials", "", "its name says it may hold a secret"),
        (".git", "gitdir: ../.git/worktrees/x", "never packed"),
    ],
)
def test_keys_and_sign_ins_are_left_out_by_what_they_are(tmp_path: Path, name: str, content: str, reason: str) -> None:
    code = LocalCode(write(tmp_path, {"task.py": "", name: content}))
    assert [(left.path, left.reason) for left in plan(code, STAGING).left_out] == [(name, reason)]
    wanted = plan(LocalCode(code.path, include=(name,)), STAGING).files
    assert len(wanted) == (1 if name == ".git" else 2)


@pytest.mark.parametrize(
    "content",
    [
        '{"type": "external_account", "audience": "x"}',
        '{"a": 1}',
        "{" + " " * 70_000 + KEY[1:],
        f"KEY = {KEY!r}",
        "-----BEGIN CERTIFICATE-----",
        "",
    ],
)
def test_other_files_are_packed_whatever_they_are_about(tmp_path: Path, content: str) -> None:
    code = LocalCode(write(tmp_path, {"task.py": "", "other.json": content}))
    assert plan(code, STAGING).left_out == ()


def test_ignore_files_count_in_every_folder_and_up_to_the_repository(tmp_path: Path) -> None:
    files = {
        ".gitignore": "everything/\n",  # above the repository: counts for nothing
        "repo/.git/HEAD": "",
        "repo/.gitignore": "*.bin\n/code/local.yaml\n!keep.bin\n",
        "repo/code/task.py": "",
        "repo/code/a.bin": "",
        "repo/code/keep.bin": "",
        "repo/code/local.yaml": "",
        "repo/code/everything/b.txt": "",
        "repo/code/cache/.gitignore": "*",
        "repo/code/cache/blob": "",
        "repo/code/data/.gitignore": "/private*\n!a.bin",
        "repo/code/data/private.csv": "",
        "repo/code/data/a.bin": "",
        "repo/code/data/deep/private.csv": "",
        "repo/code/data/deep/.trainctlignore": "*.txt",
        "repo/code/data/deep/c.txt": "",
    }
    artifact = plan(LocalCode(write(tmp_path, files) / "repo" / "code"), STAGING)
    assert [file.path.removeprefix("trainctl_code/") for file in artifact.files] == [
        "data/.gitignore",
        "data/a.bin",
        "data/deep/.trainctlignore",
        "data/deep/private.csv",
        "everything/b.txt",
        "keep.bin",
        "task.py",
    ]
    assert [(left.path, left.reason) for left in artifact.left_out] == [
        ("a.bin", "ignored by ../.gitignore"),
        ("cache/.gitignore", "ignored by cache/.gitignore"),
        ("cache/blob", "ignored by cache/.gitignore"),
        ("data/deep/c.txt", "ignored by data/deep/.trainctlignore"),
        ("data/private.csv", "ignored by data/.gitignore"),
        ("local.yaml", "ignored by ../.gitignore"),
    ]


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ({".gitignore": "data/**\n!data/keep.csv\n"}, ["data/keep.csv"]),
        ({".gitignore": "*\n!data/\n!*.py\n"}, []),
        ({".gitignore": "data/*\n!data/deep\n"}, ["data/deep/x.csv"]),
        ({".gitignore": "*.csv\n", "data/.gitignore": "!deep\n"}, []),
        ({".gitignore": "deep\n", "data/.gitignore": "!deep/\n"}, ["data/deep/x.csv", "data/keep.csv", "data/x.csv"]),
    ],
)
def test_patterns_speak_of_what_they_name_as_git_has_it(tmp_path: Path, rules: dict[str, str], kept: list[str]) -> None:
    files = {"task.py": "", "data/x.csv": "", "data/keep.csv": "", "data/deep/x.csv": ""}
    found = [name.removeprefix("trainctl_code/") for name in packed(LocalCode(write(tmp_path, {**files, **rules})))]
    assert [name for name in found if name.endswith(".csv")] == kept


def test_a_folder_that_its_repository_ignores_is_packed_when_it_is_named(tmp_path: Path) -> None:
    files = {".git/HEAD": "", ".gitignore": "/generated/\n", "generated/task.py": ""}
    assert packed(LocalCode(write(tmp_path, files) / "generated")) == ["trainctl_code/task.py"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_to_what_is_left_out_is_left_out_too(tmp_path: Path) -> None:
    folder = write(tmp_path, {"task.py": "", ".env": "KEY=1", "data.csv": ""})
    (folder / "settings.txt").symlink_to(".env")
    (folder / "more.csv").symlink_to("data.csv")
    artifact = plan(LocalCode(folder), STAGING)
    assert [(left.path, left.reason) for left in artifact.left_out] == [
        (".env", "its name says it may hold a secret"),
        ("settings.txt", "a link to .env: its name says it may hold a secret"),
    ]
    assert "trainctl_code/more.csv" in [file.path for file in artifact.files]


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take no such names")
def test_files_and_folders_whose_names_are_no_text_are_left_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"b\xe9")).mkdir()
    write(tmp_path, {"task.py": "", os.fsdecode(b"b\xe9/a"): "", os.fsdecode(b"caf\xe9.csv"): "1\n"})
    artifact = plan(LocalCode(tmp_path), STAGING)
    assert len(artifact.files) == 1
    assert [(left.path, left.reason) for left in artifact.left_out] == [
        ("b\ufffd", "its name is not text in UTF-8"),
        ("caf\ufffd.csv", "its name is not text in UTF-8"),
    ]


def test_include_brings_back_what_an_ignore_file_left_out(tmp_path: Path) -> None:
    files = {"task.py": "", ".gitignore": "data/\n", "data/keep.csv": "1", "data/drop.csv": "2"}
    code = LocalCode(write(tmp_path, files), include=("data/keep.csv",))
    assert "trainctl_code/data/keep.csv" in packed(code)
    assert "trainctl_code/data/drop.csv" not in packed(code)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path, {"outside.txt": "secret"})
    folder = write(tmp_path / "code", {"task.py": ""})
    (folder / "link.txt").symlink_to(outside / "outside.txt")
    artifact = plan(LocalCode(folder), STAGING)
    assert [(left.path, left.reason) for left in artifact.left_out] == [
        ("link.txt", "a link that leads out of the folder")
    ]


def test_a_notebook_is_refused_with_the_command_that_makes_a_script_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"train.ipynb": "{}"})
    with pytest.raises(CodeUnusable) as raised:
        plan(LocalCode(tmp_path / "train.ipynb"), STAGING)
    assert raised.value.hint == "`jupyter nbconvert --to script train.ipynb` makes one of it"


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ({}, "gone.py", "there is no"),
        ({"notes.txt": ""}, "notes.txt", "is no Python file, folder, wheel or .tar.gz"),
        ({"code/a.py": "", "code/b.py": ""}, "code", "says which file to run"),
        ({"code/pyproject.toml": ""}, "code", "does not say what to run"),
    ],
)
def test_code_that_cannot_be_packed_is_refused_with_a_reason(
    tmp_path: Path, files: dict[str, str], path: str, message: str
) -> None:
    write(tmp_path, files)
    with pytest.raises(CodeUnusable, match=message):
        plan(LocalCode(tmp_path / path), STAGING)


def test_a_project_is_built_by_its_own_backend(tmp_path: Path) -> None:
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    files = {"pyproject.toml": system, "backend.py": BACKEND, "mine/task.py": "print(7)"}
    code = LocalCode(write(tmp_path / "project", files), module="mine.task")
    assert members(built(code, tmp_path / "cache")) == ["mine-7/mine/task.py"]


def test_a_script_with_points_in_its_name_is_refused_because_it_would_not_be_found(tmp_path: Path) -> None:
    write(tmp_path, {"train.v2.py": ""})
    with pytest.raises(CodeUnusable, match=r"`train.v2.py` cannot be run as a module") as caught:
        plan(LocalCode(tmp_path / "train.v2.py"), STAGING)
    assert caught.value.hint == "call it `train_v2.py`"
    with pytest.raises(CodeUnusable, match="nothing in"):
        plan(LocalCode(tmp_path), STAGING)


def test_links_that_a_backend_makes_lead_where_they_did(tmp_path: Path) -> None:
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    linking = BACKEND.replace(
        "    with tarfile", "    __import__('os').symlink('task.py', 'mine/main.py')\n    with tarfile"
    )
    files = {"pyproject.toml": system, "backend.py": linking, "mine/task.py": "print(7)"}
    code = LocalCode(write(tmp_path / "project", files), module="mine.task")
    with tarfile.open(built(code, tmp_path / "cache")) as opened:
        assert opened.getmember("mine-7/mine/main.py").linkname == "task.py"


@pytest.mark.parametrize("how", [".gitignore", "exclude"])
def test_what_is_left_out_is_not_what_is_run(tmp_path: Path, how: str) -> None:
    files = {"task.py": "", "train.py": "", **({how: "/task.py\n"} if how == ".gitignore" else {})}
    code = LocalCode(write(tmp_path, files), exclude=("task.py",) if how == "exclude" else ())
    assert plan(code, STAGING).module == "trainctl_code.train"


def test_a_project_that_does_not_build_fails_with_the_builders_last_words(tmp_path: Path) -> None:
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    files = {"pyproject.toml": system, "backend.py": "def build_sdist(*a, **k):\n    raise SystemError('no luck')\n"}
    code = LocalCode(write(tmp_path / "project", files), module="mine.task")
    with pytest.raises(CodeUnusable, match="no luck"):
        built(code, tmp_path / "cache")


def test_a_finished_archive_is_sent_as_it_is(tmp_path: Path) -> None:
    wheel = tmp_path / "mine-1-py3-none-any.whl"
    wheel.write_bytes(b"zip")
    code = LocalCode(wheel, module="mine.task")
    assert built(code, tmp_path / "cache") == wheel
    assert plan(code, STAGING).uri.endswith("/mine-1-py3-none-any.whl")


@pytest.mark.slow
def test_installed_code_runs_with_its_neighbours_and_its_data(tmp_path: Path) -> None:
    files = {
        "task.py": "import pathlib, subprocess, sys, neighbour\n"
        "here = pathlib.Path(__file__).parent\n"
        "print(neighbour.NAME, (here / 'data' / 'x.txt').read_text(), sys.argv[1:])\n"
        "print((here / 'conf.d' / 'deep' / '.y').read_text(), subprocess.run([here / 'tool.sh']).returncode)\n",
        "neighbour.py": "NAME = 'next door'\n",
        "data/x.txt": "data",
        "conf.d/deep/.y": "point",
        "tool.sh": "#!/bin/sh\nexit 7\n",
    }
    code = LocalCode(write(tmp_path / "code", files))
    (code.path / "tool.sh").chmod(0o755)
    archive = built(code, tmp_path / "cache")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(archive)], check=True, cwd=tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", plan(code, STAGING).module, "--a=1"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "next door data ['--a=1']\npoint 7\n"


@pytest.mark.parametrize("form", ["script", "archive"])
def test_code_that_changes_after_it_was_named_is_not_packed_under_that_name(form: str, tmp_path: Path) -> None:
    path = tmp_path / ("train.py" if form == "script" else "train-1.tar.gz")
    path.write_text("print('one')\n", encoding="utf-8")
    code = LocalCode(path, module="train")
    artifact = plan(code, STAGING)
    path.write_text("print('two')\n", encoding="utf-8")
    with pytest.raises(CodeUnusable, match=f"`{path.name}` has changed while it was being submitted"):
        build(code, artifact, tmp_path / "cache")
    assert not list(tmp_path.glob("cache/*/*"))


def test_code_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / f"{'a' * 300}.py"
    with pytest.raises(CodeUnusable, match=r"`.*aaa\.py` cannot be read: file name too long"):
        plan(LocalCode(path), STAGING)
