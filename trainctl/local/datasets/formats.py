"""The import formats of image and video datasets, as Google documents them.

Sources: https://cloud.google.com/vertex-ai/docs/image-data/classification/prepare-data and the pages beside it; for
videos https://cloud.google.com/vertex-ai/docs/datasets/prepare-video.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMAS = "gs://google-cloud-aiplatform/schema/dataset/"


@dataclass(frozen=True, slots=True)
class Format:
    """One import format: its name in `importSchemaUri`, what its items are, and the fields of their annotations.

    The first of `fields` is what CSV files fill; annotations are lists unless there is one an item (`many`). The
    `annotation` is the name of the schema that pipelines choose annotations by.
    """

    kind: str
    name: str
    annotation: str
    fields: tuple[str, ...]
    many: bool = True

    @property
    def annotation_schema(self) -> str:
        """The URI of the schema of the annotations."""
        return f"{SCHEMAS}annotation/{self.annotation}_1.0.0.yaml"

    @property
    def uri_field(self) -> str:
        """Where a line names its image or video."""
        return f"{self.kind}GcsUri"


FORMATS = {
    f"{SCHEMAS}ioformat/{form.name}_io_format_1.0.0.yaml": form
    for form in (
        Format(
            "image",
            "image_classification_single_label",
            "image_classification",
            ("classificationAnnotation",),
            many=False,
        ),
        Format("image", "image_classification_multi_label", "image_classification", ("classificationAnnotations",)),
        Format("image", "image_bounding_box", "image_bounding_box", ("boundingBoxAnnotations",)),
        Format("video", "video_classification", "video_classification", ("timeSegmentAnnotations",)),
        Format("video", "video_object_tracking", "video_object_tracking", ("temporalBoundingBoxAnnotations",)),
        Format(
            "video",
            "video_action_recognition",
            "video_action_recognition",
            ("timeSegmentAnnotations", "timestampAnnotations", "timeSegments"),
        ),
    )
}
"""Import formats by their `importSchemaUri`."""
