//! Where the daemon keeps its state, and where it serves.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::SecretRef;

/// Where states are kept.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StoreConfig {
    /// The folder: each inspection has a file of its own in it, `NAME.db`. `None`: the environment decides (`STATE_DIRECTORY` of
    /// systemd, else the user's state folder).
    pub path: Option<PathBuf>,
}

/// Where and how the daemon serves.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Whether it serves at all. Default true.
    pub enabled: bool,
    /// The address. Default `127.0.0.1:7780`.
    pub bind: SocketAddr,
    /// The address that people open (behind a reverse proxy), as `https://firstsight.example.com`: links, cookies and the check of
    /// origins follow it.
    pub public_url: Option<String>,
    /// Names that requests may come to, besides the address bound to and the public one's.
    pub hosts: Vec<String>,
    /// The token of people who may change things.
    pub admin_token: Option<SecretRef>,
    /// The token of people who may look.
    pub read_token: Option<SecretRef>,
    /// How long a session of the page lasts without use, in seconds. Default 12 h.
    pub session_seconds: u32,
}

impl ServerConfig {
    /// The port that is served by default.
    pub const PORT: u16 = 7780;
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Self::PORT),
            public_url: None,
            hosts: Vec::new(),
            admin_token: None,
            read_token: None,
            session_seconds: 12 * 3600,
        }
    }
}
