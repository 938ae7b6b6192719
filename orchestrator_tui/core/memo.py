"""Remembering what is asked again and again about the same things, as a screen does that shows one state for long."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import is_
from typing import TypeVar, TypeVarTuple

A = TypeVarTuple("A")
R = TypeVar("R")


def of_newest(ask: Callable[[*A], R]) -> Callable[[*A], R]:
    """``ask``, a pure function of things that never change, with the answer to its newest question remembered.

    The same question is one about the same objects: to compare a whole state would cost more than to ask again. The
    answer is handed to everybody, so that it must not be changed either.
    """
    newest: tuple[tuple[*A], R] | None = None

    @wraps(ask)
    def answer(*about: *A) -> R:
        nonlocal newest
        known = newest
        if known is not None and all(map(is_, known[0], about)):
            return known[1]
        found = ask(*about)
        newest = about, found
        return found

    return answer
