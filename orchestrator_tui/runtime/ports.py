"""The ports of the runtime: what the screens see of it, and what it asks of the world (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.commands import Command
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Activity, State, Track


class Clock(Protocol):
    """Where time enters."""

    def now(self) -> Instant: ...


@frozen
class Recorded:
    """A batch of a journal that is not under way: what a person knows it by, and where it can be replayed."""

    batch: str
    title: str
    opened_wall_ms: int
    repository: str


@frozen
class Live:
    """What is shown but not journalled; a replay has none of it and says so.

    Attributes:
        activity: finer activity than the journal's, by (batch, track).
        watching: one line on how files are followed, e.g. ``"2 lists, by events"``.
        empty: why nothing is shown and what to do about it, line by line, when there is nothing to show.
        problem: what keeps decisions from being recorded now, or ""; shown as a banner (reliability J-5).
        held_by: who holds the lease of a batch that this screen does not hold, by batch; ``NOBODY`` for a run whose
            host has ended.
        past: the batches that can be replayed, newest first; told only where none is shown.
    """

    activity: Mapping[tuple[str, str], Activity] = field(default_factory=dict)
    watching: str = ""
    empty: tuple[str, ...] = ()
    problem: str = ""
    held_by: Mapping[str, str] = field(default_factory=dict)
    past: tuple[Recorded, ...] = ()


@frozen
class Snapshot:
    """One immutable picture of everything, handed to the screens as a whole."""

    state: State
    live: Live = field(default_factory=Live)


@frozen
class Outcome:
    """What became of a command. ``refused`` is one line, or "" when it was carried out; ``text`` says what was done."""

    command: Command
    refused: str = ""
    text: str = ""


class Session(Protocol):
    """What stands behind the screens: the live runtime, or a replay. Screens know nothing else.

    ``mode`` is ``live`` or ``replay``; it is shown, never branched on by a widget.
    """

    @property
    def mode(self) -> str: ...

    @property
    def clock(self) -> Clock: ...

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        """Begin. Callbacks may come from any thread: ``changed`` with each picture, ``finished`` once a command."""

    def snapshot(self) -> Snapshot:
        """The picture as it is now; before ``start``, what can be shown at once."""

    def dispatch(self, command: Command) -> None:
        """Hand over a command; never blocks. Its :class:`Outcome` comes by ``finished``. A replay refuses all."""

    def close(self) -> None:
        """Let go of everything within 300 ms. Idempotent."""


class Evidence(Protocol):
    """What can be looked up when a person asks (keys ``d`` and ``o``), or to show what a tool call would change.

    All may take seconds and are called off the event loop; the text is raw and is made safe where it is shown. All
    raise :class:`OSError` with a message for the person when it cannot be had.
    """

    def diff(self, track: Track) -> str:
        """The track's changes against its base, as a unified diff; "" when there are none."""

    def output(self, track: Track) -> str:
        """The last of what the track's agent printed; "" when nothing is known."""

    def content(self, batch: str, path: str) -> str:
        """A file as it is now, if it is a text of moderate size in the repository that this batch works in.

        Raises :class:`FileNotFoundError` where there is no such file yet.
        """


class Panes(Protocol):
    """The terminals in which agents sit."""

    def jump(self, agent: Agent) -> str:
        """Go to the pane of an agent; in one line what was done, or what to type where that cannot be done from here.

        May take a second, and is called off the event loop. Raises :class:`OSError` with a message for the person.
        """


Replays = Callable[[Recorded], str]
"""Shows the replay of a batch on this terminal until the person leaves it; why it could not, or ""."""


Adder = Callable[[str, str], str]
"""Adds the tracks of a plan file to a run under way: batch and path → in one line what was added.

May take seconds, and is called off the event loop. Raises :class:`OSError` with a message for the person, and then
nothing was added.
"""


@frozen
class Offer:
    """What connecting the agents' program would change: what goes in, file by file, and what else is to be known.

    No ``changes`` mean that everything is in place.
    """

    changes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remarks: tuple[str, ...] = ()


class Connector(Protocol):
    """The way to connect the agents' program from here, so that its agents ask and hear us.

    Both methods may take seconds and are called off the event loop; both raise :class:`OSError` with a message for the
    person, and then nothing was changed.
    """

    @property
    def scopes(self) -> Mapping[str, str]:
        """Where a connection can hold: name → in words; the first is meant when none is named."""

    def offer(self, scope: str) -> Offer:
        """What would change."""

    def connect(self, scope: str) -> str:
        """Change what :meth:`offer` told last for this scope, and nothing else; in one line what has changed."""
