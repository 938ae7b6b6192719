"""Signals without the enumerations of the standard module, which cost a shim more to load than all else it needs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as plain
else:
    try:
        import _signal as plain
    except ImportError:  # Not every interpreter has the two of them apart.
        import signal as plain

__all__ = ["plain"]
