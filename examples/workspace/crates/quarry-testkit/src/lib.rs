//! Facts to test with.

use quarry_model::{Fact, FactSet};

/// A few facts about people and what they made.
pub fn library() -> FactSet {
    [
        Fact::new("ada", "wrote", "notes"),
        Fact::new("ada", "knew", "charles"),
        Fact::new("charles", "designed", "engine"),
        Fact::new("mary", "wrote", "letters"),
    ]
    .into_iter()
    .collect()
}
