//! Marks of known noise: `data/noise.tsv`.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{Pattern, rows, service, word};
use super::{Class, NoiseMark, Sensitivity, Verb, user_agent_family};
use crate::actor::ActorKind;
use crate::event::ErrorEvent;

const TABLE: &str = include_str!("../../data/noise.tsv");

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| rows(TABLE).filter_map(Rule::parse).collect());

/// One row of the table.
struct Rule {
    mark: NoiseMark,
    feature: Feature,
    pattern: Pattern<'static>,
    source: Pattern<'static>,
    name: Pattern<'static>,
}

/// What of an event a row looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Feature {
    Actor,
    InvokedBy,
    Address,
    Agent,
    Role,
    Session,
    ConsoleSession,
}

/// The cheap features of one event. Who it was comes from what AWS writes; the agent is the caller's own claim.
struct Features<'a> {
    actor: ActorKind,
    agent: Cow<'a, str>,
    role: String,
    console_session: bool,
}

impl NoiseMark {
    /// The marks that one error event carries, in order, each once.
    ///
    /// `data/noise.tsv` decides. A user agent is the caller's own claim, so nobody who is not signed in earns a mark by
    /// it; a console probe is a read, and a refused sensitive call is none.
    #[must_use]
    pub fn of(event: &ErrorEvent<'_>) -> Vec<Self> {
        let features = Features::of(event);
        let mut marks: Vec<Self> = RULES
            .iter()
            .filter(|rule| rule.matches(event, &features))
            .map(|rule| rule.mark)
            .filter(|mark| mark.holds(event, &features))
            .collect();
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// What a mark asks for besides its row.
    fn holds(self, event: &ErrorEvent<'_>, features: &Features<'_>) -> bool {
        match self {
            Self::SelfProbe => true,
            // The name alone proves nothing: the path can only be made by AWS.
            Self::ServiceLinkedRole => {
                let issuer = event.user_identity.issuer_arn.as_deref();
                issuer.is_none_or(|arn| arn.is_empty() || arn.contains(":role/aws-service-role/"))
            }
            Self::ConsoleProbe => is_signed_in(features.actor) && is_harmless_read(event),
            Self::InfrastructureAsCode | Self::Scanner => is_signed_in(features.actor),
        }
    }
}

fn is_signed_in(actor: ActorKind) -> bool {
    use ActorKind::{Person, Role, Root, User};
    matches!(actor, Person | Role | Root | User)
}

/// A read that is not sensitive, or that failed for another reason than who asked.
fn is_harmless_read(event: &ErrorEvent<'_>) -> bool {
    if Verb::of(&event.event_name) == Verb::Write {
        return false;
    }
    let refused = || {
        let class = Class::of(
            &event.event_source,
            &event.event_name,
            &event.error_code,
            &event.error_message,
        );
        matches!(class, Class::AccessDenied | Class::Authentication)
    };
    Sensitivity::of(&event.event_source, &event.event_name) == Sensitivity::Normal || !refused()
}

impl Rule {
    fn parse([mark, feature, pattern, source, name, _]: [&'static str; 6]) -> Option<Self> {
        Some(Self {
            mark: word(mark)?,
            feature: word(feature)?,
            pattern: Pattern::parse(pattern)?,
            source: Pattern::parse(source)?,
            name: Pattern::parse(name)?,
        })
    }

    fn matches(&self, event: &ErrorEvent<'_>, features: &Features<'_>) -> bool {
        self.source.matches(service(&event.event_source))
            && self.name.matches(&event.event_name)
            && self.pattern.matches(features.get(self.feature, event))
    }
}

impl<'a> Features<'a> {
    fn of(event: &'a ErrorEvent<'_>) -> Self {
        let actor = event.user_identity.actor();
        Self {
            actor: ActorKind::of_name(&actor),
            agent: user_agent_family(&event.user_agent),
            role: role_name(&actor).to_ascii_lowercase(),
            console_session: is_console_session(event.raw),
        }
    }

    fn get<'e>(&'e self, feature: Feature, event: &'e ErrorEvent<'_>) -> &'e str {
        let identity = &event.user_identity;
        match feature {
            Feature::Actor => actor_word(self.actor),
            Feature::InvokedBy => identity.invoked_by.as_deref().unwrap_or_default(),
            Feature::Address => &event.source_ip,
            Feature::Agent => &self.agent,
            Feature::Role => &self.role,
            Feature::Session => {
                let principal = identity.principal_id.as_deref().unwrap_or_default();
                principal.split_once(':').map_or("", |(_, session)| session)
            }
            Feature::ConsoleSession if self.console_session => "true",
            Feature::ConsoleSession => "",
        }
    }
}

