"""What people call things: display names and labels of Vertex AI's resources.

Source: the descriptions of `displayName` and `labels` in the discovery document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST_NAME = 128
_LONGEST_LABEL = 64
_MOST_LABELS = 64
_SYSTEM = "aiplatform.googleapis.com/"
"""The beginning of the labels that are not a user's."""

_WITHIN = (("model", "model"), ("modelToUpload", "model_to_upload"))


def find_misnamed(message: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Each name or label of a canonical body that Vertex AI refuses: its field (snake_case), and why.

    A model within the body is looked at too.
    """
    if len(message.get("displayName", "")) > _LONGEST_NAME:
        yield f"{path}display_name", f"It has more than {_LONGEST_NAME} characters."
    yield from ((f"{path}labels", why) for why in _find_bad_labels(message.get("labels", {})))
    for name, place in _WITHIN:
        if isinstance(inner := message.get(name), dict):
            yield from find_misnamed(inner, f"{path}{place}.")


def _find_bad_labels(labels: Mapping[str, str]) -> Iterator[str]:
    own = {key: value for key, value in labels.items() if not key.startswith(_SYSTEM)}
    if len(own) > _MOST_LABELS:
        yield f"There are {len(own)} labels; at most {_MOST_LABELS} are allowed."
    for key, value in own.items():
        if not key:
            yield "A label has an empty key."
        for kind, text in (("key", key), ("value", value)):
            if len(text) > _LONGEST_LABEL:
                yield f"The label {kind} `{text}` has more than {_LONGEST_LABEL} characters."
            elif not all(map(_is_label_character, text)):
                yield (
                    f"The label {kind} `{text}` has other characters than lowercase letters, numeric characters, "
                    "underscores and dashes."
                )


def _is_label_character(character: str) -> bool:
    """Letters of scripts without case count as lowercase ones."""
    return character in "_-" or (character.isalnum() and character == character.lower())
