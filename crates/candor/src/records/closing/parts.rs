//! The sealed parts of a frame, and what is in a content chunk.
//!
//! Promises: parts are walked without copying and never past the end; content is bytes with a media type, never assumed to be
//! text.
//! Leaves out: sealing and opening them.
//!
//! A frame's sealed bytes are parts, one behind the other: a kind byte, a length (u32, little endian), the sealed bytes. In
//! the order of the frames they are: at most one *opening* (the receipt as far as it is known when a stream begins), *content*
//! chunks, and one *meta* (the receipt).

use super::ClosingError;

/// The kind of a sealed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// The receipt.
    Meta,
    /// A chunk of prompt or answer.
    Content,
    /// The receipt when a stream begins.
    Opening,
}

/// Bytes before a part's sealed bytes.
pub const PART_HEAD_BYTES: usize = 5;

impl PartKind {
    /// As it stands before the part's length.
    pub(in crate::records) const fn byte(self) -> u8 {
        match self {
            Self::Meta => 1,
            Self::Content => 2,
            Self::Opening => 3,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Meta),
            2 => Some(Self::Content),
            3 => Some(Self::Opening),
            _ => None,
        }
    }
}

/// Appends a part to `out`; `seal` appends its sealed bytes to the same buffer, so that nothing is copied.
pub fn append_part(out: &mut Vec<u8>, kind: PartKind, seal: impl FnOnce(&mut Vec<u8>)) {
    let head = out.len();
    out.push(kind.byte());
    out.extend_from_slice(&[0; 4]);
    seal(out);
    let length = u32::try_from(out.len() - head - PART_HEAD_BYTES)
        .expect("a part is smaller than a frame, which is below 4 GiB");
    out[head + 1..head + PART_HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// A sealed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// What it is.
    pub kind: PartKind,
    /// With the bytes that say so.
    pub whole: &'a [u8],
    /// Without.
    pub sealed: &'a [u8],
}

/// Walks over the parts of a frame's sealed bytes (or of several, joined).
pub fn whole_parts(mut bytes: &[u8]) -> impl Iterator<Item = Result<Part<'_>, ClosingError>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let part = first_part(bytes);
        bytes = part.map_or(&[], |part| &bytes[part.whole.len()..]);
        Some(part.ok_or(ClosingError::Parts))
    })
}

/// As [`whole_parts`]: kinds and sealed bytes.
pub fn parts(bytes: &[u8]) -> impl Iterator<Item = Result<(PartKind, &[u8]), ClosingError>> {
    whole_parts(bytes).map(|part| part.map(|part| (part.kind, part.sealed)))
}

fn first_part(bytes: &[u8]) -> Option<Part<'_>> {
    let (head, rest) = bytes.split_first_chunk::<PART_HEAD_BYTES>()?;
    let kind = PartKind::from_byte(head[0])?;
    let length = usize::try_from(u32::from_le_bytes([head[1], head[2], head[3], head[4]])).ok()?;
    let sealed = rest.get(..length)?;
    Some(Part {
        kind,
        whole: &bytes[..PART_HEAD_BYTES + length],
        sealed,
    })
}

/// Whose words a piece of content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client's request.
    Request,
    /// The answer as it was delivered.
    Answer,
}

/// Writes the head of a content chunk's plain text: side and media type. The (compressed) bytes follow it. A `media_type` of
/// `""` means: as in the chunk before on this side.
pub fn append_content_head(plain: &mut Vec<u8>, side: Side, media_type: &str) {
    let media_type = media_type.as_bytes();
    let length = u8::try_from(media_type.len()).unwrap_or(u8::MAX);
    plain.push(match side {
        Side::Request => 1,
        Side::Answer => 2,
    });
    plain.push(length);
    plain.extend_from_slice(&media_type[..usize::from(length)]);
}

/// Splits an opened content chunk into side, media type and the bytes behind.
pub fn split_content(plain: &[u8]) -> Result<(Side, &str, &[u8]), ClosingError> {
    let split = || {
        let (head, rest) = plain.split_first_chunk::<2>()?;
        let side = match head[0] {
            1 => Side::Request,
            2 => Side::Answer,
            _ => return None,
        };
        let (media_type, bytes) = rest.split_at_checked(usize::from(head[1]))?;
        Some((side, std::str::from_utf8(media_type).ok()?, bytes))
    };
    split().ok_or(ClosingError::Damaged)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn parts_are_walked_in_order_and_cut_ones_are_refused() {
        let mut bytes = Vec::new();
        append_part(&mut bytes, PartKind::Content, |out| out.extend_from_slice(b"abc"));
        append_part(&mut bytes, PartKind::Meta, |_| {});
        let seen: Vec<_> = parts(&bytes).map(Result::unwrap).collect();
        assert_eq!(seen, [(PartKind::Content, b"abc".as_slice()), (PartKind::Meta, b"")]);
        for end in 1..bytes.len() {
            let all: Result<Vec<_>, _> = parts(&bytes[..end]).collect();
            assert_eq!(all.is_ok(), end == PART_HEAD_BYTES + 3, "cut at {end}");
        }
    }

    #[test]
    fn a_content_chunk_names_its_side_and_media_type_and_may_hold_any_bytes() {
        let mut plain = Vec::new();
        append_content_head(&mut plain, Side::Answer, "audio/mpeg");
        plain.extend_from_slice(&[0xFF, 0x00]);
        let (side, media_type, bytes) = split_content(&plain).unwrap();
        assert_eq!(
            (side, media_type, bytes),
            (Side::Answer, "audio/mpeg", [0xFF, 0x00].as_slice())
        );
        assert!(split_content(&[1, 200, 3]).is_err());
        assert!(split_content(&[]).is_err());
    }
}
