//! [`Names`]: many names in one buffer.

use super::Bytes;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Names by index. A program of tens of thousands of functions has as many, which nobody reads until it traps.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// All names, one behind the other.
    pub(crate) text: Bytes,
    /// Where each ends.
    pub(crate) ends: Box<[u32]>,
}

impl Names {
    /// The name at `index`, if there is one that is not empty.
    pub fn get(&self, index: usize) -> Option<&str> {
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let name = self.text.get(start as usize..*self.ends.get(index)? as usize)?;
        core::str::from_utf8(name).ok().filter(|name| !name.is_empty())
    }
}

impl<'a> FromIterator<&'a str> for Names {
    fn from_iter<T: IntoIterator<Item = &'a str>>(names: T) -> Names {
        let mut text = Vec::new();
        let ends = names.into_iter().map(|name| {
            text.extend_from_slice(name.as_bytes());
            text.len() as u32
        });
        let ends = ends.collect();
        Names { text: text.into(), ends }
    }
}
