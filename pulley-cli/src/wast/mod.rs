//! Runs scripts of the WebAssembly test suite (`.wast`) and counts what they assert.
//!
//! Assertions about modules in text form (`assert_malformed (module quote ...)`) are passed or failed by the parser of
//! the text format, which is not ours: [`Report`] counts them apart.

mod script;
mod spectest;
mod values;

use crate::args::WastOptions;
use crate::failure::Failure as CommandFailure;
use crate::run;
use pulley::Engine;
use script::{Script, Verdict};
use std::fmt;
use std::io::Write;
use wast::Wast;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Span;

/// What came of one script.
#[derive(Debug, Default)]
pub struct Report {
    /// Assertions that held.
    pub passed: usize,
    /// Assertions that held and concern the text format's parser only.
    pub text_only: usize,
    /// What did not hold, and commands that failed.
    pub failures: Vec<Failure>,
}

/// One thing that went wrong in a script.
#[derive(Debug)]
pub struct Failure {
    /// The script's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What was expected and what came.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { passed, text_only, failures } = self;
        write!(f, "{passed} passed, {} failed, {text_only} about text only", failures.len())
    }
}

impl Report {
    fn fail(&mut self, file: &str, source: &str, at: Span, message: String) {
        let (line, _) = at.linecol_in(source);
        self.failures.push(Failure { file: file.to_owned(), line: line + 1, message });
    }
}

/// Runs the script `source`, whose name `file` is used in messages.
///
/// Every module of the script shares one store. Its modules import what the test suite's host module `spectest` has.
pub fn run(file: &str, source: &str, engine: &Engine) -> Report {
    let mut report = Report::default();
    if let Err(error) = run_directives(file, source, engine, &mut report) {
        report.fail(file, source, error.span(), format!("not a script: {}", error.message()));
    }
    report
}

fn run_directives(file: &str, source: &str, engine: &Engine, report: &mut Report) -> Result<(), wast::Error> {
    let mut lexer = Lexer::new(source);
    // The suite tests names in all kinds of scripts.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let directives = parser::parse::<Wast<'_>>(&buffer)?.directives;
    let mut script = match Script::new(engine) {
        Ok(script) => script,
        Err(error) => {
            report.fail(file, source, Span::from_offset(0), format!("{error:#}"));
            return Ok(());
        }
    };
    for directive in directives {
        let span = directive.span();
        match script.directive(directive) {
            Ok(Verdict::Command) => {}
            Ok(Verdict::Assertion) => report.passed += 1,
            Ok(Verdict::TextOnly) => report.text_only += 1,
            Err(message) => report.fail(file, source, span, message),
        }
    }
    Ok(())
}

/// `pulley wast`.
pub(crate) fn command(options: &WastOptions) -> Result<(), CommandFailure> {
    let engine = run::engine(&options.compile, pulley::Config::new(), None)?;
    let mut out = std::io::stdout().lock();
    let mut total = Report::default();
    for path in &options.files {
        let source = std::fs::read_to_string(path)
            .map_err(|error| CommandFailure::about(path, format_args!("cannot read: {error}")))?;
        let file = path.display().to_string();
        let report = run(&file, &source, &engine);
        // A closed standard output does not change the outcome.
        for failure in &report.failures {
            let _ = writeln!(out, "{failure}");
        }
        let _ = writeln!(out, "{file}: {report}");
        total.passed += report.passed;
        total.text_only += report.text_only;
        total.failures.extend(report.failures);
    }
    if options.files.len() > 1 {
        let _ = writeln!(out, "total: {total}");
    }
    if total.failures.is_empty() { Ok(()) } else { Err(CommandFailure::Reported) }
}
