//! What the sibling tier knows of the host's stack: see [`stretch`](crate::run::stretch).

/// How deep the host's stack was, and for how long handlers may run before that is looked at again.
#[derive(Clone, Copy)]
pub(crate) struct HostStack {
    /// The address of a variable of the function that entered the loop last.
    pub(crate) at_entry: usize,
    /// The address of a variable of the function that left it last.
    pub(crate) at_exit: usize,
    /// The ticks of the next stretch.
    pub(crate) stretch: u32,
}

impl HostStack {
    pub(crate) const UNKNOWN: HostStack = HostStack { at_entry: 0, at_exit: 0, stretch: 0 };

    /// How many bytes deep the stack was when the loop was left. It grows down, or up on some hosts.
    pub(crate) fn depth(&self) -> usize {
        self.at_entry.abs_diff(self.at_exit)
    }
}
