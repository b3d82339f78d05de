//! The upper tail of the negative binomial distribution.

/// Counts larger than this are taken as this: beyond it the logarithms of the gamma function lose too many digits.
const LARGEST: f64 = 1e9;

/// Counts with a mean and a variance of `mean + excess · mean²`: the negative binomial distribution of dispersion
/// `k = 1 / excess`.
#[derive(Clone, Copy, Debug)]
pub(super) struct NegativeBinomial {
    pub(super) mean: f64,
    pub(super) excess: f64,
}

impl NegativeBinomial {
    /// The probability of so many or more.
    ///
    /// The tail is the regularised incomplete beta function (DLMF 8.17), here by its continued fraction: it costs some
    /// square root of the count, where a sum costs the count.
    pub(super) fn at_least(self, count: f64) -> f64 {
        if count <= 0.0 {
            return 1.0;
        }
        if self.mean <= 0.0 {
            return 0.0;
        }
        let k = 1.0 / self.excess;
        let below = k / (k + self.mean);
        incomplete_beta(count.min(LARGEST), k, self.mean / (k + self.mean), below)
    }

    /// The standard deviation.
    pub(super) fn deviation(self) -> f64 {
        libm::sqrt(self.mean + self.excess * self.mean * self.mean)
    }

    /// The probability of at least one.
    pub(super) fn any(self) -> f64 {
        -libm::expm1(-libm::log1p(self.excess * self.mean) / self.excess)
    }
}

/// `I_x(a, b)`, with `rest = 1 - x`, which the caller knows more precisely.
fn incomplete_beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log(rest),
    );
    // The fraction converges fast only on this side of the mean; on the other the symmetric one does.
    if x < (a + 1.0) / (a + b + 2.0) {
        (front * fraction(a, b, x) / a).clamp(0.0, 1.0)
    } else {
        (1.0 - front * fraction(b, a, rest) / b).clamp(0.0, 1.0)
    }
}

/// The continued fraction of DLMF 8.17.22, by the method of Lentz.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TERMS: u32 = 20_000;
    let mut numerator = 1.0;
    let mut denominator = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = denominator;
    for term in 1..=TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for coefficient in [even, odd] {
            denominator = 1.0 / away_from_zero(1.0 + coefficient * denominator);
            numerator = away_from_zero(1.0 + coefficient / numerator);
            step = denominator * numerator;
            value *= step;
        }
        if (step - 1.0).abs() < 1e-14 {
            break;
        }
    }
    value
}

fn away_from_zero(value: f64) -> f64 {
    const LEAST: f64 = 1e-300;
    if value.abs() < LEAST { LEAST } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tail by adding up what is below: slow and plain.
    fn summed(mean: f64, excess: f64, count: u32) -> f64 {
        let k = 1.0 / excess;
        let mut mass = (-(1.0 + excess * mean).ln() / excess).exp();
        let mut below = 0.0;
        for n in 0..count {
            below += mass;
            mass *= (f64::from(n) + k) / f64::from(n + 1) * mean / (k + mean);
        }
        1.0 - below
    }

    #[test]
    fn the_tail_is_what_summation_gives() {
        for mean in [0.01, 0.3, 1.0, 4.0, 25.0, 100.0] {
            for excess in [0.001, 0.2, 0.5, 1.0, 2.0, 30.0] {
                for count in [1, 2, 3, 5, 8, 20, 60, 300] {
                    let tail = NegativeBinomial { mean, excess }.at_least(f64::from(count));
                    let exact = summed(mean, excess, count);
                    assert!(
                        (tail - exact).abs() < 1e-9,
                        "{mean} {excess} {count}: {tail} {exact}"
                    );
                }
            }
        }
    }

    #[test]
    fn small_excess_is_poisson() {
        let tail = NegativeBinomial {
            mean: 1.0,
            excess: 1e-6,
        }
        .at_least(5.0);
        assert!((tail - 0.003_659_846_8).abs() < 1e-7, "{tail}");
    }

    #[test]
    fn known_values() {
        // NB(mean 1, k 1) is geometric: 2^-n.
        let half = NegativeBinomial {
            mean: 1.0,
            excess: 1.0,
        };
        assert!((half.at_least(10.0) - 1.0 / 1024.0).abs() < 1e-12);
        assert!((half.any() - 0.5).abs() < 1e-12);
        assert!((half.at_least(1.0) - half.any()).abs() < 1e-12);
        assert!((half.at_least(0.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn extremes_stay_probabilities() {
        for (mean, excess, count) in [
            (0.0, 1.0, 1.0),
            (1e-9, 1e3, 1e12),
            (1e9, 1e-4, 1e9),
            (1e6, 0.2, 5e6),
            (1e-6, 1e6, 1.0),
        ] {
            let tail = NegativeBinomial { mean, excess }.at_least(count);
            assert!((0.0..=1.0).contains(&tail), "{mean} {excess} {count}: {tail}");
        }
    }
}
