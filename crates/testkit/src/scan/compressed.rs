//! What lies compressed in bytes: gzip and zlib, by their first bytes.
//!
//! Promises: a stream that was cut off or damaged later gives what came before; each is held to a size.
//! Leaves out: LZ4, whose literals lie plainly in it, so that a text without repetitions is found as it is; compressed values in
//! PostgreSQL's pages, which [`Database::dump`](crate::Database::dump) shows uncompressed; what is compressed twice.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use miniz_oxide::inflate::{DecompressError, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};

const OUTPUT_BYTES: usize = 16 << 20;

/// The beginnings of gzip with deflate, and of zlib at each level.
const BEGINNINGS: [&[u8]; 5] = [b"\x1f\x8b\x08", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"];

/// A stream that was found and what it holds.
pub(super) struct Inflated {
    pub(super) offset: usize,
    pub(super) form: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Everything in `bytes` that can be inflated.
pub(super) fn inflated(bytes: &[u8]) -> Vec<Inflated> {
    static AUTOMATON: LazyLock<AhoCorasick> =
        LazyLock::new(|| AhoCorasick::new(BEGINNINGS).expect("five short patterns fit into an automaton"));
    let found = AUTOMATON.find_overlapping_iter(bytes).filter_map(|found| {
        let (offset, rest) = (found.start(), &bytes[found.start()..]);
        let (form, inflated) = if found.pattern().as_usize() == 0 {
            ("gzip", gzip(rest)?)
        } else {
            ("zlib", partly(decompress_to_vec_zlib_with_limit(rest, OUTPUT_BYTES)))
        };
        (!inflated.is_empty()).then_some(Inflated {
            offset,
            form,
            bytes: inflated,
        })
    });
    found.collect()
}

/// RFC 1952: ten bytes, then what the flags announce, then deflate.
fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const CHECKSUM: u8 = 2;
    let flags = *bytes.get(3)?;
    let mut rest = bytes.get(10..)?;
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes([*rest.first()?, *rest.get(1)?]);
        rest = rest.get(2 + usize::from(length)..)?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & CHECKSUM != 0 {
        rest = rest.get(2..)?;
    }
    Some(partly(decompress_to_vec_with_limit(rest, OUTPUT_BYTES)))
}

fn partly(result: Result<Vec<u8>, DecompressError>) -> Vec<u8> {
    result.unwrap_or_else(|error| error.output)
}

/// Plants for the scanner's own test.
#[cfg(test)]
pub(super) mod plants {
    use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

    pub(in crate::scan) fn zlib(bytes: &[u8], level: u8) -> Vec<u8> {
        compress_to_vec_zlib(bytes, level)
    }

    pub(in crate::scan) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut whole = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03name\x00".to_vec();
        whole.extend(compress_to_vec(bytes, 6));
        whole
    }
}
