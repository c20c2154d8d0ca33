"""Runtime versions of AI Platform on this machine: of all that they have, a job gets what its packages import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.packages import build_package
from trainctl.local.replicas.images import find_image
from trainctl.local.replicas.packages import find_imports, list_imports
from trainctl.local.replicas.programs import list_requirements

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = "trainctl.local/runtime:2.11-py3.7"
SOURCES = {
    "import tensorflow as tf": {"tensorflow"},
    "import os, pandas as pd, numpy": {"os", "pandas", "numpy"},
    "from sklearn.linear_model import LinearRegression": {"sklearn.linear_model.LinearRegression"},
    "from google.cloud import storage, bigquery as bq": {"google.cloud.storage", "google.cloud.bigquery"},
    "from google.cloud import (\n    storage,\n    bigquery,\n)": {"google.cloud.storage", "google.cloud.bigquery"},
    "def f():\n    import hypertune": {"hypertune"},
    "try:\n\timport xgboost\nexcept ImportError: pass": {"xgboost"},
    "print 'Python 2'; x = 'import nothing'": set(),
    "important = 1": set(),
}


@pytest.mark.parametrize("source", SOURCES)
def test_imports_are_found_in_code_of_any_age(source: str) -> None:
    assert set(find_imports(source)) == SOURCES[source]


def test_imports_are_found_in_a_source_distribution(tmp_path: Path) -> None:
    package = tmp_path / "p-1.0.tar.gz"
    build_package(package, task="import sklearn.svm\n")
    assert "sklearn.svm" in list_imports(package)


def test_a_broken_package_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.tar.gz").write_bytes(b"\x1f\x8b broken")
    assert list_imports(tmp_path / "p.tar.gz") == set()


NEEDS = {
    "import json\n": (),
    "import sklearn.svm\nimport hypertune\n": ("scikit-learn", "cloudml-hypertune", "setuptools", "wheel"),
    "from google.cloud import storage\n": ("google-cloud-storage", "setuptools", "wheel"),
    "import google\nimport sklearner\n": (),
    "from tensorflow import keras\nimport keras\n": ("tensorflow", "setuptools", "wheel"),
}


@pytest.mark.parametrize("code", NEEDS)
def test_of_a_runtime_version_only_what_is_imported_is_installed(tmp_path: Path, code: str) -> None:
    build_package(tmp_path / "p-1.0.tar.gz", task=code)
    assert list_requirements(find_image(IMAGE), {}, [str(tmp_path / "p-1.0.tar.gz")]) == NEEDS[code]


def test_a_runtime_version_says_which_framework_and_python_it_has() -> None:
    image = find_image(IMAGE)
    assert (image.framework, image.version, image.python, image.known) == ("tensorflow", "2.11", "3.7", True)
    assert find_image("trainctl.local/runtime:1.15").python == ""
