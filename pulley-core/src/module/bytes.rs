//! [`Bytes`]: what a module takes from the file that it was read from, without a copy.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, Range};

/// Bytes that may be a part of something larger, which stays alive with them. Cloning and slicing copy nothing.
#[derive(Clone)]
pub struct Bytes {
    owner: Owner,
    range: Range<usize>,
}

#[derive(Clone)]
enum Owner {
    Shared(Arc<Vec<u8>>),
    /// Such as a program in a device's flash.
    Static(&'static [u8]),
}

impl Owner {
    fn all(&self) -> &[u8] {
        match self {
            Owner::Shared(bytes) => bytes,
            Owner::Static(bytes) => bytes,
        }
    }
}

impl Bytes {
    /// Bytes that are always there.
    pub const fn from_static(bytes: &'static [u8]) -> Bytes {
        Bytes { owner: Owner::Static(bytes), range: 0..bytes.len() }
    }

    /// A part of these bytes, if the range lies within.
    pub fn slice(&self, range: Range<usize>) -> Option<Bytes> {
        self.get(range.clone())?;
        let start = self.range.start;
        Some(Bytes { owner: self.owner.clone(), range: start + range.start..start + range.end })
    }

    /// Where in `whole` these bytes are, if they are a part of it.
    pub fn position_in(&self, whole: &Bytes) -> Option<usize> {
        let (part, all) = (self.as_ptr_range(), whole.as_ptr_range());
        let within = all.start <= part.start && part.end <= all.end;
        within.then(|| part.start as usize - all.start as usize)
    }

    /// The bytes as something that may be changed: copied, if others share them.
    pub fn into_vec(self) -> Vec<u8> {
        match self.owner {
            Owner::Shared(shared) if self.range == (0..shared.len()) => Arc::unwrap_or_clone(shared),
            owner => owner.all()[self.range].to_vec(),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.owner.all()[self.range.clone()]
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        let range = 0..bytes.len();
        Bytes { owner: Owner::Shared(Arc::new(bytes)), range }
    }
}

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes::from_static(&[])
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.range.len())
    }
}
