//! The command-line interface.
fn main() {}
