//! Who did it, stable over sessions.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The parts of `userIdentity` that tell who made a call.
///
/// Every field is the record's own text; absent ones are `None`. Source: CloudTrail `userIdentity` element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// `type`: `IAMUser`, `AssumedRole`, `Root`, `AWSService`, …
    pub kind: Option<Cow<'a, str>>,
    /// `principalId`.
    pub principal_id: Option<Cow<'a, str>>,
    /// `arn`.
    pub arn: Option<Cow<'a, str>>,
    /// `accountId`.
    pub account_id: Option<Cow<'a, str>>,
    /// `accessKeyId`.
    pub access_key_id: Option<Cow<'a, str>>,
    /// `userName`.
    pub user_name: Option<Cow<'a, str>>,
    /// `invokedBy`: the service that called on someone's behalf.
    pub invoked_by: Option<Cow<'a, str>>,
    /// `identityProvider`, for SAML and web identities.
    pub identity_provider: Option<Cow<'a, str>>,
    /// `sessionContext.sessionIssuer.type`.
    pub issuer_kind: Option<Cow<'a, str>>,
    /// `sessionContext.sessionIssuer.arn`: the role behind an assumed role.
    pub issuer_arn: Option<Cow<'a, str>>,
    /// `sessionContext.sessionIssuer.userName`.
    pub issuer_name: Option<Cow<'a, str>>,
}

/// What kind of actor a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ActorKind {
    /// The account's root user.
    Root,
    /// A person behind a role: IAM Identity Center, SAML or web federation.
    Person,
    /// An IAM user.
    User,
    /// A role, whatever session.
    Role,
    /// A role that an AWS service made for itself (`/aws-service-role/`).
    ServiceLinkedRole,
    /// An AWS service.
    Service,
    /// Another AWS account.
    Account,
    /// Nobody signed in.
    Anonymous,
    /// The record does not say.
    Unknown,
}

/// What CloudTrail writes in place of a user name that does not exist, lest a mistyped password is logged.
/// Source: CloudTrail `userIdentity` element, `userName`.
const HIDDEN_NAME: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// No IAM name or ARN is longer. Source: IAM user guide, IAM and STS quotas.
const MAX_NAME: usize = 512;

const ROOT: &str = "root";
const ANONYMOUS: &str = "anonymous";
const UNKNOWN: &str = "unknown";
/// How CloudTrail names its own internals in `invokedBy` and `userAgent`.
const AWS_INTERNAL: &str = "AWS Internal";
/// Where Identity Center puts its roles. Source: IAM Identity Center user guide, referencing permission sets.
const SSO_PATH: &str = "aws-reserved/sso.amazonaws.com/";
const SSO_ROLE: &str = "AWSReservedSSO_";
/// Where service-linked roles stand. Source: IAM user guide, service-linked roles.
const SERVICE_LINKED_PATH: &str = "aws-service-role/";
const SERVICE_LINKED_ROLE: &str = "AWSServiceRoleFor";

