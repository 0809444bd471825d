//! Where random bytes come from.

use std::io;

/// A source of the embedder's: it fills buffers.
type Fill = dyn FnMut(&mut [u8]) + Send;

/// A source of random bytes.
pub(crate) enum Random {
    Host,
    Function(Box<Fill>),
}

impl Random {
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        match self {
            Random::Host => getrandom::fill(bytes).map_err(|error| io::Error::other(error.to_string())),
            Random::Function(function) => {
                function(bytes);
                Ok(())
            }
        }
    }
}
