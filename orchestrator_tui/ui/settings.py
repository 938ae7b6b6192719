"""What a person may set, and the file it is read from (DESIGN §5: keys, themes, mouse, warnings).

The defaults need no file, and without one nothing but the standard library is loaded: the reader of the file is
imported only when there is a file to read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.limits import Limits


@frozen
class Settings:
    """What a person may set.

    Attributes:
        theme: name of a shipped theme or of a file in the ``themes`` directory beside the settings.
        keymap: action id to keys, over the registry's own.
        ascii: draw with ASCII only; None decides by the locale.
        mouse: take clicks and the wheel; without it the terminal's own selection works.
        bell: ring when a gate turns stale and the window has not the focus.
        desktop_notices: show a desktop notice when a gate turns stale.
        terminal_title: show the waiting gates in the terminal's title.
        limits: the clocks of batches that are opened from now on.
    """

    theme: str = "dark"
    keymap: Mapping[str, str] = field(default_factory=dict)
    ascii: bool | None = None
    mouse: bool = True
    bell: bool = True
    desktop_notices: bool = True
    terminal_title: bool = True
    limits: Limits = field(default_factory=Limits)


def config_directory(environment: Mapping[str, str]) -> Path:
    """Where settings and themes of this person are: ``$ORCH_HOME/config``, else the platform's place.

    The same place as ``platformdirs.user_config_path("orch-tui")``, without its 20 ms before the first frame.
    """
    home = environment.get("ORCH_HOME", "").strip()
    if home:
        return Path(home).expanduser().absolute() / "config"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "orch-tui"
    base = environment.get("XDG_CONFIG_HOME", "").strip()
    return Path(base or Path.home() / ".config") / "orch-tui"


def settings_file(environment: Mapping[str, str]) -> Path:
    """The settings file of this person; it need not exist."""
    return config_directory(environment) / "settings.yaml"


def load(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings in ``path``, and one line for each thing in it that could not be used; defaults without a file."""
    if not os.path.lexists(path):
        return Settings(), ()
    from orchestrator_tui.ui.settings_file import read

    return read(path)


def wants_ascii(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether to draw with ASCII only: the setting, else ``ORCH_ASCII``, else a locale that is not UTF-8.

    An unset locale counts as UTF-8, as terminals are; only a locale that says otherwise asks for ASCII.
    ``LC_CTYPE`` is ignored when it is the ``C.UTF-8`` to which Python itself raises a C locale (PEP 538).
    """
    if settings.ascii is not None:
        return settings.ascii
    asked = environment.get("ORCH_ASCII")
    if asked is not None:
        return asked.lower() not in ("", "0", "no", "false")
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        locale = environment.get(name, "").upper()
        if locale and not (name == "LC_CTYPE" and locale in ("C.UTF-8", "C.UTF8", "UTF-8")):
            return "UTF-8" not in locale and "UTF8" not in locale
    return False
