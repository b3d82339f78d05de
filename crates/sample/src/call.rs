//! The words in which the tables are written: calls, steps, routines.

/// One API call as it is recorded, with `<…>` where its values go (see [`text`](crate::text)).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// `eventSource` without `.amazonaws.com`.
    pub(crate) source: &'a str,
    /// `eventName`.
    pub(crate) name: &'a str,
    /// `readOnly`.
    pub(crate) read: bool,
    /// `requestParameters`, as JSON.
    pub(crate) params: &'a str,
    /// `responseElements` of a call that succeeds, as JSON.
    pub(crate) response: &'a str,
    /// `errorCode` and `errorMessage`; an empty one is left out.
    pub(crate) error: Option<(&'a str, &'a str)>,
    /// The resource's type and ARN.
    pub(crate) resource: Option<(&'a str, &'a str)>,
}

impl<'a> Call<'a> {
    /// A call that reads.
    pub(crate) const fn read(source: &'a str, name: &'a str, params: &'a str) -> Self {
        Self {
            source,
            name,
            read: true,
            params,
            response: "null",
            error: None,
            resource: None,
        }
    }

    /// A call that changes something.
    pub(crate) const fn write(source: &'a str, name: &'a str, params: &'a str, response: &'a str) -> Self {
        Self {
            read: false,
            response,
            ..Self::read(source, name, params)
        }
    }

    /// The same call, failing.
    pub(crate) const fn fails(self, code: &'a str, message: &'a str) -> Self {
        Self {
            error: Some((code, message)),
            response: "null",
            ..self
        }
    }

    /// The same call, with its resource.
    pub(crate) const fn on(self, kind: &'a str, arn: &'a str) -> Self {
        Self {
            resource: Some((kind, arn)),
            ..self
        }
    }

    /// Whether its records stand in `us-east-1` whatever the region (AWS CloudTrail user guide, global service events).
    pub(crate) fn is_global(&self) -> bool {
        matches!(
            self.source,
            "iam"
                | "organizations"
                | "cloudfront"
                | "route53"
                | "health"
                | "ce"
                | "trustedadvisor"
                | "support"
                | "signin"
                | "partnercentral-selling"
                | "route53domains"
        )
    }
}

/// A call within a routine, made so many times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) call: Call<'static>,
    pub(crate) least: u32,
    pub(crate) most: u32,
}

/// Makes the call once.
pub(crate) const fn once(call: Call<'static>) -> Step {
    times(1, 1, call)
}

/// Makes the call between `least` and `most` times.
pub(crate) const fn times(least: u32, most: u32, call: Call<'static>) -> Step {
    Step { call, least, most }
}

/// When a routine runs. Rates are runs an hour at scale 1.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cadence {
    /// Around the clock, a little more by day: machines.
    Steady(f64),
    /// In the working hours of the actor's time zone, with this rate at the peak.
    Office(f64),
    /// So many times each day, in this UTC hour.
    Daily(u32, u32),
    /// Once a week: on this day (0 is Sunday), in this UTC hour.
    Weekly(i64, u32),
}

/// Who runs a routine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    /// Each person with access through IAM Identity Center, in the console.
    PeopleInConsole,
    /// Each such person, with the command line.
    PeopleWithCli,
    /// One of the people who sign in as an IAM user with a password.
    ConsoleUser,
    /// The account's root user.
    Root,
    /// An IAM user with a long-lived key.
    User(&'static Machine),
    /// A role of the account's own.
    Role(&'static Machine),
    /// A service-linked role: its name and its service's host.
    Linked(&'static str, &'static str),
    /// An AWS service itself.
    Service(&'static str),
    /// An AWS service by a role that it was given: the role and the service's host.
    OnBehalf(&'static Machine, &'static str),
    /// Nobody signed in.
    Anonymous,
}

/// Something that calls with keys of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    /// The role's or user's name.
    pub(crate) name: &'static str,
    /// How its sessions are called.
    pub(crate) session: Session,
    /// Its user agent.
    pub(crate) agent: &'static str,
    /// Where it calls from.
    pub(crate) network: Network,
}

/// How sessions of a role are called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Session {
    /// The id of the EC2 instance.
    Instance,
    /// A name that is always the same.
    Fixed(&'static str),
    /// A prefix and a number that differs each time.
    Numbered(&'static str),
}

/// Where calls come from; all of it is set aside for documentation (RFC 5737, RFC 3849) or private.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Network {
    /// The build service: 203.0.113.0/26.
    Builds,
    /// Vendors of scanners and monitoring: 203.0.113.128/26.
    Vendors,
    /// Inside the VPC: 10.0.0.0/8.
    Vpc,
    /// The company's data centre: 198.51.100.192/26.
    DataCentre,
}

/// What somebody does in one go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routine {
    /// Its name, which also seeds it: must not be used twice.
    pub(crate) name: &'static str,
    pub(crate) who: Who,
    pub(crate) cadence: Cadence,
    pub(crate) steps: &'static [Step],
}
