//! The calls, typed.

mod answer;
mod openapi;
mod query;
mod reply;
#[cfg(test)]
mod tests;
mod types;
mod write;

pub use openapi::OpenApi;
pub use types::{
    AlertPolicy, CreateEvent, DqlPage, DqlQuery, Monitor, NewMonitor, PushBody, PushEvent, Reached, Workspace,
};
pub use write::{Category, Destination, Writer, Written};
