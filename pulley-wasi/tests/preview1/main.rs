//! Every function of WASI preview 1, called by a guest.

mod docs;
mod escape;
mod fdstat;
mod files;
mod hostile;
mod paths;
mod perms;
mod poll;
mod process;
mod readdir;
mod streams;
mod support;
mod unstable;
