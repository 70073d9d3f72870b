//! Byte pair encoding of one word: neighbours are merged, the token with the lowest number first, until none can be.

use crate::table::Table;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Longer words are cut: what a text without spaces costs in memory. Each cut can make a token or two more.
pub const LONGEST_WORD_BYTES: usize = 4096;

/// No merge.
const NONE: u32 = u32::MAX;

/// Counts words one after the other, and keeps its room between them.
pub(crate) struct Merger {
    table: &'static Table,
    /// By where a part starts.
    parts: Vec<Part>,
    /// Merges to try: number of the merged token, start of its left part. Some are out of date.
    merges: BinaryHeap<Reverse<(u32, usize)>>,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    /// Start of the part before.
    previous: usize,
    end: usize,
    /// The token that it makes with the part behind, or none.
    merged: u32,
}

impl Merger {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self {
            table,
            parts: Vec::new(),
            merges: BinaryHeap::new(),
        }
    }

    /// The number of tokens of a word.
    pub(crate) fn count(&mut self, mut word: &str) -> u64 {
        let mut count = 0;
        while word.len() > LONGEST_WORD_BYTES {
            let (piece, rest) = word.split_at(word.floor_char_boundary(LONGEST_WORD_BYTES));
            count += self.count_piece(piece.as_bytes());
            word = rest;
        }
        count + self.count_piece(word.as_bytes())
    }

    fn count_piece(&mut self, piece: &[u8]) -> u64 {
        if piece.is_empty() {
            return 0;
        }
        if self.table.number(piece).is_some() {
            return 1;
        }
        self.start(piece);
        let mut count = piece.len() as u64;
        while let Some(Reverse((number, left))) = self.merges.pop() {
            if self.parts[left].merged != number {
                continue;
            }
            let right = self.parts[left].end;
            let end = self.parts[right].end;
            self.parts[right].merged = NONE;
            self.parts[left].end = end;
            if let Some(next) = self.parts.get_mut(end) {
                next.previous = left;
            }
            self.look_behind(piece, left);
            if left > 0 {
                self.look_behind(piece, self.parts[left].previous);
            }
            count -= 1;
        }
        count
    }

    /// Every byte is a part.
    fn start(&mut self, piece: &[u8]) {
        self.parts.clear();
        self.merges.clear();
        self.parts.extend((0..piece.len()).map(|start| Part {
            previous: start.saturating_sub(1),
            end: start + 1,
            merged: NONE,
        }));
        for start in 0..piece.len() {
            self.look_behind(piece, start);
        }
    }

    /// Notes what the part at `start` makes with the one behind it.
    fn look_behind(&mut self, piece: &[u8], start: usize) {
        let right = self.parts[start].end;
        let number = match self.parts.get(right) {
            Some(behind) => self.table.number(&piece[start..behind.end]),
            None => None,
        };
        self.parts[start].merged = number.unwrap_or(NONE);
        if let Some(number) = number {
            self.merges.push(Reverse((number, start)));
        }
    }
}
