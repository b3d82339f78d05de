//! What an account is made of: its people and its resources, the same for as long as the account lives.

use crate::dice::Dice;

/// The given names of the people; addresses are `name@example.com`.
const NAMES: [&str; 24] = [
    "alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim", "leo", "mona",
    "niaj", "olivia", "peggy", "quinn", "rupert", "sybil", "trent", "uma", "victor", "wendy", "zoe",
];

/// Predefined permission sets of IAM Identity Center, none of which allows everything.
const PERMISSION_SETS: [&str; 3] = ["SystemAdministrator", "DataScientist", "ViewOnlyAccess"];

const BROWSERS: [&str; 3] = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
];

const CLIS: [&str; 3] = [
    "aws-cli/2.27.49 md/awscrt#0.26.1 ua/2.1 os/macos#24.5.0 md/arch#arm64 lang/python#3.13.4 md/pyimpl#CPython cfg/retry-mode#standard",
    "aws-cli/2.25.11 md/awscrt#0.23.8 ua/2.1 os/windows#10 md/arch#amd64 lang/python#3.12.9 md/pyimpl#CPython cfg/retry-mode#standard",
    "Boto3/1.39.4 md/Botocore#1.39.4 ua/2.1 os/linux#6.8.0-62-generic md/arch#x86_64 lang/python#3.12.3 md/pyimpl#CPython",
];

/// Somebody who works in the account.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    /// `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`.
    pub(crate) role: String,
    /// Hours ahead of UTC.
    pub(crate) zone: i64,
    /// Source addresses, the usual one first.
    pub(crate) addresses: [String; 2],
    pub(crate) browser: &'static str,
    pub(crate) cli: &'static str,
}

