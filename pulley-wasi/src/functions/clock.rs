//! Clocks and random numbers.

use crate::WasiCtx;
use crate::clocks::Clockid;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::types::nanoseconds;

/// Random bytes are made in pieces, so that a program that asks for gigabytes does not hold up the host's source.
const RANDOM_PIECE: usize = 1 << 16;

impl WasiCtx {
    /// One nanosecond: the unit of all our clocks, if not how often they tick.
    pub(crate) fn clock_res_get(&mut self, guest: &mut Guest<'_>, id: u32, result: u32) -> Result<(), Errno> {
        Clockid::from_raw(id)?;
        guest.put_u64(result, 1)
    }

    pub(crate) fn clock_time_get(
        &mut self,
        guest: &mut Guest<'_>,
        id: u32,
        _precision: u64,
        result: u32,
    ) -> Result<(), Errno> {
        let time = self.clocks.now(Clockid::from_raw(id)?);
        guest.put_u64(result, nanoseconds(time))
    }

    pub(crate) fn random_get(&mut self, guest: &mut Guest<'_>, address: u32, length: u32) -> Result<(), Errno> {
        for piece in guest.bytes_mut(address, length)?.chunks_mut(RANDOM_PIECE) {
            self.random.fill(piece)?;
        }
        Ok(())
    }
}