impl Identity<'_> {
    /// The actor's name, stable over sessions:
    ///
    /// | who | name |
    /// |---|---|
    /// | root | `root` |
    /// | assumed role | the role's ARN, `arn:aws:iam::111122223333:role/Deploy` (with its path where the record tells it) |
    /// | a person's role (Identity Center, or an e-mail address as session name) | `arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com` |
    /// | a person without an ARN (SAML, web identity, Identity Center) | `person:alice@example.com` |
    /// | a workload with a web identity (Kubernetes, GitHub Actions) | `workload:system:serviceaccount:shop:cart`, `workload:repo:example/app` |
    /// | IAM user | the user's ARN; `user:alice` where the record names no account |
    /// | federated user | `arn:aws:sts::111122223333:federated-user/alice` |
    /// | AWS service | its host name, `config.amazonaws.com`; `service:…` for any other name |
    /// | another account | `account:111122223333` |
    /// | nobody signed in | `anonymous` |
    /// | only a principal id | `principal:AIDACKCEVSQ6C2EXAMPLE`, without its session |
    /// | the record does not say, or hides the name (sign-in as a user that does not exist) | `unknown` |
    ///
    /// The partition (`aws`, `aws-cn`, `aws-us-gov`) is the record's own. A name is at most 512 bytes; the rest of a longer
    /// one, which AWS never makes, is cut off.
    ///
    /// ```
    /// use firstsight_cloudtrail::{ActorKind, Identity};
    ///
    /// let identity = Identity {
    ///     kind: Some("AssumedRole".into()),
    ///     arn: Some("arn:aws:sts::111122223333:assumed-role/Deploy/build-4711".into()),
    ///     ..Identity::default()
    /// };
    /// assert_eq!(identity.actor(), "arn:aws:iam::111122223333:role/Deploy");
    /// assert_eq!(ActorKind::of_name(&identity.actor()), ActorKind::Role);
    /// ```
    #[must_use]
    pub fn actor(&self) -> Cow<'_, str> {
        let found = match text(&self.kind).unwrap_or_default() {
            "Root" => Some(ROOT.into()),
            "AWSAccount" => self.other_account(),
            "AWSService" => self.service().or_else(|| self.fallback()),
            "AssumedRole" | "Role" => self.assumed_role().or_else(|| self.fallback()),
            "SAMLUser" | "WebIdentityUser" | "IdentityCenterUser" => self.person(),
            _ => self.fallback(),
        };
        cut(found.unwrap_or(Cow::Borrowed(UNKNOWN)), MAX_NAME)
    }

    /// The role behind an assumed role, or the person behind that role.
    fn assumed_role(&self) -> Option<Cow<'_, str>> {
        let arn = text(&self.arn).and_then(Arn::parse);
        let issuer = text(&self.issuer_arn).and_then(Arn::parse);
        let Some(role) = issuer.filter(|issuer| issuer.iam("role/").is_some()) else {
            return None; // the ARN alone decides
        };
        let path = role.iam("role/").unwrap_or_default();
        match self.session().filter(|session| is_person(path, session)) {
            None => Some(Cow::Borrowed(role.whole)),
            Some(session) => Some(match arn.and_then(|arn| arn.assumed_role()) {
                Some((_, Some(_))) => Cow::Borrowed(text(&self.arn).unwrap_or_default()),
                _ => role.session_arn(session).into(),
            }),
        }
    }

    /// The session's name, from the ARN, else from the principal id (`AROA…:session`).
    fn session(&self) -> Option<&str> {
        let of_arn = text(&self.arn)
            .and_then(Arn::parse)
            .and_then(|arn| arn.assumed_role())
            .and_then(|(_, session)| session);
        let of_principal = || text(&self.principal_id)?.split_once(':').map(|(_, name)| name);
        of_arn.or_else(of_principal).filter(|name| !name.is_empty())
    }

    fn service(&self) -> Option<Cow<'_, str>> {
        text(&self.invoked_by).map(service_name)
    }

    fn other_account(&self) -> Option<Cow<'_, str>> {
        let fields = [text(&self.principal_id), text(&self.account_id)];
        if fields.into_iter().flatten().any(is_anonymous) {
            return Some(ANONYMOUS.into());
        }
        let account = text(&self.account_id).map(|account| format!("account:{account}").into());
        account.or_else(|| self.fallback())
    }

    /// A person whom an identity provider vouches for.
    fn person(&self) -> Option<Cow<'_, str>> {
        let arn = || text(&self.arn).and_then(of_arn);
        let name = self.name().map(|name| subject(name).into());
        let principal = || text(&self.principal_id).map(|id| format!("person:{id}").into());
        name.or_else(arn).or_else(principal)
    }

    /// What ARN, user name, principal id and `invokedBy` tell, in this order, whatever the type.
    fn fallback(&self) -> Option<Cow<'_, str>> {
        text(&self.arn)
            .and_then(of_arn)
            .or_else(|| self.named_user())
            .or_else(|| self.principal())
            .or_else(|| self.service())
    }

    fn named_user(&self) -> Option<Cow<'_, str>> {
        let name = self.name()?;
        Some(match text(&self.account_id) {
            Some(account) if is_account_id(account) => format!("arn:aws:iam::{account}:user/{name}").into(),
            _ => format!("user:{name}").into(),
        })
    }

    fn name(&self) -> Option<&str> {
        text(&self.user_name).filter(|name| *name != HIDDEN_NAME)
    }

    fn principal(&self) -> Option<Cow<'_, str>> {
        let id = text(&self.principal_id)?;
        if is_anonymous(id) {
            return Some(ANONYMOUS.into());
        }
        let stable = id.split(':').next().filter(|id| !id.is_empty())?;
        Some(format!("principal:{stable}").into())
    }
}

