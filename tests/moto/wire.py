"""A call as it came, and an answer as it leaves."""
import email.utils
import json
import time
import urllib.parse
import xml.sax.saxutils

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import get_account_id_from

# The account of credentials that moto did not make itself.
CALLER = "777788889999"
JSON = "application/x-amz-json-1.1"


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
        headers = [*(h for h in self.headers if h[0].lower() not in names), ("Content-Length", str(self.length))]
        if not any(name.lower() == "date" for name, _ in headers):
            headers.append(("Date", email.utils.formatdate(usegmt=True)))
        return headers

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
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>"
        return Answer(status, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())


def scope(authorization):
    """Access key, region and service of a SigV4 header: Credential=KEY/DATE/REGION/SERVICE/aws4_request."""
    credential = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return (credential[0], credential[2], credential[3]) if len(credential) == 5 else ("", "", "")