fn actor_word(actor: ActorKind) -> &'static str {
    match actor {
        ActorKind::Service => "service",
        ActorKind::ServiceLinkedRole => "service-linked-role",
        _ => "",
    }
}

/// The name of a role without account and path; empty for who is none.
fn role_name(actor: &str) -> &str {
    let path = actor.split_once(":role/").map_or("", |(_, path)| path);
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether the record says that the credentials come from a console session. Source: CloudTrail record contents,
/// `sessionCredentialFromConsole`, present as the string "true". A quote inside a JSON string is escaped, so text that
/// somebody chose cannot look like this key.
fn is_console_session(raw: &str) -> bool {
    const KEY: &[u8] = b"\"sessionCredentialFromConsole\"";
    let Some(at) = memchr::memmem::find(raw.as_bytes(), KEY) else {
        return false;
    };
    let behind = raw.get(at + KEY.len()..).unwrap_or_default().trim_start();
    let value = behind.strip_prefix(':').unwrap_or_default().trim_start();
    value.starts_with("\"true\"") || value.starts_with("true")
}

#[cfg(test)]
mod tests {
    use super::super::table::lines;
    use super::*;
    use crate::actor::Identity;
    use crate::time::Timestamp;

    const KNOWN: &str = include_str!("../../data/known_noise.tsv");

    fn event<'a>(source: &'a str, name: &'a str, identity: Identity<'a>, agent: &'a str) -> ErrorEvent<'a> {
        ErrorEvent {
            event_id: None,
            time: Timestamp::from_secs(0),
            account: "111122223333".into(),
            event_source: source.into(),
            event_name: name.into(),
            error_code: "AccessDenied".into(),
            error_message: "".into(),
            region: "us-east-1".into(),
            source_ip: "203.0.113.7".into(),
            user_agent: agent.into(),
            user_identity: identity,
            read_only: None,
            event_type: "AwsApiCall".into(),
            request_parameters: None,
            raw: "{}",
        }
    }

    fn role_session(role: &str, session: &str) -> Identity<'static> {
        Identity {
            kind: Some("AssumedRole".into()),
            principal_id: Some(format!("AROAEXAMPLE:{session}").into()),
            arn: Some(format!("arn:aws:sts::111122223333:assumed-role/{role}/{session}").into()),
            issuer_arn: Some(format!("arn:aws:iam::111122223333:role/{role}").into()),
            ..Identity::default()
        }
    }

    /// The identity that a word of the table stands for.
    fn who(word: &str) -> Identity<'static> {
        let of = |kind: &str| Identity {
            kind: Some(kind.to_owned().into()),
            ..Identity::default()
        };
        match word.split_once(':').unwrap_or((word, "")) {
            ("person", _) => role_session("AWSReservedSSO_ReadOnly_0123456789abcdef", "alice@example.com"),
            ("user", _) => Identity {
                arn: Some("arn:aws:iam::111122223333:user/alice".into()),
                ..of("IAMUser")
            },
            ("root", _) => of("Root"),
            ("anonymous", _) => Identity {
                account_id: Some("ANONYMOUS_PRINCIPAL".into()),
                ..of("AWSAccount")
            },
            ("service", host) => Identity {
                invoked_by: Some(host.to_owned().into()),
                ..of("AWSService")
            },
            ("linked", role) => {
                let (service, role) = role.split_once('/').unwrap();
                let path =
                    format!("arn:aws:iam::111122223333:role/aws-service-role/{service}.amazonaws.com/{role}");
                Identity {
                    issuer_arn: Some(path.into()),
                    invoked_by: Some(format!("{service}.amazonaws.com").into()),
                    ..role_session(role, "session")
                }
            }
            ("role", role) => {
                let (role, session) = role.split_once('/').unwrap_or((role, "session"));
                role_session(role, session)
            }
            _ => panic!("{word}"),
        }
    }

    /// The names that tables use, from the enum's own serialisation.
    fn name_of(value: impl serde::Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn every_line_of_the_table_is_a_rule() {
        assert_eq!(RULES.len(), lines(TABLE).count());
    }

    #[test]
    fn all_known_noise_has_its_class_and_marks() {
        let mut seen = std::collections::BTreeSet::new();
        for row in rows::<10>(KNOWN) {
            let [
                number,
                source,
                name,
                code,
                message,
                actor,
                agent,
                address,
                class,
                marks,
            ] = row.map(|column| if column == "-" { "" } else { column });
            let source = format!("{source}.amazonaws.com");
            let event = ErrorEvent {
                error_code: code.into(),
                error_message: message.into(),
                source_ip: address.into(),
                ..event(&source, name, who(actor), agent)
            };
            let of = Class::of(&source, name, code, message);
            assert_eq!(name_of(of), class, "{number} {name} {code}");
            let found: Vec<String> = NoiseMark::of(&event).into_iter().map(name_of).collect();
            assert_eq!(found.join(" "), marks, "{number} {name} {code}");
            seen.insert(number);
        }
        assert_eq!(seen.len(), 48, "47 signatures, and those to keep loud");
        assert_eq!(rows::<10>(KNOWN).count(), lines(KNOWN).count());
    }

    #[test]
    fn every_row_gives_its_mark() {
        for row in rows::<6>(TABLE) {
            let [mark, feature, pattern, source, name, evidence] = row;
            let value = pattern.replace('*', "x");
            let source = format!("{}.amazonaws.com", source.replace('*', "example"));
            let name = if name == "*" {
                "GetThing"
            } else {
                &name.replace('*', "Thing")
            };
            let mut event = event(&source, name, who("role:App"), "");
            match feature {
                "actor" if value == "service" => event.user_identity = who("service:example.amazonaws.com"),
                "actor" => event.user_identity = who("linked:example/AWSServiceRoleForExample"),
                "invoked-by" => event.user_identity.invoked_by = Some(value.into()),
                "address" => event.source_ip = value.into(),
                "agent" => event.user_agent = value.into(),
                "role" => event.user_identity = who(&format!("role:{value}")),
                "session" => event.user_identity = who(&format!("role:App/{value}")),
                _ => event.raw = r#"{"sessionCredentialFromConsole": "true"}"#,
            }
            let marks: Vec<String> = NoiseMark::of(&event).into_iter().map(name_of).collect();
            assert!(marks.iter().any(|found| found == mark), "{row:?} {marks:?}");
            assert!(!evidence.is_empty());
        }
    }

    #[test]
    fn several_rows_give_a_mark_once() {
        let mut event = event("s3.amazonaws.com", "GetBucketAcl", who("person"), "S3Console/0.4");
        event.raw = r#"{"sessionCredentialFromConsole":"true"}"#;
        assert_eq!(NoiseMark::of(&event), [NoiseMark::ConsoleProbe]);
    }

    #[test]
    fn a_write_from_the_console_is_no_probe() {
        let marks =
            |name: &str| NoiseMark::of(&event("s3.amazonaws.com", name, who("person"), "S3Console/0.4"));
        assert_eq!(marks("GetBucketAcl"), [NoiseMark::ConsoleProbe]);
        assert_eq!(marks("PutBucketAcl"), []);
    }

    #[test]
    fn a_role_that_only_sounds_service_linked_has_no_mark() {
        let forged = event(
            "s3.amazonaws.com",
            "GetBucketAcl",
            who("role:AWSServiceRoleForMe"),
            "",
        );
        assert_eq!(NoiseMark::of(&forged), []);
    }

    #[test]
    fn who_is_not_signed_in_earns_no_mark_by_claims() {
        for agent in ["Terraform/1.1.2", "S3Console/0.4", "Mozilla/5.0"] {
            let event = event("s3.amazonaws.com", "GetObject", who("anonymous"), agent);
            assert_eq!(NoiseMark::of(&event), [], "{agent}");
        }
    }

    #[test]
    fn the_console_session_key_cannot_be_forged_by_text() {
        assert!(is_console_session(
            r#"{ "sessionCredentialFromConsole" : "true" }"#
        ));
        assert!(!is_console_session(r#"{"sessionCredentialFromConsole":"false"}"#));
        assert!(!is_console_session(
            r#"{"userAgent":"\"sessionCredentialFromConsole\":\"true\""}"#
        ));
        assert!(!is_console_session(r#"{"sessionCredentialFromConsole""#));
        assert!(!is_console_session(""));
    }
}
