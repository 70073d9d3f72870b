//! Paths in Rust code: what a module imports and names, resolved as far as a module's text allows.
//!
//! Promises: finds `use` trees and paths in expressions and types, and knows that a name bound in the file hides a crate of that name.
//! Leaves out: macros' expansions, globs' contents, and `super` inside an inline module (it counts from the file's module).

use std::collections::BTreeSet;

use crate::source::{Source, is_word};
use crate::tree::Module;

/// A path as it is meant: the first segment is a crate's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    /// `krate::a::B`, as many segments as are written.
    pub(crate) path: Vec<String>,
    /// Where it stands.
    pub(crate) offset: usize,
}

/// Every path in the module's program whose first segment is a crate or leads to one.
pub(crate) fn of(module: &Module) -> Vec<Named> {
    let tokens = tokens(&module.source.program);
    let children = children(&tokens);
    let (imports, bound) = imports(&tokens);
    let mut found = Vec::new();
    for (segments, offset) in imports.iter().chain(&expressions(&tokens)) {
        let is_import = segments.first().is_some_and(|first| first == "use");
        let segments = if is_import { &segments[1..] } else { segments.as_slice() };
        // A name that an import of this file bound is counted there.
        if !is_import && segments.first().is_some_and(|first| bound.contains(first)) {
            continue;
        }
        found.extend(resolve(module, &children, segments).map(|path| Named { path, offset: *offset }));
    }
    found
}

/// Names of the modules that a file declares, with `true` for those whose body is in the file.
pub(crate) fn declared_modules(code: &str) -> Vec<(String, bool)> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    for window in tokens.windows(3) {
        if let [Token::Word("mod", _), Token::Word(name, _), Token::Sign(sign, _)] = window
            && (*sign == b';' || *sign == b'{')
        {
            found.push(((*name).to_owned(), *sign == b'{'));
        }
    }
    found
}

/// Files that a `#[path = "…"]` leads to, with `true` for those that only tests declare.
pub(crate) fn redirected(source: &Source) -> Vec<(String, bool)> {
    let is_path = |offset: usize| {
        let before = source.code[..offset].trim_end_matches('"').trim_end();
        before
            .strip_suffix('=')
            .is_some_and(|before| before.trim_end().ends_with("#[path"))
    };
    let in_program = |offset: usize| source.program.as_bytes()[offset - 1] == b'"';
    source
        .strings
        .iter()
        .filter(|(offset, _)| is_path(*offset))
        .map(|(offset, file)| (file.clone(), !in_program(*offset)))
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str, usize),
    /// `::`
    Then(usize),
    Sign(u8, usize),
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let bytes = code.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let from = at;
        if is_word(bytes[at]) {
            while at < bytes.len() && is_word(bytes[at]) {
                at += 1;
            }
            found.push(Token::Word(&code[from..at], from));
        } else if bytes[at..].starts_with(b"::") {
            found.push(Token::Then(at));
            at += 2;
        } else {
            if !bytes[at].is_ascii_whitespace() {
                found.push(Token::Sign(bytes[at], at));
            }
            at += 1;
        }
    }
    found
}

fn children(tokens: &[Token<'_>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for pair in tokens.windows(2) {
        if let [Token::Word("mod", _), Token::Word(name, _)] = pair {
            found.insert((*name).to_owned());
        }
    }
    found
}

type Found = Vec<(Vec<String>, usize)>;

/// The paths of all `use` items, each with a leading `use`, and the names that they bind.
fn imports(tokens: &[Token<'_>]) -> (Found, BTreeSet<String>) {
    let (mut paths, mut bound) = (Vec::new(), BTreeSet::new());
    let mut at = 0;
    while at < tokens.len() {
        if matches!(tokens[at], Token::Word("use", _)) {
            let end = tokens[at..]
                .iter()
                .position(|token| matches!(token, Token::Sign(b';', _)))
                .map_or(tokens.len(), |n| at + n);
            let mut tree = UseTree {
                tokens: &tokens[at + 1..end],
                at: 0,
                paths: &mut paths,
                bound: &mut bound,
            };
            tree.branch(&["use".to_owned()]);
            at = end;
        }
        at += 1;
    }
    (paths, bound)
}

struct UseTree<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    paths: &'a mut Found,
    bound: &'a mut BTreeSet<String>,
}

