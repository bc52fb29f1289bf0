"""The one command: python -m benchmarks [--quick] [--single] [--cells NAME ...] [--json FILE]"""

from __future__ import annotations

import argparse
import json
import sys
import time

from rich.console import Console

import derive
from benchmarks import derivation, environment, speed
from derive.errors import InputError
from derive.files import write

ROUNDS, QUICK_ROUNDS = 7, 3
QUICK_SIZES = speed.SIZES[:3]


def main() -> int:
    """Measure, print tables, and write the numbers where they are asked for."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 160)
    environment.use_threads(1 if options.single else environment.cores())
    facts, warned = environment.facts(), [] if options.single else environment.warnings()
    environment.show(console, facts, warned)

    derived: list[derivation.Result] = []
    with console.status("deriving") as status:
        for derivation_result in derivation.measure(options.cells, 1 if options.quick else 3, 10 if options.quick else 1000):
            derived.append(derivation_result)
            status.update(f"deriving: {derivation_result.cell}, {derivation_result.way}")
    derivation.show(console, derived)

    raced: list[speed.Result] = []
    clock = time.process_time if options.single else time.perf_counter
    sizes, rounds = (QUICK_SIZES, QUICK_ROUNDS) if options.quick else (speed.SIZES, ROUNDS)
    with console.status("racing") as status:
        for result in speed.measure(options.cells, sizes, rounds, clock):
            raced.append(result)
            status.update(f"racing: {result.case}")
    speed.show(console, raced, environment.torch_module() is not None)

    if options.json:
        numbers = {
            "environment": facts,
            "warnings": warned,
            "derivation": [each.data() for each in derived],
            "speed": [each.data() for each in raced],
        }
        write(options.json, json.dumps(numbers, indent=1) + "\n")
    return 0


def _options() -> argparse.Namespace:
    names = ", ".join(dict.fromkeys([*speed.CELLS, *derive.cell_names()]))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios of times, measured side by side in one run.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and the three smaller sizes; about a minute")
    parser.add_argument("--single", action="store_true", help="one thread each and processor time: for a machine that others use too")
    parser.add_argument("--cells", nargs="+", metavar="NAME", default=list(speed.CELLS), help=f"of: {names}")
    parser.add_argument("--json", metavar="FILE", help="write the numbers to a file too")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(2)
