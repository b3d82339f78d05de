#!/usr/bin/env python3
"""Makes error records whose true templates are known, from the message templates in moto's source.

moto imitates AWS; the errors it raises are written as f-strings, `%` and `.format` texts, concatenations and constants.
This reads them out of an installed moto (its source only: nothing of it is imported or copied into this repository),
fills their variables with values that fit their names, and writes

    OUT/records.ndjson   one CloudTrail error record a line, shuffled
    OUT/labels.tsv       eventID <tab> number of the true template

The form is that of the set the grouping was developed on (1, 2, 3, 5, 8, 13 or 30 records a template; every second
template's records name the values in `requestParameters`; one event name for each error code, so that a family holds all
that a service says with one code), the services are others, and so are the words that names are made of.
Same moto, seed and Python: the same bytes.

usage: make_set.py MOTO_PACKAGE OUT [--seed N] [--half studied|held]
"""

import argparse
import ast
import hashlib
import json
import pathlib
import random
import re

# The services of the set that the grouping was developed on, as moto names them. They are left out.
KNOWN = set(
    """acmpca amp appconfig applicationautoscaling appmesh appsync athena autoscaling awslambda bedrockagent cloudformation
    cloudfront cloudhsmv2 cloudwatch codebuild codecommit comprehend connect datasync directconnect dsql dynamodb
    dynamodb_v20111205 ec2 ecr ecs eks elasticbeanstalk elbv2 emr firehose fsx glacier greengrass iotdata ivs kafka kinesis
    kinesisvideo kms lakeformation networkfirewall opensearch opensearchserverless organizations personalize pipes ram rds
    redshiftdata route53domains route53resolver s3control s3tables s3vectors secretsmanager securityhub ses ssm
    stepfunctions sts swf textract workspaces xray""".split()
)
# Parts of moto that imitate no service.
NO_SERVICE = {"core", "moto_api", "moto_proxy", "moto_server", "instance_metadata", "utilities", "packages", "s3bucket_path"}

SIZES = (1, 2, 3, 5, 8, 13, 30)
ACCOUNT = "111122223333"
HOLE = "\0"


