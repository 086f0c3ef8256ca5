//! Facts as lines of text or, with the feature `graph`, as a Graphviz graph.

use quarry_model::Fact;

/// Writes one fact a line, its words apart by one space.
pub fn to_lines<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> String {
    let mut text = String::new();
    for fact in facts {
        text.push_str(&format!("{} {} {}\n", fact.subject, fact.relation, fact.object));
    }
    text
}

/// Writes a directed graph: an edge a fact.
#[cfg(feature = "graph")]
pub fn to_graph<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> String {
    let mut text = String::from("digraph quarry {\n");
    for fact in facts {
        text.push_str(&format!("    {:?} -> {:?} [label={:?}];\n", fact.subject, fact.object, fact.relation));
    }
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_a_line() {
        assert_eq!(to_lines(&[Fact::new("ada", "wrote", "notes")]), "ada wrote notes\n");
    }
}
