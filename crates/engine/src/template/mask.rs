//! The lexical masks: what one run of characters is, by its form alone.

use super::vocabulary;

/// What a run of characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A word of the message.
    Word,
    /// A variable of this kind.
    Variable(Kind),
    /// A word of the message up to this byte, then a separator, then something else.
    Split(usize),
    /// A dotted path whose numeric parts alone are variable: `actions.1.member.type`.
    IndexedPath,
}

/// The kinds of variables that are recognised by their form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Account,
    Address,
    Email,
    Encoded,
    Hex,
    Id,
    Name,
    Number,
    Path,
    Region,
    ResourceType,
    Service,
    Time,
    Uuid,
    Zone,
}

impl Kind {
    /// Its name in a template for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "ip",
            Self::Email => "email",
            Self::Encoded => "encoded",
            Self::Hex => "hex",
            Self::Id => "id",
            Self::Name => "name",
            Self::Number => "number",
            Self::Path => "path",
            Self::Region => "region",
            Self::ResourceType => "resourceType",
            Self::Service => "service",
            Self::Time => "time",
            Self::Uuid => "uuid",
            Self::Zone => "zone",
        }
    }
}

/// Whether a variable's name says only what form it has; other names are the record's own.
pub(crate) fn is_kind(name: &str) -> bool {
    const KINDS: [&str; 20] = [
        "account",
        "any",
        "arn",
        "email",
        "encoded",
        "hex",
        "id",
        "index",
        "ip",
        "json",
        "name",
        "number",
        "path",
        "region",
        "resourceType",
        "service",
        "time",
        "url",
        "uuid",
        "zone",
    ];
    KINDS.contains(&name) || name.starts_with("arn:") || matches!(name, "value" | "values")
}

/// What the bytes of a run are, counted once.
#[derive(Default)]
struct Census {
    digits: usize,
    upper: usize,
    lower: usize,
    non_hex: usize,
    dashes: usize,
    dots: usize,
    colons: usize,
    slashes: usize,
    ats: usize,
    underscores: usize,
    plus: usize,
}

impl Census {
    fn of(run: &[u8]) -> Self {
        let mut census = Self::default();
        for &byte in run {
            match byte {
                b'0'..=b'9' => census.digits += 1,
                b'a'..=b'f' => census.lower += 1,
                b'A'..=b'F' => census.upper += 1,
                b'g'..=b'z' => (census.lower, census.non_hex) = (census.lower + 1, census.non_hex + 1),
                b'G'..=b'Z' => (census.upper, census.non_hex) = (census.upper + 1, census.non_hex + 1),
                b'-' => census.dashes += 1,
                b'.' => census.dots += 1,
                b':' => census.colons += 1,
                b'/' => census.slashes += 1,
                b'@' => census.ats += 1,
                b'_' => census.underscores += 1,
                b'+' => census.plus += 1,
                _ => census.non_hex += 1,
            }
        }
        census
    }

    const fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// Nothing but hexadecimal digits.
    const fn is_bare_hex(&self) -> bool {
        self.non_hex + self.dashes + self.dots + self.colons + self.slashes + self.ats == 0
            && self.underscores + self.plus == 0
    }
}

/// The form of a run: letters, digits and `_`, joined by `-`, `.`, `/`, `:`, `@` and `+`. ARNs and URLs are recognised
/// before (they reach further than a run).
pub(crate) fn form(run: &str) -> Form {
    let census = Census::of(run.as_bytes());
    if census.digits == 0 {
        return form_without_digits(run, &census);
    }
    exact_kind(run, &census).map_or_else(|| loose_form(run, &census), Form::Variable)
}

fn form_without_digits(run: &str, census: &Census) -> Form {
    if census.ats == 1 && is_email(run) {
        return Form::Variable(Kind::Email);
    }
    if census.colons > 0 {
        return colon_form(run);
    }
    if run.ends_with(".amazonaws.com") {
        return Form::Variable(Kind::Service);
    }
    if census.dots > 0 && member_list(run).is_some() {
        return Form::IndexedPath;
    }
    if is_unique_id(run) {
        return Form::Variable(Kind::Id);
    }
    let long = census.is_bare_hex() && run.len() >= 16 || is_encoded(run, census);
    if long {
        Form::Variable(Kind::Encoded)
    } else {
        Form::Word
    }
}

