//! The gate: tokens, sessions, names.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firstsight_engine::Time;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::SecretString;

use super::attempts::Attempts;
use super::host::Hosts;
use super::sessions::{Session, Sessions};
use super::token::Tokens;
use super::{Role, cookie, name};

/// Where random bytes come from: it fills what it is given.
pub type Random = dyn Fn(&mut [u8]) + Send + Sync;

/// How the gate is set up.
#[derive(Clone)]
pub struct GateOptions {
    /// The token of people who may change things.
    pub admin: Option<SecretString>,
    /// The token of people who may look.
    pub reader: Option<SecretString>,
    /// The address that is served, with the port that the listener was given.
    pub bind: SocketAddr,
    /// The address that people open, behind a reverse proxy.
    pub public_url: Option<String>,
    /// More names that requests may come to.
    pub hosts: Vec<String>,
    /// How long a session lasts without use, in seconds.
    pub session_seconds: u32,
    /// Where random bytes come from.
    pub random: Arc<Random>,
}

impl std::fmt::Debug for GateOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GateOptions")
            .field("bind", &self.bind)
            .field("has_admin", &self.admin.is_some())
            .field("has_reader", &self.reader.is_some())
            .finish_non_exhaustive()
    }
}

/// Lets in who may come in, and keeps sessions.
pub struct Gate {
    tokens: Tokens,
    pub(super) hosts: Hosts,
    session_seconds: u32,
    random: Arc<Random>,
    /// What forms send back where nobody logs in. A page of another origin can read none of ours, and so does not know it. Another one
    /// each start.
    pub(super) local_csrf: String,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("tokens", &self.tokens)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate.
    ///
    /// # Errors
    /// When it would be open: an address that others reach, and no admin token. When a token, a name or the public address cannot be
    /// used. The text says what to do, and shows no token.
    pub fn new(options: GateOptions) -> Result<Self, String> {
        let tokens = Tokens::new(options.admin.as_ref(), options.reader.as_ref())?;
        if options.admin.is_none() && !options.bind.ip().to_canonical().is_loopback() {
            return Err(format!(
                "server.bind: {} can be reached from elsewhere, and there is no server.admin_token: set one, or bind to 127.0.0.1",
                options.bind
            ));
        }
        let hosts = Hosts::new(options.bind, options.public_url.as_deref(), &options.hosts)?;
        Ok(Self {
            local_csrf: drawn(&*options.random),
            tokens,
            hosts,
            session_seconds: options.session_seconds,
            random: options.random,
            sessions: Mutex::default(),
            attempts: Mutex::default(),
        })
    }

    /// Whether somebody has to log in.
    #[must_use]
    pub const fn asks(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// What nobody can guess: 256 random bits.
    pub(super) fn random(&self) -> String {
        drawn(&*self.random)
    }

    /// Whose token it is.
    pub(super) fn role(&self, token: &str) -> Option<Role> {
        self.tokens.role(token)
    }

    /// Seconds that somebody has to wait before trying to log in again.
    pub(super) fn wait(&self, peer: IpAddr, now: Time) -> Option<u64> {
        held(&self.attempts).wait(peer, now)
    }

    /// Counts a login that failed.
    pub(super) fn failed(&self, peer: IpAddr, now: Time) {
        held(&self.attempts).failed(peer, now);
    }

    /// Begins a session; what its cookie carries.
    pub(super) fn begin(&self, role: Role, name: &str, now: Time) -> String {
        let id = self.random();
        let name = name::neutral(name).unwrap_or_else(|| role.as_str().to_owned());
        held(&self.sessions).begin(&id, role, name, self.random(), now);
        id
    }

    /// The session that a request came by.
    pub(super) fn session(&self, headers: &HeaderMap, now: Time) -> Option<Session> {
        let id = cookie::sent(headers, cookie::SESSION)?;
        held(&self.sessions).find(id, self.session_seconds, now)
    }

    /// Ends the session that a request came by.
    pub(super) fn end(&self, headers: &HeaderMap) {
        if let Some(id) = cookie::sent(headers, cookie::SESSION) {
            held(&self.sessions).end(id);
        }
    }
}

/// 256 bits.
fn drawn(random: &Random) -> String {
    let mut bytes = [0; 32];
    random(&mut bytes);
    hex::encode(bytes)
}

/// What is locked is whole between any two steps: a thread that ended in the middle has left nothing half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The token of `Authorization: Bearer …`; `Some("")` where it says something else.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, token) = sent.split_once(' ').unwrap_or_default();
    Some(if scheme.eq_ignore_ascii_case("bearer") {
        token.trim()
    } else {
        ""
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(bind: &str, admin: Option<&str>) -> GateOptions {
        GateOptions {
            admin: admin.map(SecretString::from),
            reader: None,
            bind: bind.parse().unwrap(),
            public_url: None,
            hosts: Vec::new(),
            session_seconds: 60,
            random: Arc::new(|bytes| bytes.fill(7)),
        }
    }

    #[test]
    fn an_address_that_others_reach_needs_an_admin_token() {
        for open in [
            "0.0.0.0:7780",
            "[::]:7780",
            "192.0.2.1:7780",
            "[::ffff:192.0.2.1]:7780",
        ] {
            let error = Gate::new(options(open, None)).unwrap_err();
            assert!(
                error.contains("server.admin_token") && error.contains(open),
                "{error}"
            );
            let mut only_reader = options(open, None);
            only_reader.reader = Some(SecretString::from("a-reader-token-0"));
            assert!(Gate::new(only_reader).is_err(), "{open}");
            assert!(
                Gate::new(options(open, Some("an-admin-token-0"))).is_ok(),
                "{open}"
            );
        }
        for loopback in [
            "127.0.0.1:7780",
            "127.1.2.3:7780",
            "[::1]:7780",
            "[::ffff:127.0.0.1]:7780",
        ] {
            let gate = Gate::new(options(loopback, None)).unwrap();
            assert!(!gate.asks(), "{loopback}");
        }
    }

    #[test]
    fn nothing_secret_is_shown_by_debug() {
        let options = options("127.0.0.1:7780", Some("an-admin-token-0"));
        let shown = format!("{options:?} {:?}", Gate::new(options.clone()).unwrap());
        assert!(
            !shown.contains("an-admin-token-0") && !shown.contains("secret"),
            "{shown}"
        );
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(bearer(&HeaderMap::new()), None);
        assert_eq!(read("Bearer one").as_deref(), Some("one"));
        assert_eq!(read("bearer  one ").as_deref(), Some("one"));
        for other in ["Basic b25l", "one", "Bearer", ""] {
            assert_eq!(read(other).as_deref(), Some(""), "{other}");
        }
    }
}
