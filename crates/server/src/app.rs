//! What every handler is given.

use std::sync::Arc;

use firstsight_daemon::Control;

use crate::auth::Gate;
use crate::metrics::Requests;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// The daemon.
    pub control: Arc<dyn Control>,
    /// Who may do what.
    pub gate: Arc<Gate>,
    /// The version that pages and the API show.
    pub version: &'static str,
}

/// What every handler is given. Clones are cheap.
#[derive(Clone, Debug)]
pub struct App {
    /// The daemon.
    pub control: Arc<dyn Control>,
    /// Who may do what.
    pub gate: Arc<Gate>,
    /// The version that pages and the API show.
    pub version: &'static str,
    /// Whether pages say that what they show is made up.
    pub(crate) demonstration: bool,
    /// What was asked so far.
    pub(crate) requests: Requests,
    /// Held while a change is made that depends on how things stand (`If-Match`).
    pub(crate) changing: Arc<tokio::sync::Mutex<()>>,
}

impl App {
    /// From its options.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        Self {
            control: options.control,
            gate: options.gate,
            version: options.version,
            demonstration: false,
            requests: Requests::default(),
            changing: Arc::default(),
        }
    }

    /// Has every page say that what it shows is made up, and that the clock is the daemon's own.
    #[must_use]
    pub fn demonstration(self) -> Self {
        Self {
            demonstration: true,
            ..self
        }
    }
}
