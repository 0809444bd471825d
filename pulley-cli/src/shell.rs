//! `pulley completions` and `pulley man`: made from the definition of the command line, so they know all of it.

use crate::args::{CompletionsOptions, ManOptions, Options};
use crate::failure::Failure;
use crate::output;
use clap::CommandFactory;
use clap_mangen::Man;

pub(crate) fn completions(options: &CompletionsOptions) -> Result<(), Failure> {
    // clap_complete panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Options::command(), "pulley", &mut script);
    output::to_stdout(|out| out.write_all(&script))
}

pub(crate) fn man(options: &ManOptions) -> Result<(), Failure> {
    let mut command = Options::command();
    command.build();
    if let Some(folder) = &options.output {
        return clap_mangen::generate_to(command, folder)
            .map_err(|error| Failure::about(folder, format_args!("cannot write the pages: {error}")));
    }
    let page = match &options.command {
        None => command,
        Some(name) => {
            let known: Vec<_> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
            let wanted = command.find_subcommand(name).cloned();
            wanted.ok_or_else(|| Failure::Error(format!("no subcommand `{name}`; there are {}", known.join(", "))))?
        }
    };
    output::to_stdout(|out| Man::new(page).render(out))
}
