//! Sources of files, by the suite that all sources share and by their own.

mod conformance;
mod files;
