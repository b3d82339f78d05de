"""The job in Python with orjson, and the messages grouped by Drain3: by_drain3.py gz FOLDER BEGINNING"""
import gzip
import pathlib
import sys

import orjson
from answer import told
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

_, folder, beginning = sys.argv[1:]
config = TemplateMinerConfig()
config.profiling_enabled = False
miner = TemplateMiner(config=config)
records = errors = 0
families, keys = {}, {}
for file in sorted(pathlib.Path(folder).rglob("*.json.gz")):
    for record in orjson.loads(gzip.decompress(file.read_bytes()))["Records"]:
        records += 1
        time, key = record["eventTime"], record["userIdentity"].get("accessKeyId")
        if key and keys.get(key, "") < time:
            keys[key] = time
        code, message = record.get("errorCode"), record.get("errorMessage")
        if code is None and message is None:
            continue
        errors += 1
        miner.add_log_message(message or "")
        family = (record["recipientAccountId"], record["eventSource"], record["eventName"], code or "")
        before, now = families.get(family, (False, False))
        families[family] = (before or time < beginning, now or time >= beginning)
window = [(*family, not before) for family, (before, now) in families.items() if now]
told(records, errors, window, keys.items())
