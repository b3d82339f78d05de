//! Reads a TOML document with the place of everything in it. What is wrong is noted, and reading goes on.

mod findings;
mod section;
mod value;

pub(crate) use findings::{Findings, Place, Variable};
pub(crate) use section::Section;
pub(crate) use value::Value;
