"""An agent that waits for our answer in a process of its own lives, however long it has said nothing."""

from __future__ import annotations

from orchestrator_tui.core.model import Liveness
from tests.core.builders import asking
from tests.runtime.stage import BATCH, MINUTE, Stage


def test_a_reader_that_waits_for_an_answer_is_a_sign_of_life(stage: Stage) -> None:
    process = stage.start("first")
    stage.write(asking(stage=3))
    process.step()
    slug = next(iter(process.batch.tracks))
    with process.journal.waiter(BATCH, "task-1-stage-3", what="shell"):
        for _ in range(13):
            stage.clock.advance(MINUTE)
            process.step()
    track = process.track(slug)
    assert track.liveness is Liveness.WORKING_NOT_REPORTING
    assert track.signs[0].startswith("waiting for our answer")