class Dice:
    """Random choices from `random()` alone, which Python promises to keep the same in all versions."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, bound):
        return int(self.random() * bound)

    def pick(self, choices):
        return choices[self.below(len(choices))]

    def hex(self, length):
        return "".join(self.pick("0123456789abcdef") for _ in range(length))

    def uuid(self):
        return "-".join(self.hex(length) for length in (8, 4, 4, 4, 12))

    def account(self):
        return str(100_000_000_000 + self.below(900_000_000_000))

    def shuffle(self, items):
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


# ---- reading the templates ------------------------------------------------------------------------------------------


class Text:
    """A message template: literal parts with a hole for each expression."""

    def __init__(self, text, expressions=()):
        self.text, self.expressions = text, list(expressions)

    def __add__(self, other):
        return Text(self.text + other.text, self.expressions + other.expressions)

    def is_message(self):
        literal = self.text.replace(HOLE, " ")
        words = re.findall(r"[A-Za-z]{2,}", literal)
        return len(words) >= 2 and len(self.text.split()) >= 3 and len(self.text) >= 12 and "<" not in literal[:1]

    def is_code(self):
        return not self.expressions and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]{2,60}", self.text) is not None


def hole(node):
    return Text(HOLE, [ast.unparse(node)])


def read_text(node, names):
    """The template that an expression evaluates to, or None where it is no text."""
    if isinstance(node, ast.Constant):
        return Text(node.value) if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return read_joined(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = read_text(node.left, names), read_text(node.right, names)
        if left is None and right is None:
            return None
        return (left or hole(node.left)) + (right or hole(node.right))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return read_percent(read_text(node.left, names), node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return read_format(read_text(node.func.value, names), node)
    if isinstance(node, ast.Name):
        return names.get(node.id)
    return None


def read_joined(node):
    text = Text("")
    for part in node.values:
        text += Text(part.value) if isinstance(part, ast.Constant) else hole(part.value)
    return text


def read_percent(left, right):
    if left is None or left.expressions:
        return None
    values = right.elts if isinstance(right, ast.Tuple) else [right]
    parts = re.split(r"%(?:\((\w+)\))?[sdrif]", left.text)
    literals, keys = parts[::2], parts[1::2]
    named = [key or (ast.unparse(values[at]) if at < len(values) else "value") for at, key in enumerate(keys)]
    return Text(HOLE.join(literals), named)


def read_format(left, call):
    if left is None or left.expressions:
        return None
    keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    return fill_format(left.text, [ast.unparse(value) for value in call.args], keywords)


def fill_format(text, positional, keywords):
    expressions, order = [], iter(range(100))

    def replace(found):
        field = re.split(r"[!:.\[]", found.group(1))[0]
        at = int(field) if field.isdigit() else None
        at = next(order) if field == "" else at
        known = positional[at] if at is not None and at < len(positional) else keywords.get(field, field or "value")
        expressions.append(known)
        return HOLE

    return Text(re.sub(r"\{([^{}]*)\}", replace, text), expressions)


def class_codes(tree):
    """The error code that a class names for itself."""
    codes = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for line in node.body:
            named = isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
            if named and line.targets[0].id in ("code", "error_type") and isinstance(line.value, ast.Constant):
                if isinstance(line.value.value, str):
                    codes[node.name] = line.value.value
    return codes


class Finder(ast.NodeVisitor):
    """Collects (code, template) from `raise X(…)`, `super().__init__(…)` and `message = …` of error classes."""

    def __init__(self, codes):
        self.codes, self.classes, self.names, self.found = codes, [], [{}], []

    def visit_ClassDef(self, node):
        self.classes.append(node.name)
        for line in node.body:
            named = isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
            if named and line.targets[0].id == "message":
                text = read_text(line.value, {})
                if text is not None:
                    self.add(self.code_of(node.name), fill_format(text.text, [], {}))
        self.generic_visit(node)
        self.classes.pop()

    def visit_FunctionDef(self, node):
        # A name that is given one text, and no other, stands for that text.
        given = {}
        for line in ast.walk(node):
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                given.setdefault(line.targets[0].id, []).append(read_text(line.value, {}))
        self.names.append({name: texts[0] for name, texts in given.items() if len(texts) == 1 and texts[0]})
        self.generic_visit(node)
        self.names.pop()

    def visit_Raise(self, node):
        if isinstance(node.exc, ast.Call):
            function = node.exc.func
            name = getattr(function, "id", None) or getattr(function, "attr", None)
            if name:
                self.read_call(node.exc, name)
        self.generic_visit(node)

    def visit_Call(self, node):
        init = isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"
        if init and isinstance(node.func.value, ast.Call) and self.classes:
            self.read_call(node, self.classes[-1])
        self.generic_visit(node)

    def read_call(self, call, name):
        values = call.args + [keyword.value for keyword in call.keywords]
        texts = [text for text in (read_text(value, self.names[-1]) for value in values) if text is not None]
        codes = [text.text for text in texts if text.is_code()]
        for text in texts:
            if text.is_message():
                self.add(codes[0] if codes else self.code_of(name), text)

    def code_of(self, name):
        return self.codes.get(name, name)

    def add(self, code, text):
        if text.is_message():
            self.found.append((code, text))


def templates_of(folder):
    """The (code, template) pairs of one service, each shape once: what varies has no name in a message."""
    codes, trees = {}, []
    for path in sorted(folder.rglob("*.py")):
        trees.append(ast.parse(path.read_text(encoding="utf-8")))
        codes.update(class_codes(trees[-1]))
    shapes = {}
    for tree in trees:
        finder = Finder(codes)
        finder.visit(tree)
        for code, text in finder.found:
            shapes.setdefault((code, " ".join(text.text.split())), Text(" ".join(text.text.split()), text.expressions))
    return [(code, text) for (code, _), text in sorted(shapes.items())]


# ---- filling them ---------------------------------------------------------------------------------------------------

# What people name things after; words of AWS's own language are among them, as they are in life.
WORDS = """admin analytics archive auth backup basket canary central checkout cluster crm customer default docs east
    finance gateway hr insights inventory invoice mailer mobile model nightly partner pilot portal primary private public
    qa replica risk sandbox scratch shipping site store temp tenant training uat vendor warehouse weekly""".split()
TYPES = ["AWS::Lambda::Function", "m5.large", "STANDARD", "USER", "function", "json"]
STATES = ["AVAILABLE", "DELETED", "ENABLED", "PENDING", "UPDATING", "stopping"]
REGIONS = ["ap-northeast-1", "ca-central-1", "eu-north-1", "sa-east-1", "us-west-2", "us-gov-east-1"]
PREFIXES = {
    "vpc": "vpc", "subnet": "subnet", "instance": "i", "security_group": "sg", "volume": "vol", "snapshot": "snap",
    "image": "ami", "interface": "eni", "gateway": "igw", "zone": "z", "file_system": "fs", "launch_template": "lt",
}


def name(dice):
    word, other, third = (dice.pick(WORDS) for _ in range(3))
    return dice.pick(
        [
            word,
            f"{word}-{other}",
            f"{word}.{other}",
            f"{word}-{dice.hex(8)}",
            f"{word}_{other}_{dice.below(100)}",
            "".join(part.capitalize() for part in (word, other, third)),
        ]
    )


def resource_id(dice):
    return dice.pick([dice.uuid(), dice.hex(12), name(dice)])


def address(dice):
    return ".".join(str(1 + dice.below(254)) for _ in range(4))


def moment(dice, days=60):
    minutes = dice.below(days * 24 * 60)
    month, day = divmod(minutes // 1440, 28)
    return f"2026-{month + 1:02}-{day + 1:02}T{minutes // 60 % 24:02}:{minutes % 60:02}:{dice.below(60):02}Z"


def path(dice):
    depth = 1 + dice.below(4)
    return "/".join([dice.pick(WORDS) for _ in range(depth)] + [f"{dice.hex(12)}.json"])


def arn(dice, service):
    return f"arn:aws:{service}:{dice.pick(REGIONS)}:{dice.account()}:resource/{name(dice)}"


def prefixed(expression, dice):
    found = next((prefix for word, prefix in PREFIXES.items() if word in expression), None)
    return f"{found}-{dice.hex(dice.pick([8, 17]))}" if found else None


# What a value is, by the expression that stands in its place; the first that fits counts.
RULES = [
    (r"join\(", lambda dice, service: ", ".join(name(dice) for _ in range(1 + dice.below(4)))),
    (r"arn", arn),
    (r"email|sender|recipient", lambda dice, _: f"{dice.pick(WORDS)}@{dice.pick(WORDS)}.example.com"),
    (r"url|uri\b|endpoint$", lambda dice, _: f"https://{dice.pick(WORDS)}.example.com/{name(dice)}"),
    (r"cidr", lambda dice, _: f"{address(dice)[:-1]}0/{16 + dice.below(13)}"),
    (r"\bip\b|ip_addr|_ip\b|ipaddress", lambda dice, _: address(dice)),
    (r"account|owner_?id", lambda dice, _: dice.account()),
    (r"region", lambda dice, _: dice.pick(REGIONS)),
    (r"bucket", lambda dice, _: f"{dice.pick(WORDS)}-{dice.pick(WORDS)}-{dice.account()}"),
    (r"time|date\b|expir", lambda dice, _: moment(dice)),
    (r"version|count|size|\bmax|\bmin|limit|length|len\(|number|index|idx|port\b|quota|days|seconds|weight",
     lambda dice, _: str(1 + dice.below(99_999))),
    (r"state|status", lambda dice, _: dice.pick(STATES)),
    (r"type|engine|class|mode|scope", lambda dice, _: dice.pick(TYPES)),
    (r"key|path|file\b|prefix", lambda dice, _: dice.pick([path(dice), resource_id(dice), name(dice)])),
    (r"_?id\b|identifier|uuid|token", lambda dice, _: resource_id(dice)),
]


def value_of(expression, service, dice):
    """A value for one hole of a template."""
    low = expression.lower()
    is_id = re.search(r"id\b|identifier", low)
    if is_id and (known := prefixed(low, dice)):
        return known
    for pattern, make in RULES:
        if re.search(pattern, low):
            return make(dice, service)
    return name(dice)


def parameter(expression, at):
    """The name a value has in `requestParameters`: the first word of its expression, and its position."""
    found = re.search(r"[a-z]+", expression.lower())
    return f"{found.group() if found else ''}{at}"


def event_name(code):
    return "Op" + "".join(word.capitalize() for word in re.findall(r"[A-Za-z]+", code))


# ---- denials --------------------------------------------------------------------------------------------------------

DENIED = ["iam:CreateUser", "s3:GetObject", "sqs:SendMessage", "sns:Publish", "logs:CreateLogGroup", "glue:GetTable",
          "route53:ChangeResourceRecordSets"]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
REASONS = [
    "because no identity-based policy allows the {action} action",
    "because no resource-based policy allows the {action} action",
    "because no service control policy allows the {action} action",
    "because no permissions boundary allows the {action} action",
    "because no session policy allows the {action} action",
    "because no VPC endpoint policy allows the {action} action",
    "because no resource control policy allows the {action} action",
    "with an explicit deny in an identity-based policy",
    "with an explicit deny in a resource-based policy",
    "with an explicit deny in a service control policy",
    "with an explicit deny in a permissions boundary",
    "with an explicit deny in a session policy",
    "with an explicit deny in a VPC endpoint policy",
    "with an explicit deny in a resource control policy",
]


def denials(dice):
    """(service, call, reason) of eight denials of each call."""
    for action in DENIED:
        reasons = list(REASONS)
        dice.shuffle(reasons)
        for reason in sorted(reasons[:8]):
            yield (*action.split(":"), reason.format(action=action))


def session(dice):
    who = dice.pick([name(dice), f"{dice.pick(WORDS)}@example.com", f"i-{dice.hex(dice.pick([8, 17]))}"])
    return f"arn:aws:sts::{dice.account()}:assumed-role/{name(dice)}/{who}"


def denied_resource(dice, service):
    s3 = f"arn:aws:s3:::{dice.pick(WORDS)}-{dice.account()}/{dice.pick(WORDS)}/{dice.hex(8)}"
    return dice.pick(["*", s3, arn(dice, service)])


# ---- records --------------------------------------------------------------------------------------------------------


def record(dice, service, call, code, message, parameters, who=None):
    account = dice.account()
    arn_of_user = who or f"arn:aws:iam::{account}:user/{name(dice)}"
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole" if who else "IAMUser",
            "principalId": f"AIDA{dice.hex(17).upper()}",
            "arn": arn_of_user,
            "accountId": arn_of_user.split(":")[4],
            "accessKeyId": f"AKIA{dice.hex(16).upper()}",
        },
        "eventTime": f"2026-01-{1 + dice.below(15):02}T{dice.below(24):02}:{dice.below(60):02}:{dice.below(60):02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": call,
        "awsRegion": "us-east-1",
        "sourceIPAddress": address(dice),
        "userAgent": "aws-cli/2.17",
        "errorCode": code,
        "errorMessage": message,
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": dice.uuid(),
        "eventID": dice.uuid(),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }


def records_of_template(dice, service, code, text):
    explained = dice.below(2) == 1
    for _ in range(dice.pick(SIZES)):
        values = [value_of(expression, service, dice) for expression in text.expressions]
        message = text.text.replace("%%", "%")
        for value in values:
            message = message.replace(HOLE, value, 1)
        named = {parameter(expression, at): value for at, (expression, value) in enumerate(zip(text.expressions, values))}
        yield record(dice, service, event_name(code), code, message, named if explained else None)


def records_of_denial(dice, service, call, reason):
    explained = dice.below(2) == 1
    for _ in range(dice.pick(SIZES)):
        who, resource = session(dice), denied_resource(dice, service)
        message = f"User: {who} is not authorized to perform: {service}:{call} on resource: {resource} {reason}"
        parameters = {"who0": who, "res1": resource} if explained else None
        yield record(dice, service, call, "AccessDenied", message, parameters, who)


def half_of(service):
    return ("studied", "held")[hashlib.sha256(service.encode()).digest()[0] % 2]


def make(moto, seed, half):
    """The labelled records. Each service has dice of its own, so that a half holds the same records as the whole."""
    folders = sorted(path for path in moto.iterdir() if (path / "__init__.py").is_file())
    label, made = 0, []
    for folder in folders:
        service = folder.name
        if service in KNOWN | NO_SERVICE or half not in (None, half_of(service)):
            continue
        dice = Dice(f"{seed}/{service}")
        for code, text in templates_of(folder):
            made += [(label, row) for row in records_of_template(dice, service, code, text)]
            label += 1
    dice = Dice(f"{seed}/denials")
    for service, call, reason in list(denials(dice)):
        rows = list(records_of_denial(dice, service, call, reason))
        if half in (None, half_of(service)):
            made += [(label, row) for row in rows]
            label += 1
    Dice(f"{seed}/order").shuffle(made)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("moto", type=pathlib.Path, help="the installed package's folder")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--half", choices=["studied", "held"])
    arguments = parser.parse_args()
    made = make(arguments.moto, arguments.seed, arguments.half)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with open(arguments.out / "records.ndjson", "w", encoding="utf-8") as records:
        records.writelines(json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n" for _, row in made)
    with open(arguments.out / "labels.tsv", "w", encoding="utf-8") as labels:
        labels.writelines(f"{row['eventID']}\t{label}\n" for label, row in made)


if __name__ == "__main__":
    main()
