from __future__ import annotations

import io
import tarfile
import zipfile
from hashlib import shake_256
from pathlib import Path

import pytest

from trainctl.local.replicas.contract import INHERITED, Place, add_variables, expand, isolate, prepare_installer
from trainctl.local.replicas.images import UNKNOWN, find_image
from trainctl.local.replicas.packages import list_imports, needs_isolation

PLACE = Place(name="projects/p/locations/l/customJobs/1", buckets=Path("/buckets"))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$(A)/x", "1/x"),
        ("$(A)$(B)", "12"),
        ("$(NOPE)", "$(NOPE)"),
        ("$$(A)", "$(A)"),
        ("$A ${A} $()", "$A ${A} $()"),
        ("$$$(A)", "$1"),
    ],
)
def test_references_are_expanded_as_kubernetes_does(text: str, result: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == result


def test_a_variable_may_refer_to_those_before_it_only() -> None:
    variables = [{"name": "X", "value": "$(A)$(Y)"}, {"name": "Y", "value": "$(X)!"}]
    assert add_variables({"A": "1"}, variables) == {"A": "1", "X": "1$(Y)", "Y": "1$(Y)!"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("/gcs/data/x", "/buckets/data/x"),
        ("--data=/gcs/data/x", "--data=/buckets/data/x"),
        ("/gcs/a/b,/gcs/c/d", "/buckets/a/b,/buckets/c/d"),
        ('{"data": ["/gcs/a/b"]}', '{"data": ["/buckets/a/b"]}'),
        ("print(open('/gcs/a/b'))", "print(open('/buckets/a/b'))"),
        ("[/gcs/a/b;/gcs/c/d]", "[/buckets/a/b;/buckets/c/d]"),
        ("/home/gcs/data", "/home/gcs/data"),
        ("/home/gcs/gcs/data", "/home/gcs/gcs/data"),
        ("gs://data/x", "gs://data/x"),
        ("/gcs/", "/gcs/"),
    ],
)
def test_mounted_paths_become_paths_of_the_folder(text: str, result: str) -> None:
    assert PLACE.map_gcs_paths(text) == result


SECRETS = {
    "GOOGLE_APPLICATION_CREDENTIALS": "x",
    "CLOUDSDK_AUTH_ACCESS_TOKEN": "x",
    "TRAINCTL_ACCESS_TOKEN": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "PYTHONPATH": "/mine",
    "VIRTUAL_ENV": "/mine",
}
OWN = {"HOME": "/home/me", "PATH": "/bin", "LANG": "C", "https_proxy": "http://proxy", "PIP_INDEX_URL": "https://index"}


def test_a_job_gets_a_home_of_its_own_and_nothing_secret() -> None:
    assert isolate({**OWN, **SECRETS}, Path("/job")) == {
        "PATH": "/bin",
        "LANG": "C",
        "https_proxy": "http://proxy",
        "HOME": "/job",
        "CLOUDSDK_CONFIG": "/job/.config/gcloud",
        "NO_GCE_CHECK": "true",
        "PYTHONUNBUFFERED": "1",
    }


def test_the_installer_finds_the_users_index_but_no_credentials() -> None:
    assert prepare_installer({**OWN, **SECRETS}, Path("/nowhere")) == {
        **OWN,
        "CLOUDSDK_CONFIG": "/nowhere",
        "NO_GCE_CHECK": "true",
        "PYTHONUNBUFFERED": "1",
    }


def test_no_inherited_variable_names_a_credential() -> None:
    words = ("CREDENTIAL", "TOKEN", "KEY", "SECRET", "PASSWORD", "GOOGLE", "CLOUDSDK", "AWS")
    assert [name for name in INHERITED if any(word in name.upper() for word in words)] == []


IMAGES = [
    ("us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest", "scikit-learn", "1.6", ""),
    ("europe-docker.pkg.dev/vertex-ai/training/scikit-learn-cpu.0-23", "scikit-learn", "0.23", ""),
    ("gcr.io/cloud-aiplatform/training/tf-gpu.2-1:latest", "tensorflow", "2.1", ""),
    ("eu.gcr.io/cloud-aiplatform/training/xgboost-cpu.1-1", "xgboost", "1.1", ""),
    ("asia-docker.pkg.dev/vertex-ai/training/pytorch-gpu.2-4.py310@sha256:0", "torch", "2.4", "3.10"),
    ("us-docker.pkg.dev/vertex-ai/training/tf-cpu.2-17.py310:latest", "tensorflow", "2.17", "3.10"),
]


