//! Seeded CloudTrail.
