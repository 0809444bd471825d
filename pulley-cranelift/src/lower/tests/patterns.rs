//! What functions become.