@pytest.mark.parametrize(("uri", "framework", "version", "python"), IMAGES, ids=[case[0] for case in IMAGES])
def test_a_prebuilt_image_is_known_in_either_registry(uri: str, framework: str, version: str, python: str) -> None:
    image = find_image(uri)
    assert (image.framework, image.version, image.python, image.known) == (framework, version, python, True)
    assert image.requirements[0] == framework
    assert {"setuptools", "wheel", "google-cloud-storage"} < set(image.requirements)


@pytest.mark.parametrize(
    "uri",
    [
        "python:3.11",
        "gcr.io/my-project/sklearn-cpu.1-6",
        "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-0:latest",
    ],
)
def test_any_other_image_is_unknown(uri: str) -> None:
    assert find_image(uri) == UNKNOWN


PROJECTS = [
    (None, False),
    ("[build-system]\nrequires = []", False),
    ('[build-system]\nrequires = ["setuptools>=61", "wheel"]', False),
    ('[build-system]\nrequires = ["setuptools>=61", "setuptools-scm"]', True),
    ('[build-system]\nrequires = ["hatchling"]', True),
    ("[project]\nname = 'x'", False),
    ("not = toml = at all", False),
    ("build-system = 3", True),
    ("[build-system]\nrequires = 3", True),
    ("[build-system]\nrequires = [3]", True),
    (f"deep = {'[' * 3000}", False),
]


@pytest.mark.parametrize(("pyproject", "isolated"), PROJECTS)
@pytest.mark.parametrize("form", ["tar", "zip"])
def test_only_packages_with_build_tools_of_their_own_are_built_apart(
    tmp_path: Path, pyproject: str | None, isolated: bool, form: str
) -> None:
    path = tmp_path / ("x-1.0.tar.gz" if form == "tar" else "x-1.0.zip")
    files = {"x-1.0/setup.py": "", **({"x-1.0/pyproject.toml": pyproject} if pyproject is not None else {})}
    if form == "tar":
        with tarfile.open(path, "w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content.encode()))
    else:
        with zipfile.ZipFile(path, "w") as bundle:
            for name, content in files.items():
                bundle.writestr(name, content)
    assert needs_isolation(path) is isolated


def test_a_wheel_is_not_built(tmp_path: Path) -> None:
    assert needs_isolation(tmp_path / "x-1.0-py3-none-any.whl") is False


def test_a_package_without_a_folder_of_its_own_is_read_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x-1.0.zip", "w") as bundle:
        bundle.writestr("pyproject.toml", '[build-system]\nrequires = ["hatchling"]')
    assert needs_isolation(tmp_path / "x-1.0.zip")


@pytest.mark.parametrize("place", [6, 8], ids=["encrypted", "packed in an unknown way"])
def test_a_package_that_cannot_be_unpacked_is_left_to_the_installer_to_name(tmp_path: Path, place: int) -> None:
    path = tmp_path / "x-1.0.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("x-1.0/pyproject.toml", "[build-system]")
        bundle.writestr("x-1.0/task.py", "import tensorflow")
    content = bytearray(path.read_bytes())
    for head, shift in ((b"PK\3\4", 0), (b"PK\1\2", 2)):  # each is there once for each file
        start = -1
        while (start := content.find(head, start + 1)) >= 0:
            content[start + place + shift] |= 99
    path.write_bytes(content)
    assert (needs_isolation(path), list_imports(path)) == (False, set())


def test_a_link_to_nothing_says_nothing_of_how_a_package_is_built(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x-1.0.tar.gz", "w:gz") as archive:
        link = tarfile.TarInfo("x-1.0/pyproject.toml")
        link.type, link.linkname = tarfile.SYMTYPE, "../nowhere"
        archive.addfile(link)
    assert needs_isolation(tmp_path / "x-1.0.tar.gz") is False


def test_a_package_that_is_damaged_within_is_left_to_the_installer_to_name(tmp_path: Path) -> None:
    path = tmp_path / "x-1.0.tar.xz"
    with tarfile.open(path, "w:xz") as archive:
        member = tarfile.TarInfo("x-1.0/data")
        member.size = 200_000
        archive.addfile(member, io.BytesIO(shake_256(b"x").digest(member.size)))
    content = bytearray(path.read_bytes())
    content[90_000:100_000] = bytes(10_000)
    path.write_bytes(content)
    assert needs_isolation(path) is False
