"""The shim as a program: ``python -I -S shim.py JOB_DIRECTORY``, its order on the standard input (reliability P-1).

Started with the job's lock held in an inherited descriptor, so that it is held from before the shim's first breath to
its last. It leaves its starter at once, tells on the standard output when the identity of the process is on record, and
needs nobody from then on.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(directory: str) -> int:
    """Run one job to its end. Returns the exit code: 1 when it could not be started."""
    task, lock, order = _read_order()
    if os.fork():
        os._exit(0)
    os.set_inheritable(lock, False)
    starter = _Starter()
    # Neither the site directories nor the shim's own one are searched; this is the directory of the package.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))))
    try:
        os.chdir(directory)
        if task == "attend":
            from orchestrator_tui.adapters.jobs.attending import attend

            attend(order, starter.tell)
        else:
            from orchestrator_tui.adapters.jobs.rescue import rescue

            rescue(order, starter.tell)
    except OSError as error:
        starter.tell(f"{error.strerror or error}: {error.filename or directory}")
        raise
    return 0


def _read_order() -> tuple[str, int, Any]:
    """The task, the descriptor of the lock, and what the task needs; an order that breaks off raises EOFError."""
    parts = []
    while part := os.read(0, 1 << 20):
        parts.append(part)
    task, lock, order = marshal.loads(b"".join(parts))
    return task, lock, order


class _Starter:
    """Whoever started this, until it was told something. It lets go of its pipes: nothing of ours may wait for it."""

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.close(nothing)

    def tell(self, text: str) -> None:
        """Say one line, the first time; it may be gone, which is no matter of the job."""
        if self._pipe < 0:
            return
        try:
            os.write(self._pipe, text.encode("utf-8", "replace") + b"\n")
        except BrokenPipeError:
            pass
        finally:
            os.close(self._pipe)
            self._pipe = -1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
