//! What the scanner finds, whatever it is fed.

mod common;
mod compressed;
mod differential;
mod scanning;
