//! Inspections over made-up sources, stores and sinks.

mod alerting;
mod crash;
mod delivery;
mod explain;
mod ingest;
mod run;
mod trouble;
