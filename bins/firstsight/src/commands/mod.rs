//! One module a command.

pub(crate) mod backup;
pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod deliver;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod guance;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod label;
pub(crate) mod ledger;
pub(crate) mod listing;
pub(crate) mod mutes;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod replay;
pub(crate) mod sample;
pub(crate) mod status;
pub(crate) mod webhook;
