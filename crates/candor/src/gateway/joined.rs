//! Pieces of a body joined to one. A single piece, the common case, is not copied.

use bytes::{Bytes, BytesMut};

/// What has come so far.
#[derive(Debug, Default)]
pub struct Joined {
    first: Bytes,
    joined: BytesMut,
}

impl Joined {
    /// Adds a piece; `more` bytes are expected behind it.
    pub fn push(&mut self, piece: Bytes, more: usize) {
        if self.is_empty() {
            self.first = piece;
            return;
        }
        if self.joined.is_empty() {
            self.joined.reserve(self.first.len() + piece.len() + more);
            self.joined.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&piece);
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    /// Has nothing come?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it.
    pub fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() {
            self.first
        } else {
            self.joined.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_is_handed_on_and_several_are_joined_in_order() {
        let piece = Bytes::from_static(b"one");
        let mut joined = Joined::default();
        joined.push(piece.clone(), 0);
        joined.push(Bytes::new(), 0);
        assert_eq!(joined.len(), 3);
        let mut single = Joined::default();
        single.push(piece.clone(), 9);
        assert_eq!(single.into_bytes().as_ptr(), piece.as_ptr());
        joined.push(Bytes::from_static(b"two"), 0);
        assert_eq!(joined.into_bytes(), "onetwo");
        assert!(Joined::default().is_empty());
    }
}
