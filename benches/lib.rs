//! Benchmarks of Pulley.
