//! The library half of the `pulley` command.
