//! Seeded randomness: each purpose has its own stream, so that no draw disturbs another.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws that depends on its four coordinates only.
///
/// The draws are made from the raw stream by integer arithmetic (and one comparison of fractions), so that they are the
/// same on every machine and do not change with another version of a random-number crate.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of a purpose, in an hour (or day) of an account.
    pub(crate) fn new(seed: u64, account: u64, time: i64, purpose: u64) -> Self {
        let mut key = [0; 32];
        for (part, value) in key
            .chunks_exact_mut(8)
            .zip([seed, account, time.cast_unsigned(), purpose])
        {
            part.copy_from_slice(&value.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The stream of a name that lasts, such as a role or a session.
    pub(crate) fn named(seed: u64, account: u64, name: &str) -> Self {
        Self::new(seed, account, i64::MIN, fnv(name))
    }

    /// Uniform below `bound`; 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Uniform from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        let span = high.saturating_sub(low) as usize + 1;
        low + u32::try_from(self.below(span)).unwrap_or(0)
    }

    /// Uniform in 0 ≤ x < 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// One of the items, each as likely. The slice must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A count with this mean and nearly the variance of Poisson's: eight times as many trials as expected hits.
    ///
    /// Callers multiply the mean by [`burst`](Self::burst), which makes counts over hours wider than Poisson's.
    pub(crate) fn count(&mut self, mean: f64) -> u32 {
        let trials = (8.0 * mean).ceil().clamp(0.0, 100_000.0);
        let probability = if trials > 0.0 { mean / trials } else { 0.0 };
        let mut hits = 0;
        for _ in 0..trials as u32 {
            hits += u32::from(self.chance(probability));
        }
        hits
    }

    /// A factor of mean 1 with a long right tail: how much busier than usual.
    pub(crate) fn burst(&mut self) -> f64 {
        const FACTORS: [f64; 16] = [
            0.3, 0.4, 0.5, 0.6, 0.7, 0.7, 0.8, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 1.8, 2.4,
        ];
        *self.pick(&FACTORS)
    }

    /// So many characters of an alphabet of ASCII.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(alphabet))).collect()
    }

    /// So many hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.text(b"0123456789abcdef", length)
    }

    /// A random UUID (version 4, RFC 9562).
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.0.next_u64(), self.0.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }
}

/// FNV-1a, 64 bits: names become purposes.
pub(crate) fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_coordinate_gives_another_stream() {
        let first = |a, b, c, d| Dice::new(a, b, c, d).hex(16);
        let base = first(1, 2, 3, 4);
        assert_eq!(base, first(1, 2, 3, 4));
        for other in [
            first(0, 2, 3, 4),
            first(1, 0, 3, 4),
            first(1, 2, 0, 4),
            first(1, 2, 3, 0),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn counts_and_bursts_have_the_mean_they_say() {
        let mut dice = Dice::new(7, 0, 0, 0);
        for mean in [0.05, 0.6, 3.0, 40.0] {
            let hours = if mean < 1.0 { 20_000 } else { 1_000 };
            let total: f64 = (0..hours).map(|_| f64::from(dice.count(mean))).sum();
            assert!(
                (total / f64::from(hours) / mean - 1.0).abs() < 0.1,
                "{mean}: {total}"
            );
        }
        let total: f64 = (0..20_000).map(|_| dice.burst()).sum();
        assert!((total / 20_000.0 - 1.0).abs() < 0.02, "{total}");
    }

    #[test]
    fn bursty_counts_are_wider_than_poisson() {
        let mut dice = Dice::new(7, 0, 0, 2);
        for mean in [0.6, 3.0, 20.0] {
            let counts: Vec<f64> = (0..4_000)
                .map(|_| {
                    let busy = mean * dice.burst();
                    f64::from(dice.count(busy))
                })
                .collect();
            let average = counts.iter().sum::<f64>() / counts.len() as f64;
            let squares = counts.iter().map(|count| (count - average).powi(2)).sum::<f64>();
            assert!(squares / counts.len() as f64 > average, "{mean}");
        }
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut dice = Dice::new(7, 0, 0, 1);
        for _ in 0..1_000 {
            assert!((3..=5).contains(&dice.between(3, 5)));
            assert!(dice.below(4) < 4);
            assert!((0.0..1.0).contains(&dice.fraction()));
        }
        assert_eq!(dice.below(0), 0);
        assert_eq!(dice.count(0.0), 0);
        assert_eq!(dice.uuid().len(), 36);
    }
}
