//! `probe.logs`: nothing personal gets into a log line or a label, whatever goes wrong.
//!
//! Sends canaries (a prompt, a key, a mail address, a card, an account, a telephone number, an address) through the log and the
//! metrics of this process in every way that an event can carry them: as an undeclared field, as a sentence where a word is
//! declared, inside an error's text, over two lines, in a span, in what hyper's and rustls' kind of crates say, as a metric or a
//! label that nobody declared. It takes what would have been written, as the log is set up and at TRACE, and looks for them.
//! Then it looks at the labels that the running process really shows.
//!
//! Considers the lines and labels that it looked at. A breach is a canary in one of them, or a label with a personal shape.
//! The control: what is declared does come out, and the search finds a canary where one lies.

use std::time::Duration;

use base::random::Random;
use detect::{Width, find};
use futures_util::future::BoxFuture;

use super::{Control, Look, LookError, Probe, promise};
use crate::telemetry;

/// The probe of logs and metrics.
pub(super) const PROBE: Probe = Probe {
    name: "probe.logs",
    promises: &[promise(2, 5)],
    considers: "log lines and labels of metrics",
    period: Duration::from_hours(1),
    run: |probing| -> BoxFuture<'_, _> { Box::pin(async { look(&*probing.random) }) },
};

fn look(random: &dyn Random) -> Result<Look, LookError> {
    let canaries = Canaries::new(random);
    let rehearsal = base::telemetry::rehearse(|| canaries.log())
        .ok_or_else(|| LookError::Other("no log is set up in this process".to_owned()))?;
    let rehearsed = telemetry::rehearse(|| canaries.count());
    let shown = telemetry::shown().unwrap_or_default();
    let lines = [&rehearsal.as_installed, &rehearsal.at_trace].map(|lines| lines.lines().count());
    let labels: Vec<&str> = labels(&shown).collect();
    let considered = lines.iter().sum::<usize>() + labels.len() + labels_of(&rehearsed);
    let mut look = Look::at(
        u64::try_from(considered).unwrap_or(u64::MAX),
        canaries.control(&rehearsal.at_trace, &rehearsed),
    )
    .figure(format!(
        "{} canaries, {considered} lines and labels",
        canaries.all().len()
    ));
    for (place, written) in [
        ("a log line", rehearsal.as_installed.as_str()),
        ("a log line at TRACE", &rehearsal.at_trace),
        ("a metric", &rehearsed),
    ] {
        if let Some(kind) = canaries.found(written) {
            look = look.breach(format!("{kind} got into {place}"));
        }
    }
    // Which one is not told: an observation holds nothing about a person.
    if let Some(finding) = labels
        .iter()
        .find_map(|label| find(label, Width::Strict).first().copied())
    {
        look = look.breach(format!("a label of the metrics looks like {}", finding.kind.as_str()));
    }
    Ok(look)
}

/// The values of all labels on a page of metrics.
fn labels(page: &str) -> impl Iterator<Item = &str> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    samples.flat_map(|line| line.split('"').skip(1).step_by(2))
}

fn labels_of(page: &str) -> usize {
    labels(page).count()
}

/// What must not come out, unique to this look.
struct Canaries {
    /// Declared fields let this word through: so the search works.
    word: String,
    prompt: String,
    key: String,
    email: String,
    card: String,
    account: &'static str,
    phone: String,
    address: String,
}

impl Canaries {
    fn new(random: &dyn Random) -> Self {
        let bytes: [u8; 16] = base::random::bytes(random);
        let number = u128::from_be_bytes(bytes);
        Self {
            word: format!("canary-{:08x}", number >> 96),
            prompt: format!("my sister Rosinante{number:032x} has a secret"),
            key: format!("cdr_{number:032x}"),
            email: format!("canary{number:032x}@example.org"),
            card: card(number),
            account: "DE89370400440532013000",
            phone: format!("+4930{:08}", (number >> 64) % 100_000_000),
            address: format!("203.0.113.{}", number % 256),
        }
    }

