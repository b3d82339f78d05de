//! One text for one resource, however it is named.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::super::table::rows;
use crate::redact::REDACTED;

pub(super) const TABLE: &str = include_str!("../../../data/target_arns.tsv");

static ARNS: LazyLock<Vec<Shape>> = LazyLock::new(|| rows(TABLE).map(Shape::new).collect());

/// The most bytes of a name.
const MAX_NAME: usize = 256;

/// What CloudTrail writes for a value that it does not tell. Source: CloudTrail `userIdentity` element.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// One row of the table.
#[derive(Debug)]
struct Shape {
    service: &'static str,
    resource: Vec<&'static str>,
    kind: &'static str,
    name: &'static str,
}

/// An ARN, `arn:partition:service:region:account:resource`, from its service on.
#[derive(Clone, Copy)]
struct Arn<'a> {
    service: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':').skip(1);
        let service = parts.next()?;
        let account = parts.nth(1)?;
        let resource = parts.next()?;
        Some(Self {
            service,
            account,
            resource,
        })
    }
}

/// The target that an ARN names, for an account.
pub(super) fn of_arn(text: &str, account: &str) -> Option<String> {
    let arn = Arn::parse(text)?;
    let (shape, found) = shape(arn.service, arn.resource)?;
    target(shape.kind, arn.account, &shape.named(found), account)
}

/// The target that a parameter of this kind names, for an account: by ARN, by the end of one, or by name.
pub(super) fn of_parameter(kind: &str, text: &str, account: &str) -> Option<String> {
    if text.starts_with("arn:") {
        return of_arn(text, account);
    }
    let by_arn = partial(text).and_then(|(owner, resource)| Some((owner, shape_of_kind(kind, resource)?)));
    match by_arn {
        Some((owner, (shape, found))) => target(kind, owner, &shape.named(found), account),
        None => target(kind, "", bare(kind, text), account),
    }
}

/// `111122223333:function:orders`, which Lambda takes for an ARN.
fn partial(text: &str) -> Option<(&str, &str)> {
    let (owner, resource) = text.split_once(':')?;
    let is_account = owner.len() == 12 && owner.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then_some((owner, resource))
}

/// A name without the version, stage or label that some calls take behind it.
fn bare<'a>(kind: &str, text: &'a str) -> &'a str {
    match kind {
        "function" | "parameter" => text.split(':').next().unwrap_or_default(),
        _ => text,
    }
}

fn target(kind: &str, owner: &str, name: &str, account: &str) -> Option<String> {
    let name = match kind {
        // `/prod/db` is `parameter/prod/db` in an ARN.
        "parameter" => name.trim_matches('/'),
        "zone" => name.trim_start_matches("/hostedzone/"),
        _ => name,
    };
    let name = &name[..name.floor_char_boundary(MAX_NAME)];
    if name.is_empty() || name.contains('*') || name == HIDDEN || name.contains(REDACTED) {
        return None;
    }
    Some(if owner.is_empty() || owner == account {
        format!("{kind}:{name}")
    } else {
        format!("{kind}@{}:{name}", &owner[..owner.floor_char_boundary(64)])
    })
}

fn shape<'t>(service: &str, resource: &'t str) -> Option<(&'static Shape, &'t str)> {
    let of_service = ARNS.iter().filter(|shape| shape.service == service);
    matching(of_service, resource)
}

fn shape_of_kind<'t>(kind: &str, resource: &'t str) -> Option<(&'static Shape, &'t str)> {
    matching(ARNS.iter().filter(|shape| shape.kind == kind), resource)
}

fn matching(
    mut shapes: impl Iterator<Item = &'static Shape>,
    resource: &str,
) -> Option<(&'static Shape, &str)> {
    shapes.find_map(|shape| Some((shape, shape.find(resource)?)))
}

impl Shape {
    fn new([service, resource, kind, name]: [&'static str; 4]) -> Self {
        Self {
            service,
            resource: resource.split('*').collect(),
            kind,
            name,
        }
    }

    /// The text of the first star, where the resource has this shape.
    fn find<'t>(&self, resource: &'t str) -> Option<&'t str> {
        match *self.resource.as_slice() {
            [whole] => (resource == whole).then_some(resource),
            [prefix, _] => resource.strip_prefix(prefix),
            [prefix, between, ..] => Some(resource.strip_prefix(prefix)?.split_once(between)?.0),
            [] => None,
        }
    }

    fn named<'t>(&self, found: &'t str) -> Cow<'t, str> {
        match self.name {
            "*" => Cow::Borrowed(found),
            "<last>" => Cow::Borrowed(found.rsplit('/').next().unwrap_or_default()),
            "<secret>" => Cow::Borrowed(without_suffix(found)),
            name => Cow::Owned(name.replace('*', found)),
        }
    }
}

/// A secret's name without the hyphen and six characters that its ARN has behind it. Source: Secrets Manager user guide,
/// what's in a secret.
fn without_suffix(found: &str) -> &str {
    match found.rsplit_once('-') {
        Some((name, suffix)) if suffix.len() == 6 && suffix.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            name
        }
        _ => found,
    }
}
