//! The bytes of a record: a fixed header and a payload, built in one buffer that is written as it is.
//!
//! A payload is `u32 length of the money part | money part | sealed part`, both opaque here. Each header carries the sequence
//! of the last closing (so that any surviving segment tells it) and the checksum of the header before, so that bytes which
//! lie behind the tail from an earlier life never read as a continuation. Numbers are little-endian.
//! It leaves out where a record lies and when it counts: that is `tail` and `applier`.

use base::ids::GenerationId;

/// Bytes before a record's payload.
pub(super) const HEADER_BYTES: usize = 52;
const MAGIC: u32 = u32::from_le_bytes(*b"CdR1");
const MONEY_LENGTH_BYTES: usize = 4;
const INCOMPLETE: u8 = 1;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The head of a stream: money part for the case that it is interrupted, first sealed piece.
    Open,
    /// One more sealed piece; its money part may hold the running counts.
    Piece,
    /// The end: money part and sealed metadata. Makes the generation count.
    Close,
    /// Written by the spool for a slot that was dropped open: what it is worth follows from the head and the last piece.
    Interrupted,
    /// Nothing but the sequence: a probe, or the first record of a segment that nobody needed yet.
    Mark,
}

/// One record, or several of one generation that are written together, in the buffer that goes to the disk.
///
/// ```text
/// let mut frame = Frame::new(Kind::Open, generation);
/// frame.buffer().extend(money);          // append only
/// frame.end_money();
/// frame.buffer().extend(sealed);         // seal straight into it
/// frame.then(Kind::Close); …             // optional: a further record in the same write
/// ```
///
/// What is written together with the first and only closing is a [`Kind::Piece`], not an opening: a write can be torn between
/// its records, and a piece alone is worth nothing, while an opening alone is settled as interrupted.
#[derive(Debug)]
pub struct Frame {
    bytes: Vec<u8>,
    /// Where the record that is being built begins.
    start: usize,
    generation: GenerationId,
    kind: Kind,
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) incomplete: bool,
    pub(super) payload: u32,
    pub(super) piece: u32,
    pub(super) generation: GenerationId,
    pub(super) seq: u64,
    pub(super) payload_crc: u32,
    pub(super) chain: u32,
    pub(super) crc: u32,
}

impl Frame {
    /// An empty record of a generation. A money part comes first, even an empty one: see [`Frame::end_money`].
    #[must_use]
    pub fn new(kind: Kind, generation: GenerationId) -> Self {
        Self::with_capacity(kind, generation, 0)
    }

    /// As [`Frame::new`], with room for `payload` bytes without growing.
    #[must_use]
    pub fn with_capacity(kind: Kind, generation: GenerationId, payload: usize) -> Self {
        let mut frame = Self {
            bytes: Vec::with_capacity(HEADER_BYTES + MONEY_LENGTH_BYTES + payload),
            start: 0,
            generation,
            kind,
        };
        frame.begin();
        frame
    }

    /// The buffer to append to; what it already holds belongs to the frame and must stay.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends the money part: what was appended to this record so far. Not calling it means that there is none.
    ///
    /// # Panics
    /// When the caller removed bytes that belong to the frame.
    pub fn end_money(&mut self) {
        let begin = self.start + HEADER_BYTES + MONEY_LENGTH_BYTES;
        let length = self
            .bytes
            .len()
            .checked_sub(begin)
            .expect("the buffer is only appended to");
        let length = u32::try_from(length).expect("a money part is a few hundred bytes");
        self.bytes[begin - MONEY_LENGTH_BYTES..begin].copy_from_slice(&length.to_le_bytes());
    }

    /// Ends this record and begins one more of the same generation, to be written by the same system call.
    pub fn then(&mut self, kind: Kind) {
        self.finish();
        self.start = self.bytes.len();
        self.kind = kind;
        self.begin();
    }

    /// Bytes that will be written.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Whose record it is.
    #[must_use]
    pub fn generation(&self) -> GenerationId {
        self.generation
    }

