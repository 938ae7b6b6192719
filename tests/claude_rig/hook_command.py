"""The probe's hook command: `python -I hook_command.py DIRECTORY`. Logs its stdin, then prints the armed output.

For an event E of a tool T, the files `E.T` or else `E` decide: `E.json` holds the output; `E.hold` makes it wait for
`E.json`. With neither, it passes through. Its environment is never logged: it holds a messaging token.
"""

import json
import os
import sys
import time
from pathlib import Path

GIVE_UP = 300.0
"""Seconds a hold lasts at most."""


def main() -> None:
    directory = Path(sys.argv[1])
    stdin = json.loads(sys.stdin.read())
    event, tool = stdin["hook_event_name"], stdin.get("tool_name")
    call = f"{time.time_ns()}-{os.getpid()}"
    _log(directory, {"call": call, "at": time.time(), "stdin": stdin})
    names = [f"{event}.{tool}", event] if tool else [event]
    name = next((n for n in names if any((directory / f"{n}.{kind}").exists() for kind in ("json", "hold"))), None)
    if name is None:
        return
    armed = directory / f"{name}.json"
    deadline = time.monotonic() + GIVE_UP
    while not armed.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    if not armed.exists():
        sys.exit(f"{name} was held for {GIVE_UP:g} s and never answered")
    output = armed.read_text(encoding="utf-8")
    _log(directory, {"call": call, "answered_at": time.time()})
    print(output, flush=True)


def _log(directory: Path, record: dict[str, object]) -> None:
    line = json.dumps(record, ensure_ascii=False) + "\n"
    file = os.open(directory / "calls.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())  # one write, so that hooks running at once do not mix their lines
    finally:
        os.close(file)


if __name__ == "__main__":
    main()
