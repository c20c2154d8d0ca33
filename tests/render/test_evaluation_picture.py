"""Evaluations as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.render.test_evaluation import EVALUATION

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("html", b"<!doctype html>")])
def test_a_curve_is_drawn_in_the_form_of_the_suffix(suffix: str, start: bytes, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    from trainctl.render.evaluation_picture import draw_curves

    file = tmp_path / f"curve.{suffix}"
    draw_curves(EVALUATION, file)
    assert file.read_bytes().startswith(start)
