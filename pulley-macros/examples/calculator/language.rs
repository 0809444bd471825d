//! The calculator's language and its one-pass compiler.
//!
//! ```text
//! program   = { statement [";"] }
//! statement = name "=" sum | "print" sum | "while" sum "<" sum "{" program "}"
//! sum       = product { ("+" | "-") product }
//! product   = factor { ("*" | "/") factor }
//! factor    = number | name | "-" factor | "(" sum ")" | "sqrt" "(" sum ")"
//! ```
//! A value is made in the accumulator. What has to wait while the other operand is made waits in a slot: variables
//! are in the slots from the top, waiting values in those from 0.

use crate::table::{Encoder, NoForm, Place, Row};

/// Compiles `source` to bytecode.
pub fn compile(source: &str) -> Result<Vec<u8>, String> {
    let mut compiler =
        Compiler { tokens: tokens(source), next: 0, names: Vec::new(), waiting: 0, encoder: Encoder::new() };
    compiler.program("the end")?;
    compiler.encoder.halt().map_err(text)?;
    Ok(compiler.encoder.bytes)
}

fn tokens(source: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut joined = false;
    for c in source.chars() {
        let word = c.is_alphanumeric() || c == '.' || c == '_';
        match tokens.last_mut() {
            Some(last) if word && joined => last.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        joined = word;
    }
    tokens.push("the end".to_string());
    tokens
}

fn text(error: NoForm) -> String {
    error.to_string()
}

struct Compiler {
    tokens: Vec<String>,
    next: usize,
    names: Vec<String>,
    /// Slots in use by values that wait.
    waiting: u16,
    encoder: Encoder,
}

impl Compiler {
    fn peek(&self) -> &str {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> String {
        let token = self.peek().to_string();
        self.next += 1;
        token
    }

    fn accept(&mut self, token: &str) -> bool {
        let found = self.peek() == token;
        self.next += found as usize;
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.accept(token) { Ok(()) } else { Err(self.expected(&format!("`{token}`"))) }
    }

    fn expected(&self, what: &str) -> String {
        match self.peek() {
            "the end" => format!("expected {what}, found the end"),
            token => format!("expected {what}, found `{token}`"),
        }
    }

    fn variable(&mut self, name: &str) -> Result<Place, String> {
        let known = self.names.iter().position(|other| other == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.names.len() - 1
        });
        let index = u16::try_from(index).map_err(|_| "too many names".to_string())?;
        Ok(Place::Slot(u16::MAX - index))
    }

    /// Statements up to `end`, which is left.
    fn program(&mut self, end: &str) -> Result<(), String> {
        while self.peek() != end {
            self.statement()?;
            while self.accept(";") {}
        }
        Ok(())
    }

    fn statement(&mut self) -> Result<(), String> {
        if self.accept("print") {
            self.sum()?;
            self.encoder.print(Place::R).map_err(text)?;
            return Ok(());
        }
        if self.accept("while") {
            return self.repeat();
        }
        let name = self.peek().to_string();
        if !name.starts_with(char::is_alphabetic) || name == "the end" {
            return Err(self.expected("`print`, `while` or `name = ..`"));
        }
        self.next += 1;
        self.expect("=")?;
        self.sum()?;
        let variable = self.variable(&name)?;
        self.encoder.copy(variable, Place::R).map_err(text)?;
        Ok(())
    }

    /// `while`: the condition stands at the top, with a branch out of the loop to be patched.
    fn repeat(&mut self) -> Result<(), String> {
        let top = self.encoder.bytes.len();
        self.sum()?;
        self.expect("<")?;
        let left = self.wait()?;
        self.sum()?;
        self.waiting -= 1;
        let branch = self.encoder.br_unless_less(left, Place::R, 0).map_err(text)?;
        let field = self.encoder.bytes.len() - 4;
        self.expect("{")?;
        self.program("}")?;
        self.expect("}")?;
        let back = self.encoder.bytes.len();
        self.encoder.jump(top as i64 - back as i64).map_err(text)?;
        self.encoder.patch_target(field, (self.encoder.bytes.len() - branch) as i32);
        Ok(())
    }

    /// Moves the accumulator into a slot until `waiting` is decremented again.
    fn wait(&mut self) -> Result<Place, String> {
        let slot = Place::Slot(self.waiting);
        self.waiting = self.waiting.checked_add(1).ok_or("nested too deeply")?;
        self.encoder.copy(slot, Place::R).map_err(text)?;
        Ok(slot)
    }

    fn operators(
        &mut self,
        operators: [(&str, Row); 2],
        operand: fn(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        operand(self)?;
        while let Some((_, row)) = operators.into_iter().find(|(sign, _)| self.accept(sign)) {
            let left = self.wait()?;
            operand(self)?;
            self.waiting -= 1;
            self.encoder.emit(row, &[Place::R, left, Place::R], &[]).map_err(text)?;
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<(), String> {
        self.operators([("+", Row::Add), ("-", Row::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<(), String> {
        self.operators([("*", Row::Multiply), ("/", Row::Divide)], Self::factor)
    }

    fn factor(&mut self) -> Result<(), String> {
        let expected = self.expected("a number, a name, `(` or `-`");
        match self.take().as_str() {
            "(" => {
                self.sum()?;
                return self.expect(")");
            }
            "-" => {
                self.factor()?;
                self.encoder.negate(Place::R, Place::R).map_err(text)?;
            }
            "sqrt" => {
                self.expect("(")?;
                self.sum()?;
                self.expect(")")?;
                self.encoder.square_root(Place::R, Place::R).map_err(text)?;
            }
            number if number.starts_with(|c: char| c.is_ascii_digit()) => {
                let value: f64 = number.parse().map_err(|_| expected)?;
                self.encoder.constant(Place::R, value.to_bits() as i64).map_err(text)?;
            }
            name if name.starts_with(char::is_alphabetic) && name != "the end" => {
                let name = name.to_string();
                let variable = self.variable(&name)?;
                self.encoder.copy(Place::R, variable).map_err(text)?;
            }
            _ => return Err(expected),
        }
        Ok(())
    }
}
