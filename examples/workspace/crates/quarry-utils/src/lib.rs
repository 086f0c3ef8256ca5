//! Small helpers for text.

/// Returns a count with its noun: `1 fact`, `2 facts`.
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_no_ending() {
        assert_eq!(counted(1, "fact"), "1 fact");
        assert_eq!(counted(0, "fact"), "0 facts");
    }
}
