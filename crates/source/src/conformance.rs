//! The suite that every source has to pass.
