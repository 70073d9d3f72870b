//! Documents: each link that stays in the repository leads somewhere.

use crate::check::Outcome;
use crate::tree::Tree;

/// Relative links in Markdown, with their headings.
pub(crate) fn links(tree: &Tree) -> Outcome {
    let mut outcome = Outcome::new("links", "links");
    // Links of the policy's page lead to anchors and addresses of the page; its own check knows them (`policy::page`).
    let documents = tree
        .texts
        .iter()
        .filter(|(path, _)| path.ends_with(".md") && !path.starts_with("policy/page/"));
    for (path, text) in documents {
        for target in targets(text)
            .into_iter()
            .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        {
            outcome.looked_at += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() {
                path.clone()
            } else {
                joined(path, file)
            };
            let exists = tree.files.contains(&file)
                || tree
                    .files
                    .iter()
                    .any(|known| known.starts_with(&format!("{}/", file.trim_end_matches('/'))));
            if !exists {
                outcome
                    .breaches
                    .push(format!("{path}: the link {target} leads nowhere"));
            } else if !heading.is_empty()
                && !tree
                    .text(&file)
                    .lines()
                    .any(|line| anchor(line).as_deref() == Some(heading))
            {
                outcome
                    .breaches
                    .push(format!("{path}: the link {target} leads to no heading of {file}"));
            }
        }
    }
    outcome
}

/// The targets of `[text](target)`, outside code.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every second part between backticks is code.
        for part in line.split('`').step_by(2) {
            for (at, _) in part.match_indices("](") {
                found.extend(part[at + 2..].split_once(')').map(|(target, _)| target));
            }
        }
        // A link whose text is code has its brackets in two parts.
        found.extend(
            line.split("`](")
                .skip(1)
                .filter_map(|rest| rest.split_once(')'))
                .map(|(target, _)| target),
        );
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn joined(from: &str, target: &str) -> String {
    let mut segments: Vec<&str> = from.split('/').collect();
    segments.pop();
    for segment in target.split('/') {
        match segment {
            "." | "" => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

/// The anchor that a heading gets where Markdown is shown on a forge.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = title
        .trim()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    Some(
        kept.map(|letter| if letter == ' ' { '-' } else { letter })
            .collect::<String>()
            .to_lowercase(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accepts, refuses};

    #[test]
    fn a_link_must_lead_to_a_file_and_a_heading() {
        let page = ("docs/b.md", "# The second, here\n");
        accepts(
            links,
            &[
                (
                    "docs/a.md",
                    "[b](b.md#the-second-here) [`x`](../docs/b.md) [w](https://x.y/z) `[no](no.md)`",
                ),
                page,
            ],
        );
        refuses(links, &[("docs/a.md", "[b](c.md)"), page], "leads nowhere");
        refuses(links, &[("docs/a.md", "[`b`](b.md#first)"), page], "no heading");
    }
}
