//! Data URLs: how OpenAI's formats carry bytes.

use crate::base64;
use crate::json::Text;
use crate::neutral::Source;
use std::borrow::Cow;

/// A data URL as its bytes; any other address as it is.
pub(super) fn address(url: Text<'_>) -> Source<'_> {
    match url {
        Cow::Borrowed(url) => match base64_url(url) {
            Some((media_type, data)) => Source::Base64 {
                media_type: media_type.into(),
                data: data.into(),
            },
            None => Source::Url(url.into()),
        },
        Cow::Owned(url) => match base64_url(&url) {
            Some((media_type, data)) => Source::Base64 {
                media_type: media_type.to_owned().into(),
                data: data.to_owned().into(),
            },
            None => Source::Url(url.into()),
        },
    }
}

/// `file_data`: a data URL, or bare base64 of a PDF. Plain text is decoded.
pub(super) fn document(content: Text<'_>) -> Source<'_> {
    let source = match address(content) {
        Source::Url(data) => Source::Base64 {
            media_type: "application/pdf".into(),
            data,
        },
        other => other,
    };
    match source {
        Source::Base64 { media_type, data } => match plain(&media_type, &data) {
            Some(text) => Source::Plain(text.into()),
            None => Source::Base64 { media_type, data },
        },
        other => other,
    }
}

fn plain(media_type: &str, data: &str) -> Option<String> {
    if media_type != "text/plain" {
        return None;
    }
    String::from_utf8(base64::decode(data)?).ok()
}

/// The media type and the base64 of a data URL; `None` for any other one.
fn base64_url(url: &str) -> Option<(&str, &str)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    Some((media_type, data))
}

/// A data URL.
pub(super) fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

/// A data URL of plain text.
pub(super) fn text_url(text: &str) -> String {
    data_url("text/plain", &base64::encode(text.as_bytes()))
}

/// The file name that stands for none, since OpenAI asks for one with every document.
pub(super) fn usual_name(source: &Source<'_>) -> &'static str {
    match source {
        Source::Plain(_) => "document.txt",
        Source::Base64 { .. } | Source::Url(_) | Source::File(_) => "document.pdf",
    }
}
