"""Google's prebuilt training images, as what a virtual environment needs to stand in for one.

Source of the names: https://cloud.google.com/vertex-ai/docs/training/pre-built-containers
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_IMAGE = re.compile(
    r"(?:(?:[a-z0-9]+\.)?gcr\.io/cloud-aiplatform/training|[a-z0-9-]+-docker\.pkg\.dev/vertex-ai/training)/"
    r"(?P<framework>tf|pytorch|sklearn|scikit-learn|xgboost)-(?P<device>cpu|gpu|tpu|xla)"
    r"\.(?P<version>\d+-\d+)(?P<python>\.py\d+)?(?:[:@].+)?"
)

_FRAMEWORKS: dict[str, tuple[str, ...]] = {
    "tf": ("tensorflow", "pandas", "scikit-learn"),
    "pytorch": ("torch", "torchvision", "pandas", "scikit-learn"),
    "sklearn": ("scikit-learn", "pandas"),
    "scikit-learn": ("scikit-learn", "pandas"),
    "xgboost": ("xgboost", "scikit-learn", "pandas"),
}
"""The framework first: it is the one whose version the image's name states."""

_IN_EVERY_IMAGE = ("google-cloud-storage", "setuptools", "wheel")


@dataclass(frozen=True, slots=True)
class Image:
    """What stands in for an image: requirements, the framework's distribution and the version the image has of it.

    `offers` are modules with the distributions they come from, which are installed if the job's packages import them.
    """

    requirements: tuple[str, ...]
    framework: str = ""
    version: str = ""
    python: str = ""
    known: bool = True
    offers: Mapping[str, str] = field(default_factory=dict)


UNKNOWN = Image(requirements=(), known=False)
AUTOML_IMAGE, AUTOML_VIDEO, AUTOML_SIMULATION = (f"trainctl.local/automl-{name}" for name in ("image", "video", "none"))
PREDICTOR = "trainctl.local/predictor"
"""No images: the environments of the engine's own programs, AutoML's trainer and what predicts over files."""

_OWN = {
    AUTOML_IMAGE: ("scikit-learn", "pillow"),
    AUTOML_VIDEO: ("scikit-learn", "av"),
    AUTOML_SIMULATION: (),
    PREDICTOR: (),
}


RUNTIME = "trainctl.local/runtime"
"""No image: with a version as its tag, the environment of a runtime version of AI Platform."""

_RUNTIME = re.compile(re.escape(RUNTIME) + r":(?P<version>[\d.]+)(?:-py(?P<python>[\d.]+))?")
_IN_RUNTIMES = {
    "tensorflow": "tensorflow",
    "keras": "tensorflow",
    "torch": "torch",
    "xgboost": "xgboost",
    "sklearn": "scikit-learn",
    "joblib": "joblib",
    "scipy": "scipy",
    "pandas": "pandas",
    "numpy": "numpy",
    "hypertune": "cloudml-hypertune",
    "google.cloud.storage": "google-cloud-storage",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.logging": "google-cloud-logging",
    "matplotlib": "matplotlib",
    "PIL": "pillow",
    "requests": "requests",
    "six": "six",
    "yaml": "pyyaml",
}
"""All frameworks are in every runtime version; installing all would take minutes and gigabytes.

Source: https://cloud.google.com/ai-platform/training/docs/runtime-version-list
"""


def find_image(uri: str) -> Image:
    """The stand-in for a prebuilt training image in either registry form; `UNKNOWN` for any other image."""
    found = _IMAGE.fullmatch(uri)
    if uri in _OWN:
        return Image(requirements=_OWN[uri])
    if runtime := _RUNTIME.fullmatch(uri):
        return Image((), "tensorflow", runtime["version"], runtime["python"] or "", offers=_IN_RUNTIMES)
    if found is None:
        return UNKNOWN
    requirements = _FRAMEWORKS[found["framework"]]
    digits = (found["python"] or "").removeprefix(".py")
    return Image(
        requirements=(*requirements, *_IN_EVERY_IMAGE),
        framework=requirements[0],
        version=found["version"].replace("-", "."),
        python=f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else "",
    )
