"""What an agent is told that goes on in the conversation it had: why it stopped, what was decided, and how to end."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.model import Batch, Gate, Track
from orchestrator_tui.core.prompt_follow_up import instruction
from orchestrator_tui.core.prompt_parts import Part, Section, one_line, render
from orchestrator_tui.core.prompt_protocol import ending
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.schedule.rules import stage_run, stage_work
from orchestrator_tui.core.words import brought_words

_GO_ON = (
    "This is the conversation that you had; everything that you were told in it still holds. Look at the worktree "
    "first (`git status`, `git log`): what you began may be half done. Then go on where you stopped, to the end of "
    "your stage."
)


def going_on_prompt(batch: Batch, track: Track, answers: Sequence[Gate] = ()) -> str:
    """What the agent of the stage at hand is told when its last attempt ended before it was through.

    Args:
        batch: a run.
        track: one of its tracks, whose last attempt had a conversation that goes on.
        answers: decided gates that it had asked and has not heard of.
    """
    work = stage_work(batch, track, stage_run(track).stage)
    why = "what you asked is decided" if answers else _stopped(track.attempts[-1])
    sections = (
        instruction(track),
        Section("You go on", (Part(f"You had stopped: {why}.\n{_GO_ON}"),)),
        answered(answers),
        ending(batch, track, work),
    )
    return render(sections)


def answered(answers: Sequence[Gate]) -> Section:
    """The answers to what an agent had asked before it ended."""
    return Section("What was decided", (Part(brought_words(answers)),) if answers else ())


def _stopped(attempt: Attempt) -> str:
    """Why an attempt ended before it was through."""
    if attempt.stopping:
        return one_line(attempt.stopping)
    said = one_line(attempt.summary)
    return f"your process ended ({said})" if said else "your process ended"
