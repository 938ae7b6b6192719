"""Starting the one process of a shim: it exists, its identity is recorded, and only then it runs (reliability P-2).

Between fork and exec it waits for leave. Should the shim die before it has given it, the process ends unborn; so what
ran is always on record, and what is not on record never ran.
"""

from __future__ import annotations

import os

from orchestrator_tui.adapters.jobs.signals import plain as signal

_FAILED = 127


class Child:
    """A process that waits for leave to run, and the shim's ends of its pipes."""

    __slots__ = ("_failure", "_leave", "error", "input", "output", "pid")

    def __init__(self, pid: int, pipes: tuple[int, int, int], leave: int, failure: int) -> None:
        self.pid = pid
        self.input, self.output, self.error = pipes
        self._leave = leave
        self._failure = failure

    def run(self) -> None:
        """Give leave to run; from here on it may have done anything."""
        os.write(self._leave, b"g")
        os.close(self._leave)

    def failure(self) -> str:
        """Why its program could not be started, once it has ended; "" when it could."""
        text = os.read(self._failure, 4096).decode("utf-8", "replace")
        os.close(self._failure)
        return text


def spawn(argv: tuple[str, ...], cwd: str, environment: dict[str, str], umask: int) -> Child:
    """Make the process, in a session of its own; it waits.

    Raises:
        OSError: there can be no further process or descriptor.
    """
    (input_read, input_write), (output_read, output_write), (error_read, error_write) = os.pipe(), os.pipe(), os.pipe()
    (leave_read, leave_write), (failure_read, failure_write) = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(leave_write)
            os.setsid()
            for number, descriptor in enumerate((input_read, output_write, error_write)):
                os.dup2(descriptor, number)
            if os.read(leave_read, 1):
                _become(argv, cwd, environment, umask)
        # Whatever it is: this is a copy of the shim, and must not go on as one.
        except BaseException as error:
            os.write(failure_write, _why(error, argv[0]).encode("utf-8", "replace")[:4096])
        finally:
            os._exit(_FAILED)
    for descriptor in (input_read, output_write, error_write, leave_read, failure_write):
        os.close(descriptor)
    for descriptor in (input_write, output_read, error_read):
        os.set_blocking(descriptor, False)
    return Child(pid, (input_write, output_read, error_read), leave_write, failure_read)


def _become(argv: tuple[str, ...], cwd: str, environment: dict[str, str], umask: int) -> None:
    """Turn into the program of the job: nothing of the shim's or the host's signal settings reaches it."""
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            continue  # Some cannot be changed.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(umask)
    os.chdir(cwd)
    refused: OSError | None = None
    for path in _candidates(argv[0], environment):
        try:
            os.execve(path, argv, environment)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            refused = refused or error
    raise refused or FileNotFoundError(2, "no such program", argv[0])


def _candidates(program: str, environment: dict[str, str]) -> list[str]:
    """The files that the name of a program may mean, by the search path of the job itself."""
    if "/" in program:
        return [program]
    return [f"{part or '.'}/{program}" for part in environment.get("PATH", os.defpath).split(":")]


def _why(error: BaseException, program: str) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or program}"
    return f"{type(error).__name__}: {error}: {program}"
