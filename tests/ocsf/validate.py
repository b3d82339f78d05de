"""Validates OCSF events, a line each on standard input, against the schema of the version that each line names. Says what is
wrong on standard error, the line, the place and why; the exit code is 1 then. Nothing to read is wrong as well."""
import functools
import json
import sys

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema


@functools.cache
def schema_of(version):
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))


@functools.cache
def validator(version, class_uid, profiles):
    schema = schema_of(version)
    name = schema.lookup_class_name_from_uid(class_uid=class_uid)
    return jsonschema.Draft202012Validator(schema.get_class_schema(class_name=name, profiles=list(profiles)))


def complaints(event):
    metadata = event["metadata"]
    check = validator(metadata["version"], event["class_uid"], tuple(metadata.get("profiles", [])))
    for error in check.iter_errors(event):
        yield f"{error.json_path}: {error.message[:300]}"
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield "$.type_uid: is not class_uid * 100 + activity_id"


def main():
    lines = [line for line in sys.stdin if line.strip()]
    said = [f"line {number}: {complaint}"
            for number, line in enumerate(lines, 1) for complaint in complaints(json.loads(line))]
    if not lines:
        said = ["no line to validate"]
    print(*said, sep="\n", end="\n" if said else "", file=sys.stderr)
    print(f"{len(lines)} lines, {len(said)} complaints")
    sys.exit(1 if said else 0)


if __name__ == "__main__":
    main()
