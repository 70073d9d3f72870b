//! `[[provider]]`: who answers.

use super::credential::{Credential, WeightedKey};
use super::key::section;
use super::sources::Sources;
use super::value::{Raw, Value};
use std::num::NonZeroU32;

/// The most keys of a provider.
pub const MOST_KEYS: usize = 32;

/// The name of the provider that is built in.
pub const SANDBOX: &str = "sandbox";

/// The chat model that it answers as.
pub const SANDBOX_CHAT: &str = "sandbox-chat";

/// The model of embeddings that it answers as.
pub const SANDBOX_EMBED: &str = "sandbox-embed";

/// All of its models.
pub const SANDBOX_MODELS: [&str; 2] = [SANDBOX_CHAT, SANDBOX_EMBED];

section! {
    /// A provider of models. The sandbox provider is built in and needs no entry.
    Provider in "provider" {
        /// Its name, as routes write it.
        name: String = required,
        /// The API that it speaks: `openai` (OpenAI's own and servers that have all of it), `compatible` (servers that have its chat
        /// completions, such as vLLM, llama.cpp and Ollama), `mistral`, `anthropic`.
        kind: Kind = required,
        /// Where its API begins, such as `https://api.openai.com/v1`. Plain `http://` only to this machine, else see
        /// `insecure`.
        base_url: BaseUrl = required,
        /// Its API key. Unset: none is sent.
        key: Option<Credential> = none,
        /// Several API keys in place of `key`, each written as that is; they take turns. A `weight` in a key's table gives it so many turns
        /// of those of a key without one. A key that the provider refuses or limits rests, and another one is taken.
        keys: Vec<WeightedKey> = [],
        /// Where it computes, such as `eu` or `us`; receipts name it.
        region: Option<String> = none,
        /// Why prompts may travel unencrypted to an `http://` address that is not this machine: a sentence, shown on the page.
        insecure: Option<String> = none,
    }
}

impl Provider {
    /// All of its keys, however they are written, with their weights.
    pub fn all_keys(&self) -> impl Iterator<Item = (&Credential, NonZeroU32)> {
        let single = self.key.iter().map(|key| (key, NonZeroU32::MIN));
        single.chain(self.keys.iter().map(|key| (&key.credential, key.weight)))
    }
}

/// The API that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// OpenAI's, all of it.
    OpenAi,
    /// OpenAI's chat completions, embeddings and completions.
    Compatible,
    /// Mistral's.
    Mistral,
    /// Anthropic's.
    Anthropic,
}

impl Kind {
    const ALL: [Self; 4] = [Self::OpenAi, Self::Compatible, Self::Mistral, Self::Anthropic];

    const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Compatible => "compatible",
            Self::Mistral => "mistral",
            Self::Anthropic => "anthropic",
        }
    }
}

impl Value for Kind {
    const EXPECTS: &'static str = "\"openai\", \"compatible\", \"mistral\" or \"anthropic\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        match Self::ALL.into_iter().find(|kind| kind.name() == text) {
            Some(kind) => Ok(kind),
            None if ["stability", "google", "azure", "bedrock"].contains(&text) => {
                Err(format!("providers of kind {text:?} are not part of this version yet"))
            }
            None => Err(format!("there is no kind {text:?} of provider")),
        }
    }

    fn write(&self) -> String {
        format!("{:?}", self.name())
    }
}

/// An absolute `http://` or `https://` address without a trailing slash, query or credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(http::Uri);

impl BaseUrl {
    /// The address.
    pub fn uri(&self) -> &http::Uri {
        &self.0
    }

    /// Whether the way there is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.host().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    }
}

impl Value for BaseUrl {
    const EXPECTS: &'static str = "an address such as \"https://api.openai.com/v1\"";

    fn read(raw: &Raw<'_>, _: &Sources) -> Result<Self, String> {
        let text = raw.text()?;
        let uri: http::Uri = text
            .trim_end_matches('/')
            .parse()
            .map_err(|_| format!("{text:?} is no address"))?;
        let is_known = matches!(uri.scheme_str(), Some("http" | "https"));
        match uri.authority() {
            Some(authority) if authority.as_str().contains('@') => {
                Err("it holds a password, which belongs in `key`".to_owned())
            }
            Some(_) if is_known && uri.query().is_none() => Ok(Self(uri)),
            _ => Err(format!("{text:?} is no address of an API")),
        }
    }

    fn write(&self) -> String {
        format!("\"{}\"", self.0.to_string().trim_end_matches('/'))
    }
}