impl ActorKind {
    /// What a name made by [`Identity::actor`] stands for.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name {
            ROOT => Self::Root,
            ANONYMOUS => Self::Anonymous,
            AWS_INTERNAL => Self::Service,
            _ => Arn::parse(name).map_or_else(|| Self::of_plain_name(name), Self::of_actor_arn),
        }
    }

    fn of_plain_name(name: &str) -> Self {
        let Some((kind, rest)) = name.split_once(':') else {
            return if is_service_host(name) {
                Self::Service
            } else {
                Self::Unknown
            };
        };
        match kind {
            "account" => Self::Account,
            "person" => Self::Person,
            "service" => Self::Service,
            "user" => Self::User,
            "workload" => Self::Role,
            // Source: IAM user guide, IAM identifiers, unique ID prefixes.
            "principal" if rest.starts_with("AIDA") => Self::User,
            "principal" if rest.starts_with("AROA") => Self::Role,
            _ => Self::Unknown,
        }
    }

    fn of_actor_arn(arn: Arn<'_>) -> Self {
        if let Some(path) = arn.iam("role/") {
            return if is_service_linked(path) {
                Self::ServiceLinkedRole
            } else {
                Self::Role
            };
        }
        if arn.assumed_role().is_some() {
            return Self::Person; // a role that is no person's is named by its IAM ARN
        }
        let user = arn.iam("user/").is_some() || arn.federated_user();
        if user { Self::User } else { Self::Unknown }
    }
}

/// The name of a web identity's subject. Kubernetes service accounts and GitHub repositories are no people, and a
/// repository's subject changes with each branch. Source: EKS user guide, IAM roles for service accounts; GitHub docs,
/// OpenID Connect reference.
fn subject(name: &str) -> String {
    if name.starts_with("system:serviceaccount:") {
        return format!("workload:{name}");
    }
    match name.strip_prefix("repo:") {
        Some(repository) => format!(
            "workload:repo:{}",
            repository.split(':').next().unwrap_or_default()
        ),
        None => format!("person:{name}"),
    }
}

/// At most `max` bytes of a text, cut on a character boundary.
pub(crate) fn cut(text: Cow<'_, str>, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return text;
    }
    let end = text.floor_char_boundary(max);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// A field's text, if it has any.
fn text<'a>(field: &'a Option<Cow<'_, str>>) -> Option<&'a str> {
    field.as_deref().filter(|text| !text.is_empty())
}

/// The actor that an ARN of `userIdentity.arn` tells.
fn of_arn(arn: &str) -> Option<Cow<'_, str>> {
    let parsed = Arn::parse(arn)?;
    if parsed.is_root() {
        return Some(ROOT.into());
    }
    if parsed.iam("user/").or_else(|| parsed.iam("role/")).is_some() || parsed.federated_user() {
        return Some(arn.into());
    }
    let (role, session) = parsed.assumed_role()?;
    Some(match session {
        Some(session) if is_person(role, session) => arn.into(),
        _ => parsed.role_arn(role).into(),
    })
}

/// Whether a role (its path and name) and session stand for a person.
fn is_person(role: &str, session: &str) -> bool {
    !is_service_linked(role)
        && (role.starts_with(SSO_PATH) || last_segment(role).starts_with(SSO_ROLE) || is_email(session))
}

