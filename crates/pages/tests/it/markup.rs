//! As much of HTML as the tests need to read: tags and attributes.

/// Elements without an end.
const VOID: [&str; 6] = ["meta", "link", "br", "img", "hr", "input"];

/// The tags of a page, without `<` and `>`; what is in a `<style>` is none.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(tag, _)| tag)
        .filter(|tag| !tag.starts_with('!'))
}

/// The first tag that ends another element than the one that is open, or the element that nothing ends.
pub(crate) fn unbalanced(text: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    for tag in tags(text) {
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n', '/'])
            .next()
            .unwrap_or_default();
        if tag.starts_with('/') {
            let top = open.pop();
            if top != Some(name) {
                return Some(format!("</{name}> ends {top:?}"));
            }
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    open.pop().map(ToOwned::to_owned)
}

/// Every attribute with its value.
pub(crate) fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    tags(text).flat_map(|tag| {
        let mut rest = tag;
        std::iter::from_fn(move || {
            let (name, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            rest = after;
            Some((name.rsplit([' ', '\n']).next().unwrap_or(name), value))
        })
    })
}

#[test]
fn markup_that_is_wrong_is_seen() {
    assert_eq!(unbalanced("<p><b>x</b><br></p>"), None);
    assert!(unbalanced("<p><b>x</p></b>").is_some());
    assert!(unbalanced("<p>").is_some());
    let found: Vec<_> = attributes("<a href=\"/x\" onclick=\"y\">").collect();
    assert_eq!(found, [("href", "/x"), ("onclick", "y")]);
}
