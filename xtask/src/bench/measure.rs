//! One measurement: a process, and the line that it prints.

use super::engines::Engine;
use super::options::Options;
use super::programs::Program;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a measurement gave.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Done(Sample),
    /// Why there is no time: a trap, a wrong answer, something not supported.
    Failed(String),
}

/// The numbers that a process printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    pub(crate) wasm_bytes: f64,
    pub(crate) compile_ms: f64,
    pub(crate) compile_wall_ms: f64,
    pub(crate) instantiate_us: f64,
    pub(crate) run_ms: f64,
    pub(crate) peak_kib: f64,
    pub(crate) answer: String,
}

impl Outcome {
    pub(crate) fn sample(&self) -> Option<&Sample> {
        match self {
            Outcome::Done(sample) => Some(sample),
            Outcome::Failed(_) => None,
        }
    }

    /// Makes a failure of a wrong answer.
    pub(crate) fn check(&mut self, expected: Option<&String>) {
        if let (Outcome::Done(sample), Some(expected)) = (&*self, expected)
            && sample.answer != "none"
            && sample.answer != *expected
        {
            *self = Outcome::Failed(format!("WRONG ANSWER: {}, expected {expected}", sample.answer));
        }
    }
}

/// Longer than any program takes in any engine.
const TIME_LIMIT: Duration = Duration::from_secs(180);

/// Runs measurements.
pub(crate) struct Runner {
    /// A priority above the other work of a busy machine, where that is allowed.
    prefix: &'static [&'static str],
}

impl Runner {
    pub(crate) fn new() -> Runner {
        // `nice` runs the command also when it may not raise the priority, and says so.
        let raised = Command::new("nice").args(["-n", "-8", "true"]).output();
        let allowed = raised.is_ok_and(|output| output.status.success() && output.stderr.is_empty());
        Runner { prefix: if allowed { &["nice", "-n", "-8"] } else { &[] } }
    }

    pub(crate) fn run(&self, options: &Options, engine: &Engine, program: &Program) -> Outcome {
        self.run_with(options, engine, program, 1)
    }

    /// Runs with a number of threads to compile with.
    pub(crate) fn run_with(&self, options: &Options, engine: &Engine, program: &Program, threads: usize) -> Outcome {
        let mut words: Vec<String> = self.prefix.iter().map(|word| (*word).to_owned()).collect();
        words.push(engine.binary.display().to_string());
        words.extend(options.compile.then(|| "--compile-only".to_owned()));
        words.push(format!("--threads={threads}"));
        words.extend(engine.variant.map(|variant| format!("--variant={variant}")));
        words.extend(program.args.iter().map(|arg| format!("--arg={arg}")));
        words.push(program.file.display().to_string());
        words.extend(program.call.iter().cloned());
        match limited(Command::new(&words[0]).args(&words[1..])) {
            Ok(line) => parse(&line).map_or_else(|| Outcome::Failed(format!("printed `{line}`")), Outcome::Done),
            Err(why) => Outcome::Failed(why),
        }
    }
}

/// The standard output of a command that succeeds in time, or what went wrong in one line.
fn limited(command: &mut Command) -> Result<String, String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("cannot run {command:?}: {error}"))?;
    let start = Instant::now();
    // Both outputs are a line or two: they fit in their pipes while nobody reads.
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if start.elapsed() > TIME_LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("took longer than {} s", TIME_LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.starts_with("error")).or(text.lines().last()).unwrap_or("no message");
    Err(format!("{}: {line}", output.status))
}

/// `key=value key=value ..`
fn parse(line: &str) -> Option<Sample> {
    let mut sample = Sample::default();
    for (key, value) in line.split(' ').filter_map(|pair| pair.split_once('=')) {
        let number = || value.parse().ok();
        match key {
            "wasm_bytes" => sample.wasm_bytes = number()?,
            "compile_ms" => sample.compile_ms = number()?,
            "compile_wall_ms" => sample.compile_wall_ms = number()?,
            "instantiate_us" => sample.instantiate_us = number()?,
            "run_ms" => sample.run_ms = number()?,
            "peak_kib" => sample.peak_kib = number()?,
            "answer" => sample.answer = value.to_owned(),
            _ => return None,
        }
    }
    (!sample.answer.is_empty()).then_some(sample)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Sample, parse};

    #[test]
    fn lines_become_samples() {
        let line =
            "wasm_bytes=10 compile_ms=1.5 compile_wall_ms=1 instantiate_us=2 run_ms=3.25 peak_kib=9 answer=i32:5";
        let expected = Sample {
            wasm_bytes: 10.0,
            compile_ms: 1.5,
            compile_wall_ms: 1.0,
            instantiate_us: 2.0,
            run_ms: 3.25,
            peak_kib: 9.0,
            answer: "i32:5".to_owned(),
        };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse("wasm_bytes=10"), None);
        assert_eq!(parse("what=10 answer=i32:5"), None);
    }

    #[test]
    fn a_wrong_answer_is_a_failure() {
        let sample = Sample { answer: "i32:5".to_owned(), ..Sample::default() };
        let mut outcome = Outcome::Done(sample);
        outcome.check(Some(&"i32:5".to_owned()));
        assert!(outcome.sample().is_some());
        outcome.check(Some(&"i32:6".to_owned()));
        assert!(matches!(outcome, Outcome::Failed(why) if why.contains("i32:5") && why.contains("i32:6")));
    }
}
