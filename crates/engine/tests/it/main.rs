//! What holds of summaries, families, judgements and surges whatever the events.

mod common;
mod families;
mod judgement;
mod known_noise;
mod summary;
mod surge;
