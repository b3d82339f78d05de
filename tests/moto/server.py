#!/usr/bin/env python3
"""AWS for tests: moto's server on a free loopback port, unmodified, with a layer in front of it that

* answers FilterLogEvents as AWS does where moto does not: pages of 1 MB at most, no token of another request, the newest
  first where asked, and groups of other accounts by their ARN;
* breaks answers as told: see Fault;
* remembers each call: see Calls;
* takes many log events at once, whatever their age (PutLogEvents drops what is older than 14 days).

Prints `port N` once it listens, and ends itself when its standard input closes, so that no test leaves one behind.
Needs the packages of requirements.txt. What a test sends to /_layer/… is told at CONTROLS.
"""
import datetime
import io
import json
import logging
import os
import sys
import threading
import time

from faults import BREAKS, Fault, stale
from moto.logs.models import logs_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from pages import Pages, StaleToken
from werkzeug.serving import make_server
from wire import JSON, Answer, Call

BODY_KEPT = 4096
LONGEST_WAIT = 60.0


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
    # As old as what it holds may be: nothing is looked for before a group was made.
    group.creation_time = datetime.datetime(2013, 11, 13)
    if stream := options.get("stream"):
        if stream not in group.streams:
            group.create_log_stream(stream)
        events = [{"timestamp": at, "message": message} for at, message in options["events"]]
        group.put_log_events(stream, events)
    layer.pages.forget()
    return Answer.json({})


def now(_layer, _):
    """The clock, in milliseconds: tests may not read one themselves."""
    return Answer.json({"now": int(time.time() * 1000)})


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
    "now": now,
}


class Handler(MotoRequestHandler):
    """Leaves the Date to the layer, so that an answer has one and not two."""

    def send_response(self, code, message=None):
        self.send_response_only(code, message)


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, Layer(), threaded=True, request_handler=Handler)
    os.environ["MOTO_PORT"] = str(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"port {server.server_port}", flush=True)
    sys.stdin.read()
    # Threads that hold an answer would keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
