//! The list of models: `{"object":"list","data":[{id,object:"model",created,owned_by}]}`.

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
}

impl<'a> Model<'a> {
    /// A model that this instance offers.
    pub fn new(id: &'a str, created: i64, owned_by: &'a str) -> Self {
        Self {
            id,
            object: "model",
            created,
            owned_by,
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
