//! The descriptor table: which number stands for what, and with which rights.

use crate::errno::Errno;
use crate::stream::{Input, Output};
use crate::types::{DirPerms, Fdflags, FilePerms, Filetype, Rights};
use cap_std::fs::Dir;
use std::fs::File;

/// What a descriptor stands for.
pub(crate) enum Kind {
    Input(Input),
    Output(Output),
    File(File),
    Dir(OpenDir),
}

/// An open directory.
pub(crate) struct OpenDir {
    pub(crate) dir: Dir,
    /// The name by which programs know it, if it was there from the start.
    pub(crate) preopen: Option<String>,
    pub(crate) dir_perms: DirPerms,
    pub(crate) file_perms: FilePerms,
    /// What `fd_readdir` goes through: taken when a program starts from the beginning, so that cookies stay valid while
    /// entries come and go.
    pub(crate) entries: Option<Vec<Entry>>,
}

/// An entry of a directory.
pub(crate) struct Entry {
    pub(crate) name: Box<str>,
    pub(crate) ino: u64,
    pub(crate) filetype: Filetype,
}

/// An open descriptor.
pub(crate) struct Descriptor {
    pub(crate) kind: Kind,
    /// What may be done with it.
    pub(crate) base: Rights,
    /// What may be done with what is opened through it.
    pub(crate) inheriting: Rights,
    pub(crate) flags: Fdflags,
}

impl Descriptor {
    /// Fails unless all of `rights` are there. Without the right to read or write it is not open for that (`badf`).
    pub(crate) fn need(&self, rights: Rights) -> Result<(), Errno> {
        let missing = rights - self.base;
        if missing.is_empty() {
            Ok(())
        } else if missing.intersects(Rights::FD_READ | Rights::FD_WRITE) {
            Err(Errno::Badf)
        } else {
            Err(Errno::Notcapable)
        }
    }
}

/// The descriptors of a program.
#[derive(Default)]
pub(crate) struct Table {
    /// By number; `None` is closed.
    descriptors: Vec<Option<Descriptor>>,
    /// No number below this one is free.
    free: usize,
}

/// As many descriptors as a program can have: it must not use up the host's memory by opening.
const MAX_DESCRIPTORS: usize = 1 << 16;

impl Table {
    /// Gives it the lowest number that is free.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let fd = (self.free..self.descriptors.len()).find(|fd| self.descriptors[*fd].is_none());
        let fd = fd.unwrap_or(self.descriptors.len());
        if fd == MAX_DESCRIPTORS {
            return Err(Errno::Mfile);
        }
        if fd == self.descriptors.len() {
            self.descriptors.push(None);
        }
        self.descriptors[fd] = Some(descriptor);
        self.free = fd + 1;
        Ok(fd as u32)
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.descriptors.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.descriptors.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// Closes it.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        let descriptor = self.descriptors.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)?;
        self.free = self.free.min(fd as usize);
        Ok(descriptor)
    }

    /// Gives `from` the number `to`, which must be open and is closed.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(to)?;
        self.get(from)?;
        if from != to {
            self.descriptors[to as usize] = Some(self.remove(from)?);
        }
        Ok(())
    }

    /// The file `fd`, if it has these rights. What is no file is `badf`.
    pub(crate) fn file(&self, fd: u32, rights: Rights) -> Result<&File, Errno> {
        let descriptor = self.get(fd)?;
        let Kind::File(file) = &descriptor.kind else { return Err(Errno::Badf) };
        descriptor.need(rights)?;
        Ok(file)
    }

    /// Like [`Table::file`], for what needs a position: streams have none (`spipe`).
    pub(crate) fn seekable(&self, fd: u32, rights: Rights) -> Result<&File, Errno> {
        match self.get(fd)?.kind {
            Kind::Input(_) | Kind::Output(_) => Err(Errno::Spipe),
            _ => self.file(fd, rights),
        }
    }

    /// The directory `fd`, if it has these rights and lets the program do this with its entries.
    pub(crate) fn dir(&self, fd: u32, rights: Rights, perms: DirPerms) -> Result<&OpenDir, Errno> {
        let descriptor = self.get(fd)?;
        let Kind::Dir(dir) = &descriptor.kind else { return Err(Errno::Notdir) };
        descriptor.need(rights)?;
        if dir.dir_perms.contains(perms) { Ok(dir) } else { Err(Errno::Perm) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Descriptor {
        let (base, inheriting) = (Rights::FD_READ, Rights::empty());
        let kind = Kind::Input(Input::Reader(Box::new(std::io::empty())));
        Descriptor { kind, base, inheriting, flags: Fdflags::empty() }
    }

    #[test]
    fn the_lowest_free_number() {
        let mut table = Table::default();
        let numbers: Vec<_> = (0..3).map(|_| table.insert(stream())).collect();
        assert_eq!(numbers, [Ok(0), Ok(1), Ok(2)]);
        assert!(table.remove(1).is_ok());
        assert_eq!(table.remove(1).err(), Some(Errno::Badf));
        assert_eq!(table.insert(stream()), Ok(1));
        assert_eq!(table.renumber(2, 0), Ok(()));
        assert_eq!(table.insert(stream()), Ok(2));
        assert_eq!(table.renumber(0, 7), Err(Errno::Badf));
        assert_eq!(table.renumber(7, 0), Err(Errno::Badf));
        assert_eq!(table.renumber(1, 1), Ok(()));
    }

    #[test]
    fn there_are_not_endlessly_many() {
        let mut table = Table::default();
        for _ in 0..MAX_DESCRIPTORS {
            assert!(table.insert(stream()).is_ok());
        }
        assert_eq!(table.insert(stream()), Err(Errno::Mfile));
    }

    #[test]
    fn rights_that_are_missing() {
        let table = Table { descriptors: vec![Some(stream())], free: 1 };
        assert_eq!(table.get(0).and_then(|stream| stream.need(Rights::FD_READ)), Ok(()));
        assert_eq!(table.get(0).and_then(|stream| stream.need(Rights::FD_WRITE)), Err(Errno::Badf));
        assert_eq!(table.get(0).and_then(|stream| stream.need(Rights::FD_ADVISE)), Err(Errno::Notcapable));
        assert_eq!(table.dir(0, Rights::empty(), DirPerms::READ).err(), Some(Errno::Notdir));
        assert_eq!(table.seekable(0, Rights::FD_SEEK).err(), Some(Errno::Spipe));
    }
}
