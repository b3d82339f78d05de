//! What a configuration is read as, told as, and refused for.

mod changed;
mod explaining;
mod init;
mod inspections;
mod opening;
mod parsing;
mod schema;
mod variables;
