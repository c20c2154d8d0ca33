from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.cloud import Cloud, user

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Runner


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def run(cloud: Cloud, tmp_path: Path) -> Runner:
    return user(cloud, tmp_path)
