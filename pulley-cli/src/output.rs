//! Where subcommands print to.

use crate::failure::Failure;
use std::io::{self, Write};

/// Lets `write` write to standard output. A reader that is gone (`| head`) has seen enough: that is no failure.
pub(crate) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer would be written when it is dropped.
            let _ = out.into_parts();
            Ok(())
        }
        written => written.map_err(|error| Failure::Error(format!("cannot write to standard output: {error}"))),
    }
}
