//! Facts from lines of text: three words a line, `#` starts a comment.

use quarry_model::{Fact, FactSet};

/// A line that is not three words.
#[derive(Debug, PartialEq, Eq)]
pub struct BadLine {
    pub number: usize,
    pub words: usize,
}

/// Reads every fact of a text; the first bad line ends it.
pub fn parse(text: &str) -> Result<FactSet, BadLine> {
    let mut facts = FactSet::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [subject, relation, object] => {
                facts.insert(Fact::new(subject, relation, object));
            }
            other => return Err(BadLine { number: index + 1, words: other.len() }),
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_skipped() {
        let facts = parse("# people\n\nada wrote notes # in 1843\n").unwrap();
        assert_eq!(facts.len(), 1);
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(parse("ada wrote\n").unwrap_err(), BadLine { number: 1, words: 2 });
    }
}
