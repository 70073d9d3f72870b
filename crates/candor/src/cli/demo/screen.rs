//! How the story looks: one column of text that reads well in a pipe, with colours and pauses for whoever watches a terminal.
//!
//! Promises: nothing is told by colour alone; no line is wider than [`WIDTH`]; a pipe gets no escape sequence and waits for nothing.

use std::io::{self, Write};
use std::time::Duration;

use base::time::Timestamp;

/// Fits every terminal.
const WIDTH: usize = 80;
/// Where what is said begins.
const INDENT: usize = 2;
/// Where the value of a fact begins.
const VALUE: usize = 15;
/// Cells of a bar.
const BAR: usize = 30;

/// Whether escape sequences are understood and wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Ansi,
    None,
}

/// Whether somebody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Watched,
    Fast,
}

/// How long whoever watches is left to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Before a step begins.
    Step,
    /// After a line that says what was seen.
    Check,
    /// A day that passes.
    Day,
}

impl Beat {
    const fn length(self) -> Duration {
        Duration::from_millis(match self {
            Self::Step => 1000,
            Self::Check => 350,
            Self::Day => 70,
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Said,
}

impl Ink {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Bad => "1;31",
            Self::Said => "36",
        }
    }
}

/// A stream of text.
pub(super) struct Screen<'a> {
    out: &'a mut dyn Write,
    colour: Colour,
    pace: Pace,
    /// Where the next piece of a stream goes.
    column: usize,
}

impl<'a> Screen<'a> {
    pub(super) fn new(out: &'a mut dyn Write, colour: Colour, pace: Pace) -> Self {
        Self {
            out,
            colour,
            pace,
            column: 0,
        }
    }

    /// Whether somebody watches.
    pub(super) const fn pace(&self) -> Pace {
        self.pace
    }

    /// Time to read what stands there, for whoever watches.
    pub(super) async fn beat(&mut self, beat: Beat) -> io::Result<()> {
        self.out.flush()?;
        if self.pace == Pace::Watched {
            tokio::time::sleep(beat.length()).await;
        }
        Ok(())
    }

    /// What this is.
    pub(super) fn title(&mut self, title: &str, words: &str) -> io::Result<()> {
        let title = self.inked(Ink::Bold, title);
        writeln!(self.out, "{title}\n")?;
        self.wrapped("", 0, words, Ink::Plain)
    }

    /// A step begins.
    pub(super) fn step(&mut self, title: &str, day: i32, at: Timestamp) -> io::Result<()> {
        let left = format!("Day {day}: {title} ");
        let right = format!(" {}", moment(at));
        let line = WIDTH.saturating_sub(3 + left.chars().count() + right.chars().count());
        let (rule, left) = (self.inked(Ink::Dim, &"─".repeat(line)), self.inked(Ink::Bold, &left));
        let (begin, right) = (self.inked(Ink::Dim, "── "), self.inked(Ink::Dim, &right));
        writeln!(self.out, "\n{begin}{left}{rule}{right}\n")
    }

    /// A paragraph.
    pub(super) fn say(&mut self, words: &str) -> io::Result<()> {
        self.wrapped(&" ".repeat(INDENT), INDENT, words, Ink::Plain)
    }

    /// A name and a value.
    pub(super) fn fact(&mut self, name: &str, value: &str) -> io::Result<()> {
        let lead = format!("{}{name:<width$}", " ".repeat(INDENT), width = VALUE - INDENT);
        let lead = self.inked(Ink::Dim, &lead);
        self.wrapped(&lead, VALUE, value, Ink::Plain)
    }

    /// Something was seen as it must be.
    pub(super) fn held(&mut self, what: &str) -> io::Result<()> {
        let sign = self.inked(Ink::Good, "✓");
        self.wrapped(&format!("{}{sign} ", " ".repeat(INDENT)), INDENT + 2, what, Ink::Plain)
    }

    /// Something was seen as it must not be.
    pub(super) fn failed(&mut self, what: &str) -> io::Result<()> {
        let sign = self.inked(Ink::Bad, "✗");
        self.wrapped(&format!("{}{sign} ", " ".repeat(INDENT)), INDENT + 2, what, Ink::Bad)
    }

