//! What the command's HTML pages have in common: each is one file that needs nothing else.

use std::fmt;
use std::io::{self, Write};

/// Writes a page up to its body. `title` is escaped already; `style` is what the page has beyond the common rules.
pub(crate) fn begin(title: &dyn fmt::Display, style: &str, out: &mut dyn Write) -> io::Result<()> {
    let base = include_str!("base.css");
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{title}</title>\n<style>\n{base}{style}</style>\n</head>\n<body>"
    )
}

/// Writes its end.
pub(crate) fn end(script: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<script>\n{script}</script>\n</body>\n</html>")
}

/// Text, escaped for content and for attributes in double quotes.
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(['&', '<', '>', '"']) {
            let (text, last) = match part.char_indices().last() {
                Some((at, last @ ('&' | '<' | '>' | '"'))) => (&part[..at], Some(last)),
                _ => (part, None),
            };
            f.write_str(text)?;
            f.write_str(match last {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some(_) => "&quot;",
                None => "",
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn text_is_escaped() {
        let escaped = |text| Text(text).to_string();
        assert_eq!(escaped("vec<T> & \"x\""), "vec&lt;T&gt; &amp; &quot;x&quot;");
        assert_eq!((escaped(""), escaped("<"), escaped("é<é")), (String::new(), "&lt;".into(), "é&lt;é".into()));
    }
}
