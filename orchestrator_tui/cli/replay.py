"""``orch-tui replay BATCH|FILE``: a batch again, on the same screens or as text and pictures (DESIGN §2.7, J-6)."""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput
from orchestrator_tui.cli.journals import existing_file, find_batch, find_place, reading
from orchestrator_tui.cli.tables import say
from orchestrator_tui.journal.port import JournalError

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.runtime.history import History
    from orchestrator_tui.runtime.recordings import Recording
    from orchestrator_tui.runtime.replay import ReplaySession, Tape

SMALLEST, LARGEST = (20, 8), (400, 200)
"""Columns and rows of a picture."""

Place = tuple[str, int]
"""A place in a replay: its unit (``ms``, ``event`` or ``%``) and how many."""


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "replay")
    parser.add_argument("what", metavar="BATCH|FILE", help="a batch of this repository, or an exported file")
    parser.add_argument("--at", metavar="T", type=place, help="where: H:MM:SS, M:SS, #EVENT or N%%")
    parser.add_argument("--speed", metavar="X", type=speed, help="play so many times as fast, from 0.25 to 64")
    parser.add_argument("--text", action="store_true", help="print the timeline and the screen at --at (the end)")
    parser.add_argument("--svg", metavar="OUT", help="write the screen at --at (the end) into a file")
    parser.add_argument(
        "--size", metavar="COLUMNSxROWS", type=size, default=(120, 40), help="of --text and --svg (120x40)"
    )
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Replay; 1 when the file was cut short."""
    with _recording(arguments) as recording:
        past = _load(recording)
        try:
            note = recording.note
            code = _show(arguments, past)
        finally:
            past.close()
    if note:
        say(note)
        return UNFINISHED
    return code


# --- arguments -------------------------------------------------------------------------------------------------


def place(text: str) -> Place:
    """A place as a person writes it."""
    from orchestrator_tui.ui.transport import parse_time

    numbered = re.fullmatch(r"#([0-9]{1,12})|([0-9]{1,3})%", text)
    if numbered:
        found = ("event", int(numbered[1])) if numbered[1] else ("%", int(numbered[2]))
        if found[0] == "%" and found[1] > 100:
            raise ArgumentTypeError(f"{text!r} is more than 100%")
        return found
    milliseconds = parse_time(text)
    if milliseconds is None:
        raise ArgumentTypeError(f"{text!r} is no place: write H:MM:SS, M:SS, #EVENT or N%")
    return ("ms", milliseconds)


def speed(text: str) -> float:
    """A speed that can be played."""
    from orchestrator_tui.ui.transport import SPEEDS

    try:
        found = float(text.removesuffix("x").removesuffix("×"))
    except ValueError:
        found = 0.0
    if found not in SPEEDS:
        raise ArgumentTypeError(f"{text!r} is none of {', '.join(f'{one:g}' for one in SPEEDS)}")
    return found


def size(text: str) -> tuple[int, int]:
    """Columns and rows as a person writes them."""
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", text)
    wanted = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(least <= one <= most for least, one, most in zip(SMALLEST, wanted, LARGEST, strict=True)):
        raise ArgumentTypeError(f"{text!r} is no size from 20x8 to 400x200, such as 120x40")
    return wanted


# --- what is replayed ------------------------------------------------------------------------------------------


@contextmanager
def _recording(arguments: Namespace) -> Iterator[Recording]:
    from orchestrator_tui.runtime.recordings import FileRecording, JournalRecording

    if Path(arguments.what).exists() or os.sep in arguments.what:
        try:
            yield FileRecording(existing_file(arguments.what))
        except JournalError as error:
            raise BadInput(str(error)) from error
        return
    with reading(find_place(arguments.repo)) as journal:
        if journal is None:
            raise BadInput(f"there is neither a file nor a batch {arguments.what!r}: nothing was ever watched here")
        try:
            yield JournalRecording(journal, find_batch(journal.batches(), arguments.what))
        except JournalError as error:
            raise BadInput(str(error)) from error


def _load(recording: Recording) -> History:
    from orchestrator_tui.runtime.history import History

    with _told_progress() as progress:
        return History(recording, progress)


@contextmanager
def _told_progress() -> Iterator[Callable[[int], None]]:
    """Tell a person at a terminal how far a long load is, in one line that goes away."""
    if not sys.stderr.isatty():
        yield lambda events: None
        return
    shown = False

    def tell(events: int) -> None:
        nonlocal shown
        shown = True
        sys.stderr.write(f"\rreading: {events:,} events")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")


def _show(arguments: Namespace, past: History) -> int:
    from orchestrator_tui.runtime.replay import ReplaySession

    session = ReplaySession(past)
    if arguments.text or arguments.svg is not None:
        _go_to(session.transport, arguments.at or ("%", 100))
        _picture(arguments, past, session)
        return DONE
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise BadInput("a replay needs a terminal; without one use --text or --svg OUT")
    from orchestrator_tui.ui.app import run as show

    tape = session.transport
    if arguments.at is not None:
        _go_to(tape, arguments.at)
    tape.set_speed(arguments.speed or 1.0)
    tape.play(arguments.at is None or arguments.speed is not None)
    return show(session, snapshots=Path.cwd())


def _go_to(tape: Tape, wanted: Place) -> None:
    from orchestrator_tui.ui.present.ages import duration

    unit, number = wanted
    if unit == "%":
        tape.seek(tape.duration_ms * number // 100)
    elif unit == "event":
        if not 1 <= number <= tape.events:
            raise BadInput(f"there is no event #{number}: there are {tape.events:,}")
        tape.step(number - tape.event)
    else:
        if number > tape.duration_ms + 999:
            raise BadInput(f"{duration(number)} is behind the end, which is at {duration(tape.duration_ms)}")
        tape.seek(number)


# --- text and pictures -----------------------------------------------------------------------------------------


def _picture(arguments: Namespace, past: History, session: ReplaySession) -> None:
    from orchestrator_tui.ui.snapshot import frame

    # What is written down is the same for everybody, whatever they prefer on their terminal.
    os.environ.pop("NO_COLOR", None)
    lines = list(_told(past, session)) if arguments.text else []
    text, svg = frame(session, arguments.size)
    if arguments.svg is not None:
        Path(arguments.svg).write_text(svg, encoding="utf-8")
    if arguments.text:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.write("\n".join([*lines, "", text]))


def _told(past: History, session: ReplaySession) -> Iterator[str]:
    """The title, and one line an event of the timeline, each as it turned out in the end."""
    from orchestrator_tui.ui.present.ages import duration
    from orchestrator_tui.ui.present.cells import cell_width, clean, fit
    from orchestrator_tui.ui.present.telling import HIDDEN, tell
    from orchestrator_tui.ui.present.timeline import event_slug
    from orchestrator_tui.ui.present.words import batch_title

    end = past.batch(past.events)
    tape = session.transport
    facts = (batch_title(end), f"{past.events:,} events in {duration(past.duration_ms)}", tape.ended)
    yield "  ".join(("replay", *(fact for fact in facts if fact), "times of day in UTC"))
    offset = len(duration(past.duration_ms))
    room = min(20, max((cell_width(slug) for slug in end.tracks), default=1))
    for position, event in past.story():
        if event.kind not in HIDDEN:
            told = tell(event, end)
            slug = fit(clean(event_slug(event, end), 80), room)
            parts = (duration(position).rjust(offset), slug, told.text, told.detail)
            yield "  ".join(part for part in parts if part).rstrip()
