//! What sinks over HTTP share: a client whose failures say whether the far side may have taken what was sent.

#[cfg(feature = "http")]
mod client;
#[cfg(feature = "http")]
mod error;
#[cfg(feature = "recorder")]
pub mod recorder;

#[cfg(feature = "http")]
pub use client::{Answer, Http, HttpSettings, Method, Request};
#[cfg(feature = "http")]
pub use error::HttpError;

#[cfg(all(test, feature = "http", feature = "recorder"))]
mod tests;
