//! Facts, and the set of them.

use std::collections::BTreeSet;

/// One statement: a subject, a relation and an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    pub subject: String,
    pub relation: String,
    pub object: String,
}

impl Fact {
    pub fn new(subject: &str, relation: &str, object: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            relation: relation.to_owned(),
            object: object.to_owned(),
        }
    }
}

/// Facts in a stable order, each once.
#[derive(Clone, Debug, Default)]
pub struct FactSet {
    facts: BTreeSet<Fact>,
}

impl FactSet {
    /// Adds a fact and says whether it was new.
    pub fn insert(&mut self, fact: Fact) -> bool {
        self.facts.insert(fact)
    }

    pub fn len(&self) -> usize {
        self.facts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter()
    }
}

impl FromIterator<Fact> for FactSet {
    fn from_iter<T: IntoIterator<Item = Fact>>(facts: T) -> Self {
        Self { facts: facts.into_iter().collect() }
    }
}
