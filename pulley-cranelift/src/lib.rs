//! pulley-cranelift
