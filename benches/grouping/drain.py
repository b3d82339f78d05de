#!/usr/bin/env python3
"""Groups error records with Drain3, and prints how many messages it takes a second.

usage: drain.py RECORDS PREDICTED [--masks] [--families]      (run it with a Python that has drain3)

Its configuration is the default one. --masks adds the masks of its own example, with those that AWS's messages ask for;
--families gives each (eventSource, eventName, errorCode) a miner of its own, which is what firstsight's structured key does.
"""

import argparse
import json
import time

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

MASKS = [
    (r"arn:aws[a-z-]*:[^\s'\"\]]*", "ARN"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b[a-z]+-[0-9a-f]{8,17}\b", "ID"),
    (r"\b[\w.+-]+@[\w-]+\.[\w.]+\b", "EMAIL"),
    (r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(/\d+)?\b", "IP"),
    (r"\b\d{4}-\d\d-\d\dT[\d:.]+Z?\b", "TIME"),
    (r"\b[0-9a-f]{12,}\b", "HEX"),
    (r"\b\d+\b", "NUM"),
]


def miner(masks):
    config = TemplateMinerConfig()
    if masks:
        config.masking_instructions = [MaskingInstruction(pattern, name) for pattern, name in MASKS]
    return TemplateMiner(config=config)


def group(rows, masks, families):
    """The group of each record, and the seconds spent in Drain3."""
    miners, groups, spent = {}, [], 0.0
    for row in rows:
        key = (row["eventSource"], row["eventName"], row["errorCode"]) if families else ()
        if key not in miners:
            miners[key] = miner(masks)
        started = time.perf_counter()
        found = miners[key].add_log_message(row["errorMessage"])
        spent += time.perf_counter() - started
        groups.append((row["eventID"], "/".join((*key, str(found["cluster_id"])))))
    return groups, spent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records")
    parser.add_argument("predicted")
    parser.add_argument("--masks", action="store_true")
    parser.add_argument("--families", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.records, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    groups, spent = group(rows, arguments.masks, arguments.families)
    with open(arguments.predicted, "w", encoding="utf-8") as out:
        out.writelines(f"{event}\t{key}\n" for event, key in groups)
    print(f"{len(rows) / spent:.0f}")


if __name__ == "__main__":
    main()
