//! What a model reads and makes, by the names of public lists of models (OpenRouter's `architecture`).

use super::sources::Sources;
use super::value::{Raw, Value};

/// A kind of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modality {
    /// Words.
    Text,
    /// Pictures.
    Image,
    /// Sound.
    Audio,
    /// Film.
    Video,
    /// Documents.
    File,
    /// Vectors.
    Embeddings,
}

impl Modality {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Image,
        Self::Audio,
        Self::Video,
        Self::File,
        Self::Embeddings,
    ];

    /// Its name in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::File => "file",
            Self::Embeddings => "embeddings",
        }
    }

    fn named(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|modality| modality.as_str() == name)
            .ok_or_else(|| format!("there is no modality {name:?}"))
    }
}

impl Value for Vec<Modality> {
    const EXPECTS: &'static str =
        "a list of text, image, audio, video, file, embeddings, such as [\"text\", \"image\"]";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let Raw::List(items) = raw else {
            return Err(raw.described());
        };
        if items.is_empty() {
            return Err("the list is empty".to_owned());
        }
        items.iter().map(|item| Modality::named(item.text()?)).collect()
    }

    fn write(&self) -> String {
        let names: Vec<&str> = self.iter().map(|modality| modality.as_str()).collect();
        format!("{names:?}")
    }
}
