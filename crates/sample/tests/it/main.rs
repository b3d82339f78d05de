//! Samples by their seeds, and as files.

mod recordings;
mod sample;
mod write;
