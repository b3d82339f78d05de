//! What pages are made of. Each takes plain values and gives markup; texts of the log go in as they are, since markup escapes them
//! and [`layout`](super::layout) writes out what does not show.

pub(crate) mod badge;
pub(crate) mod chart;
pub(crate) mod code;
pub(crate) mod copy;
pub(crate) mod filter;
pub(crate) mod icon;
pub(crate) mod notice;
pub(crate) mod pager;
pub(crate) mod sort;
pub(crate) mod spark;
pub(crate) mod standing;
pub(crate) mod time;
