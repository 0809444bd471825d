//! The options of `cargo xtask bench`.

use std::path::PathBuf;

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Options {
    /// How often each engine runs each program.
    pub(crate) rounds: usize,
    /// Names of programs; empty for all.
    pub(crate) programs: Vec<String>,
    /// Labels of engines; empty for all.
    pub(crate) engines: Vec<String>,
    /// Folders with more programs.
    pub(crate) extra: Vec<PathBuf>,
    /// Measure the compilers, not the programs.
    pub(crate) compile: bool,
    /// Build ours with link-time optimisation, as the peers are.
    pub(crate) lto: bool,
    /// Measure what was built last time.
    pub(crate) no_build: bool,
}

impl Options {
    pub(crate) fn parse(args: &[&str]) -> Result<Options, String> {
        let mut options = Options {
            rounds: 5,
            programs: Vec::new(),
            engines: Vec::new(),
            extra: Vec::new(),
            compile: false,
            lto: false,
            no_build: false,
        };
        let mut args = args.iter().copied();
        while let Some(arg) = args.next() {
            let (name, inline) = arg.split_once('=').map_or((arg, None), |(name, value)| (name, Some(value)));
            let mut value = || inline.or_else(|| args.next()).ok_or_else(|| format!("`{name}` needs a value"));
            let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
            match name {
                "--rounds" => {
                    let rounds = value()?;
                    options.rounds = rounds
                        .parse()
                        .ok()
                        .filter(|rounds| *rounds > 0)
                        .ok_or_else(|| format!("`--rounds {rounds}` is no number of rounds: write `--rounds 3`"))?;
                }
                "--programs" => options.programs = list(value()?),
                "--engines" => options.engines = list(value()?),
                "--extra" => options.extra.push(PathBuf::from(value()?)),
                "--compile" => options.compile = true,
                "--lto" => options.lto = true,
                "--no-build" => options.no_build = true,
                "--quick" => {
                    options.rounds = 1;
                    options.engines = list("native,wasmi,stable");
                }
                _ => {
                    return Err(format!(
                        "unknown option `{arg}` of `cargo xtask bench`; `cargo xtask help` lists them"
                    ));
                }
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn values_may_follow_or_be_attached() {
        let options = Options::parse(&["--rounds", "3", "--programs=fib,lua", "--extra", "a", "--extra=b"]).unwrap();
        assert_eq!((options.rounds, options.programs.len(), options.extra.len()), (3, 2, 2));
        assert!(!options.compile && !options.lto && options.engines.is_empty());
        assert_eq!(Options::parse(&["--quick"]).unwrap().rounds, 1);
        for wrong in [&["--rounds"][..], &["--rounds", "0"], &["--what"], &["lua"]] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
