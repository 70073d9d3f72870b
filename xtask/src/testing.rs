//! Small made-up repositories for planted breaches.

use crate::check::{Check, Outcome};
use crate::tree::Tree;

/// Writes `files` into a fresh folder, reads it as a repository, and runs one check on it.
pub(crate) fn planted(check: Check, files: &[(&str, &str)]) -> Outcome {
    let root = std::env::temp_dir().join(format!(
        "xtask-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let _ = std::fs::remove_dir_all(&root);
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    let outcome = check(&Tree::read(&root));
    std::fs::remove_dir_all(&root).expect("the folder was made above");
    outcome
}

/// Asserts that a check finds exactly one breach in `files`, and that it says `words`.
pub(crate) fn refuses(check: Check, files: &[(&str, &str)], words: &str) {
    let outcome = planted(check, files);
    assert_eq!(
        outcome.breaches.len(),
        1,
        "one breach was planted: {:?}",
        outcome.breaches
    );
    assert!(
        outcome.breaches[0].contains(words),
        "{:?} does not say {words:?}",
        outcome.breaches
    );
}

/// Asserts that a check looks at something in `files` and finds nothing wrong.
pub(crate) fn accepts(check: Check, files: &[(&str, &str)]) {
    let outcome = planted(check, files);
    assert!(
        outcome.passed(),
        "looked at {}, found {:?}",
        outcome.looked_at,
        outcome.breaches
    );
}
