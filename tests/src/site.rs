//! The made-up world behind a server of this process, for tests in a browser.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use firstsight_server::auth::{Gate, GateOptions};
use firstsight_server::fixture::Fixture;
use firstsight_server::{App, AppOptions, Limits, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The token of who may change things.
pub const ADMIN: &str = "an-admin-token-0";
/// The token of who may look.
pub const READER: &str = "a-reader-token-0";

/// A server over a world of its own. Ends with this handle.
#[derive(Debug)]
pub struct Site {
    /// Where it is, such as `http://127.0.0.1:41234`.
    pub address: String,
    /// Its world.
    pub fixture: Fixture,
    _stop: oneshot::Sender<()>,
}

impl Site {
    /// Serves it on loopback: to everybody, or to who logs in.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn open(tokens: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let bind = listener.local_addr().expect("it is bound");
        let drawn = AtomicU8::new(0);
        let gate = Gate::new(GateOptions {
            admin: tokens.then(|| ADMIN.to_owned().into()),
            reader: tokens.then(|| READER.to_owned().into()),
            bind,
            public_url: None,
            hosts: Vec::new(),
            session_seconds: 3600,
            random: Arc::new(move |bytes| bytes.fill(drawn.fetch_add(1, Ordering::Relaxed))),
        });
        let fixture = Fixture::new().await;
        let app = App::new(AppOptions {
            control: fixture.control.clone(),
            gate: Arc::new(gate.expect("loopback is let in")),
            version: "0.0.0-test",
        });
        let (stop, stopped) = oneshot::channel();
        let ended = async move { drop(stopped.await) };
        tokio::spawn(serve(app, listener, Limits::default(), ended));
        Self {
            address: format!("http://{bind}"),
            fixture,
            _stop: stop,
        }
    }
}