    /// Each with its kind.
    fn all(&self) -> [(&'static str, &str); 8] {
        [
            ("a prompt", &self.prompt),
            ("a key", &self.key),
            ("an e-mail address", &self.email),
            ("a card's number", &self.card),
            ("the end of a card's number", self.card_in_two().1),
            ("an account's number", self.account),
            ("a telephone number", &self.phone),
            ("an address", &self.address),
        ]
    }

    /// As it is written over two lines: of the second nothing may come out.
    fn card_in_two(&self) -> (&str, &str) {
        self.card.split_at(self.card.len() / 2)
    }

    /// The kind of the first one that lies in `written`, whole or, of the unique ones, by its middle.
    fn found(&self, written: &str) -> Option<&'static str> {
        let middle = self.prompt.split(' ').nth(2).unwrap_or(&self.prompt);
        let whole = self.all().into_iter().find(|(_, canary)| written.contains(canary));
        whole
            .map(|(kind, _)| kind)
            .or_else(|| written.contains(middle).then_some("a prompt"))
    }

    /// Events that carry them in every way there is.
    fn log(&self) {
        let (prompt, word) = (self.prompt.as_str(), self.word.as_str());
        let error = format!(
            "refused {} with {} from {}, card {}, account {}, phone {}",
            self.email, self.key, self.address, self.card, self.account, self.phone
        );
        let (first, second) = self.card_in_two();
        tracing::error!(name = word, prompt, body = ?self.all(), "rehearsed: fields that nobody declared");
        tracing::error!(name = prompt, reason = %prompt, "rehearsed: sentences where words are declared");
        tracing::error!(name = self.key, provider = %self.email, reason = ?self.card, "rehearsed: words with a shape");
        tracing::error!(error, "rehearsed: an error that quotes its cause");
        tracing::error!(message = error);
        tracing::error!(error = first, "rehearsed: one line");
        tracing::error!(error = second, "rehearsed: and the next");
        tracing::error_span!("rehearsed", name = prompt, prompt, error).in_scope(|| {
            tracing::error!("rehearsed: inside a span");
        });
        tracing::error!(target: "h2::codec", name = prompt, error, message = prompt);
        tracing::trace!(target: "hyper::proto", body = ?self.all(), message = error);
        log::logger().log(
            &log::Record::builder()
                .level(log::Level::Error)
                .target("rustls::conn")
                .args(format_args!("{prompt} {error}"))
                .build(),
        );
    }

    /// Metrics and labels that carry them.
    fn count(&self) {
        metrics::counter!(telemetry::UNITS.name, "unit" => self.word.clone()).increment(1);
        metrics::counter!(telemetry::UNITS.name, "unit" => "input", "prompt" => self.prompt.clone()).increment(1);
        metrics::counter!(telemetry::REFUSALS.name, "email" => self.email.clone()).increment(1);
        metrics::gauge!("candor_rehearsed", "key" => self.key.clone()).set(1.0);
        metrics::histogram!(self.address.clone()).record(1.0);
    }

    /// What is declared came out, third parties were heard, and a canary is found where one lies.
    fn control(&self, lines: &str, metrics: &str) -> Control {
        let checks = [
            (lines.contains(&self.word), "a declared field didn't come out"),
            (
                lines.contains("h2::codec") && lines.contains("hyper::proto"),
                "an event of another crate wasn't heard",
            ),
            (metrics.contains(&self.word), "a declared label didn't come out"),
            (
                self.all().iter().all(|(_, canary)| self.found(canary).is_some()),
                "a planted canary wasn't found",
            ),
        ];
        match checks.iter().find(|(is_alive, _)| !is_alive) {
            None => Control::Alive,
            Some((_, why)) => Control::Dead((*why).to_owned()),
        }
    }
}

/// A Visa number of sixteen digits with the right check digit.
fn card(number: u128) -> String {
    let head = format!("4{:014}", number % 100_000_000_000_000);
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let digits = head.chars().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { doubled(digit) } else { digit })
        .sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use base::random::SystemRandom;

    use super::*;

    #[test]
    fn every_canary_is_one_that_the_scrubber_knows_but_the_prompt() {
        for _ in 0..100 {
            let canaries = Canaries::new(&SystemRandom);
            let known = canaries
                .all()
                .into_iter()
                .filter(|(kind, _)| !matches!(*kind, "a prompt" | "the end of a card's number"));
            for (kind, canary) in known {
                assert_eq!(find(canary, Width::Wide).len(), 1, "{kind}: {canary}");
            }
        }
    }

    #[test]
    fn values_of_labels_are_read_from_a_page() {
        let page = "# HELP a \"quoted\"\na{b=\"c\",d=\"e\"} 1\nf 2\n";
        assert_eq!(labels(page).collect::<Vec<_>>(), ["c", "e"]);
    }
}
