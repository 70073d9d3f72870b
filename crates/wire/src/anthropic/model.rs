//! The list of models: `{"data":[{"type":"model","id","display_name","created_at"}],"first_id","last_id","has_more"}`.

use crate::json::Out;
use bytes::Bytes;

/// One model as the API shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model<'a> {
    /// What a request names.
    pub id: &'a str,
    /// Its name for people.
    pub display_name: &'a str,
    /// RFC 3339.
    pub created_at: &'a str,
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
            .member("created_at", self.created_at)
            .close();
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
        };
        let page = list(&[model], More::Yes);
        assert!(page.ends_with(br#""first_id":"m","last_id":"m","has_more":true}"#));
    }
}
