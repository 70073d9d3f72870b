//! Screen: the request is read once, and every text in it passes the input filter. Dispatch takes nothing else.

use super::read::Read;
use crate::filter::Decision;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::journal::Journal;
use crate::gateway::refusal::Refusal;
use crate::gateway::request::Request;
use crate::records::closing::{FilterNote, Status};
use bytes::Bytes;
use policy::Personal;

/// The types of parts that hold more tokens than bytes, in every API.
const MEDIA: [&str; 9] = [
    "image_url",
    "input_image",
    "image",
    "document",
    "file",
    "input_file",
    "input_audio",
    "video_url",
    "container_upload",
];

/// A request that the filter let pass.
pub struct Screened {
    /// Its way into the record.
    pub journal: Journal,
    /// What the client speaks.
    pub call: Call,
    /// The body as it was sent.
    pub body: Personal<Bytes>,
    /// Its size.
    pub body_bytes: usize,
    /// What Candor acts on.
    pub request: Request,
    /// Bytes of all its texts, for estimating tokens.
    pub text_bytes: usize,
    /// Pictures, documents and the like; a text that is such a word counts, too.
    pub media: u64,
}

/// Reads and filters.
pub fn screen(gateway: &Gateway, call: Call, read: Read) -> Result<Screened, Refusal> {
    let Read {
        admitted,
        body,
        body_bytes,
    } = read;
    let mut journal = admitted.journal;
    let grant = journal.subject().grant;
    let (request, texts) = Request::read(call.api, body.open(&grant))?;
    let text_bytes = texts.iter().map(|text| text.len()).sum();
    let media = texts.iter().filter(|text| MEDIA.contains(&&***text)).count() as u64;
    if let Decision::Refused(category) = gateway.screen.decide(&texts) {
        if let Some(model) = gateway.catalogue.find(request.model()) {
            journal.choose(std::sync::Arc::clone(model));
        }
        journal.note_filter(FilterNote {
            action: "refused".to_owned(),
            category: Some(category.as_str().to_owned()),
        });
        return Err(refused(journal));
    }
    Ok(Screened {
        journal,
        call,
        body,
        body_bytes,
        request,
        text_bytes,
        media,
    })
}

fn refused(journal: Journal) -> Refusal {
    match journal.settle(Status::Refused, None) {
        Ok(_) => Refusal::blocked_by_filter(),
        Err(error) => {
            tracing::error!(error = %error, "a refusal could not be recorded");
            Refusal::spool_full(1)
        }
    }
}
