//! pulley-macros