/// Forms that leave no doubt.
fn exact_kind(run: &str, census: &Census) -> Option<Kind> {
    let bytes = run.as_bytes();
    if census.digits == bytes.len() {
        return Some(if bytes.len() == 12 {
            Kind::Account
        } else {
            Kind::Number
        });
    }
    if census.letters() == 0 && census.non_hex == 0 {
        return Some(form_of_digits(bytes, census));
    }
    let kind = match census {
        Census { dashes: 4, .. } if is_uuid(bytes) => Kind::Uuid,
        Census { ats: 1, .. } if is_email(run) => Kind::Email,
        Census { dashes: 2.., .. } if is_date(bytes) => Kind::Time,
        Census {
            dashes: 2..,
            upper: 0,
            ..
        } if is_region(run) => Kind::Region,
        Census {
            dashes: 2..,
            upper: 0,
            ..
        } if is_zone(run) => Kind::Zone,
        Census { dashes: 1.., .. } if is_resource_id(run) => Kind::Id,
        Census { lower: 0, .. } if is_unique_id(run) => Kind::Id,
        Census {
            lower: 0, upper: 2, ..
        } if is_compact_time(bytes) => Kind::Time,
        _ if census.is_bare_hex() && bytes.len() >= 8 => Kind::Hex,
        _ if run.ends_with(".amazonaws.com") => Kind::Service,
        _ if is_encoded(run, census) => Kind::Encoded,
        _ => return None,
    };
    Some(kind)
}

/// Digits and separators only: an address, a date, a time of day, a range, a decimal number.
fn form_of_digits(bytes: &[u8], census: &Census) -> Kind {
    match census {
        Census {
            dots: 3, colons: 0, ..
        } => Kind::Address,
        Census { dashes: 2, .. } if is_date(bytes) => Kind::Time,
        Census { colons: 1.., .. } => Kind::Time,
        _ => Kind::Number,
    }
}

/// A run with a digit that has no exact form: a name, unless it is a word that is written with digits.
fn loose_form(run: &str, census: &Census) -> Form {
    if census.colons > 0 {
        return colon_form(run);
    }
    if is_written_with_digits(run, census) {
        return Form::Word;
    }
    if census.dots > 0 && (is_indexed_path(run) || member_list(run).is_some()) {
        return Form::IndexedPath;
    }
    Form::Variable(if census.slashes > 0 {
        Kind::Path
    } else {
        Kind::Name
    })
}

/// `ec2:RunInstances` is a word, of `Stack:name` only the first half is, and `AWS::S3::Bucket` is a variable.
fn colon_form(run: &str) -> Form {
    let colon = run.find(':').unwrap_or(0);
    if is_action(run, colon) {
        Form::Word
    } else if is_resource_type(run) {
        Form::Variable(Kind::ResourceType)
    } else {
        Form::Split(colon)
    }
}

/// An IAM action, `service:Action`: the action's name starts with a capital.
fn is_action(run: &str, colon: usize) -> bool {
    let (service, action) = (&run.as_bytes()[..colon], &run.as_bytes()[colon + 1..]);
    let of_service = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    !service.is_empty()
        && service.iter().all(of_service)
        && action.first().is_some_and(u8::is_ascii_uppercase)
        && action.iter().all(u8::is_ascii_alphanumeric)
}

/// `AWS::S3::Bucket`, but not `Fn::GetAtt`.
fn is_resource_type(run: &str) -> bool {
    let part = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase()) && !part.contains(':');
    run.matches("::").count() == 2 && run.split("::").all(part)
}

fn is_email(run: &str) -> bool {
    run.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The length of the IPv6 address that a text starts with, and of its prefix length: at least two colons between groups
/// of at most four hexadecimal digits, and a digit among them.
pub(crate) fn ipv6_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let inside = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b':';
    let length = bytes.iter().position(|byte| !inside(byte)).unwrap_or(bytes.len());
    let address = &bytes[..length];
    let groups = address.split(|byte| *byte == b':');
    let colons = groups.clone().count() - 1;
    let is_address = colons >= 2
        && groups.clone().all(|group| group.len() <= 4)
        && (colons == 7 || text[..length].contains("::"))
        && address.iter().any(u8::is_ascii_digit);
    let prefix = text[length..].strip_prefix('/').map_or(0, |after| {
        after
            .bytes()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(after.len())
            + 1
    });
    is_address.then_some(length + prefix)
}

