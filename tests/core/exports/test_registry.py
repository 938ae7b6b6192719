"""Every export of a batch that has just begun, and of one that has ended, writes files inside of its folder."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from orchestrator_tui.core.exports.registry import EXPORTS
from orchestrator_tui.core.model import Batch
from tests.core.builders import HOUR, START
from tests.core.report.test_summary import mixed


@pytest.mark.parametrize("name", EXPORTS)
def test_no_file_leaves_the_folder(name: str) -> None:
    batch: Batch = mixed().batch
    for document in EXPORTS[name](batch, START.plus(HOUR)):
        path = PurePosixPath(document.path)
        assert not path.is_absolute()
        assert ".." not in path.parts