    /// What somebody types.
    pub(super) fn quote(&mut self, who: &str, words: &str) -> io::Result<()> {
        let lead = format!("{}{who} › ", " ".repeat(INDENT));
        let inked = self.inked(Ink::Dim, &lead);
        self.wrapped(&inked, lead.chars().count(), words, Ink::Said)
    }

    /// A piece of what is answered, as it comes.
    pub(super) fn piece(&mut self, piece: &str) -> io::Result<()> {
        let length = piece.chars().count();
        let begins_word = piece.starts_with(' ');
        if self.column == 0 || (begins_word && self.column + length > WIDTH) {
            let lead = if self.column == 0 { "" } else { "\n" };
            write!(self.out, "{lead}{}", " ".repeat(INDENT + 2))?;
            self.column = INDENT + 2;
            let piece = piece.trim_start();
            self.column += piece.chars().count();
            let piece = self.inked(Ink::Said, piece);
            write!(self.out, "{piece}")?;
        } else {
            self.column += length;
            let piece = self.inked(Ink::Said, piece);
            write!(self.out, "{piece}")?;
        }
        self.out.flush()
    }

    /// No more pieces come.
    pub(super) fn pieces_end(&mut self) -> io::Result<()> {
        self.column = 0;
        writeln!(self.out)
    }

    /// How far something has come; only shown where a line can be written over.
    pub(super) fn passing(&mut self, done: usize, of: usize, what: &str) -> io::Result<()> {
        if self.colour == Colour::None {
            return Ok(());
        }
        let filled = (done * BAR).checked_div(of).unwrap_or(BAR).min(BAR);
        let bar = self.inked(Ink::Good, &"█".repeat(filled));
        let rest = self.inked(Ink::Dim, &"░".repeat(BAR - filled));
        write!(self.out, "\r{}{bar}{rest} {what}\x1b[K", " ".repeat(INDENT))?;
        self.out.flush()
    }

    /// Something takes a moment; shown like [`Self::passing`].
    pub(super) fn busy(&mut self, what: &str) -> io::Result<()> {
        if self.colour == Colour::None {
            return Ok(());
        }
        let what = self.inked(Ink::Dim, &format!("… {what}"));
        write!(self.out, "\r{}{what}\x1b[K", " ".repeat(INDENT))?;
        self.out.flush()
    }

    /// It came to its end: the line is free again.
    pub(super) fn passed(&mut self) -> io::Result<()> {
        if self.colour == Colour::None {
            return Ok(());
        }
        write!(self.out, "\r\x1b[K")
    }

    /// The story broke off in the middle of a line.
    pub(super) fn broken_off(&mut self) -> io::Result<()> {
        if self.column > 0 {
            self.pieces_end()?;
        }
        self.passed()?;
        self.out.flush()
    }

    /// A table: heads, and rows of a name and a cell a head.
    pub(super) fn table(&mut self, heads: &[[String; 2]], rows: &[(&str, Vec<String>)]) -> io::Result<()> {
        let name = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + INDENT;
        let cell = (WIDTH - name) / heads.len().max(1);
        for line in 0..2 {
            let mut text = " ".repeat(name);
            for head in heads {
                text.push_str(&format!("{:>cell$}", head[line]));
            }
            let text = self.inked(Ink::Bold, text.trim_end());
            writeln!(self.out, "{text}")?;
        }
        for (title, cells) in rows {
            let title = format!("{:<name$}", format!("{}{title}", " ".repeat(INDENT)));
            let mut text = String::new();
            for value in cells {
                text.push_str(&format!("{value:>cell$}"));
            }
            writeln!(self.out, "{title}{text}")?;
        }
        Ok(())
    }

    /// A promise whose time has not come: what it is about, and why it has not.
    pub(super) fn planned(&mut self, id: &str, state: &str, what: &str, awaits: &str) -> io::Result<()> {
        let lead = format!("{}○ ", " ".repeat(INDENT));
        let head = self.inked(Ink::Bold, &format!("{id} {state}"));
        writeln!(self.out, "{lead}{head}")?;
        let indent = INDENT + 2;
        self.wrapped(&" ".repeat(indent), indent, what, Ink::Plain)?;
        self.wrapped(&" ".repeat(indent), indent, awaits, Ink::Dim)
    }

