//! Failed logins, counted: guessing is slowed down.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use firstsight_engine::Time;

/// Failures a minute from one address.
const BY_PEER: u32 = 10;
/// Failures a minute from all of them: a botnet has many addresses.
const OVERALL: u32 = 100;
/// So many addresses are told apart; of more, only the sum counts.
const PEERS: usize = 1024;
/// How long a failure counts.
const MINUTE: i64 = 60_000;

/// Failures of one stretch of a minute.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    since: Option<Time>,
    failures: u32,
}

impl Tally {
    /// How many whole seconds of its minute are left; `None` once it is over.
    fn left(&self, now: Time) -> Option<u64> {
        let passed = now.as_millis().saturating_sub(self.since?.as_millis());
        let left = MINUTE
            .checked_sub(passed)
            .filter(|left| (1..=MINUTE).contains(left))?;
        Some(left.cast_unsigned().div_ceil(1000))
    }

    fn refused(&self, most: u32, now: Time) -> Option<u64> {
        self.left(now).filter(|_| self.failures >= most)
    }

    fn failed(&mut self, now: Time) {
        if self.left(now).is_none() {
            *self = Self {
                since: Some(now),
                failures: 0,
            };
        }
        self.failures = self.failures.saturating_add(1);
    }
}

/// Failed logins of the last minute.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    peers: HashMap<IpAddr, Tally>,
    all: Tally,
}

impl Attempts {
    /// Seconds to wait before trying again, if somebody has to.
    pub(super) fn wait(&self, peer: IpAddr, now: Time) -> Option<u64> {
        let here = self
            .peers
            .get(&network(peer))
            .and_then(|tally| tally.refused(BY_PEER, now));
        here.max(self.all.refused(OVERALL, now))
    }

    /// Counts a failure.
    pub(super) fn failed(&mut self, peer: IpAddr, now: Time) {
        self.all.failed(now);
        if self.peers.len() >= PEERS {
            self.peers.retain(|_, tally| tally.left(now).is_some());
        }
        let peer = network(peer);
        if self.peers.len() < PEERS || self.peers.contains_key(&peer) {
            self.peers.entry(peer).or_default().failed(now);
        }
    }
}

/// Whom an address stands for: a home has 2^64 addresses of IPv6.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(peer) => IpAddr::V6(Ipv6Addr::from_bits(peer.to_bits() >> 64 << 64)),
        peer => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(seconds: i64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    fn peer(index: u32) -> IpAddr {
        IpAddr::V4(index.into())
    }

    #[test]
    fn ten_failures_a_minute_from_one_address_are_enough() {
        let mut attempts = Attempts::default();
        for second in 0..10 {
            assert_eq!(attempts.wait(peer(1), time(second)), None);
            attempts.failed(peer(1), time(second));
        }
        assert_eq!(attempts.wait(peer(1), time(10)), Some(50));
        assert_eq!(attempts.wait(peer(2), time(10)), None);
        assert_eq!(attempts.wait(peer(1), time(60)), None);
        attempts.failed(peer(1), time(60));
        assert_eq!(attempts.wait(peer(1), time(61)), None);
    }

    #[test]
    fn addresses_of_one_network_and_mapped_ones_count_together() {
        let mut attempts = Attempts::default();
        for index in 0..5 {
            attempts.failed(format!("2001:db8::{index}").parse().unwrap(), time(0));
            attempts.failed(format!("2001:db8::ff:{index}").parse().unwrap(), time(0));
            attempts.failed("::ffff:192.0.2.1".parse().unwrap(), time(0));
            attempts.failed("192.0.2.1".parse().unwrap(), time(0));
        }
        assert!(
            attempts
                .wait("2001:db8::1234".parse().unwrap(), time(1))
                .is_some()
        );
        assert!(attempts.wait("192.0.2.1".parse().unwrap(), time(1)).is_some());
        assert_eq!(attempts.wait("2001:db8:0:1::1".parse().unwrap(), time(1)), None);
    }

    #[test]
    fn many_addresses_are_held_back_together_and_memory_is_bounded() {
        let mut attempts = Attempts::default();
        for index in 0..99 {
            attempts.failed(peer(index), time(0));
        }
        assert_eq!(attempts.wait(peer(9999), time(0)), None);
        for index in 99..3000 {
            attempts.failed(peer(index), time(0));
        }
        assert_eq!(attempts.wait(peer(9999), time(0)), Some(60));
        assert_eq!(attempts.peers.len(), PEERS);
        attempts.failed(peer(9999), time(60));
        assert_eq!(attempts.peers.len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let mut attempts = Attempts::default();
        for _ in 0..10 {
            attempts.failed(peer(1), time(1000));
        }
        assert_eq!(attempts.wait(peer(1), time(900)), None);
    }
}
