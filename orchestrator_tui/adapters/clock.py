"""The machine's clocks as instants: wall time, time since boot with sleep counted, and which boot it is (DESIGN §3).

Linux has all three. Elsewhere the documented fallbacks stand in: ``CLOCK_MONOTONIC``, which counts sleep on macOS, for
``CLOCK_BOOTTIME``, and the kernel's boot session for ``/proc/sys/kernel/random/boot_id``. Where no boot can be named,
its minute of beginning names it: should a step of the wall clock change that name, ages fall back to wall time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cache

from orchestrator_tui.core.instant import Instant

BOOT_ID = "/proc/sys/kernel/random/boot_id"
_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_ID_LIMIT = 64


class SystemClock:
    """The machine's own time; implements :class:`~orchestrator_tui.runtime.ports.Clock`."""

    def now(self) -> Instant:
        """This moment on both clocks, in milliseconds."""
        return Instant(time.time_ns() // 1_000_000, boot_ms(), boot_id())


def boot_ms() -> int:
    """Milliseconds since boot; time asleep counts."""
    return time.clock_gettime_ns(_BOOT_CLOCK) // 1_000_000


@cache
def boot_id() -> str:
    """What names this boot: the same for all processes of the machine, another after every start."""
    return _linux_boot_id(BOOT_ID) or (_darwin_boot_id() if sys.platform == "darwin" else "") or since_boot()


def since_boot(wall_ns: Callable[[], int] = time.time_ns) -> str:
    """The minute in which this machine was started, as a name for its boot."""
    return f"since-{(wall_ns() // 1_000_000 - boot_ms()) // 60_000}"


def _linux_boot_id(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        text = os.read(descriptor, _ID_LIMIT).decode("ascii", "replace").strip()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return text if text.isprintable() else ""


def _darwin_boot_id() -> str:
    import ctypes  # Only here: it costs more than everything else in this module.

    buffer = ctypes.create_string_buffer(_ID_LIMIT)
    size = ctypes.c_size_t(_ID_LIMIT)
    try:
        failed = ctypes.CDLL(None).sysctlbyname(b"kern.bootsessionuuid", buffer, ctypes.byref(size), None, 0)
    except (OSError, AttributeError):
        return ""
    text = buffer.value.decode("ascii", "replace").strip()
    return text if not failed and text.isprintable() else ""
