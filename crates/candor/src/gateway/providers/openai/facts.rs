//! In what servers of OpenAI's API differ: facts, so that there is no branch for a server anywhere.

use super::super::Way;
use crate::gateway::api::Api;
use wire::dialect::Dialect;
use wire::neutral::Format;

/// One kind of server.
#[derive(Debug, PartialEq, Eq)]
pub struct Facts {
    /// The APIs whose bytes it takes as clients send them, each with its path.
    speaks: &'static [(Api, &'static str)],
    /// The format in which it takes conversations of any other.
    conversations: Format,
    /// In what that format differs here.
    dialect: &'static Dialect,
}

const CHAT: (Api, &str) = (Api::Chat, CHAT_PATH);
const COMPLETIONS: (Api, &str) = (Api::Completions, "/completions");
const EMBEDDINGS: (Api, &str) = (Api::Embeddings, "/embeddings");
const RESPONSES: (Api, &str) = (Api::Responses, RESPONSES_PATH);
const INPUT_TOKENS: (Api, &str) = (Api::InputTokens, "/responses/input_tokens");
const CHAT_PATH: &str = "/chat/completions";
const RESPONSES_PATH: &str = "/responses";

/// OpenAI itself. Its responses keep what a model thought between turns, which its chat completions lose.
pub static OPENAI: Facts = Facts {
    speaks: &[CHAT, RESPONSES, EMBEDDINGS, COMPLETIONS, INPUT_TOKENS],
    conversations: Format::Responses,
    dialect: &Dialect::PLAIN,
};

/// A server at another address that has all of OpenAI's APIs, such as a gateway.
pub static SERVER: Facts = Facts {
    speaks: &[CHAT, RESPONSES, EMBEDDINGS, COMPLETIONS, INPUT_TOKENS],
    conversations: Format::Chat,
    dialect: &Dialect::PLAIN,
};

/// Servers of open models: vLLM, llama.cpp, Ollama.
pub static COMPATIBLE: Facts = Facts {
    speaks: &[CHAT, EMBEDDINGS, COMPLETIONS],
    conversations: Format::Chat,
    dialect: &Dialect::OPEN,
};

/// Mistral, whose chat has other names for some members and refuses unknown ones: not even chat passes as it is.
pub static MISTRAL: Facts = Facts {
    speaks: &[EMBEDDINGS],
    conversations: Format::Chat,
    dialect: &Dialect::MISTRAL,
};

impl Facts {
    /// How a request of `api` gets to such a server.
    pub(super) fn way(&self, api: Api) -> Option<Way> {
        if let Some((_, path)) = self.speaks.iter().find(|(spoken, _)| *spoken == api) {
            return Some(Way::Passing(path));
        }
        let (to, dialect) = (self.conversations, self.dialect);
        let path = match (api, to) {
            (Api::Completions | Api::Embeddings, _) => return None,
            // Chat completions have no counting: it is done here.
            (Api::InputTokens | Api::CountTokens, Format::Chat | Format::Messages) => return None,
            (Api::InputTokens | Api::CountTokens, Format::Responses) => INPUT_TOKENS.1,
            (Api::Chat | Api::Responses | Api::Messages, Format::Responses) => RESPONSES_PATH,
            (Api::Chat | Api::Responses | Api::Messages, Format::Chat | Format::Messages) => CHAT_PATH,
        };
        Some(Way::Translated { to, dialect, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_speaks_passes_and_other_conversations_are_translated() {
        assert_eq!(OPENAI.way(Api::Responses), Some(Way::Passing("/responses")));
        assert_eq!(COMPATIBLE.way(Api::Chat), Some(Way::Passing("/chat/completions")));
        for (facts, api, expected) in [
            (&OPENAI, Api::Messages, (Format::Responses, "/responses")),
            (
                &OPENAI,
                Api::CountTokens,
                (Format::Responses, "/responses/input_tokens"),
            ),
            (&SERVER, Api::Messages, (Format::Chat, "/chat/completions")),
            (&COMPATIBLE, Api::Responses, (Format::Chat, "/chat/completions")),
            (&MISTRAL, Api::Chat, (Format::Chat, "/chat/completions")),
        ] {
            let Some(Way::Translated { to, path, .. }) = facts.way(api) else {
                panic!("{api:?} is not translated");
            };
            assert_eq!((to, path), expected, "{api:?}");
        }
        assert_eq!(COMPATIBLE.way(Api::CountTokens), None);
        assert_eq!(MISTRAL.way(Api::Completions), None);
    }
}
