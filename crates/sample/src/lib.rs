//! Seeded CloudTrail.

mod call;
mod caller;
mod config;
mod dice;
mod error;
mod files;
mod hour;
pub mod overlay;
mod record;
mod sample;
mod tables;
mod text;
mod world;
mod write;

pub use config::{SampleConfig, account_id};
pub use error::SampleError;
pub use files::SampleFile;
pub use sample::{Files, Planted, Sample};
pub use write::{Written, write};
