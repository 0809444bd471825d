//! JSON, as far as the command writes it.

use std::fmt::Write;

/// A string in quotes.
///
/// `<` is escaped as well, so that what is in a page's script cannot end it.
pub(crate) fn text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '<' | '\u{2028}' | '\u{2029}' => escape(&mut quoted, char),
            control if control.is_control() => escape(&mut quoted, control),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// All characters that are escaped by number are of the basic plane.
fn escape(to: &mut String, char: char) {
    let _ = write!(to, "\\u{:04x}", u32::from(char));
}

/// An array of what is JSON already.
pub(crate) fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// An object that is written.
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Object {
        Object("{".to_owned())
    }

    /// A member whose value is JSON already.
    pub(crate) fn raw(&mut self, name: &str, value: impl AsRef<str>) -> &mut Object {
        let comma = if self.0.len() > 1 { "," } else { "" };
        let _ = write!(self.0, "{comma}{}:{}", text(name), value.as_ref());
        self
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Object {
        self.raw(name, text(value))
    }

    pub(crate) fn number(&mut self, name: &str, value: u64) -> &mut Object {
        self.raw(name, value.to_string())
    }

    /// A member that is `null` without a value.
    pub(crate) fn optional(&mut self, name: &str, value: Option<String>) -> &mut Object {
        self.raw(name, value.as_deref().unwrap_or("null"))
    }

    pub(crate) fn finish(&mut self) -> String {
        self.0.push('}');
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(text("a\"\\\n\t</script>é"), r#""a\"\\\n\u0009\u003c/script>é""#);
    }

    #[test]
    fn objects_and_arrays() {
        let mut object = Object::new();
        object.text("a", "b").number("n", 7).optional("none", None);
        object.raw("list", array(["1".to_owned(), "2".to_owned()].into_iter()));
        assert_eq!(object.finish(), r#"{"a":"b","n":7,"none":null,"list":[1,2]}"#);
    }
}
