//! Who calls: `userIdentity`, source address and user agent, of one run of a routine.

use firstsight_cloudtrail::{Hour, Timestamp};

use crate::call::{Machine, Network, Session, Who};
use crate::dice::Dice;
use crate::world::{Person, World};

/// A caller with its session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// `userIdentity`, as JSON.
    pub(crate) identity: String,
    /// The ARN that messages name; empty for services and the anonymous.
    pub(crate) arn: String,
    /// The session's or user's name.
    pub(crate) name: String,
    /// The role's or user's name.
    pub(crate) role: String,
    pub(crate) address: String,
    pub(crate) agent: String,
    /// Whether the credentials come from a console session.
    pub(crate) console: bool,
    /// Whether an AWS service calls, over the provider's own network.
    pub(crate) internal: bool,
}

/// What makes up an assumed role's identity.
struct Assumed<'a> {
    role: &'a str,
    /// The path of the role's ARN, with both slashes.
    path: &'a str,
    session: &'a str,
    /// Whether `accessKeyId` is told; service-linked roles often go without.
    key: bool,
    invoked_by: Option<&'a str>,
}

impl Caller {
    /// The caller of a routine that is not run by people in person.
    pub(crate) fn of(who: &Who, world: &World, dice: &mut Dice, hour: Hour) -> Self {
        match *who {
            Who::PeopleInConsole | Who::PeopleWithCli => {
                let person = dice.pick(&world.people);
                Self::person(world, person, matches!(who, Who::PeopleInConsole), dice, hour)
            }
            Who::ConsoleUser => Self::console_user(world, dice),
            Who::Root => Self::root(world, "198.51.100.8"),
            Who::User(machine) => Self::user(world, machine, dice),
            Who::Role(machine) => Self::role(world, machine, dice, hour),
            Who::Linked(role, host) => Self::linked(world, role, host, dice, hour),
            Who::Service(host) => Self::service(host),
            Who::OnBehalf(machine, host) => Self::on_behalf(world, machine, host, dice, hour),
            Who::Anonymous => Self::anonymous(dice),
        }
    }

    /// Somebody signed in through IAM Identity Center.
    pub(crate) fn person(world: &World, person: &Person, console: bool, dice: &mut Dice, hour: Hour) -> Self {
        let session = format!("{}@example.com", person.name);
        let assumed = Assumed {
            role: &person.role,
            path: "/aws-reserved/sso.amazonaws.com/",
            session: &session,
            key: true,
            invoked_by: None,
        };
        let away = dice.chance(0.2);
        Self {
            address: person.addresses[usize::from(away)].clone(),
            agent: if console { person.browser } else { person.cli }.to_owned(),
            console,
            ..Self::assumed(world, &assumed, hour)
        }
    }

    /// An IAM user at the sign-in page: no key, no session.
    fn console_user(world: &World, dice: &mut Dice) -> Self {
        let name = *dice.pick(&world.console_users);
        let arn = format!("arn:aws:iam::{}:user/{name}", world.account);
        Self {
            identity: format!(
                r#"{{"type":"IAMUser","principalId":"{}","accountId":"{}","accessKeyId":"","userName":"{name}"}}"#,
                world.principal_id("AIDA", name),
                world.account
            ),
            arn,
            name: name.to_owned(),
            role: name.to_owned(),
            address: "198.51.100.7".to_owned(),
            agent: world.people[0].browser.to_owned(),
            ..Self::default()
        }
    }

    /// The root user at the sign-in page.
    pub(crate) fn root(world: &World, address: &str) -> Self {
        let account = &world.account;
        Self {
            identity: format!(
                r#"{{"type":"Root","principalId":"{account}","arn":"arn:aws:iam::{account}:root","accountId":"{account}","accessKeyId":""}}"#
            ),
            arn: format!("arn:aws:iam::{account}:root"),
            name: "root".to_owned(),
            role: "root".to_owned(),
            address: address.to_owned(),
            agent: world.people[0].browser.to_owned(),
            ..Self::default()
        }
    }

    /// An IAM user with its long-lived key.
    pub(crate) fn user(world: &World, machine: &Machine, dice: &mut Dice) -> Self {
        let name = machine.name;
        let arn = format!("arn:aws:iam::{}:user/{name}", world.account);
        Self {
            identity: format!(
                r#"{{"type":"IAMUser","principalId":"{}","arn":"{arn}","accountId":"{}","accessKeyId":"{}","userName":"{name}"}}"#,
                world.principal_id("AIDA", name),
                world.account,
                world.access_key("AKIA", name)
            ),
            arn,
            name: name.to_owned(),
            role: name.to_owned(),
            address: address(machine.network, world, name, dice),
            agent: machine.agent.to_owned(),
            ..Self::default()
        }
    }

    fn role(world: &World, machine: &Machine, dice: &mut Dice, hour: Hour) -> Self {
        let session = session_name(machine.session, world, dice);
        Self::named_role(world, machine.name, &session, machine, dice, hour)
    }

