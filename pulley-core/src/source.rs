//! Where instructions come from: the operators of the wasm file, also of functions whose calls were inlined.
//!
//! A *location* is a `u32`. Below [`MAX_WASM`] it is an offset in the wasm file. Others are of instructions of an inlined
//! callee: they name the call that was replaced, by its number in [`Origins::inlined`], and the offset in the callee's body,
//! in one byte since only small functions are inlined. The call has a location again, for it may stand in a callee itself.

use crate::module::Locations;
use alloc::boxed::Box;

/// Wasm files have at most this many bytes: offsets in them leave the top bit of a location to those of inlined callees.
pub const MAX_WASM: u32 = INLINED - 1;

/// Inlined bodies have at most this many bytes.
pub const MAX_INLINED_BODY: u32 = OFFSET - 1;

/// At most this many calls of a function are inlined.
pub const MAX_INLINED_CALLS: u32 = u32::MAX >> (OFFSET_BITS + 1);

/// Set in the locations of inlined callees.
const INLINED: u32 = 1 << 31;
/// How many low bits of such a location are the offset in the callee's body; above them is the number of the call.
const OFFSET_BITS: u32 = 8;
/// All bits of the offset. No body is that long, so that `u32::MAX` is the location of nothing.
const OFFSET: u32 = (1 << OFFSET_BITS) - 1;

/// A call that was replaced by the body of the callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlinedCall {
    /// Index of the callee, imports first.
    pub callee: u32,
    /// Wasm offset of its body.
    pub body: u32,
    /// Location of the call: that of an operator of the function itself, or of one that a call before this one in
    /// [`Origins::inlined`] brought in.
    pub location: u32,
}

/// The location of an operator in the body that took the place of a call.
pub fn inlined_location(call: u32, offset: u32) -> u32 {
    debug_assert!(call < MAX_INLINED_CALLS && offset < OFFSET);
    INLINED | call << OFFSET_BITS | offset
}

/// The call and the offset in a location of an inlined callee.
fn split(location: u32) -> Option<(u32, u32)> {
    (location & INLINED != 0).then_some(((location & !INLINED) >> OFFSET_BITS, location & OFFSET))
}

/// An operator that an instruction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The function it is in, by its index, imports first.
    pub func: u32,
    /// Its wasm offset in the file.
    pub wasm_offset: u32,
}

/// Where the instructions of a function come from.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// The location of each instruction.
    pub locations: Locations,
    /// The calls in the function that were inlined, in the order of the numbers that `locations` name them by.
    pub inlined: Box<[InlinedCall]>,
}

impl Origins {
    /// What the instruction at `code_offset` came from, as the frames of a backtrace, innermost first: the operator, the calls
    /// that were inlined around it, and last an operator of this function, of which `func` is the index.
    pub fn sources_at(&self, func: u32, code_offset: u32) -> Sources<'_> {
        self.sources(func, self.locations.at(code_offset))
    }

    /// The same for a location in `locations`.
    pub fn sources(&self, func: u32, location: Option<u32>) -> Sources<'_> {
        Sources { inlined: &self.inlined, func, location }
    }
}

/// The operators that an instruction comes from: see [`Origins::sources_at`].
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The calls that may be around what is left.
    inlined: &'a [InlinedCall],
    func: u32,
    location: Option<u32>,
}

impl<'a> Sources<'a> {
    /// What `location` means in function `func`, where calls were inlined.
    pub fn new(inlined: &'a [InlinedCall], func: u32, location: Option<u32>) -> Sources<'a> {
        Sources { inlined, func, location }
    }
}

impl Iterator for Sources<'_> {
    type Item = Source;

    fn next(&mut self) -> Option<Source> {
        let location = self.location.take()?;
        let Some((number, offset)) = split(location) else {
            return Some(Source { func: self.func, wasm_offset: location });
        };
        let call = self.inlined.get(number as usize)?;
        self.inlined = &self.inlined[..number as usize];
        self.location = Some(call.location);
        Some(Source { func: call.callee, wasm_offset: call.body + offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn function(locations: &[(u32, u32)], inlined: &[InlinedCall]) -> Origins {
        Origins { locations: Locations::new(locations), inlined: inlined.into() }
    }

    #[test]
    fn sources_are_listed_from_the_inside() {
        let inlined = [
            InlinedCall { callee: 7, body: 2000, location: 1010 },
            InlinedCall { callee: 8, body: 3000, location: inlined_location(0, 20) },
        ];
        let locations = [(4, 1004), (8, inlined_location(0, 18)), (12, inlined_location(1, 254)), (16, 1012)];
        let function = function(&locations, &inlined);
        let sources =
            |at| function.sources_at(3, at).map(|source| (source.func, source.wasm_offset)).collect::<Vec<_>>();
        assert_eq!(sources(0), []);
        assert_eq!(sources(7), [(3, 1004)]);
        assert_eq!(sources(8), [(7, 2018), (3, 1010)]);
        assert_eq!(sources(14), [(8, 3254), (7, 2020), (3, 1010)]);
        assert_eq!(sources(99), [(3, 1012)]);
    }

    /// Tables that the compiler does not make end the list.
    #[test]
    fn a_call_around_itself_is_not_followed() {
        let inlined = [InlinedCall { callee: 7, body: 2000, location: inlined_location(0, 1) }];
        assert_eq!(function(&[(0, inlined_location(0, 2))], &inlined).sources_at(3, 0).count(), 1);
        assert_eq!(function(&[(0, u32::MAX)], &inlined).sources_at(3, 0).count(), 0);
    }
}
