//! Lengths of files and functions. What is longer stands in a ratchet, and no file passes the hard limit.

use std::collections::BTreeMap;

use crate::check::Outcome;
use crate::ratchet::{Excess, Ratchet};
use crate::source::{Source, is_word};
use crate::tree::Tree;

const FILE_LINES: usize = 400;
const FILE_LINES_HARD: usize = 800;
const FUNCTION_LINES: usize = 70;

/// Files of more than 400 lines.
pub(crate) fn files(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("length of files", "files");
    let ratchet = Ratchet::read(tree, "file-lines", &mut outcome);
    let mut found = BTreeMap::new();
    for module in &tree.modules {
        outcome.looked_at += 1;
        let lines = module.source.lines();
        if lines > FILE_LINES {
            found.insert(module.path.clone(), Excess::length(lines));
        }
        if lines > FILE_LINES_HARD {
            outcome.breaches.push(format!(
                "{}: {lines} lines; no file has more than {FILE_LINES_HARD}: split it by verb",
                module.path
            ));
        }
    }
    ratchet.compare(
        &found,
        "a file has at most 400 lines: split it by endpoint or verb",
        &mut outcome,
    );
    outcome
}

/// Functions of more than 70 lines.
pub(crate) fn functions(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("length of functions", "functions");
    let ratchet = Ratchet::read(tree, "function-lines", &mut outcome);
    let mut found = BTreeMap::new();
    for module in &tree.modules {
        for (name, lines) in bodies(&module.source) {
            outcome.looked_at += 1;
            if lines > FUNCTION_LINES {
                found.insert(format!("{}:{name}", module.path), Excess::length(lines));
            }
        }
    }
    ratchet.compare(&found, "a function has at most 70 lines: name its steps", &mut outcome);
    outcome
}

/// Name and number of lines of each function with a body, from `fn` to its closing brace.
fn bodies(source: &Source) -> Vec<(&str, usize)> {
    let code = source.code.as_str();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let is_keyword = at == 0 || !is_word(code.as_bytes()[at - 1]);
        let name = code[at + 3..].trim_start();
        let length = name.bytes().take_while(|byte| is_word(*byte)).count();
        if is_keyword
            && length > 0
            && let Some(end) = end_of_body(&code[at..])
        {
            found.push((&name[..length], code[at..at + end].lines().count()));
        }
    }
    found
}

/// The offset past the brace that closes the first body, unless a `;` comes first.
fn end_of_body(code: &str) -> Option<usize> {
    let (mut depth, mut brackets) = (0_usize, 0_usize);
    for (offset, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets = brackets.saturating_sub(1),
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && brackets == 0 {
                    return Some(offset + 1);
                }
            }
            b';' if depth == 0 && brackets == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    #[test]
    fn a_long_file_is_refused() {
        let path = "crates/base/src/lib.rs";
        accepts(files, &[(path, &"\n".repeat(400))]);
        refuses(files, &[(path, &"\n".repeat(401))], "at most 400");
        accepts(
            files,
            &[
                (path, &"\n".repeat(401)),
                ("xtask/ratchets/file-lines.txt", &format!("{path} 401")),
            ],
        );
        refuses(
            files,
            &[
                (path, &"\n".repeat(801)),
                ("xtask/ratchets/file-lines.txt", &format!("{path} 801")),
            ],
            "no file has more",
        );
    }

    #[test]
    fn a_long_function_is_refused() {
        let path = "crates/base/src/lib.rs";
        let body = |lines: usize| {
            format!(
                "trait T {{ fn s(&self); }}\nfn f(a: [u8; 2]) -> Foo {{\n{}}}\nfn g() {{}}\n",
                "    { x };\n".repeat(lines)
            )
        };
        accepts(functions, &[(path, &body(68))]);
        refuses(functions, &[(path, &body(69))], "crates/base/src/lib.rs:f: 71");
        assert_eq!(bodies(&Source::new(body(3))), [("f", 5), ("g", 1)]);
    }
}
