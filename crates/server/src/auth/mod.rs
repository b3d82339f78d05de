//! Who asks, and what they may do.
//!
//! [`Gate`] knows tokens, sessions and the names that requests may come to; `let_in` is where every request passes. What has come through
//! is known as a [`Viewer`].

mod attempts;
mod cookie;
mod gate;
mod host;
mod let_in;
mod login;
mod name;
mod sessions;
mod site;
#[cfg(test)]
mod tests;
mod token;

pub use gate::{Gate, GateOptions, Random};
pub(crate) use let_in::{is_for_programs, let_in};
pub(crate) use login::{Peer, routes};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Look.
    Reader,
    /// Look, and change things.
    Admin,
}

impl Role {
    /// What somebody is called who gave no name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Admin => "admin",
        }
    }
}

/// Who asks. Handlers take it as an extension (`axum::Extension<Viewer>`); the middleware puts it there. Where nobody has to be known
/// (the login page, assets, `/healthz`) there may be none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// What they may do.
    pub role: Role,
    /// Who they say they are: what the audit log is told.
    pub name: String,
    /// What forms of this session have to send back (`_csrf`, or the header `X-CSRF-Token`). Empty for requests by token: no
    /// browser sends those by itself.
    pub csrf: String,
    /// Whether they came by a session that can be ended.
    pub has_session: bool,
}