    /// The kind of the last record in the buffer.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    fn begin(&mut self) {
        self.bytes.resize(self.start + HEADER_BYTES + MONEY_LENGTH_BYTES, 0);
        let header = &mut self.bytes[self.start..];
        header[0..4].copy_from_slice(&MAGIC.to_le_bytes());
        header[4] = self.kind.code();
        header[16..32].copy_from_slice(self.generation.as_bytes());
    }

    /// Sets length and checksum of the last record's payload. The costly part: call it outside the lock.
    pub(super) fn finish(&mut self) {
        let payload = &self.bytes[self.start + HEADER_BYTES..];
        let length = u32::try_from(payload.len()).expect("frames are bounded far below 4 GiB");
        let crc = crc32fast::hash(payload);
        let header = &mut self.bytes[self.start..self.start + HEADER_BYTES];
        header[8..12].copy_from_slice(&length.to_le_bytes());
        header[40..44].copy_from_slice(&crc.to_le_bytes());
    }

    /// Where the last record begins.
    pub(super) fn last(&self) -> usize {
        self.start
    }

    /// Numbers the open and piece records on from `piece`; the closing one gets the count. Returns the number after.
    pub(super) fn number(&mut self, mut piece: u32, content: Content) -> u32 {
        let mut at = 0;
        while at < self.bytes.len() {
            let (header, next) = header_at(&mut self.bytes, at);
            header[12..16].copy_from_slice(&piece.to_le_bytes());
            match Kind::of(header[4]) {
                Some(Kind::Open | Kind::Piece) => piece += 1,
                _ if content == Content::Incomplete => header[5] |= INCOMPLETE,
                _ => {}
            }
            at = next;
        }
        piece
    }

    /// Keeps of an opening only its money part. The checksums follow with [`Frame::finish`].
    pub(super) fn drop_sealed(&mut self) {
        self.bytes.truncate(self.first_money_end());
        self.start = 0;
        self.finish();
    }

    /// Size of the first record without its sealed part.
    pub(super) fn first_money_end(&self) -> usize {
        let begin = HEADER_BYTES + MONEY_LENGTH_BYTES;
        let length = u32_at(&self.bytes, HEADER_BYTES);
        (begin + length as usize).min(self.bytes.len())
    }

    /// The buffer, once it is written.
    pub(super) fn take_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// The kind of the first record in the buffer.
    pub(super) fn first_kind(&self) -> Kind {
        Kind::of(self.bytes[4]).expect("a frame's own header has a kind")
    }

    /// The records from `from` on, stamped: a closing record takes the sequence after `seq`, all others carry `seq`.
    /// Returns the sequence and the chain after them.
    pub(super) fn stamp(&mut self, from: usize, mut seq: u64, mut chain: u32) -> (&[u8], u64, u32) {
        let mut at = from;
        while at < self.bytes.len() {
            let (header, next) = header_at(&mut self.bytes, at);
            if Kind::of(header[4]).is_some_and(Kind::ends) {
                seq += 1;
            }
            header[32..40].copy_from_slice(&seq.to_le_bytes());
            header[44..48].copy_from_slice(&chain.to_le_bytes());
            chain = crc32fast::hash(&header[..48]);
            header[48..52].copy_from_slice(&chain.to_le_bytes());
            at = next;
        }
        (&self.bytes[from..], seq, chain)
    }

    /// A record as it was read from a segment, to be written again at another place.
    pub(super) fn again(generation: GenerationId, bytes: Vec<u8>) -> Self {
        let kind = bytes.get(4).and_then(|code| Kind::of(*code)).unwrap_or(Kind::Piece);
        Self {
            bytes,
            start: 0,
            generation,
            kind,
        }
    }
}

/// Whether all content of a generation was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Complete,
    Incomplete,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Self::Open => 1,
            Self::Piece => 2,
            Self::Close => 3,
            Self::Interrupted => 4,
            Self::Mark => 5,
        }
    }

    fn of(code: u8) -> Option<Self> {
        [Self::Open, Self::Piece, Self::Close, Self::Interrupted, Self::Mark]
            .into_iter()
            .find(|kind| kind.code() == code)
    }

    /// Whether it settles a generation and so takes a sequence.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Close | Self::Interrupted)
    }
}

