"""``make bench``: measure start, latency, load and memory, each beside a floor measured in the same run.

Nothing is asserted: the machine decides as much as the program. ``--quick`` takes about a minute, the whole some five.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import hooking, living, running, sources, starting, storing
from tests.bench.figures import Figure, machine, table

PARTS = {
    "starting": starting.measure,
    "living": living.measure,
    "storing": storing.measure,
    "hooking": hooking.measure,
    "sources": sources.measure,
    "runs": running.measure,
}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no million events")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", choices=sorted(PARTS), help="one part of it")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    where = machine()
    for name, measure in PARTS.items():
        if arguments.only in (None, name):
            for figure in measure(arguments.quick):
                sys.stderr.write(f"{figure.name}: {figure.value:.3g} {figure.unit}\n")
                figures.append(figure)
    if arguments.json:
        print(json.dumps({"machine": where, "figures": [one.as_json() for one in figures]}, indent=2))
    else:
        print("  ".join(f"{name} {what}" for name, what in where.items()), table(figures), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
