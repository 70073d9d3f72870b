//! The list of models: `{"object":"list","data":[{id,object:"model",created,owned_by}]}`, and in each what the list of
//! OpenRouter tells besides, under its names; SDKs pass over members that they don't know.

use bytes::Bytes;
use serde::Serialize;

/// One model as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Model<'a> {
    /// What a request names; may hold `/` and `:`.
    pub id: &'a str,
    /// Always `model`.
    pub object: &'static str,
    /// Seconds since 1970.
    pub created: i64,
    /// Who runs it.
    pub owned_by: &'a str,
    /// What is told besides.
    #[serde(flatten)]
    pub described: Described<'a>,
}

/// What is known of a model besides; members of which nothing is known are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Described<'a> {
    /// Other names for it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub aliases: &'a [String],
    /// Tokens that it reads and writes together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u32>,
    /// What it reads and makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture<'a>>,
    /// Parameters that it is known to heed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supported_parameters: Vec<&'a str>,
    /// From when on one should not begin with it, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecation_date: Option<String>,
    /// When it ends, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<String>,
    /// What to use in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<&'a str>,
}

/// What a model reads and makes: `text`, `image`, `audio`, …
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Architecture<'a> {
    /// What it reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_modalities: Option<Vec<&'a str>>,
    /// What it makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_modalities: Option<Vec<&'a str>>,
}

impl Architecture<'_> {
    /// Is nothing known?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.input_modalities.is_none() && self.output_modalities.is_none()
    }
}

impl<'a> Model<'a> {
    /// A model that this instance offers.
    pub fn new(id: &'a str, created: i64, owned_by: &'a str) -> Self {
        Self {
            id,
            object: "model",
            created,
            owned_by,
            described: Described::default(),
        }
    }

    /// The body of `GET /v1/models/{id}`.
    pub fn to_body(&self) -> Bytes {
        serde_json::to_vec(self).expect("strings always serialise").into()
    }
}

/// The body of `GET /v1/models`.
pub fn list(models: &[Model<'_>]) -> Bytes {
    #[derive(Serialize)]
    struct List<'a> {
        object: &'static str,
        data: &'a [Model<'a>],
    }
    serde_json::to_vec(&List {
        object: "list",
        data: models,
    })
    .expect("strings always serialise")
    .into()
}
