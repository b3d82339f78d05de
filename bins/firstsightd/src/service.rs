//! What systemd is told. Without it, nothing is.

use std::sync::Arc;

use firstsight_daemon::Daemon;
use sd_notify::NotifyState;

/// The daemon is up.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is read again; [`ready`] ends it.
pub(crate) fn reloading() {
    // Where the time cannot be told, systemd goes by `READY=1` alone.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The daemon stops.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells the watchdog that the scheduler lives, twice as often as it asks. Ends at once where nobody watches.
pub(crate) async fn watch(daemon: Arc<Daemon>) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut beat = tokio::time::interval(limit / 2);
    loop {
        let _ = beat.tick().await;
        match daemon.alive() {
            Ok(()) => tell(&[NotifyState::Watchdog]),
            Err(reason) => tracing::warn!(reason, "the watchdog is not told that all is well"),
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}