/// An account, its people and resources.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    /// The account's id.
    pub(crate) account: String,
    /// The account's id as a number, for [`Dice`].
    pub(crate) key: u64,
    pub(crate) regions: Vec<String>,
    pub(crate) people: Vec<Person>,
    /// The people who sign in as IAM users.
    pub(crate) console_users: [&'static str; 2],
    pools: Vec<(&'static str, Vec<String>)>,
}

impl World {
    pub(crate) fn new(seed: u64, account: String, regions: &[String]) -> Self {
        let key = account.parse().unwrap_or(0);
        let mut dice = Dice::named(seed, key, "world");
        let (people, console_users) = people(&mut dice);
        let pools = pools(&mut dice, &account);
        Self {
            seed,
            account,
            key,
            regions: regions.to_vec(),
            people,
            console_users,
            pools,
        }
    }

    /// A stream for an hour (or day) and a purpose.
    pub(crate) fn dice(&self, time: i64, purpose: u64) -> Dice {
        Dice::new(self.seed, self.key, time, purpose)
    }

    /// A stream for a name that lasts.
    pub(crate) fn lasting(&self, name: &str) -> Dice {
        Dice::named(self.seed, self.key, name)
    }

    /// The account's resources of a kind; `None` where there is no such kind.
    pub(crate) fn pool(&self, kind: &str) -> Option<&[String]> {
        self.pools
            .iter()
            .find(|(name, _)| *name == kind)
            .map(|(_, items)| items.as_slice())
    }

    /// A region in use: mostly the first.
    pub(crate) fn region(&self, dice: &mut Dice) -> &str {
        let usual = dice.chance(0.6);
        let index = if usual { 0 } else { dice.below(self.regions.len()) };
        &self.regions[index]
    }

    /// The unique id of a principal: four letters for its kind, then what is always the same for its name.
    pub(crate) fn principal_id(&self, kind: &str, name: &str) -> String {
        let tail = self
            .lasting(&format!("principal {kind} {name}"))
            .text(CAPITALS, 17);
        format!("{kind}{tail}")
    }

    /// An access key id, always the same for its owner. Ends in `EXAMPLE` like those in AWS's documentation, so that no
    /// scanner takes it for a leaked one.
    pub(crate) fn access_key(&self, kind: &str, owner: &str) -> String {
        let middle = self.lasting(&format!("key {kind} {owner}")).text(CAPITALS, 9);
        format!("{kind}{middle}EXAMPLE")
    }
}

pub(crate) const CAPITALS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

fn people(dice: &mut Dice) -> (Vec<Person>, [&'static str; 2]) {
    let mut names = NAMES.to_vec();
    let mut draw = |dice: &mut Dice| names.swap_remove(dice.below(names.len()));
    let zone = *dice.pick(&[-8, -5, 0, 1]);
    let roles: Vec<String> = PERMISSION_SETS
        .iter()
        .map(|set| format!("AWSReservedSSO_{set}_{}", dice.hex(16)))
        .collect();
    let people = (0..6)
        .map(|index| Person {
            name: draw(dice),
            role: roles[index % roles.len()].clone(),
            // One colleague in six sits far away.
            zone: if index == 5 { (zone + 9) % 12 } else { zone },
            addresses: [
                format!("198.51.100.{}", dice.between(10, 120)),
                format!(
                    "2001:db8:{}:{}::{}",
                    dice.hex(4),
                    dice.hex(4),
                    dice.between(2, 250)
                ),
            ],
            browser: BROWSERS[dice.below(BROWSERS.len())],
            cli: CLIS[dice.below(CLIS.len())],
        })
        .collect();
    (people, [draw(dice), draw(dice)])
}

fn pools(dice: &mut Dice, account: &str) -> Vec<(&'static str, Vec<String>)> {
    let mut pools: Vec<(&'static str, Vec<String>)> = WORDS
        .iter()
        .map(|(kind, words)| (*kind, words.iter().map(|word| (*word).to_owned()).collect()))
        .collect();
    let buckets = [
        "logs",
        "assets",
        "backups",
        "data-lake",
        "artifacts",
        "uploads",
        "reports",
        "terraform-state",
    ]
    .map(|word| format!("example-{word}-{account}"));
    pools.push(("bucket", buckets.to_vec()));
    for (kind, prefix, length, size) in IDS {
        let ids = (0..size).map(|_| format!("{prefix}{}", dice.hex(length)));
        pools.push((kind, ids.collect()));
    }
    pools.push(("keyid", (0..6).map(|_| dice.uuid()).collect()));
    let zones = (0..3).map(|_| format!("Z0{}", dice.text(CAPITALS, 18)));
    pools.push(("zone", zones.collect()));
    let secrets = ["app/database", "app/session-key", "billing/api-token"]
        .map(|word| format!("{word}-{}", dice.text(LETTERS, 6)));
    pools.push(("secret", secrets.to_vec()));
    pools
}

/// Kinds of resource with an id: kind, prefix, digits, how many there are.
const IDS: [(&str, &str, usize, usize); 11] = [
    ("instance", "i-0", 16, 24),
    ("volume", "vol-0", 16, 24),
    ("vpc", "vpc-0", 16, 2),
    ("subnet", "subnet-0", 16, 6),
    ("sg", "sg-0", 16, 8),
    ("ami", "ami-0", 16, 4),
    ("eni", "eni-0", 16, 16),
    ("snapshot", "snap-0", 16, 16),
    ("rtb", "rtb-0", 16, 4),
    ("tg", "", 16, 4),
    ("vpce", "vpce-0", 16, 2),
];

/// Kinds of resource with a name.
const WORDS: [(&str, &[&str]); 14] = [
    (
        "function",
        &[
            "orders-api",
            "image-resize",
            "nightly-report",
            "webhook-relay",
            "invoice-mailer",
        ],
    ),
    ("table", &["orders", "sessions", "feature-flags", "inventory"]),
    (
        "repo",
        &["orders-api", "web-frontend", "batch-worker", "base-image"],
    ),
    ("cluster", &["main", "staging", "batch"]),
    (
        "param",
        &[
            "/app/config/log-level",
            "/app/config/region",
            "/app/database/host",
            "/app/feature/rollout",
            "/ci/version",
        ],
    ),
    (
        "stack",
        &["network", "orders-api", "web-frontend", "data-lake", "monitoring"],
    ),
    (
        "loggroup",
        &[
            "/aws/lambda/orders-api",
            "/aws/lambda/nightly-report",
            "/ecs/web-frontend",
            "/aws/eks/main/cluster",
        ],
    ),
    ("queue", &["orders", "invoices", "orders-dlq", "thumbnails"]),
    ("topic", &["alerts", "deployments", "billing"]),
    ("dashboard", &["overview", "orders", "latency"]),
    ("database", &["orders-prod", "reporting"]),
    ("trail", &["organization-trail"]),
    ("rule", &["nightly-report", "certificate-expiry", "cost-digest"]),
    ("page", &["index.html", "app.js", "style.css", "logo.svg"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn world(seed: u64, account: &str) -> World {
        World::new(seed, account.to_owned(), &["eu-west-1".to_owned()])
    }

    #[test]
    fn an_account_is_always_the_same() {
        assert_eq!(
            format!("{:?}", world(1, "111122223333")),
            format!("{:?}", world(1, "111122223333"))
        );
        assert_ne!(
            world(1, "111122223333").pool("instance"),
            world(1, "444455556666").pool("instance")
        );
    }

    #[test]
    fn people_differ_by_name() {
        let world = world(3, "111122223333");
        let mut names: Vec<&str> = world.people.iter().map(|person| person.name).collect();
        names.extend(world.console_users);
        let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(distinct.len(), 8);
    }

    #[test]
    fn ids_look_like_those_of_aws() {
        let world = world(3, "111122223333");
        assert_eq!(world.principal_id("AROA", "Deploy").len(), 21);
        let key = world.access_key("AKIA", "ci-deployer");
        assert!(key.len() == 20 && key.ends_with("EXAMPLE"), "{key}");
        assert!(world.pool("instance").unwrap().iter().all(|id| id.len() == 19));
    }
}
