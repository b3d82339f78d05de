//! What happens in an account, as tables.

pub(crate) mod attack;
pub(crate) mod machines;
pub(crate) mod noise;
pub(crate) mod novelty;
pub(crate) mod work;