    /// A role that is called otherwise than its machine.
    pub(crate) fn named_role(
        world: &World,
        role: &str,
        session: &str,
        machine: &Machine,
        dice: &mut Dice,
        hour: Hour,
    ) -> Self {
        let assumed = Assumed {
            role,
            path: "/",
            session,
            key: true,
            invoked_by: None,
        };
        Self {
            address: address(machine.network, world, session, dice),
            agent: machine.agent.to_owned(),
            ..Self::assumed(world, &assumed, hour)
        }
    }

    fn linked(world: &World, role: &str, host: &str, dice: &mut Dice, hour: Hour) -> Self {
        let session = if role == "AWSServiceRoleForAmazonInspector2" {
            format!("MandoService{}", dice.between(1_000_000, 9_999_999))
        } else {
            role.strip_prefix("AWSServiceRoleFor").unwrap_or(role).to_owned()
        };
        let assumed = Assumed {
            role,
            path: &format!("/aws-service-role/{host}/"),
            session: &session,
            key: false,
            invoked_by: Some(host),
        };
        Self::assumed(world, &assumed, hour).through(host)
    }

    fn on_behalf(world: &World, machine: &Machine, host: &str, dice: &mut Dice, hour: Hour) -> Self {
        let session = session_name(machine.session, world, dice);
        let assumed = Assumed {
            role: machine.name,
            path: "/",
            session: &session,
            key: true,
            invoked_by: Some(host),
        };
        Self::assumed(world, &assumed, hour).through(host)
    }

    fn service(host: &str) -> Self {
        Self {
            identity: format!(r#"{{"type":"AWSService","invokedBy":"{host}"}}"#),
            name: host.to_owned(),
            role: host.to_owned(),
            ..Self::default()
        }
        .through(host)
    }

    fn anonymous(dice: &mut Dice) -> Self {
        Self {
            identity: r#"{"type":"AWSAccount","principalId":"","accountId":"anonymous"}"#.to_owned(),
            name: "anonymous".to_owned(),
            role: "anonymous".to_owned(),
            address: format!("203.0.113.{}", dice.between(200, 250)),
            agent: "[Mozilla/5.0 (compatible; ExampleBot/2.1; +https://example.com/bot)]".to_owned(),
            ..Self::default()
        }
    }

    fn through(self, host: &str) -> Self {
        Self {
            address: host.to_owned(),
            agent: host.to_owned(),
            internal: true,
            ..self
        }
    }

    fn assumed(world: &World, who: &Assumed<'_>, hour: Hour) -> Self {
        let account = &world.account;
        let Assumed {
            role, path, session, ..
        } = who;
        let id = world.principal_id("AROA", role);
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
        // Temporary credentials last for a few hours: a key a role, session and stretch of four hours.
        let began = Hour::from_index(hour.index().div_euclid(4) * 4);
        let created = Timestamp::from_secs(began.start().as_secs() + i64::from(world.key as u32 % 240));
        let created = created.min(hour.start());
        let key = if who.key {
            let key = world.access_key("ASIA", &format!("{role}/{session}/{}", began.index()));
            format!(r#""accessKeyId":"{key}","#)
        } else {
            String::new()
        };
        let invoked_by = who
            .invoked_by
            .map_or_else(String::new, |host| format!(r#","invokedBy":"{host}""#));
        let identity = format!(
            r#"{{"type":"AssumedRole","principalId":"{id}:{session}","arn":"{arn}","accountId":"{account}",{key}"sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{id}","arn":"arn:aws:iam::{account}:role{path}{role}","accountId":"{account}","userName":"{role}"}},"attributes":{{"creationDate":"{created}","mfaAuthenticated":"false"}}}}{invoked_by}}}"#
        );
        Self {
            identity,
            arn,
            name: (*session).to_owned(),
            role: (*role).to_owned(),
            ..Self::default()
        }
    }
}

/// The name of one session of a role.
pub(crate) fn session_name(session: Session, world: &World, dice: &mut Dice) -> String {
    match session {
        Session::Instance => dice.pick(world.pool("instance").unwrap_or_default()).clone(),
        Session::Fixed(name) => name.to_owned(),
        Session::Numbered(prefix) => format!("{prefix}{}", dice.between(1_000_000_000, 1_999_999_999)),
    }
}

/// A machine keeps its address, except that builds run on a new worker each time.
fn address(network: Network, world: &World, name: &str, dice: &mut Dice) -> String {
    let mut fixed = world.lasting(&format!("address {name}"));
    match network {
        Network::Builds => format!("203.0.113.{}", dice.between(2, 62)),
        Network::Vendors => format!("203.0.113.{}", fixed.between(130, 190)),
        Network::Vpc => format!("10.0.{}.{}", fixed.between(0, 31), fixed.between(4, 250)),
        Network::DataCentre => format!("198.51.100.{}", fixed.between(194, 250)),
    }
}
