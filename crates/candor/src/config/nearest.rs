//! The known word nearest to an unknown one, for error messages: of this configuration, and of the APIs.

/// Longer words are near to nothing.
const LONGEST: usize = 200;

/// The candidate that differs in the fewest letters, if it differs in no more than a third of them (at least two).
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word that nobody wrote by a slip is not compared letter by letter.
    let letters = word.chars().count();
    if letters > LONGEST {
        return None;
    }
    let limit = (letters / 3).max(2);
    known
        .into_iter()
        // Nor is one that differs too much by its length alone: there may be many, and it is strangers who ask.
        .filter(|candidate| candidate.chars().count().abs_diff(letters) <= limit)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(d, _)| *d <= limit)
        // Of two that are equally near, the longer one: letters are left out more often than they are added.
        .min_by_key(|(d, candidate)| (*d, std::cmp::Reverse(candidate.len())))
        .map(|(_, c)| c)
}

/// Letters to insert, remove or exchange (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_nonsense_finds_none() {
        let known = ["limits.head", "limits.body", "server.listen"];
        assert_eq!(nearest("limit.head", known), Some("limits.head"));
        assert_eq!(nearest("server.lisen", known), Some("server.listen"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("servr", ["serve", "server", "spool"]), Some("server"));
    }
}
