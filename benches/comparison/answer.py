"""What every job tells, in the same form."""
import json
import sys


def told(records, errors, window, keys):
    """window: account, source, name, code and whether it is new; keys: id and last use."""
    families = sorted([account, source, name, code] for account, source, name, code, _ in window)
    new = sorted([account, source, name, code] for account, source, name, code, is_new in window if is_new)
    json.dump({"records": records, "errors": errors, "window": families, "new": new, "keys": dict(sorted(keys))}, sys.stdout)
