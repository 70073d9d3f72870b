//! Our own messages are literals: at run time a format string can't be told from its arguments, so the sources are read.
//! What varies goes into declared fields, where its shape is checked.

use std::path::{Path, PathBuf};

const MACROS: [&str; 6] = ["error!(", "warn!(", "info!(", "debug!(", "trace!(", "event!("];

/// The log calls in `source`, each as what stands between its brackets.
fn log_calls(source: &str) -> Vec<&str> {
    let mut calls = Vec::new();
    for name in MACROS {
        for (start, _) in source.match_indices(name) {
            let before = source[..start].chars().next_back();
            let is_word = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
            if !is_word {
                calls.push(inside_brackets(&source[start + name.len()..]));
            }
        }
    }
    calls
}

/// Up to the closing bracket; brackets in texts don't count.
fn inside_brackets(rest: &str) -> &str {
    let (mut depth, mut in_text, mut escaped) = (1, false, false);
    for (place, letter) in rest.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' | ']' | '}' if !in_text => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &rest[..place];
        }
    }
    rest
}

/// The text of the message, if it would be a format string with arguments.
fn interpolated(call: &str) -> Option<&str> {
    let last = top_level_parts(call)
        .into_iter()
        .find(|part| part.trim_start().starts_with('"'))?;
    let unescaped = last.replace("{{", "").replace("}}", "");
    unescaped.contains('{').then_some(last)
}

fn top_level_parts(call: &str) -> Vec<&str> {
    let (mut depth, mut in_text, mut escaped, mut begin) = (0, false, false, 0);
    let mut parts = Vec::new();
    for (place, letter) in call.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' | ']' | '}' if !in_text => depth -= 1,
            ',' | ';' if !in_text && depth == 0 => {
                parts.push(&call[begin..place]);
                begin = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&call[begin..]);
    parts
}

#[expect(clippy::disallowed_methods, reason = "a test that reads the sources")]
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            found.push((path, source));
        }
    }
}

#[test]
fn no_log_message_of_ours_is_a_format_string() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut found = Vec::new();
    for name in ["base", "policy", "wire", "detect", "egress", "store", "candor"] {
        sources(&crates.join(name).join("src"), &mut found);
    }
    let mut calls = 0;
    let mut wrong = Vec::new();
    for (path, source) in &found {
        for call in log_calls(source) {
            calls += 1;
            wrong.extend(interpolated(call).map(|message| format!("{}: {}", path.display(), message.trim())));
        }
    }
    assert!(
        found.len() >= 7 && calls >= 1,
        "looked at {} files and {calls} log calls",
        found.len()
    );
    assert!(
        wrong.is_empty(),
        "move what varies into a declared field:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_planted_format_string_is_found_and_a_literal_is_not() {
    let planted = [
        r#"tracing::info!("prompt: {prompt}");"#,
        r#"warn!(status = 3, "failed: {}", error);"#,
        "error!(\n    target: \"x\", status = f(1, \"{}\"),\n    \"bad {:?}\",\n    body\n);",
        r#"event!(Level::INFO, "a {b}")"#,
    ];
    for source in planted {
        assert_eq!(
            log_calls(source).into_iter().filter_map(interpolated).count(),
            1,
            "{source}"
        );
    }
    let fine = [
        r#"info!(reason = %format!("{x}"), "kept");"#,
        r#"debug!("a {{literal}} brace, and (")"#,
        "my_info!(\"{x}\")",
    ];
    for source in fine {
        assert_eq!(
            log_calls(source).into_iter().filter_map(interpolated).count(),
            0,
            "{source}"
        );
    }
}
