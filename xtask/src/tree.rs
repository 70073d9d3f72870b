//! The repository as the checks see it: every Rust source with its place in a crate, every document, every manifest.
//!
//! Leaves out: anything that git ignores (`target`, a data folder) and hidden folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::paths::{declared_modules, redirected};
use crate::source::Source;

/// What kind of target a source belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `src/`: what ships.
    Program,
    /// `tests/`, `benches/`, `examples/`.
    Test,
}

/// One Rust source.
#[derive(Debug)]
pub(crate) struct Module {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// The crate it belongs to.
    pub(crate) krate: String,
    /// Its module path in the crate, without the crate's name; empty for a root.
    pub(crate) module: Vec<String>,
    pub(crate) part: Part,
    pub(crate) source: Source,
}

impl Module {
    /// `crate::a::b`, as it is written in the rules.
    pub(crate) fn full_name(&self) -> String {
        let mut name = self.krate.clone();
        for segment in &self.module {
            name.push_str("::");
            name.push_str(segment);
        }
        name
    }
}

/// The repository, read once.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) modules: Vec<Module>,
    /// Every other text file that a check reads: `.md`, `.toml`, `.txt`, `.sql`, `.lock`, by path.
    pub(crate) texts: BTreeMap<String, String>,
    /// Every path of a file.
    pub(crate) files: Vec<String>,
}

impl Tree {
    /// Reads the repository at `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self {
            root: root.to_owned(),
            ..Self::default()
        };
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(root.join(&folder)) else {
                continue;
            };
            for entry in entries.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') || name == "target" || name == "node_modules" || name == "candor-data" {
                    continue;
                }
                let path = folder.join(&name);
                if entry.path().is_dir() {
                    folders.push(path);
                } else {
                    tree.take(&path.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        tree.modules.sort_by(|a, b| a.path.cmp(&b.path));
        tree.mark_test_files();
        tree.files.sort();
        tree
    }

    /// The text of a file, or nothing where there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.texts.get(path).map_or("", String::as_str)
    }

    /// Names of the workspace's crates.
    pub(crate) fn crates(&self) -> Vec<String> {
        self.texts
            .keys()
            .filter_map(|path| path.strip_suffix("/Cargo.toml"))
            .map(crate_of_folder)
            .collect()
    }

    /// Sources of what ships: crates that are neither test tools nor chores.
    pub(crate) fn program(&self) -> impl Iterator<Item = &Module> {
        self.modules
            .iter()
            .filter(|module| module.part == Part::Program && !is_tool(&module.krate))
    }

    /// A file that is declared under `#[cfg(test)]` is a test, wherever it stands.
    fn mark_test_files(&mut self) {
        let (mut tests, mut files) = (Vec::new(), Vec::new());
        for module in &self.modules {
            let in_program = declared_modules(&module.source.program);
            let all = declared_modules(&module.source.code);
            for (name, _) in all.into_iter().filter(|declared| !in_program.contains(declared)) {
                tests.push(format!("{}::{name}", module.full_name()));
            }
            let folder = module.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            files.extend(
                redirected(&module.source)
                    .into_iter()
                    .filter(|(_, is_test)| *is_test)
                    .map(|(file, _)| format!("{folder}/{file}")),
            );
        }
        for module in &mut self.modules {
            let name = module.full_name();
            let is_redirected = files.contains(&module.path);
            if is_redirected
                || tests
                    .iter()
                    .any(|test| name == *test || name.starts_with(&format!("{test}::")))
            {
                module.part = Part::Test;
            }
        }
    }

    fn take(&mut self, path: &str) {
        self.files.push(path.to_owned());
        let is_text = ["md", "toml", "txt", "sql", "lock", "yaml", "html"]
            .iter()
            .any(|end| path.ends_with(&format!(".{end}")));
        if is_text && let Ok(text) = std::fs::read_to_string(self.root.join(path)) {
            self.texts.insert(path.to_owned(), text);
        }
        if path.ends_with(".rs")
            && let Ok(text) = std::fs::read_to_string(self.root.join(path))
        {
            self.modules.extend(place(path, text));
        }
    }
}

/// Whether a crate is a tool for tests or chores and ships nothing.
pub(crate) fn is_tool(krate: &str) -> bool {
    krate == "testkit" || krate == "xtask"
}

fn crate_of_folder(folder: &str) -> String {
    folder.rsplit('/').next().unwrap_or(folder).to_owned()
}

/// Finds the crate and the module path of a source from its path.
fn place(path: &str, text: String) -> Option<Module> {
    let rest = path.strip_prefix("crates/").unwrap_or(path);
    let mut segments: Vec<&str> = rest.split('/').collect();
    let file = segments.pop()?.strip_suffix(".rs")?;
    let mut segments = segments.into_iter();
    let krate = segments.next()?.to_owned();
    let part = match segments.next() {
        Some("src") => Part::Program,
        _ => Part::Test,
    };
    let mut module: Vec<String> = segments.map(str::to_owned).collect();
    match file {
        "lib" | "mod" => {}
        "main" if part == Part::Test => {}
        _ => module.push(file.to_owned()),
    }
    Some(Module {
        path: path.to_owned(),
        krate,
        module,
        part,
        source: Source::new(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_only_tests_declare_is_a_test() {
        let mut tree = Tree::default();
        tree.modules.extend(place(
            "crates/base/src/a/mod.rs",
            "#[cfg(test)]\nmod a_tests;\nmod b;\n#[cfg(test)]\n#[path = \"c_tests.rs\"]\nmod c;".to_owned(),
        ));
        tree.modules
            .extend(place("crates/base/src/a/a_tests.rs", String::new()));
        tree.modules.extend(place("crates/base/src/a/b.rs", String::new()));
        tree.modules
            .extend(place("crates/base/src/a/c_tests.rs", String::new()));
        tree.mark_test_files();
        let parts: Vec<Part> = tree.modules.iter().map(|module| module.part).collect();
        assert_eq!(parts, [Part::Program, Part::Test, Part::Program, Part::Test]);
    }

    #[test]
    fn a_source_knows_its_crate_and_module() {
        let name = |path: &str| {
            place(path, String::new())
                .map(|module| module.full_name())
                .unwrap_or_default()
        };
        assert_eq!(name("crates/candor/src/money/mod.rs"), "candor::money");
        assert_eq!(name("crates/candor/src/money/store.rs"), "candor::money::store");
        assert_eq!(name("crates/store/src/lib.rs"), "store");
        assert_eq!(name("crates/candor/src/main.rs"), "candor::main");
        assert_eq!(name("xtask/src/tree.rs"), "xtask::tree");
    }
}
