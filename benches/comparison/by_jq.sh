#!/usr/bin/env bash
# The job in jq and awk: by_jq.sh gz FOLDER BEGINNING
set -euo pipefail
find "$2" -name '*.json.gz' -print0 | xargs -0 zcat | jq -r '
  .Records[]
  | [.eventTime, .recipientAccountId, .eventSource, .eventName, .errorCode // "",
     (if .errorCode or .errorMessage then "1" else "0" end), .userIdentity.accessKeyId // ""]
  | join("\u0001")' | awk -F '\001' -v beginning="$3" '
  { records++; if ($7 != "" && $1 > last[$7]) last[$7] = $1 }
  $6 == "1" {
    errors++; family = $2 "\001" $3 "\001" $4 "\001" $5
    if ($1 >= beginning) now[family] = 1; else before[family] = 1
  }
  END {
    print "records" FS records; print "errors" FS errors
    for (key in last) print "key" FS key FS last[key]
    for (family in now) print "family" FS family FS (family in before ? 0 : 1)
  }'
