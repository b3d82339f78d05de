#!/usr/bin/env python3
"""AWS for tests: moto's server on a free loopback port, unmodified, with a layer in front of it that

* cuts pages of FilterLogEvents at 1 MB, as AWS does and moto does not, and refuses a token of another request;
* breaks answers as told: see Fault;
* remembers each call: see Calls;
* takes many log events at once, whatever their age (PutLogEvents drops what is older than 14 days).

Prints `port N` once it listens, and ends itself when its standard input closes, so that no test leaves one behind.
Needs the packages of requirements.txt. What a test sends to /_layer/… is told at CONTROLS.
"""
import base64
import collections
import dataclasses
import hashlib
import io
import json
import logging
import os
import socket
import struct
import sys
import threading
import time
import urllib.parse
import xml.sax.saxutils

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import get_account_id_from
from moto.logs.models import logs_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

# The account of credentials that moto did not make itself.
CALLER = "777788889999"
JSON = "application/x-amz-json-1.1"
BODY_KEPT = 4096
LONGEST_WAIT = 60.0


class Answer:
    """A whole response."""

    def __init__(self, status, content_type, body, headers=()):
        self.status = status
        self.body = body
        self.headers = [("Content-Type", content_type), *headers]
        self.length = len(body)

    @classmethod
    def json(cls, value, status=200):
        return cls(status, JSON, json.dumps(value).encode())

    def headed(self):
        names = {"content-length", "connection"}
        return [*(h for h in self.headers if h[0].lower() not in names), ("Content-Length", str(self.length))]

    def send(self, start_response):
        start_response(f"{self.status} {'OK' if self.status == 200 else 'Refused'}", self.headed())
        return [self.body]


class Call:
    """A request to AWS: which operation, for whom, about what."""

    def __init__(self, environ):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        self.body = environ["wsgi.input"].read(length) if length else b""
        self.form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        self.environ = environ
        self.at = time.monotonic()
        self.key, self.region, self.service = scope(environ.get("HTTP_AUTHORIZATION", ""))
        account = get_account_id_from(self.key)
        self.account = CALLER if account == DEFAULT_ACCOUNT_ID else account
        self.fields = self.parsed()
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        method = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"
        self.operation = target.rpartition(".")[2] or self.fields.get("Action") or method
        self.group = self.fields.get("logGroupName") or self.fields.get("logGroupIdentifier")
        self.token = self.fields.get("nextToken")

    def parsed(self):
        try:
            if self.form:
                return dict(urllib.parse.parse_qsl(self.body.decode()))
            fields = json.loads(self.body)
            return fields if isinstance(fields, dict) else {}
        except ValueError:
            return {}

    def error(self, status, code, message):
        """An error in the protocol of the call: XML for the query services (IAM, STS), else JSON."""
        if not self.form:
            return Answer.json({"__type": code, "message": message}, status)
        said = xml.sax.saxutils.escape(message)
        text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error></ErrorResponse>"
        return Answer(status, "text/xml", text.encode())


def scope(authorization):
    """Access key, region and service of a SigV4 header: Credential=KEY/DATE/REGION/SERVICE/aws4_request."""
    credential = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return (credential[0], credential[2], credential[3]) if len(credential) == 5 else ("", "", "")


@dataclasses.dataclass
class Fault:
    """What is broken, for which calls, and how often. A call is broken by the first fault that matches it and is due."""

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


class Calls:
    """The calls so far, in the order of arrival."""

    def __init__(self):
        self.rows = []
        self.started = time.monotonic()

    def add(self, call):
        row = {
            "operation": call.operation,
            "service": call.service,
            "account": call.account,
            "key": call.key,
            "region": call.region,
            "group": call.group,
            "body": call.body[:BODY_KEPT].decode(errors="replace"),
            "at_millis": int((call.at - self.started) * 1000),
            "status": None,
            "bytes": None,
            "fault": None,
        }
        self.rows.append(row)
        return row


class StaleToken(Exception):
    """A page token that the layer did not give for this request."""


