//! Where Guance and TrueWatch are: the nodes by name, and addresses of one's own.

/// The addresses of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, as `default`, `us1`, `us1_truewatch`; `private` for addresses of one's own.
    pub name: String,
    /// The OpenAPI, as `https://openapi.guance.com`.
    pub openapi: String,
    /// The OpenWay, as `https://openway.guance.com`.
    pub openway: String,
    /// The console that people look at, where it is known.
    pub console: Option<String>,
}

impl Node {
    /// A node by its name (in any case); `None` when it is not known.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let _ = name;
        todo!()
    }

    /// Every known name.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        todo!()
    }
}
