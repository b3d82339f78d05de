"""FilterLogEvents, page by page as AWS gives them."""
import base64
import collections
import hashlib
import json
import threading

from wire import Answer


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
        shared = request.pop("logGroupIdentifier", "").removesuffix(":*").split(":", 6)
        if len(shared) == 7:
            call.region, call.account, request["logGroupName"] = shared[3], shared[4], shared[6]
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
                answer = self.read(call, request, moto_token, ask_moto)
                if answer.status != 200:
                    return answer
                self.kept[asked, moto_token] = answer
                if len(self.kept) > 8:
                    self.kept.popitem(last=False)
            return self.kept[asked, moto_token]

    @staticmethod
    def read(call, request, moto_token, ask_moto):
        """10,000 events of moto's, or all of them in reverse where the newest are to come first."""
        reverse = request.get("startFromHead") is False
        events, following = [], moto_token
        while True:
            # AWS interleaves streams whatever the request says; moto only where it is asked to.
            body = request | {"limit": 10_000, "interleaved": True} | ({"nextToken": following} if following else {})
            answer = ask_moto(call, json.dumps(body).encode())
            if answer.status != 200:
                return answer
            value = json.loads(answer.body)
            events += value["events"]
            following = value["nextToken"]
            if not (reverse and following):
                break
        answer.events = events[:: -1 if reverse else 1], following
        return answer

    def cut(self, events, skip, limit):
        size, end = 0, skip
        while end < len(events) and end - skip < limit:
            size += len(events[end]["message"].encode())
            if size > self.most_bytes and end > skip:
                break
            end += 1
        return events[skip:end]
