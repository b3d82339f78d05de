//! Both stores, and what earlier versions of the database hold.

mod backup;
mod conformance;
mod equality;
mod examples;
mod identities;
mod old_states;
mod reference;
mod regroup;
mod search;
