//! What pages refer to: one stylesheet and one icon.
//!
//! Promises: a name holds the hash of its content, so that it may be cached for ever and a new version is never mixed with
//! old pages.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// The folder of all assets, as their addresses begin.
pub const FOLDER: &str = "/assets/";

/// Bytes of the hash in a name.
const HASH_BYTES: usize = 6;

/// A file that pages refer to.
#[derive(Debug)]
pub struct Asset {
    /// Its name below [`FOLDER`].
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub content: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, media_type: &'static str, content: &'static str) -> Self {
        let mut name = format!("{stem}-");
        for byte in &Sha256::digest(content)[..HASH_BYTES] {
            write!(name, "{byte:02x}").expect("writing into a string does not fail");
        }
        name.push('.');
        name.push_str(extension);
        Self {
            name,
            media_type,
            content,
        }
    }

    /// Its address.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{FOLDER}{}", self.name)
    }
}

/// The stylesheet of all pages.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "style",
        "css",
        "text/css; charset=utf-8",
        include_str!("../assets/style.css"),
    )
});

/// The icon.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// The asset of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Asset> {
    [&*STYLE, &*ICON].into_iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_the_name_with_its_hash_alone() {
        assert_eq!(find(&STYLE.name).map(|asset| asset.media_type), Some(STYLE.media_type));
        assert!(find("style.css").is_none());
        assert_ne!(STYLE.name, ICON.name);
    }
}
