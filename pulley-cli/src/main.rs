//! The `pulley` command. Everything it does is in the library half of this crate, where tests can reach it.

fn main() -> std::process::ExitCode {
    pulley_cli::main()
}
