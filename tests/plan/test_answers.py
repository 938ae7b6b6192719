"""Answers from a file: which gates they answer, and how often."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestrator_tui.core.commands import Decide
from orchestrator_tui.core.model import Gate, Option, Question
from orchestrator_tui.plan.answers import MOST_ALIKE, MOST_ASKED, Answer, answer_all
from tests.ui import states

FIRST = (Answer(re.compile("."), "1", ""),)
GATE = replace(states.COUNSEL, question=replace(states.COUNSEL.question, options=(Option("again", "try again"),)))


def asking(gate: Gate, asked: set[str]) -> list[Decide]:
    found: list[Decide] = []
    answer_all(lambda: (gate,), FIRST, found.append, asked)
    return found


def test_a_question_that_comes_back_is_left_to_a_person() -> None:
    asked: set[str] = set()
    answered = [len(asking(replace(GATE, revision=number), asked)) for number in range(1, 7)]
    assert answered == [1] * MOST_ASKED + [0] * (6 - MOST_ASKED)


def test_a_revision_is_answered_once() -> None:
    asked: set[str] = set()
    assert len(asking(GATE, asked)) == 1
    assert asking(GATE, asked) == []


@pytest.mark.parametrize(("same", "most"), [(True, MOST_ALIKE), (False, 12)])
def test_questions_of_one_kind_about_one_stage_are_left_to_a_person_in_the_end(same: bool, most: int) -> None:
    asked: set[str] = set()

    def question(number: int) -> Question:
        return replace(GATE.question, stage=3 if same else number)

    answered = [asking(replace(GATE, id=f"g-{number}", question=question(number)), asked) for number in range(12)]
    assert len([one for one in answered if one]) == most
