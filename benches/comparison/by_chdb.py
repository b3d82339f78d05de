"""The job in ClickHouse's engine (chDB): by_chdb.py gz|ndjson FOLDER BEGINNING"""
import json
import sys

from answer import told
from chdb.session import Session

form, folder, beginning = sys.argv[1:]
FIELDS = ("eventTime String, recipientAccountId String, eventSource String, eventName String, errorCode Nullable(String), "
          "errorMessage Nullable(String), userIdentity Tuple(accessKeyId Nullable(String))")
SETTINGS = ("SETTINGS max_threads = 2, max_insert_threads = 2, input_format_skip_unknown_fields = 1, "
            "input_format_json_read_objects_as_strings = 0")
TAKEN = """eventTime AS time, recipientAccountId AS account, eventSource AS source, eventName AS name,
    ifNull(errorCode, '') AS code, errorCode IS NOT NULL OR errorMessage IS NOT NULL AS failed,
    nullIf(userIdentity.accessKeyId, '') AS key"""
if form == "gz":
    taken = TAKEN.replace("userIdentity.", "r.userIdentity.")
    for field in ("eventTime", "recipientAccountId", "eventSource", "eventName", "errorCode", "errorMessage"):
        taken = taken.replace(field, f"r.{field}")
    read = (f"SELECT {taken} FROM file('{folder}/**/*.json.gz', 'JSONEachRow', 'Records Array(Tuple({FIELDS}))') "
            "ARRAY JOIN Records AS r")
else:
    read = f"SELECT {TAKEN} FROM file('{folder}/*.ndjson', 'JSONEachRow', '{FIELDS}')"

session = Session()


def rows(query):
    text = session.query(query, "JSONCompactEachRow").bytes().decode()
    return [json.loads(line) for line in text.splitlines()]


session.query(f"""CREATE TABLE records (time String, account String, source LowCardinality(String),
    name LowCardinality(String), code LowCardinality(String), failed UInt8, key Nullable(String)) ENGINE = Memory""")
session.query(f"INSERT INTO records {read} {SETTINGS}")
[[records, errors]] = rows("SELECT count(), countIf(failed) FROM records")
window = rows(f"""SELECT account, source, name, code, min(time >= '{beginning}') FROM records WHERE failed
    GROUP BY account, source, name, code HAVING max(time >= '{beginning}')""")
keys = rows("SELECT key, max(time) FROM records WHERE key IS NOT NULL GROUP BY key")
told(int(records), int(errors), window, keys)
session.close()
