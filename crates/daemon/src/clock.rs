//! The present, and waiting for the future.

use async_trait::async_trait;
use firstsight_engine::Time;

/// A clock that can be waited for. The binary has the real one; tests and simulations drive theirs.
#[async_trait]
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The present.
    fn now(&self) -> Time;
    /// Ends once it is this time, or once as much time has passed as lay between, whichever is earlier: a clock that is set
    /// back keeps nobody waiting, and one that is set forward, or a machine that slept, wakes whom it passed over. Callers look
    /// at the clock again.
    async fn until(&self, time: Time);
}
