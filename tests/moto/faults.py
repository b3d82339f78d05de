"""What can be broken, and how."""
import dataclasses
import os
import socket
import struct
import time

from wire import CALLER, JSON, Answer


@dataclasses.dataclass
class Fault:
    """What is broken, for which calls, and how often. A call is broken by the first fault that matches and is due."""

    # throttle, 500, 503, denied, expired, unknown-key, stale-token, error (with status, code and message), reset (TCP),
    # malformed (no JSON), truncated (the connection ends inside the body), short (a Content-Length that cuts the body),
    # empty (no event, and a token), slow (answers after `millis`), hold (answers when released), clock (the Date header
    # is `millis` ahead).
    kind: str
    operation: str = ""  # any, when empty
    account: str = ""
    region: str = ""
    group: str = ""
    token: str = ""  # "first": calls without a page token; "next": with one; else that token
    contains: str = ""  # in the body
    after: int = 0  # so many matching calls pass before
    times: int = 1  # so many calls are broken; -1: all
    millis: int = 0
    status: int = 400
    code: str = ""
    message: str = ""

    def matches(self, call):
        wanted = (self.operation, call.operation), (self.account, call.account), (self.region, call.region)
        same = all(not want or want == have for want, have in (*wanted, (self.group, call.group)))
        return same and self.matches_token(call.token) and self.contains.encode() in call.body

    def matches_token(self, token):
        if self.token in ("first", "next"):
            return (self.token == "next") == bool(token)
        return not self.token or self.token == token

    def is_due(self):
        if self.after > 0:
            self.after -= 1
            return False
        due = self.times != 0
        self.times -= 1 if self.times > 0 else 0
        return due


def stale(call):
    return call.error(400, "InvalidParameterException", "The specified nextToken is invalid.")


def denied(call):
    """As IAM says it."""
    role = f"arn:aws:sts::{call.account}:assumed-role/reader/firstsight"
    caller = f"arn:aws:iam::{CALLER}:user/firstsight" if call.account == CALLER else role
    action = f"{call.service}:{call.operation}"
    said = f"User: {caller} is not authorized to perform: {action}"
    if call.group:
        said += f" on resource: arn:aws:logs:{call.region}:{call.account}:log-group:{call.group}:log-stream:"
    said += f" because no identity-based policy allows the {action} action"
    return call.error(403 if call.form else 400, "AccessDenied" if call.form else "AccessDeniedException", said)


def expired(call):
    code = "ExpiredToken" if call.form else "ExpiredTokenException"
    return call.error(403 if call.form else 400, code, "The security token included in the request is expired")


def unknown_key(call):
    code = "InvalidClientTokenId" if call.form else "UnrecognizedClientException"
    return call.error(403 if call.form else 400, code, "The security token included in the request is invalid")


def reset(_layer, _fault, call):
    """Ends the connection by RST: it is closed with no time to linger, below whatever else holds it open."""
    connection = call.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
    raise ConnectionResetError


def truncated(layer, _fault, call):
    answer = layer.answer(call)
    answer.body = answer.body[: len(answer.body) // 2]
    return answer


def short(layer, _fault, call):
    answer = truncated(layer, _fault, call)
    answer.length = len(answer.body)
    return answer


def slow(layer, fault, call):
    time.sleep(fault.millis / 1000)
    return layer.answer(call)


def hold(layer, _fault, call):
    layer.wait_for_release()
    return layer.answer(call)


def clock(layer, fault, call):
    ahead = time.time() + fault.millis / 1000
    answer = layer.answer(call)
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(ahead))
    answer.headers = [*(h for h in answer.headers if h[0].lower() != "date"), ("Date", date)]
    return answer


def throttle(call):
    return call.error(400, "Throttling" if call.form else "ThrottlingException", "Rate exceeded")


BREAKS = {
    "throttle": lambda _, __, call: throttle(call),
    "500": lambda _, __, call: call.error(500, "InternalFailure", "Internal failure"),
    "503": lambda _, __, call: call.error(503, "ServiceUnavailableException", "Try again later"),
    "denied": lambda _, __, call: denied(call),
    "expired": lambda _, __, call: expired(call),
    "unknown-key": lambda _, __, call: unknown_key(call),
    "stale-token": lambda _, __, call: stale(call),
    "error": lambda _, fault, call: call.error(fault.status, fault.code, fault.message),
    "malformed": lambda _, __, call: Answer(200, "text/xml" if call.form else JSON, b'{"events":[{"message":'),
    "empty": lambda layer, __, call: layer.pages.empty(call),
    "reset": reset,
    "truncated": truncated,
    "short": short,
    "slow": slow,
    "hold": hold,
    "clock": clock,
}
