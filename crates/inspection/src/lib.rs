//! Joins source, engine, store and sink.