class Pages:
    """Cuts moto's answers to FilterLogEvents: at `limit` events or at `most_bytes`, whichever comes first.

    moto scans and sorts a whole group for each page; so it is asked for 10,000 events at a time, and the last few
    answers are kept.
    """

    def __init__(self):
        self.most_bytes = 1 << 20
        self.kept = collections.OrderedDict()
        self.lock = threading.Lock()
        self.empties = 0

    def forget(self):
        with self.lock:
            self.kept.clear()

    def answer(self, call, ask_moto):
        request, asked = self.request(call)
        moto_token, skip = self.opened(call.token, asked)
        answer = self.batch(call, request, asked, moto_token, ask_moto)
        if answer.status != 200:
            return answer
        events, following = answer.events
        page = self.cut(events, skip, request.get("limit") or 10_000)
        end = skip + len(page)
        token = None
        if end < len(events):
            token = self.token(asked, moto_token, end)
        elif following:
            token = self.token(asked, following, 0)
        return self.page(page, token)

    def empty(self, call):
        """An empty page whose token goes on where the call's own would."""
        _, asked = self.request(call)
        self.empties += 1
        return self.page([], self.token(asked, *self.opened(call.token, asked), self.empties))

    @staticmethod
    def page(events, token):
        value = {"events": events, "searchedLogStreams": []}
        return Answer.json(value | ({"nextToken": token} if token else {}))

    @staticmethod
    def request(call):
        """The request, and a digest of what must be the same on all its pages."""
        request = {name: value for name, value in call.fields.items() if name != "nextToken"}
        same = [call.account, call.region, {name: value for name, value in request.items() if name != "limit"}]
        return request, hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:16]

    @staticmethod
    def token(asked, moto_token, skip, nonce=0):
        return base64.urlsafe_b64encode(json.dumps([asked, moto_token, skip, nonce]).encode()).decode()

    @staticmethod
    def opened(token, asked):
        if not token:
            return None, 0
        try:
            of, moto_token, skip, _ = json.loads(base64.urlsafe_b64decode(token))
        except ValueError as error:
            raise StaleToken from error
        if of != asked:
            raise StaleToken
        return moto_token, skip

    def batch(self, call, request, asked, moto_token, ask_moto):
        with self.lock:
            if (asked, moto_token) not in self.kept:
                # AWS interleaves streams whatever the request says; moto only where it is asked to.
                body = request | {"limit": 10_000, "interleaved": True} | ({"nextToken": moto_token} if moto_token else {})
                answer = ask_moto(call, json.dumps(body).encode())
                if answer.status != 200:
                    return answer
                value = json.loads(answer.body)
                answer.events = value["events"], value["nextToken"]
                self.kept[asked, moto_token] = answer
                if len(self.kept) > 8:
                    self.kept.popitem(last=False)
            return self.kept[asked, moto_token]

    def cut(self, events, skip, limit):
        size, end = 0, skip
        while end < len(events) and end - skip < limit:
            size += len(events[end]["message"].encode())
            if size > self.most_bytes and end > skip:
                break
            end += 1
        return events[skip:end]


