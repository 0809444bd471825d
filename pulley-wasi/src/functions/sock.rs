//! Sockets. A program cannot make one and is given none, so what it passes is no socket or nothing.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;

impl WasiCtx {
    fn not_a_socket(&self, fd: u32) -> Result<(), Errno> {
        self.table.get(fd)?;
        Err(Errno::Notsock)
    }

    pub(crate) fn sock_accept(&mut self, _: &mut Guest<'_>, fd: u32, _: u32, _: u32) -> Result<(), Errno> {
        self.not_a_socket(fd)
    }

    pub(crate) fn sock_recv(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
    ) -> Result<(), Errno> {
        self.not_a_socket(fd)
    }

    pub(crate) fn sock_send(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
    ) -> Result<(), Errno> {
        self.not_a_socket(fd)
    }

    pub(crate) fn sock_shutdown(&mut self, _: &mut Guest<'_>, fd: u32, _: u32) -> Result<(), Errno> {
        self.not_a_socket(fd)
    }
}
