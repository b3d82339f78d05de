#!/usr/bin/env python3
"""Scores firstsight and Drain3 on sets of error records whose true templates are known, and prints one table.

usage: compare.py --firstsight BIN --templates BIN --drain PYTHON --out DIR NAME=SET…     (a SET holds records.ndjson, labels.tsv)
"""

import argparse
import pathlib
import re
import subprocess
import sys
import time

import score

HERE = pathlib.Path(__file__).resolve().parent


def run(*command):
    """Standard output, standard error and the seconds it took."""
    started = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"compare.py: {command[0]} failed ({done.returncode}): {done.stderr.strip()}")
    return done.stdout, done.stderr, time.perf_counter() - started


def figures(folder, predicted, online):
    truth, groups = score.read_table(folder / "labels.tsv"), score.read_table(predicted)
    found = score.score(truth, groups)
    found["repeated"] = score.repeated_share(truth, groups, folder / "records.ndjson") if online else None
    return found


def firstsight(arguments, name, folder):
    """Its speed is that of templating, and in brackets that of the whole command: start, read, template, judge, write."""
    records = folder / "records.ndjson"
    _, told, _ = run(arguments.templates, records, "--speed")
    templates = int(re.search(r"(\d+) templates a second", told).group(1))
    for way, options in (("at once", []), ("hour by hour", ["--online"])):
        predicted = arguments.out / f"{name}-firstsight{''.join(options)}.tsv"
        _, _, seconds = run(arguments.firstsight, "--quiet", "label", *options, "-o", predicted, records)
        found = figures(folder, predicted, bool(options))
        speed = f"{templates:,}" if not options else f"({found['messages'] / seconds:,.0f})"
        if not options:
            speed += f" ({found['messages'] / seconds:,.0f})"
        yield f"firstsight, {way}", found, speed


def drain(arguments, name, folder):
    for way, options in (("default", []), ("with masks", ["--masks"])):
        predicted = arguments.out / f"{name}-drain{''.join(options)}.tsv"
        out, _, _ = run(
            arguments.drain, HERE / "drain.py", folder / "records.ndjson", predicted, "--families", *options
        )
        yield f"Drain3, {way}", figures(folder, predicted, True), f"{int(out):,}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--firstsight", required=True)
    parser.add_argument("--templates", required=True, help="the engine's example 'grouping'")
    parser.add_argument("--drain", required=True, help="a Python that has drain3")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("sets", nargs="+", metavar="NAME=SET")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    print("| set | tool | GA | FGA | clusters | repeated | messages/s |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for named in arguments.sets:
        name, folder = named.split("=", 1)
        folder = pathlib.Path(folder)
        for tool in (firstsight, drain):
            for way, found, speed in tool(arguments, name, folder):
                repeated = "" if found["repeated"] is None else f"{100 * found['repeated']:.1f} %"
                print(
                    f"| {name} ({found['messages']:,} records, {found['templates']:,} templates) | {way} | {found['GA']:.3f} "
                    f"| {found['FGA']:.3f} | {found['clusters']:,} | {repeated} | {speed} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
