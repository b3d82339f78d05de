//! Creates or finds the external-event monitor.

use secrecy::SecretString;

use crate::client::{Monitor, NewMonitor, OpenApi};
use crate::error::GuanceError;

/// What came of it.
#[derive(Clone, Debug)]
pub enum SetUp {
    /// It was made.
    Made(Monitor),
    /// It was there.
    Found(Monitor),
}

/// Finds the external-event monitor with this `sub_uri`, or makes it.
///
/// # Errors
/// When Guance refuses. After a lost answer another call finds what was made.
pub async fn set_up(api: &OpenApi, wanted: &NewMonitor) -> Result<SetUp, GuanceError> {
    let _ = (api, wanted);
    todo!()
}

/// A secret for a monitor's address from 16 random bytes: 32 hexadecimal digits.
#[must_use]
pub fn secret_of(random: [u8; 16]) -> SecretString {
    let _ = random;
    todo!()
}
