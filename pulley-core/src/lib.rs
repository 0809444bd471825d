//! pulley-core