impl UseTree<'_> {
    /// One branch of the tree, which continues `prefix`; ends at a comma, a closing brace or the end.
    fn branch(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let mut offset = 0;
        let mut alias = None;
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            match token {
                Token::Word("as", _) => {
                    if let Some(Token::Word(name, _)) = self.tokens.get(self.at) {
                        alias = Some((*name).to_owned());
                        self.at += 1;
                    }
                }
                Token::Word(name, at) => {
                    offset = at;
                    path.push(name.to_owned());
                }
                Token::Then(_) | Token::Sign(b'*' | b'#', _) => {}
                Token::Sign(b'{', _) => {
                    self.group(&path);
                    return;
                }
                Token::Sign(_, _) => {
                    self.at -= 1;
                    break;
                }
            }
        }
        if path.len() > prefix.len() {
            let last = path.last().cloned().unwrap_or_default();
            let name = alias.unwrap_or(if last == "self" {
                path[path.len() - 2].clone()
            } else {
                last
            });
            // A crate imported by its own name (`use store;`) hides nothing.
            if path.len() > 2 {
                self.bound.insert(name);
            }
            self.paths.push((path, offset));
        }
    }

    fn group(&mut self, prefix: &[String]) {
        loop {
            self.branch(prefix);
            let sign = self.tokens.get(self.at).copied();
            self.at += 1;
            if !matches!(sign, Some(Token::Sign(b',', _))) {
                return;
            }
        }
    }
}

/// Paths of two or more segments outside `use` items.
fn expressions(tokens: &[Token<'_>]) -> Found {
    let (mut found, mut at, mut in_use) = (Vec::new(), 0, false);
    while at < tokens.len() {
        match tokens[at] {
            Token::Word("use", _) => in_use = true,
            Token::Sign(b';', _) => in_use = false,
            Token::Word(name, offset) if !in_use && starts_path(tokens, at) => {
                let mut path = vec![name.to_owned()];
                while let (Some(Token::Then(_)), Some(Token::Word(next, _))) = (tokens.get(at + 1), tokens.get(at + 2))
                {
                    path.push((*next).to_owned());
                    at += 2;
                }
                if path.len() > 1 {
                    found.push((path, offset));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether the word at `at` is the first of its path: after no `::` (but `::name` at the start of a path is one) and no dot.
fn starts_path(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|index| tokens.get(index));
    match before(1) {
        Some(Token::Sign(b'.', _)) => false,
        Some(Token::Then(_)) => !matches!(before(2), Some(Token::Word(_, _) | Token::Sign(b'>', _))),
        _ => true,
    }
}

/// Puts a crate's name in front, for a path that is written relative to the module.
fn resolve(module: &Module, children: &BTreeSet<String>, segments: &[String]) -> Option<Vec<String>> {
    let absolute = |prefix: &[String], rest: &[String]| {
        let mut path = vec![module.krate.clone()];
        path.extend_from_slice(prefix);
        path.extend_from_slice(rest);
        Some(path)
    };
    let here = module.module.as_slice();
    match segments.first()?.as_str() {
        "crate" => absolute(&[], &segments[1..]),
        "self" => absolute(here, &segments[1..]),
        "super" => {
            let ups = segments.iter().take_while(|segment| *segment == "super").count();
            absolute(&here[..here.len().saturating_sub(ups)], &segments[ups..])
        }
        "Self" => None,
        first if children.contains(first) => absolute(here, segments),
        _ => Some(segments.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Part;

    fn paths(module: &[&str], text: &str) -> Vec<String> {
        let module = Module {
            path: String::new(),
            krate: "candor".to_owned(),
            module: module.iter().map(|segment| (*segment).to_owned()).collect(),
            part: Part::Program,
            source: Source::new(text.to_owned()),
        };
        of(&module).into_iter().map(|named| named.path.join("::")).collect()
    }

    #[test]
    fn a_use_tree_yields_each_of_its_leaves() {
        assert_eq!(
            paths(
                &["money"],
                "pub(crate) use crate::{people::{self, Account as A}, web::*};\nuse super::records;"
            ),
            [
                "candor::people::self",
                "candor::people::Account",
                "candor::web",
                "candor::records"
            ]
        );
    }

    #[test]
    fn a_path_in_code_counts_and_a_string_or_comment_does_not() {
        assert_eq!(
            paths(
                &["money"],
                "fn f() -> store::db::Db { let s = \"egress::x\"; /* wire::y */ ::base::clock::now(); a.b::<u8>() }"
            ),
            ["store::db::Db", "base::clock::now"]
        );
    }

    #[test]
    fn a_child_module_or_an_import_hides_a_crate_of_the_same_name() {
        assert_eq!(
            paths(&["money"], "mod store; fn f() { store::save() }"),
            ["candor::money::store::save"]
        );
        assert_eq!(
            paths(&["money", "jobs"], "use super::store; fn f() { store::save() }"),
            ["candor::money::store"],
            "the use is counted once, what it bound is no crate"
        );
    }
}
