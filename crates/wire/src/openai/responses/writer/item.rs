//! An item of a streamed response while it grows.

use super::answer::{Status, open_message, output_text};
use super::items;
use crate::json::Out;
use crate::neutral::{Reasoning, Seal, ToolCall};

#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Message {
        /// Parts that are complete.
        parts: Vec<String>,
        open: Option<Words>,
    },
    Reasoning {
        texts: Vec<String>,
        open: bool,
        seal: Option<Seal<'static>>,
    },
    Call {
        call: ToolCall<'static>,
    },
}

#[derive(Debug)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) is_refusal: bool,
    pub(super) annotations: Vec<String>,
}

impl Item {
    /// The item as far as it is.
    pub(super) fn whole(&self, status: Status) -> String {
        let mut out = Out::default();
        match &self.kind {
            Kind::Message { parts, .. } => {
                open_message(&self.id, status, &mut out);
                for part in parts {
                    out.raw(part);
                }
                out.close_array();
            }
            Kind::Reasoning { texts, seal, .. } => {
                let thought = Reasoning {
                    id: None,
                    texts: texts.iter().map(|text| text.as_str().into()).collect(),
                    verbatim: false,
                    seal: seal.clone(),
                };
                items::reasoning(&thought, &self.id, &mut out);
            }
            Kind::Call { call } => {
                out.open().member("id", &self.id);
                items::call_members(call, &call.id, &mut out);
                out.member("status", status.name());
            }
        }
        out.close();
        out.into_text()
    }
}

impl Words {
    /// The part as far as it is.
    pub(super) fn whole(&self) -> String {
        let mut out = Out::default();
        if self.is_refusal {
            out.open()
                .member("type", "refusal")
                .member("refusal", &self.text)
                .close();
        } else {
            output_text(&self.text, &format!("[{}]", self.annotations.join(",")), &mut out);
        }
        out.into_text()
    }
}
