//! The calls, typed.

mod openapi;
mod write;

pub use openapi::{
    AlertPolicy, CreateEvent, DqlPage, DqlQuery, Monitor, NewMonitor, OpenApi, PushBody, PushEvent, Reached,
    Workspace,
};
pub use write::{Category, Destination, Writer};