class Layer:
    """The WSGI application."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.faults = []
        self.calls = Calls()
        self.pages = Pages()
        self.lock = threading.Condition()
        self.held = 0
        self.releases = 0

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_layer/"):
            return self.control(path.removeprefix("/_layer/"), environ).send(start_response)
        call = Call(environ)
        with self.lock:
            row = self.calls.add(call)
            fault = next((fault for fault in self.faults if fault.matches(call) and fault.is_due()), None)
        row["fault"] = fault and fault.kind
        answer = BREAKS[fault.kind](self, fault, call) if fault else self.answer(call)
        row["status"], row["bytes"] = answer.status, len(answer.body)
        return answer.send(start_response)

    def answer(self, call):
        """What AWS would answer."""
        if call.operation != "FilterLogEvents":
            if call.operation.startswith(("Put", "Create", "Delete")):
                self.pages.forget()
            return self.ask_moto(call, call.body)
        try:
            return self.pages.answer(call, self.ask_moto)
        except StaleToken:
            return stale(call)

    def ask_moto(self, call, body):
        body_of = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ = call.environ | body_of | {"HTTP_X_MOTO_ACCOUNT_ID": call.account}
        told = []

        def start_response(status, headers, _exc_info=None):
            told.append((int(status.split()[0]), dict(headers)))

        chunks = self.moto(environ, start_response)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        status, headers = told[-1]
        content_type = headers.pop("Content-Type", JSON)
        return Answer(status, content_type, body, [*headers.items()])

    def wait_for_release(self):
        with self.lock:
            release = self.releases
            self.held += 1
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.releases > release)
            self.held -= 1

    def control(self, name, environ):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        if name not in CONTROLS:
            return Answer.json({"error": f"no control {name}"}, 404)
        try:
            return CONTROLS[name](self, json.loads(body or b"{}"))
        except (KeyError, TypeError, ValueError) as error:
            return Answer.json({"error": f"{name}: {error!r}"}, 400)


def stale(call):
    return call.error(400, "InvalidParameterException", "The specified nextToken is invalid.")


def denied(call):
    """As IAM says it."""
    role = f"arn:aws:sts::{call.account}:assumed-role/reader/firstsight"
    action = f"{call.service}:{call.operation}"
    said = f"User: {role} is not authorized to perform: {action}"
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


BREAKS = {
    "throttle": lambda _, __, call: call.error(400, "Throttling" if call.form else "ThrottlingException", "Rate exceeded"),
    "500": lambda _, __, call: call.error(500, "InternalFailure", "Internal failure"),
    "503": lambda _, __, call: call.error(503, "ServiceUnavailableException", "The service cannot complete the request"),
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


def add_faults(layer, rules):
    """A list of faults, behind those that there are."""
    faults = [Fault(**rule) for rule in rules]
    unknown = [fault.kind for fault in faults if fault.kind not in BREAKS]
    if unknown:
        raise ValueError(f"no fault {unknown[0]}")
    with layer.lock:
        layer.faults += faults
    return Answer.json({})


def clear(layer, _):
    """No faults and no calls any more; what is held is released. moto keeps what it holds."""
    with layer.lock:
        layer.faults.clear()
        layer.calls = Calls()
    return release(layer, _)


def release(layer, _):
    """What is held now is answered."""
    with layer.lock:
        layer.releases += 1
        layer.lock.notify_all()
    return Answer.json({})


def wait_held(layer, options):
    """Answers once `count` answers are held."""
    with layer.lock:
        held = layer.lock.wait_for(lambda: layer.held >= options["count"], LONGEST_WAIT)
    return Answer.json({}) if held else Answer.json({"error": "nothing was held"}, 504)


def page_bytes(layer, options):
    """Pages of FilterLogEvents hold so many bytes of messages at most; 1 MiB at first."""
    layer.pages.most_bytes = options["bytes"]
    return Answer.json({})


def put(layer, options):
    """Log events, [milliseconds, message] each, into a group's stream; both are made where they are missing."""
    backend = logs_backends[options["account"]][options["region"]]
    backend.ensure_log_group(options["group"])
    group = backend.groups[options["group"]]
    if stream := options.get("stream"):
        if stream not in group.streams:
            group.create_log_stream(stream)
        events = [{"timestamp": time, "message": message} for time, message in options["events"]]
        group.put_log_events(stream, events)
    layer.pages.forget()
    return Answer.json({})


def list_calls(layer, _):
    with layer.lock:
        return Answer.json(layer.calls.rows)


CONTROLS = {
    "faults": add_faults,
    "clear": clear,
    "release": release,
    "held": wait_held,
    "page-bytes": page_bytes,
    "put": put,
    "calls": list_calls,
}


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, Layer(), threaded=True, request_handler=MotoRequestHandler)
    os.environ["MOTO_PORT"] = str(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"port {server.server_port}", flush=True)
    sys.stdin.read()
    # Threads that hold an answer would keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