/// Starts like `2026-01-31`.
fn is_date(bytes: &[u8]) -> bool {
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && bytes
            .get(10)
            .is_none_or(|byte| matches!(byte, b'T' | b't' | b'Z' | b'+'))
}

/// `20260131T100000Z`, the form of signatures.
fn is_compact_time(bytes: &[u8]) -> bool {
    bytes.len() == 16 && bytes[8] == b'T' && bytes[15] == b'Z'
}

/// `eu-central-1`, `us-gov-west-1`.
fn is_region(run: &str) -> bool {
    let mut parts = run.split('-');
    let area = parts.next().unwrap_or_default();
    let number = parts.next_back().unwrap_or_default();
    let mut places = parts.peekable();
    area.len() == 2
        && number.len() == 1
        && number.as_bytes()[0].is_ascii_digit()
        && places.peek().is_some()
        && places.all(|place| place.len() >= 3 && place.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// `eu-central-1a`.
fn is_zone(run: &str) -> bool {
    run.strip_suffix(|last: char| last.is_ascii_lowercase())
        .is_some_and(is_region)
}

/// `i-0123456789abcdef0`, `tgw-attach-0a1b2c3d`: words, then 8 to 17 hexadecimal digits.
fn is_resource_id(run: &str) -> bool {
    run.rsplit_once('-').is_some_and(|(prefix, id)| {
        (8..=17).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_hexdigit())
            && prefix
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// 40 characters or more without a word boundary, letters of both cases or digits: base64, a token, a signature.
fn is_encoded(run: &str, census: &Census) -> bool {
    let mixed = census.upper > 0 && census.lower > 0 && census.digits > 0;
    let separators = census.dots + census.colons + census.ats;
    run.len() >= 40
        && separators == 0
        && (mixed || run.len() >= 64)
        && census.dashes + census.slashes <= run.len() / 8
}

/// Words that have digits in them: `S3`, `AES_256`, `IPv4`, `ListObjectsV2`.
fn is_written_with_digits(run: &str, census: &Census) -> bool {
    const SPELLED: [&str; 14] = [
        "base64", "http2", "ipv4", "ipv6", "k8s", "md5", "oauth2", "route53", "sha1", "sha256", "sha512",
        "utf-8", "utf8", "x509",
    ];
    if SPELLED.iter().any(|word| word.eq_ignore_ascii_case(run)) {
        return true;
    }
    let separators = census.dashes + census.dots + census.slashes + census.ats + census.plus;
    if separators > 0 || !run.is_ascii() {
        return false;
    }
    let constant =
        census.lower == 0 && census.digits <= 4 && census.digits <= census.upper && run.len() < MIN_UNIQUE_ID;
    let version = run
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .strip_suffix('V');
    constant || version.is_some_and(|name| !name.is_empty() && vocabulary::is_common(name))
}

/// The shortest unique id of IAM, in bytes.
const MIN_UNIQUE_ID: usize = 16;

/// `AIDACKCEVSQ6C2EXAMPLE`, `AKIAIOSFODNN7EXAMPLE`: access keys and unique ids, by their prefixes.
/// Source: AWS IAM user guide, IAM identifiers.
fn is_unique_id(run: &str) -> bool {
    const PREFIXES: [&str; 13] = [
        "ABIA", "ABSK", "ACCA", "AGPA", "AIDA", "AIPA", "AKIA", "ANPA", "ANVA", "APKA", "AROA", "ASCA",
        "ASIA",
    ];
    let constant = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    run.len() >= MIN_UNIQUE_ID
        && PREFIXES.iter().any(|prefix| run.starts_with(prefix))
        && run.bytes().all(constant)
}

/// Dotted parts that are letters only or digits only, both present, letters first.
fn is_indexed_path(run: &str) -> bool {
    let letters = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    run.split('.').next().is_some_and(letters)
        && run
            .split('.')
            .all(|part| !part.is_empty() && (letters(part) || digits(part)))
}

/// The list's name and what follows its index in `list.index.member.field`, the form in which AWS's request validation
/// names a field of a list's item.
pub(crate) fn member_list(run: &str) -> Option<(&str, &str)> {
    let (list, _) = run.split_once('.')?;
    let member = run.rfind(".member")?;
    (member > list.len()).then(|| (list, &run[member..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(cases: &[(&str, Form)]) {
        for (run, expected) in cases {
            assert_eq!(form(run), *expected, "{run}");
        }
    }

    fn all(expected: Form, runs: &[&str]) {
        for run in runs {
            assert_eq!(form(run), expected, "{run}");
        }
    }

    #[test]
    fn numbers_and_accounts() {
        kinds(&[
            ("7", Form::Variable(Kind::Number)),
            ("1.5", Form::Variable(Kind::Number)),
            ("200-399", Form::Variable(Kind::Number)),
            ("111122223333", Form::Variable(Kind::Account)),
            ("1111222233334", Form::Variable(Kind::Number)),
        ]);
    }

    #[test]
    fn addresses() {
        all(Form::Variable(Kind::Address), &["192.0.2.1", "192.0.2.0/24"]);
    }

    #[test]
    fn ipv6_addresses() {
        let length = |text: &str| ipv6_length(text);
        for address in ["2001:db8::1", "2001:db8::/32", "fe80:0:0:0:0:0:0:1", "fe80::"] {
            assert_eq!(length(address), Some(address.len()), "{address}");
            assert_eq!(length(&format!("{address}, x")), Some(address.len()), "{address}");
        }
        for other in ["10:20:30", "abc::def", "a:b", "", "12345::1"] {
            assert_eq!(length(other), None, "{other}");
        }
    }

    #[test]
    fn times() {
        all(
            Form::Variable(Kind::Time),
            &[
                "2026-01-31",
                "2026-01-31T10:00:00Z",
                "2026-01-31T10:00:00.123+00:00",
                "10:20:30",
                "20260131T100000Z",
            ],
        );
    }

    #[test]
    fn ids() {
        all(
            Form::Variable(Kind::Id),
            &[
                "i-0123456789abcdef0",
                "vol-0a1b2c3d",
                "tgw-attach-0a1b2c3d4e5f60718",
                "lt-01234567",
                "AIDACKCEVSQ6C2EXAMPLE",
                "AKIAIOSFODNNEXAMPLEX",
            ],
        );
        all(
            Form::Variable(Kind::Uuid),
            &["0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f"],
        );
        all(Form::Variable(Kind::Hex), &["0a1b2c3d4e5f", "deadbeef00"]);
        all(Form::Variable(Kind::Region), &["eu-central-1", "us-gov-west-1"]);
        all(Form::Variable(Kind::Zone), &["eu-central-1a"]);
        all(
            Form::Variable(Kind::Email),
            &["alice@example.com", "a.b+c1@example.com"],
        );
        all(
            Form::Variable(Kind::ResourceType),
            &["AWS::S3::Bucket", "AWS::EC2::VPC"],
        );
        all(
            Form::Variable(Kind::Service),
            &["ec2.amazonaws.com", "config.amazonaws.com"],
        );
    }

    #[test]
    fn encoded_text() {
        let signed = "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFla";
        all(Form::Variable(Kind::Encoded), &[signed, &"abcdefghij".repeat(7)]);
    }

    #[test]
    fn names_carry_digits() {
        all(
            Form::Variable(Kind::Name),
            &[
                "orders_7",
                "web01",
                "db.t3.medium",
                "bucket-2026",
                "MyRole2x",
                "WebServer2",
            ],
        );
        all(
            Form::Variable(Kind::Path),
            &["data/2026/01/part-1.json", "/aws/lambda/job-7"],
        );
    }

    #[test]
    fn words_stay_words() {
        all(
            Form::Word,
            &[
                "role",
                "S3",
                "IPv4",
                "AES_256",
                "SHA256",
                "base64",
                "ListObjectsV2",
                "LaunchTemplate",
            ],
        );
        all(Form::Word, &["ec2:RunInstances", "s3:ListObjectsV2", "résumé"]);
    }

    #[test]
    fn a_colon_splits_what_is_no_action() {
        assert_eq!(form("Stack:orders"), Form::Split(5));
        assert_eq!(form("Stack:0a1b2c3d4e5f"), Form::Split(5));
        assert_eq!(form("actions.1.member.type"), Form::IndexedPath);
    }
}
