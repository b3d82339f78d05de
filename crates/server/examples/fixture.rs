//! Serves the made-up world on loopback, to look at pages and to check the API with.
//!
//! ```sh
//! cargo run -p firstsight-server --features fixture --example fixture -- --port 7780
//! ```
//!
//! Options: `--port N` (0 takes a free one; 7780 by default), `--admin TOKEN` and `--reader TOKEN` (at least 16 characters; without them
//! it is open). It prints its address, and ends by Ctrl-C or SIGTERM.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use firstsight_server::auth::{Gate, GateOptions};
use firstsight_server::fixture::Fixture;
use firstsight_server::{App, AppOptions, Limits, serve};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

type Failure = Box<dyn std::error::Error>;

#[derive(Default)]
struct Options {
    port: Option<u16>,
    admin: Option<SecretString>,
    reader: Option<SecretString>,
}

impl Options {
    fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--port" => options.port = Some(value.parse()?),
                "--admin" => options.admin = Some(value.into()),
                "--reader" => options.reader = Some(value.into()),
                _ => return Err(format!("{name} is not known: --port, --admin and --reader are").into()),
            }
        }
        Ok(options)
    }

    fn gate(self, bind: SocketAddr) -> Result<Gate, Failure> {
        let options = GateOptions {
            admin: self.admin,
            reader: self.reader,
            bind,
            public_url: None,
            hosts: Vec::new(),
            session_seconds: 3600,
            random: Arc::new(|bytes| getrandom::fill(bytes).expect("random bytes")),
        };
        Ok(Gate::new(options)?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let options = Options::read(std::env::args().skip(1))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port.unwrap_or(7780))).await?;
    let bind = listener.local_addr()?;
    let app = App::new(AppOptions {
        control: Fixture::new().await.control,
        gate: Arc::new(options.gate(bind)?),
        version: env!("CARGO_PKG_VERSION"),
    });
    let mut ended = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = ended.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    writeln!(std::io::stdout(), "http://{bind}")?;
    serve(app, listener, Limits::default(), stop).await?;
    Ok(())
}
