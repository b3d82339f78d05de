#!/usr/bin/env python3
"""Scores a grouping against the true templates.

* GA, grouping accuracy: the share of records that stand in a group which holds exactly the records of one template.
* FGA: the F1 score of exactly right groups, where every group counts alike, rare or frequent.
  (Both as in Jiang et al., "A large-scale evaluation for log parsing techniques", ISSTA 2024.)
* With --online RECORDS, the repeated share: of the clusters, in the order they are first seen, the share whose first
  event is of a template that an earlier cluster had already shown. A user is told of each as new.

usage: score.py LABELS PREDICTED [--online RECORDS] [--mistakes]
Both tables are eventID <tab> group.
"""

import argparse
import collections
import json


def read_table(path):
    with open(path, encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split("\t") for line in lines)


def groups_of(table, events):
    groups = collections.defaultdict(set)
    for event in events:
        groups[table.get(event, f"missing:{event}")].add(event)
    return groups


def score(truth, predicted):
    """The figures of one grouping."""
    true, made = groups_of(truth, truth), groups_of(predicted, truth)
    exact = {frozenset(events) for events in true.values()}
    right = [events for events in made.values() if frozenset(events) in exact]
    precision, recall = len(right) / len(made), len(right) / len(true)
    return {
        "messages": len(truth),
        "templates": len(true),
        "clusters": len(made),
        "GA": sum(map(len, right)) / len(truth),
        "FGA": 2 * precision * recall / (precision + recall) if right else 0.0,
    }


def repeated_share(truth, predicted, records):
    """The share of clusters whose first event is of a template that was known by then."""
    with open(records, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    seen, known, repeated = set(), set(), 0
    for row in sorted(rows, key=lambda row: (row["eventTime"], row["eventID"])):
        cluster, template = predicted[row["eventID"]], truth[row["eventID"]]
        repeated += cluster not in seen and template in known
        seen.add(cluster)
        known.add(template)
    return repeated / len(seen)


def mistakes(truth, predicted):
    """The templates that stand in several clusters, and the clusters that hold several templates."""
    made, true = groups_of(predicted, truth), groups_of(truth, truth)
    split = {t: {predicted[e] for e in events} for t, events in true.items()}
    mixed = {c: {truth[e] for e in events} for c, events in made.items()}
    return ({t: c for t, c in split.items() if len(c) > 1}, {c: t for c, t in mixed.items() if len(t) > 1})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels")
    parser.add_argument("predicted")
    parser.add_argument("--online", metavar="RECORDS")
    parser.add_argument("--mistakes", action="store_true")
    arguments = parser.parse_args()
    truth, predicted = read_table(arguments.labels), read_table(arguments.predicted)
    figures = score(truth, predicted)
    if arguments.online:
        figures["repeated"] = repeated_share(truth, predicted, arguments.online)
    print(" ".join(f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}" for name, value in figures.items()))
    if arguments.mistakes:
        split, mixed = mistakes(truth, predicted)
        for template, clusters in sorted(split.items(), key=lambda item: -len(item[1])):
            print(f"template {template} stands in {len(clusters)} clusters")
        for cluster, templates in sorted(mixed.items()):
            print(f"cluster {cluster} holds the templates {' '.join(sorted(templates))}")


if __name__ == "__main__":
    main()