    /// A promise: how it stands, what was looked at, and its words.
    pub(super) fn promise(&mut self, id: &str, state: &str, seen: &str, words: &str) -> io::Result<()> {
        let (sign, ink) = if state == "kept" {
            ("✓", Ink::Good)
        } else {
            ("✗", Ink::Bad)
        };
        let sign = self.inked(ink, sign);
        let head = self.inked(Ink::Bold, &format!("{id} {state}"));
        writeln!(self.out, "{}{sign} {head}", " ".repeat(INDENT))?;
        self.wrapped(&" ".repeat(INDENT + 2), INDENT + 2, words, Ink::Plain)?;
        self.wrapped(&" ".repeat(INDENT + 2), INDENT + 2, seen, Ink::Dim)
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// How it all came out.
    pub(super) fn sum(&mut self, seen: usize, failed: usize) -> io::Result<()> {
        let (ink, words) = match failed {
            0 => (Ink::Good, format!("All {seen} checks saw what they must.")),
            failed => (
                Ink::Bad,
                format!("{failed} of {seen} checks did not see what they must."),
            ),
        };
        let words = self.inked(ink, &words);
        writeln!(self.out, "\n{words}")
    }

    /// Words behind `lead`, which takes `width` columns; further lines begin below the first word.
    fn wrapped(&mut self, lead: &str, width: usize, words: &str, ink: Ink) -> io::Result<()> {
        for (number, line) in wrap(words, WIDTH - width).iter().enumerate() {
            let line = self.inked(ink, line);
            match number {
                0 => writeln!(self.out, "{lead}{line}")?,
                _ => writeln!(self.out, "{}{line}", " ".repeat(width))?,
            }
        }
        Ok(())
    }

    fn inked(&self, ink: Ink, text: &str) -> String {
        match (self.colour, ink.code()) {
            (Colour::None, _) | (_, "") => text.to_owned(),
            (Colour::Ansi, code) => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// A moment to the second, as people read it.
pub(super) fn moment(at: Timestamp) -> String {
    let seconds = at.since(at.day().start()).as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{} {hours:02}:{minutes:02}:{seconds:02} UTC", at.day())
}

/// Lines of at most `width` letters; a longer word has a line of its own.
fn wrap(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let line = lines.last_mut().expect("there is one from the start");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(colour: Colour, show: impl FnOnce(&mut Screen<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        show(&mut Screen::new(&mut out, colour, Pace::Fast)).expect("memory takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn no_line_is_wider_than_a_terminal_and_none_is_lost() {
        let words = "word ".repeat(100);
        let text = shown(Colour::None, |screen| {
            screen.step("A title", 3, Timestamp::EPOCH)?;
            screen.say(&words)?;
            screen.fact("name", &words)?;
            screen.held(&words)?;
            screen.quote("Ada", &words)?;
            for _ in 0..100 {
                screen.piece(" word")?;
            }
            screen.pieces_end()
        });
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.matches("word").count(), 500);
        assert!(
            text.contains("Day 3: A title ──") && text.contains("1970-01-01 00:00:00 UTC"),
            "{text}"
        );
    }

    #[test]
    fn a_pipe_gets_no_escape_sequence_and_no_bar() {
        let show = |screen: &mut Screen<'_>| {
            screen.title("title", "words")?;
            screen.passing(1, 2, "on the way")?;
            screen.passed()?;
            screen.held("good")?;
            screen.failed("bad")
        };
        let piped = shown(Colour::None, show);
        assert!(!piped.contains(['\x1b', '\r', '█']), "{piped}");
        assert!(piped.contains("✓ good") && piped.contains("✗ bad"), "{piped}");
        let watched = shown(Colour::Ansi, show);
        assert!(
            watched.contains("\x1b[32m✓") && watched.contains("on the way"),
            "{watched}"
        );
    }
}
