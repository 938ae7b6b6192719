"""Starting agents that outlive us, and knowing processes by identity (reliability P-1, P-2)."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from orchestrator_tui.adapters import process
from orchestrator_tui.adapters.clock import boot_id
from orchestrator_tui.adapters.evidence import output_name


class SystemProcesses:
    """The machine's processes; implements :class:`~orchestrator_tui.runtime.world.Processes`.

    ``output`` is the directory that gets the output of what is started, one file a process.
    """

    def __init__(self, output: Path) -> None:
        self._output = output

    def claimant_gone(self, claimant: str) -> bool:
        """Whether the process that claimed a delivery (``pid:start time``) has ended."""
        return process.claimant_gone(claimant)

    def own_claim(self) -> str:
        """This process as a claimant."""
        return process.own_claim()

    def launch(self, argv: Sequence[str], cwd: str) -> tuple[int, str, str]:
        """Start ``argv`` in ``cwd`` in a session of its own; its identity (pid, start time, boot id).

        It reads nothing, and writes into a file: neither our end nor a full pipe can hold it up (P-1).

        Raises:
            OSError: it cannot be started.
        """
        self._output.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The file takes the name of its process as soon as there is one.
        path = self._output / f"starting-{os.getpid()}-{os.urandom(4).hex()}.log"
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            started = subprocess.Popen(
                list(argv), cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(log)
        known = process.identity(started.pid) or process.ProcessIdentity(started.pid, "", boot_id())
        path.rename(self._output / output_name(known.pid, known.start))
        # A dead child that nobody waits for keeps its number and its place in the table of processes.
        threading.Thread(target=started.wait, name=f"reaper-{started.pid}", daemon=True).start()
        return known
