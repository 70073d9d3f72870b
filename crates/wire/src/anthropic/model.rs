//! The list of models: `{"data":[{"type":"model","id","display_name","created_at",…}],"first_id","last_id","has_more"}`,
//! each with its limits, its capabilities as far as they are known, and its lifecycle.

use crate::json::Out;
use bytes::Bytes;

/// One model as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model<'a> {
    /// What a request names.
    pub id: &'a str,
    /// Its name for people.
    pub display_name: &'a str,
    /// RFC 3339.
    pub created_at: &'a str,
    /// Its context window.
    pub max_input_tokens: Option<u32>,
    /// The most that `max_tokens` may be.
    pub max_tokens: u64,
    /// What is known of what it can do. The API tells all; here, what nobody declared is left out.
    pub capabilities: Vec<(Capability, bool)>,
    /// Where it stands.
    pub lifecycle: Lifecycle,
    /// RFC 3339.
    pub deprecated_at: Option<String>,
    /// RFC 3339.
    pub retires_at: Option<String>,
}

/// What the API tells of what a model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// It takes image blocks.
    ImageInput,
    /// It takes PDF blocks.
    PdfInput,
    /// It answers by a schema.
    StructuredOutputs,
    /// It thinks.
    Thinking,
}

impl Capability {
    const fn name(self) -> &'static str {
        match self {
            Self::ImageInput => "image_input",
            Self::PdfInput => "pdf_input",
            Self::StructuredOutputs => "structured_outputs",
            Self::Thinking => "thinking",
        }
    }
}

/// Where a model stands. One that has retired is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// To stay.
    Active,
    /// To go.
    Deprecated,
}

/// Is there more behind the page?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// No.
    No,
    /// Yes; the next page begins after the last id.
    Yes,
}

impl Model<'_> {
    /// The body of `GET /v1/models/{id}`.
    pub fn to_body(&self) -> Bytes {
        let mut out = Out::default();
        self.write(&mut out);
        out.into_bytes()
    }

    fn write(&self, out: &mut Out) {
        out.open().member("type", "model").member("id", self.id);
        out.member("display_name", self.display_name)
            .member("created_at", self.created_at);
        match self.max_input_tokens {
            Some(tokens) => out.member_number("max_input_tokens", tokens.into()),
            None => out.member_raw("max_input_tokens", "null"),
        };
        out.member_number("max_tokens", self.max_tokens);
        self.write_capabilities(out);
        let lifecycle = match self.lifecycle {
            Lifecycle::Active => "active",
            Lifecycle::Deprecated => "deprecated",
        };
        out.member("lifecycle", lifecycle)
            .member_or_null("deprecated_at", self.deprecated_at.as_deref())
            .member_or_null("retires_at", self.retires_at.as_deref())
            .close();
    }

    fn write_capabilities(&self, out: &mut Out) {
        if self.capabilities.is_empty() {
            out.member_raw("capabilities", "null");
            return;
        }
        out.key("capabilities").open();
        for (capability, is_supported) in &self.capabilities {
            let supported = if *is_supported { "true" } else { "false" };
            out.key(capability.name())
                .open()
                .member_raw("supported", supported)
                .close();
        }
        out.close();
    }
}

/// The body of `GET /v1/models`.
pub fn list(models: &[Model<'_>], more: More) -> Bytes {
    let mut out = Out::default();
    out.open().key("data").open_array();
    for model in models {
        model.write(&mut out);
    }
    out.close_array();
    out.member_or_null("first_id", models.first().map(|model| model.id));
    out.member_or_null("last_id", models.last().map(|model| model.id));
    out.member_raw("has_more", if more == More::Yes { "true" } else { "false" });
    out.close();
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_page_has_null_ids() {
        assert_eq!(
            &list(&[], More::No)[..],
            br#"{"data":[],"first_id":null,"last_id":null,"has_more":false}"#
        );
        let model = Model {
            id: "m",
            display_name: "M",
            created_at: "2026-01-01T00:00:00Z",
            max_input_tokens: None,
            max_tokens: 7,
            capabilities: vec![(Capability::Thinking, false)],
            lifecycle: Lifecycle::Active,
            deprecated_at: None,
            retires_at: None,
        };
        let shown = model.to_body();
        assert!(shown.starts_with(br#"{"type":"model","id":"m","display_name":"M","#));
        assert!(shown.ends_with(
            br#""max_input_tokens":null,"max_tokens":7,"capabilities":{"thinking":{"supported":false}},"lifecycle":"active","deprecated_at":null,"retires_at":null}"#
        ));
        let page = list(&[model], More::Yes);
        assert!(page.ends_with(br#""first_id":"m","last_id":"m","has_more":true}"#));
    }
}
