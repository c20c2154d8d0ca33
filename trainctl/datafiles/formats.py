"""The import formats of Vertex AI's image and video datasets, one for each objective.

Source: https://cloud.google.com/vertex-ai/docs/image-data/classification/prepare-data and the pages beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMAS = "gs://google-cloud-aiplatform/schema/dataset/"
METADATA = {kind: f"{SCHEMAS}metadata/{kind}_1.0.0.yaml" for kind in ("image", "video", "tabular")}
ML_USE = "aiplatform.googleapis.com/ml_use"
USES = {
    "training": "training",
    "train": "training",
    "validation": "validation",
    "validate": "validation",
    "test": "test",
    "unassigned": "unassigned",
    "": "unassigned",
}
"""What a CSV file may call a set, in lower case."""


@dataclass(frozen=True, slots=True)
class Format:
    """One import format.

    `fields` are the annotations of a JSON line, each a list unless it is `single`; `needs` are the numbers and times
    that an annotation has beside its label; `cells` are the columns of CSV behind the label, `several` that more than
    one label may stand there.
    """

    objective: str
    kind: str
    name: str
    fields: tuple[str, ...]
    needs: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    single: bool = False
    several: bool = False

    @property
    def schema(self) -> str:
        """The `importSchemaUri`."""
        return f"{SCHEMAS}ioformat/{self.name}_io_format_1.0.0.yaml"

    @property
    def uri_field(self) -> str:
        """Where a JSON line names its image or video."""
        return f"{self.kind}GcsUri"


_BOX = ("xMin", "yMin", "xMax", "yMax")
_CORNERS = ("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4")
FORMATS = {
    form.objective: form
    for form in (
        Format(
            "single-label",
            "image",
            "image_classification_single_label",
            ("classificationAnnotation",),
            single=True,
        ),
        Format(
            "multi-label",
            "image",
            "image_classification_multi_label",
            ("classificationAnnotations",),
            several=True,
        ),
        Format("object-detection", "image", "image_bounding_box", ("boundingBoxAnnotations",), _BOX, _CORNERS),
        Format(
            "classification",
            "video",
            "video_classification",
            ("timeSegmentAnnotations",),
            cells=("start", "end"),
        ),
        Format(
            "object-tracking",
            "video",
            "video_object_tracking",
            ("temporalBoundingBoxAnnotations",),
            (*_BOX, "timeOffset"),
            ("instance", "time", *_CORNERS),
        ),
        Format(
            "action-recognition",
            "video",
            "video_action_recognition",
            ("timeSegments", "timeSegmentAnnotations", "timestampAnnotations"),
        ),
    )
}
"""By objective, as `--objective` names them."""


def of_kind(kind: str) -> tuple[str, ...]:
    """The objectives of images or videos, the usual one first."""
    return tuple(name for name, form in FORMATS.items() if form.kind == kind)