impl Header {
    /// Reads and checks a header; `None` when it isn't one that follows on `chain`.
    pub(super) fn read(bytes: &[u8], chain: u32) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        let crc = u32_at(bytes, 48);
        if u32_at(bytes, 0) != MAGIC || u32_at(bytes, 44) != chain || crc32fast::hash(&bytes[..48]) != crc {
            return None;
        }
        let mut generation = [0; 16];
        generation.copy_from_slice(&bytes[16..32]);
        let mut seq = [0; 8];
        seq.copy_from_slice(&bytes[32..40]);
        Some(Self {
            kind: Kind::of(bytes[4])?,
            incomplete: bytes[5] & INCOMPLETE != 0,
            payload: u32_at(bytes, 8),
            piece: u32_at(bytes, 12),
            generation: GenerationId::from_bytes(generation),
            seq: u64::from_le_bytes(seq),
            payload_crc: u32_at(bytes, 40),
            chain,
            crc,
        })
    }

    /// Bytes of header and payload.
    pub(super) fn size(&self) -> usize {
        HEADER_BYTES + self.payload as usize
    }
}

/// Money part and sealed part of a payload.
pub(super) fn parts(payload: &[u8]) -> (&[u8], &[u8]) {
    if payload.len() < MONEY_LENGTH_BYTES {
        return (&[], &[]);
    }
    let money = u32_at(payload, 0) as usize;
    payload[MONEY_LENGTH_BYTES..]
        .split_at_checked(money)
        .unwrap_or((&[], &[]))
}

fn header_at(bytes: &mut [u8], at: usize) -> (&mut [u8], usize) {
    let next = at + HEADER_BYTES + u32_at(bytes, at + 8) as usize;
    (&mut bytes[at..at + HEADER_BYTES], next)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn generation() -> GenerationId {
        GenerationId::from_bytes([7; 16])
    }

    #[test]
    fn several_records_in_one_buffer_are_chained_and_the_closing_one_takes_the_next_sequence() {
        let mut frame = Frame::new(Kind::Open, generation());
        frame.buffer().extend(b"money");
        frame.end_money();
        frame.buffer().extend(b"sealed");
        frame.then(Kind::Close);
        frame.buffer().extend(b"sum");
        frame.end_money();
        frame.finish();
        assert_eq!(frame.number(0, Content::Complete), 1);
        let (bytes, seq, chain) = frame.stamp(0, 41, 9);
        assert_eq!(seq, 42);
        let open = Header::read(bytes, 9).unwrap();
        assert_eq!((open.kind, open.seq, open.piece), (Kind::Open, 41, 0));
        assert_eq!(
            parts(&bytes[HEADER_BYTES..open.size()]),
            (&b"money"[..], &b"sealed"[..])
        );
        let rest = &bytes[open.size()..];
        let close = Header::read(rest, open.crc).unwrap();
        assert_eq!(
            (close.kind, close.seq, close.piece, close.crc),
            (Kind::Close, 42, 1, chain)
        );
        assert_eq!(parts(&rest[HEADER_BYTES..]), (&b"sum"[..], &b""[..]));
        assert_eq!(close.payload_crc, crc32fast::hash(&rest[HEADER_BYTES..]));
    }

    #[test]
    fn a_header_from_another_life_is_no_continuation() {
        let mut frame = Frame::new(Kind::Close, generation());
        frame.finish();
        let (bytes, ..) = frame.stamp(0, 0, 1);
        assert!(Header::read(bytes, 1).is_some());
        assert!(Header::read(bytes, 2).is_none());
        for at in 0..48 {
            let mut torn = bytes.to_vec();
            torn[at] ^= 1;
            assert!(Header::read(&torn, 1).is_none(), "byte {at}");
        }
    }

    #[test]
    fn an_opening_without_room_keeps_its_money() {
        let mut frame = Frame::new(Kind::Open, generation());
        frame.buffer().extend(b"money");
        frame.end_money();
        frame.buffer().extend([1; 100]);
        frame.drop_sealed();
        let (bytes, ..) = frame.stamp(0, 0, 1);
        let header = Header::read(bytes, 1).unwrap();
        assert_eq!(parts(&bytes[HEADER_BYTES..header.size()]), (&b"money"[..], &b""[..]));
        assert_eq!(header.payload_crc, crc32fast::hash(&bytes[HEADER_BYTES..]));
    }
}
