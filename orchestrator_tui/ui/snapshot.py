"""Pictures of the screen as text and SVG: the same screen gives the same bytes (DESIGN §2.7)."""

from __future__ import annotations

import asyncio
import io
import os
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from textual.app import App

from orchestrator_tui.ui.settings import Settings

if TYPE_CHECKING:
    from orchestrator_tui.runtime.ports import Session

_NOBODY = {"ORCH_HOME": os.devnull}
"""The environment of somebody without settings and themes of their own."""


def render_text(app: App[Any]) -> str:
    """What is on the screen of a running app as plain text, one line a row, without blanks at their ends."""
    console = _recorded(app)
    lines = console.export_text(styles=False).splitlines()
    return "\n".join(line.rstrip() for line in lines[: app.size.height]) + "\n"


def render_svg(app: App[Any]) -> str:
    """What is on the screen of a running app as one SVG."""
    return app.export_screenshot(title="orch-tui")


def save(app: App[Any], directory: Path) -> tuple[Path, Path]:
    """Write the screen as ``orch-tui-N.svg`` and ``.txt`` into ``directory`` under the first free number.

    Returns both paths. Raises :class:`OSError` when the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    text, svg = render_text(app), render_svg(app)
    number = 1
    while True:
        pictures = directory / f"orch-tui-{number}.svg", directory / f"orch-tui-{number}.txt"
        try:
            _write_new(pictures[0], svg)
        except FileExistsError:
            number += 1
            continue
        pictures[1].write_text(text, encoding="utf-8")
        return pictures


def frame(
    session: Session,
    size: tuple[int, int] = (120, 40),
    at_ms: int | None = None,
    *,
    theme: str = "dark",
    ascii_only: bool = False,
    zone: tzinfo = UTC,
) -> tuple[str, str]:
    """The main screen of ``session`` at ``size`` (columns, rows) as text and SVG, drawn without a terminal.

    ``at_ms`` seeks a replay to that position first; it is ignored by a session without a transport. Nothing of the
    machine or of its person's settings shows in the picture. The session is closed afterwards.
    """
    return asyncio.run(_frame(session, size, at_ms, Settings(theme=theme, ascii=ascii_only), zone))


async def _frame(
    session: Session, size: tuple[int, int], at_ms: int | None, settings: Settings, zone: tzinfo
) -> tuple[str, str]:
    from orchestrator_tui.ui.app import Cockpit
    from orchestrator_tui.ui.transport import transport_of

    transport = transport_of(session)
    if transport is not None and at_ms is not None:
        transport.seek(at_ms)
    app = Cockpit(session, settings=settings, zone=zone, environment=_NOBODY)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        return render_text(app), render_svg(app)


def _recorded(app: App[Any]) -> Console:
    width, height = app.size
    console = Console(
        width=width,
        height=height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    # The way of `App.export_screenshot`, which knows the screens behind a dialog too.
    console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
    return console


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
