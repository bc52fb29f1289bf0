"""The one command: python -m benchmarks [--quick] [--single] [--only SECTION ...] [--networks NAME ...] [--json FILE] [--plot FILE]"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from benchmarks import derivation, environment, lengths, memory, networks, plot, speed, streaming, targets
from benchmarks.networks import NETWORKS
from derive.errors import InputError
from derive.files import write

SECTIONS: dict[str, Any] = {"derivation": derivation, "speed": speed, "streaming": streaming, "lengths": lengths, "memory": memory}
"""What is measured: modules with `show`, `targets`, and results that `_measured` asks of them."""


def main() -> int:
    """Measure, print tables, and write the numbers and the plot where they are asked for."""
    options = _options()
    if options.plot:
        plot.library()
    console = Console(width=None if sys.stdout.isatty() else 160)
    if options.single:
        environment.use_one_core()
    else:
        environment.use_threads(environment.cores())
    facts, warned = environment.facts(), environment.warnings(options.single)
    environment.show(console, facts, warned)

    numbers: dict[str, Any] = {"environment": facts, "warnings": warned}
    aimed: list[targets.Target] = []
    for name in options.only:
        results = _gathered(console, name, options)
        SECTIONS[name].show(console, results)
        aimed += SECTIONS[name].targets(results)
        numbers[name] = [each.data() for each in results]
        if name == "speed" and options.plot:
            plot.save(results, options.plot)
    if any(each.found is not None for each in aimed):
        targets.show(console, aimed)
    if options.json:
        numbers["targets"] = [each.data() for each in aimed]
        write(options.json, json.dumps(numbers, indent=1) + "\n")
    return 0


def _gathered(console: Console, section: str, options: argparse.Namespace) -> list[Any]:
    """The results of a section, with a line that says how far it is."""
    results = []
    with console.status(section) as status:
        for result in _measured(section, options):
            results.append(result)
            status.update(f"{section}: {len(results)} done")
    return results


def _measured(section: str, options: argparse.Namespace) -> Iterator[Any]:
    """The results of a section, one by one."""
    clock = time.process_time if options.single else time.perf_counter
    rounds, few = (2, 1) if options.quick else (7, 3)
    sizes = speed.SIZES[:3] if options.quick else speed.SIZES
    if section == "derivation":
        return derivation.measure(few, 10 if options.quick else 10_000, clock)
    if section == "speed":
        return speed.measure([networks.network(name) for name in options.networks], sizes, rounds, clock)
    if section == "streaming":
        return streaming.measure(rounds, clock)
    if section == "lengths":
        return lengths.measure(sizes, few, clock)
    return memory.measure(few, clock)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios of times, measured side by side in one run.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and the three smaller sizes; one or two minutes")
    parser.add_argument("--single", action="store_true", help="one core and processor time: for a machine that others use too")
    parser.add_argument("--only", nargs="+", metavar="SECTION", choices=SECTIONS, default=list(SECTIONS), help=f"of: {', '.join(SECTIONS)}")
    parser.add_argument(
        "--networks", nargs="+", metavar="NAME", default=list(NETWORKS), help=f"of: {', '.join(NETWORKS)}; or a cell, a page, a network"
    )
    parser.add_argument("--json", metavar="FILE", help="write the numbers to a file too")
    parser.add_argument("--plot", metavar="FILE", help="draw the ratios of the speed section: .svg or .png")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(2)
