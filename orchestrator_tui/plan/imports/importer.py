"""What reads one kind of foreign file: whether a file is one, and the plan that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.plan.problems import Problem


@frozen
class Imported:
    """The plan that a foreign file stands for, in the words of a plan file, or None where it cannot be one.

    Scalars are texts, as in a plan that was read; None is a value that was left empty.

    ``lines`` are the lines of the foreign file that the places of the plan come from, as far as they are known.
    """

    content: Mapping[str, Any] | None
    problems: tuple[Problem, ...] = ()
    lines: Mapping[str, int] | None = None


@frozen
class Importer:
    """One kind of foreign file.

    Attributes:
        name: what such a file is called in messages.
        recognises: whether a file is of this kind, by its path and its text; a plan of our own never is.
        convert: its text and the file's name in problems to a plan.
    """

    name: str
    recognises: Callable[[Path, str], bool]
    convert: Callable[[str, str], Imported]
