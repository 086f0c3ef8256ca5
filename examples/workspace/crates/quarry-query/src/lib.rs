//! Patterns over an index: three words, `?` stands for anything.

use quarry_model::Fact;
use quarry_store::Store;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    subject: Option<String>,
    relation: Option<String>,
    object: Option<String>,
}

impl Pattern {
    /// Reads a pattern; anything but three words is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace().map(|word| (word != "?").then(|| word.to_owned()));
        let pattern = Self { subject: words.next()?, relation: words.next()?, object: words.next()? };
        words.next().is_none().then_some(pattern)
    }

    pub fn matches(&self, fact: &Fact) -> bool {
        fits(&self.subject, &fact.subject) && fits(&self.relation, &fact.relation) && fits(&self.object, &fact.object)
    }
}

fn fits(wanted: &Option<String>, word: &str) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == word)
}

/// Returns the facts of a store that a pattern matches.
pub fn find<'a>(store: &'a Store, pattern: &'a Pattern) -> Vec<&'a Fact> {
    match &pattern.relation {
        Some(relation) => store.with_relation(relation).filter(|fact| pattern.matches(fact)).collect(),
        None => store.all().filter(|fact| pattern.matches(fact)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_stands_for_anything() {
        let store = Store::new(&quarry_testkit::library());
        let pattern = Pattern::parse("? wrote notes").unwrap();
        assert_eq!(find(&store, &pattern).len(), 1);
    }

    #[test]
    fn a_pattern_has_three_words() {
        assert_eq!(Pattern::parse("ada wrote"), None);
        assert_eq!(Pattern::parse("ada wrote notes twice"), None);
    }
}
