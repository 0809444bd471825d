//! pulley
