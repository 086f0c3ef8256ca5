//! An index over facts: from a relation to the facts that use it.

use std::collections::HashMap;

use quarry_model::{Fact, FactSet};

#[derive(Debug, Default)]
pub struct Store {
    facts: Vec<Fact>,
    by_relation: HashMap<String, Vec<usize>>,
}

impl Store {
    pub fn new(facts: &FactSet) -> Self {
        let mut store = Self::default();
        for fact in facts.iter() {
            store.add(fact.clone());
        }
        store
    }

    pub fn add(&mut self, fact: Fact) {
        let at = self.facts.len();
        self.by_relation.entry(fact.relation.clone()).or_default().push(at);
        self.facts.push(fact);
    }

    pub fn all(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter()
    }

    pub fn with_relation(&self, relation: &str) -> impl Iterator<Item = &Fact> {
        let positions = self.by_relation.get(relation).map_or(&[][..], Vec::as_slice);
        positions.iter().map(|&at| &self.facts[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_finds_its_facts() {
        let store = Store::new(&quarry_testkit::library());
        assert_eq!(store.with_relation("wrote").count(), 2);
        assert_eq!(store.with_relation("painted").count(), 0);
    }
}