fn is_service_linked(role: &str) -> bool {
    role.starts_with(SERVICE_LINKED_PATH) || last_segment(role).starts_with(SERVICE_LINKED_ROLE)
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_email(name: &str) -> bool {
    name.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
}

fn is_anonymous(field: &str) -> bool {
    field.eq_ignore_ascii_case("ANONYMOUS_PRINCIPAL") || field.eq_ignore_ascii_case(ANONYMOUS)
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn service_name(name: &str) -> Cow<'_, str> {
    if name == AWS_INTERNAL || is_service_host(name) {
        name.into()
    } else {
        format!("service:{name}").into()
    }
}

/// Whether a text is an AWS service's host name, such as `config.amazonaws.com`.
pub(crate) fn is_service_host(name: &str) -> bool {
    let service = name
        .strip_suffix(".amazonaws.com")
        .or_else(|| name.strip_suffix(".amazonaws.com.cn"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    service.is_some_and(|service| !service.is_empty() && service.bytes().all(plain))
}

/// The parts of an ARN, `arn:partition:service:region:account:resource`.
#[derive(Clone, Copy)]
struct Arn<'a> {
    whole: &'a str,
    partition: &'a str,
    service: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(whole: &'a str) -> Option<Self> {
        let mut parts = whole.splitn(6, ':');
        let scheme = parts.next()?;
        let (partition, service) = (parts.next()?, parts.next()?);
        let _region = parts.next()?;
        let (account, resource) = (parts.next()?, parts.next()?);
        (scheme == "arn").then_some(Self {
            whole,
            partition,
            service,
            account,
            resource,
        })
    }

    /// What stands behind `kind` in an IAM resource: path and name.
    fn iam(&self, kind: &str) -> Option<&'a str> {
        let rest = self.resource.strip_prefix(kind)?;
        (self.service == "iam" && !rest.is_empty()).then_some(rest)
    }

    fn is_root(&self) -> bool {
        self.service == "iam" && self.resource == ROOT
    }

    fn federated_user(&self) -> bool {
        self.service == "sts" && self.resource.starts_with("federated-user/")
    }

    /// Role and session of an assumed-role ARN; a few records leave the session out.
    fn assumed_role(&self) -> Option<(&'a str, Option<&'a str>)> {
        let rest = self.resource.strip_prefix("assumed-role/")?;
        let (role, session) = rest.split_once('/').unwrap_or((rest, ""));
        let named = self.service == "sts" && !role.is_empty();
        named.then_some((role, Some(session).filter(|session| !session.is_empty())))
    }

    fn role_arn(&self, role: &str) -> String {
        format!("arn:{}:iam::{}:role/{role}", self.partition, self.account)
    }

    /// The assumed-role ARN of a session of this role.
    fn session_arn(&self, session: &str) -> String {
        let name = last_segment(self.resource);
        format!(
            "arn:{}:sts::{}:assumed-role/{name}/{session}",
            self.partition, self.account
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `type`, `arn`, `principalId`, `accountId`, `userName`, `invokedBy`, `sessionIssuer.arn`; empty: absent.
    type Fields<'a> = [&'a str; 7];

    fn identity(fields: Fields<'_>) -> Identity<'_> {
        let [
            kind,
            arn,
            principal_id,
            account_id,
            user_name,
            invoked_by,
            issuer_arn,
        ] = fields.map(|field| Some(Cow::from(field)).filter(|field| !field.is_empty()));
        Identity {
            kind,
            arn,
            principal_id,
            account_id,
            user_name,
            invoked_by,
            issuer_kind: issuer_arn.is_some().then(|| "Role".into()),
            issuer_arn,
            ..Identity::default()
        }
    }

    #[track_caller]
    fn check(fields: Fields<'_>, name: &str, kind: ActorKind) {
        assert_eq!(identity(fields).actor(), name);
        assert_eq!(ActorKind::of_name(name), kind, "{name}");
    }

    const ACCOUNT: &str = "111122223333";

    #[test]
    fn root_is_root_with_or_without_a_type() {
        let arn = "arn:aws:iam::111122223333:root";
        check(
            ["Root", arn, ACCOUNT, ACCOUNT, "", "", ""],
            "root",
            ActorKind::Root,
        );
        check(
            ["Root", "", "", ACCOUNT, "", "AWS Internal", ""],
            "root",
            ActorKind::Root,
        );
        check(["", arn, "", "", "", "", ""], "root", ActorKind::Root);
    }

    #[test]
    fn a_role_is_its_issuer_whatever_the_session() {
        for session in ["aws-go-sdk-1688990082523310002", "i-0123456789abcdef0"] {
            let arn = format!("arn:aws:sts::111122223333:assumed-role/app/{session}");
            let principal = format!("AROAEXAMPLE:{session}");
            let issuer = "arn:aws:iam::111122223333:role/team/app";
            check(
                ["AssumedRole", &arn, &principal, ACCOUNT, "", "", issuer],
                issuer,
                ActorKind::Role,
            );
            let derived = "arn:aws:iam::111122223333:role/app";
            check(
                ["AssumedRole", &arn, &principal, ACCOUNT, "", "", ""],
                derived,
                ActorKind::Role,
            );
        }
    }

    #[test]
    fn the_partition_is_kept() {
        for partition in ["aws-cn", "aws-us-gov"] {
            let arn = format!("arn:{partition}:sts::111122223333:assumed-role/app/i-0123456789abcdef0");
            let name = format!("arn:{partition}:iam::111122223333:role/app");
            check(
                ["AssumedRole", &arn, "", ACCOUNT, "", "", ""],
                &name,
                ActorKind::Role,
            );
        }
    }

    #[test]
    fn an_assumed_role_arn_may_lack_its_session() {
        let arn = "arn:aws:sts::111122223333:assumed-role/tester";
        let issuer = "arn:aws:iam::111122223333:role/tester";
        check(
            ["AssumedRole", arn, "1111:tester", ACCOUNT, "", "", issuer],
            issuer,
            ActorKind::Role,
        );
        check(
            ["AssumedRole", arn, "1111:tester", ACCOUNT, "", "", ""],
            issuer,
            ActorKind::Role,
        );
    }

    #[test]
    fn an_issuer_that_is_no_role_is_not_taken_for_one() {
        let odd = "arn:aws:sts::111122223333:user/tester";
        let issuer = "arn:aws:iam::111122223333:user/tester";
        check(
            ["AssumedRole", odd, "1111:tester", ACCOUNT, "", "", issuer],
            "principal:1111",
            ActorKind::Unknown,
        );
    }

    #[test]
    fn people_keep_their_session() {
        let by_name = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice";
        let sso = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef";
        check(
            ["AssumedRole", by_name, "AROAEXAMPLE:alice", ACCOUNT, "", "", sso],
            by_name,
            ActorKind::Person,
        );
        check(
            ["AssumedRole", by_name, "", ACCOUNT, "", "", ""],
            by_name,
            ActorKind::Person,
        );
        check(
            ["Unknown", by_name, "AROAEXAMPLE:alice", ACCOUNT, "", "", ""],
            by_name,
            ActorKind::Person,
        );
        let by_path = "arn:aws:sts::111122223333:assumed-role/Sample/alice.example";
        let path = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/us-west-2/Sample";
        check(
            ["AssumedRole", by_path, "", ACCOUNT, "", "", path],
            by_path,
            ActorKind::Person,
        );
        let by_email = "arn:aws:sts::111122223333:assumed-role/Developer/alice@example.com";
        let role = "arn:aws:iam::111122223333:role/Developer";
        check(
            ["AssumedRole", by_email, "", ACCOUNT, "", "", role],
            by_email,
            ActorKind::Person,
        );
    }

    #[test]
    fn a_person_whose_arn_is_damaged_is_named_by_role_and_principal() {
        let damaged = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSOalice@example.com";
        let issuer = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef";
        let name =
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com";
        let fields = [
            "AssumedRole",
            damaged,
            "AROAEXAMPLE:alice@example.com",
            ACCOUNT,
            "",
            "",
            issuer,
        ];
        check(fields, name, ActorKind::Person);
    }

    #[test]
    fn service_linked_roles_are_known_by_path_or_name() {
        let arn = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonInspector2/MandoService1";
        let issuer = "arn:aws:iam::111122223333:role/aws-service-role/inspector2.amazonaws.com/AWSServiceRoleForAmazonInspector2";
        let fields = [
            "AssumedRole",
            arn,
            "",
            ACCOUNT,
            "",
            "inspector2.amazonaws.com",
            issuer,
        ];
        check(fields, issuer, ActorKind::ServiceLinkedRole);
        let derived = "arn:aws:iam::111122223333:role/AWSServiceRoleForAmazonInspector2";
        check(
            ["AssumedRole", arn, "", ACCOUNT, "", "", ""],
            derived,
            ActorKind::ServiceLinkedRole,
        );
        assert_eq!(
            ActorKind::of_name("arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/Odd"),
            ActorKind::ServiceLinkedRole
        );
    }

    #[test]
    fn people_without_an_arn_are_named_by_their_provider() {
        let name = "alice@example.com";
        check(
            ["SAMLUser", "", "", "", name, "", ""],
            "person:alice@example.com",
            ActorKind::Person,
        );
        check(
            ["WebIdentityUser", "", "x:y:z", "", name, "", ""],
            "person:alice@example.com",
            ActorKind::Person,
        );
        check(
            ["IdentityCenterUser", "", "9a67", ACCOUNT, "", "", ""],
            "person:9a67",
            ActorKind::Person,
        );
        check(
            ["IdentityCenterUser", "", "", ACCOUNT, "", "", ""],
            "unknown",
            ActorKind::Unknown,
        );
    }

    #[test]
    fn web_identities_of_workloads_are_no_people() {
        let pod = "system:serviceaccount:shop:cart";
        check(
            ["WebIdentityUser", "", "", "", pod, "", ""],
            &format!("workload:{pod}"),
            ActorKind::Role,
        );
        for branch in ["ref:refs/heads/main", "pull_request"] {
            let subject = format!("repo:example/app:{branch}");
            check(
                ["WebIdentityUser", "", "", "", &subject, "", ""],
                "workload:repo:example/app",
                ActorKind::Role,
            );
        }
    }

    #[test]
    fn users_are_their_arn_or_made_from_account_and_name() {
        let arn = "arn:aws:iam::111122223333:user/ops/alice";
        check(
            [
                "IAMUser",
                arn,
                "AIDAEXAMPLE",
                ACCOUNT,
                "alice",
                "signin.amazonaws.com",
                "",
            ],
            arn,
            ActorKind::User,
        );
        check(["User", arn, "", ACCOUNT, "alice", "", ""], arn, ActorKind::User);
        let made = "arn:aws:iam::111122223333:user/alice";
        check(
            ["IAMUser", "", "AIDAEXAMPLE", ACCOUNT, "alice", "", ""],
            made,
            ActorKind::User,
        );
        check(
            ["IAMUser", "", "", "", "alice", "", ""],
            "user:alice",
            ActorKind::User,
        );
        check(
            ["IAMUser", "", "AIDAEXAMPLE", "", "", "", ""],
            "principal:AIDAEXAMPLE",
            ActorKind::User,
        );
        check(
            ["IAMUser", "", "AROAEXAMPLE:session", ACCOUNT, "", "", ""],
            "principal:AROAEXAMPLE",
            ActorKind::Role,
        );
    }

    #[test]
    fn a_hidden_user_name_is_nobodys() {
        check(
            ["IAMUser", "", "", ACCOUNT, HIDDEN_NAME, "", ""],
            "unknown",
            ActorKind::Unknown,
        );
    }

    #[test]
    fn federated_users_are_their_arn() {
        let arn = "arn:aws:sts::111122223333:federated-user/alice";
        let issuer = "arn:aws:iam::111122223333:user/broker";
        check(
            [
                "FederatedUser",
                arn,
                "111122223333:alice",
                ACCOUNT,
                "",
                "",
                issuer,
            ],
            arn,
            ActorKind::User,
        );
    }

    #[test]
    fn services_are_their_host_name() {
        let host = "config.amazonaws.com";
        check(["AWSService", "", "", "", "", host, ""], host, ActorKind::Service);
        check(
            ["", "", "", ACCOUNT, "", "ec2.amazonaws.com", ""],
            "ec2.amazonaws.com",
            ActorKind::Service,
        );
        check(
            ["", "", "", ACCOUNT, "", "AWS Internal", ""],
            "AWS Internal",
            ActorKind::Service,
        );
        check(
            ["AWSService", "", "", "", "", "delivery", ""],
            "service:delivery",
            ActorKind::Service,
        );
        check(
            ["AWSService", "", "", "", "", "", ""],
            "unknown",
            ActorKind::Unknown,
        );
    }

    #[test]
    fn other_accounts_and_nobody_are_told_apart() {
        check(
            ["AWSAccount", "", "AROAEXAMPLE:x", ACCOUNT, "", "", ""],
            "account:111122223333",
            ActorKind::Account,
        );
        check(
            ["AWSAccount", "", "", "ANONYMOUS_PRINCIPAL", "", "", ""],
            "anonymous",
            ActorKind::Anonymous,
        );
        check(
            ["AWSAccount", "", "ANONYMOUS_PRINCIPAL", "", "", "", ""],
            "anonymous",
            ActorKind::Anonymous,
        );
        check(
            ["AWSAccount", "", "", "anonymous", "", "", ""],
            "anonymous",
            ActorKind::Anonymous,
        );
        check(
            ["", "", "ANONYMOUS_PRINCIPAL", "", "", "", ""],
            "anonymous",
            ActorKind::Anonymous,
        );
    }

    #[test]
    fn what_says_nothing_is_unknown() {
        check(["", "", "", "", "", "", ""], "unknown", ActorKind::Unknown);
        check(
            ["CustomUserIdentity", "", "", "", "", "", ""],
            "unknown",
            ActorKind::Unknown,
        );
        check(["", "arn", "", "", "", "", ""], "unknown", ActorKind::Unknown);
    }

    #[test]
    fn a_user_cannot_pass_for_somebody_else_by_name() {
        for name in [
            "root",
            "anonymous",
            "config.amazonaws.com",
            "account:111122223333",
            "unknown",
        ] {
            let actor = identity(["IAMUser", "", "", "", name, "", ""])
                .actor()
                .into_owned();
            assert_eq!(ActorKind::of_name(&actor), ActorKind::User, "{actor}");
        }
    }

    fn field() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(String::new()),
            proptest::sample::select(vec![
                "root",
                "anonymous",
                "ANONYMOUS_PRINCIPAL",
                "111122223333",
                "arn:aws:iam::111122223333:role/app",
                "arn:aws:iam::111122223333:user/alice",
                "arn:aws:sts::111122223333:assumed-role/app/alice@example.com",
                "arn:aws:sts::111122223333:assumed-role//",
                "arn:aws:iam::111122223333:role/",
                "config.amazonaws.com",
            ])
            .prop_map(String::from),
            "[a-z:/@.]{0,20}",
            any::<String>(),
            "é{250,300}",
        ]
    }

    fn kind() -> impl Strategy<Value = String> {
        let known = [
            "Root",
            "IAMUser",
            "AssumedRole",
            "SAMLUser",
            "AWSService",
            "AWSAccount",
            "FederatedUser",
        ];
        prop_oneof![
            proptest::sample::select(known.to_vec()).prop_map(String::from),
            field()
        ]
    }

    proptest! {
        #[test]
        fn any_identity_has_a_bounded_name_with_a_kind(kind in kind(), rest in proptest::array::uniform6(field())) {
            let [a, b, c, d, e, f] = &rest;
            let fields = identity([&kind, a, b, c, d, e, f]);
            let name = fields.actor();
            prop_assert!(!name.is_empty() && name.len() <= MAX_NAME);
            if ActorKind::of_name(&name) == ActorKind::Unknown {
                prop_assert!(name == UNKNOWN || name.starts_with("principal:"), "{name}");
            }
            if kind == "Root" {
                prop_assert_eq!(name, ROOT);
            }
        }
    }
}
