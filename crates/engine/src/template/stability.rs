//! That templates stay what they are: states hold them, so whoever makes this faster must not change one.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::FineTemplate;
use super::tests::{event, parameters};
use crate::signature::Digest;

/// What messages are made of: each form that is recognised, its look-alikes, and characters of several bytes.
const PIECES: &[&str] = &[
    "The",
    "role",
    "with",
    "name",
    "Deploy",
    "cannot",
    "be",
    "found",
    "instance",
    "orders",
    "Ärger",
    "größe",
    "é",
    "arn:aws:iam::111122223333:role/Deploy",
    "arn:aws:s3:::payroll/a b",
    "arn:aws:ec2:eu-west-1:111122223333:vpc/*",
    "'arn:aws:sts::111122223333:assumed-role/A B/c'",
    "arn:x",
    "ARN:aws:iam::1:a",
    "arn:aws:Ä::x:y",
    "111122223333",
    "0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f",
    "i-0123456789abcdef0",
    "vpc-0a1b2c3d",
    "[vpc-0a1b2c3d, vpc-0a1b2c3e]",
    "('a1', 'b2')",
    "\"x1\", \"y2\"",
    "[a1], [b2]",
    "(a1) (b2)",
    "a1,b2,c3",
    "192.0.2.7",
    "192.0.2.0/24",
    "2001:db8::1",
    "2001:db8::/32",
    "::1",
    "fe80::x",
    "2026-01-31",
    "2026-01-31 10:20:30.123",
    "10:20:30",
    "20260131T100000Z",
    "eu-central-1",
    "us-gov-west-1a",
    "alice@example.com",
    "a@b",
    "7",
    "-7",
    "--7",
    "1.5",
    "deadbeef00",
    "AIDACKCEVSQ6C2EXAMPLE",
    "iam:CreateUser",
    "Stack:orders",
    "Stack:0a1b2c3d",
    "AWS::S3::Bucket",
    "Fn::GetAtt",
    "ec2.amazonaws.com",
    "https://example.com/a?b=c.",
    "s3://payroll/x",
    "http:/x",
    "S3",
    "AES_256",
    "ListObjectsV2",
    "/aws/lambda/job-7",
    "$LATEST",
    "~x1",
    "actions.1.member.type",
    "a.b.member.c",
    "web01",
    "{\"a\":[1,\"}\"]}",
    "[{\"a\":1}]",
    "{ \"a",
    "{}",
    "********",
    "****",
    "*",
    "'*'",
    "<*>",
    "<*",
    "…",
    "......",
    "Encoded authorization failure message: ",
    "authorization failure message: x",
    "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaYWJjZGVm",
    "abcdefghijklmnopqrstuvwxyz",
    "Value 'web 1, é' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: [a, b]",
    "Value '",
    "' at '",
    "failed to satisfy constraint",
    "enum value set: {x, y}",
    "enum value set: [x",
    "(Service: S3; Status Code: 404; Request ID: 1A2B)",
    "user/alice",
    "key=value",
    "colon: word",
    "`quoted`",
    "\u{a0}",
    "\u{85}",
    "\u{1}",
    "\t\n",
    "日本語",
    "🦀",
    "a🦀b",
    "٣",
    "x-",
    "-x",
    "x.",
    "@x",
    "+x",
    "_",
    "__a1",
    "\\",
];

const SEPARATORS: &[&str] = &[
    " ", " ", " ", " ", "  ", "", "", ", ", ",", ". ", ": ", "; ", "'", "\"", "(", ") ", "/", "-", "=", "\n",
];

const PARAMETERS: &[&str] = &[
    r#"{"roleName":"Deploy","max":7,"dryRun":true}"#,
    r#"{"filters":[{"name":"tag:a","values":["orders","é","web01"]}],"arn":"arn:aws:s3:::payroll/a b"}"#,
    r#"{"a b":"instance","n":-1.5e3,"x":"The","roleArn":"arn:aws:iam::111122223333:role/Deploy"}"#,
    r#"{"k":"größe\u0041","l":"a\"b","m":"vpc-0a1b2c3d","Ä":"alice","o":"vpc"}"#,
    r#"{"":"","s":"   ","y":"x1","z":"x1","long":{"er":["Deploy","role with name Deploy"]}}"#,
    r#"["a1",["b2"],10,"arn:aws:iam::1:x/","arn:"]"#,
    "{}",
];

fn one<'a>(random: &mut ChaCha8Rng, of: &[&'a str]) -> &'a str {
    of[random.next_u32() as usize % of.len()]
}

fn message(random: &mut ChaCha8Rng) -> String {
    let pieces = [3, 12, 40, 400][random.next_u32() as usize % 4];
    let mut message = String::new();
    for _ in 0..random.next_u32() % pieces {
        message.push_str(one(random, PIECES));
        message.push_str(one(random, SEPARATORS));
    }
    if random.next_u32().is_multiple_of(3) {
        message.truncate(message.floor_char_boundary(1024));
    }
    message
}

/// Each template and what it tells, of so many messages.
fn digest(seed: u64, messages: usize) -> Digest {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::new();
    for _ in 0..messages {
        let message = message(&mut random);
        let parameters = parameters(one(&mut random, PARAMETERS));
        let event = event(&message, Some(&parameters));
        let (template, values) = FineTemplate::of_with_values(&event);
        assert_eq!(template, FineTemplate::of(&event), "{message}");
        all.extend([template.identity, template.display]);
        all.extend(values.into_iter().map(|(name, text)| format!("{name}={text}")));
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    Digest::of(&all)
}

/// A test that fails here means that known errors would get new templates: should they, the grouping has a new version.
#[test]
fn templates_are_those_of_this_grouping_version() {
    assert_eq!(super::GROUPING_VERSION, 2);
    assert_eq!(digest(1, 8_000).to_string(), "edf77c3f7a033895265cb6e24637e973");
}
