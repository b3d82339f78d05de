"""The job in Polars: by_polars.py gz|ndjson FOLDER BEGINNING"""
import os
import sys

os.environ["POLARS_MAX_THREADS"] = "2"
import polars as pl  # noqa: E402  (it reads the variable)
from answer import told  # noqa: E402

form, folder, beginning = sys.argv[1:]
RECORD = {
    "eventTime": pl.String, "recipientAccountId": pl.String, "eventSource": pl.String, "eventName": pl.String,
    "errorCode": pl.String, "errorMessage": pl.String, "userIdentity": pl.Struct({"accessKeyId": pl.String}),
}
if form == "gz":
    files = pl.scan_ndjson(f"{folder}/**/*.json.gz", schema={"Records": pl.List(pl.Struct(RECORD))})
    read = files.explode("Records").unnest("Records")
else:
    read = pl.scan_ndjson(f"{folder}/*.ndjson", schema=RECORD)

records = read.select(
    time="eventTime", account="recipientAccountId", source="eventSource", name="eventName",
    code=pl.col("errorCode").fill_null(""),
    failed=pl.col("errorCode").is_not_null() | pl.col("errorMessage").is_not_null(),
    key=pl.col("userIdentity").struct.field("accessKeyId"),
).collect(engine="streaming")
errors = records.filter("failed")
families = errors.group_by("account", "source", "name", "code").agg(
    is_new=(pl.col("time") >= beginning).all(), now=(pl.col("time") >= beginning).any())
window = families.filter("now").select("account", "source", "name", "code", "is_new").rows()
keys = records.filter(pl.col("key").fill_null("") != "").group_by("key").agg(pl.col("time").max()).rows()
told(records.height, errors.height, window, keys)
