//! The life of what is sent today, as a picture: a bar for each day that it is there, then nothing.
//!
//! Promises: the days are those that the program obeys (durability.md, section 2): what day D brought goes when day D+(R−1)
//! begins, R being the days that are promised.

use base::time::Day;
use policy::Days;

use crate::words;

/// Units of the picture that a day takes.
const PITCH: i32 = 12;
/// Days shown after the end, so that nothing is seen to be there.
const AFTER: i32 = 3;

/// From the day something is sent until it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    sent: Day,
    promised: Days,
}

/// A day in the picture.
pub(crate) struct Bar {
    pub(crate) x: i32,
    pub(crate) there: bool,
}

impl Life {
    /// Of what is sent on this day, if so many days are promised.
    #[must_use]
    pub const fn new(sent: Day, promised: Days) -> Self {
        Self { sent, promised }
    }

    /// Days that it is there, the first among them.
    fn days(&self) -> i32 {
        self.promised.as_i32() - 1
    }

    pub(crate) fn bars(&self) -> impl Iterator<Item = Bar> {
        let days = self.days();
        (0..days + AFTER).map(move |day| Bar {
            // The outline of a bar that isn't there is drawn half its stroke further in.
            x: day * PITCH + i32::from(day >= days),
            there: day < days,
        })
    }

    pub(crate) fn width(&self) -> i32 {
        (self.days() + AFTER) * PITCH
    }

    /// The day when it is sent.
    pub(crate) fn sent(&self) -> String {
        words::date_without_year(self.sent)
    }

    /// The day with whose beginning it is gone.
    pub(crate) fn gone(&self) -> String {
        words::date_without_year(self.sent.plus_days(self.days()))
    }

    /// The promise itself: `30 days`.
    pub(crate) fn at_most(&self) -> String {
        words::counted(self.promised.as_i32().unsigned_abs().into(), "day")
    }
}
