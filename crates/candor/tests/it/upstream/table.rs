//! The table: what goes wrong, and what is seen of it.

use std::time::Duration;

use testkit::upstream::{Altered, Chat, INTERNAL, Reply};

/// Longer than every limit of the test.
const LONG: Duration = Duration::from_secs(20);

/// Something that goes wrong with a provider.
pub(super) struct Failure {
    /// For a person.
    pub(super) what: &'static str,
    /// How the provider does it; nothing: it isn't there.
    pub(super) reply: fn() -> Option<Reply>,
    /// What is seen of it by who waits for the whole answer.
    pub(super) plain: Seen,
    /// By who gets a stream.
    pub(super) streamed: Seen,
    /// After which limit that comes at the latest.
    pub(super) within: Within,
}

#[derive(Clone, Copy)]
pub(super) enum Seen {
    /// An answer as it should be.
    Whole,
    /// An error with this status and code.
    Refused(u16, &'static str),
    /// Only the other form can fail so.
    Apart,
    /// A stream that ends in an error with this code.
    Broken(&'static str, Came),
}

/// What came before a stream broke.
#[derive(Clone, Copy)]
pub(super) enum Came {
    Nothing,
    Words,
}

#[derive(Clone, Copy)]
pub(super) enum Within {
    AtOnce,
    FirstByte,
    Idle,
    Total,
}

impl Within {
    pub(super) fn span(self) -> Duration {
        match self {
            Self::AtOnce => Duration::ZERO,
            Self::FirstByte | Self::Idle => Duration::from_millis(900),
            Self::Total => Duration::from_secs(2),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::FirstByte => "`upstream.first_byte`",
            Self::Idle => "`upstream.idle`",
            Self::Total => "`upstream.total`",
        }
    }
}

const FAILED: Seen = Seen::Refused(502, "upstream_failed");
const LATE: Seen = Seen::Refused(504, "upstream_timeout");
const LIMITED: Seen = Seen::Refused(429, "rate_limit_exceeded");
const BUSY: Seen = Seen::Refused(503, "upstream_overloaded");
const CUT: Seen = Seen::Broken("upstream_cut", Came::Words);
const CUT_AT_ONCE: Seen = Seen::Broken("upstream_cut", Came::Nothing);

const fn failure(
    what: &'static str,
    reply: fn() -> Option<Reply>,
    plain: Seen,
    streamed: Seen,
    within: Within,
) -> Failure {
    Failure {
        what,
        reply,
        plain,
        streamed,
        within,
    }
}

fn altered(altered: Altered) -> Option<Reply> {
    Some(Reply::Altered(altered))
}

pub(super) const FAILURES: &[Failure] = &[
    failure("nobody listens there", || None, FAILED, FAILED, Within::AtOnce),
    failure(
        "no head comes",
        || Some(Reply::SlowHead(LONG)),
        LATE,
        LATE,
        Within::FirstByte,
    ),
    failure(
        "a head comes, and nothing behind it",
        || Some(Reply::SlowFirstByte(LONG)),
        LATE,
        Seen::Broken("idle_timeout", Came::Nothing),
        Within::Idle,
    ),
    failure(
        "it stops in the middle",
        || Some(Reply::Stall),
        LATE,
        Seen::Broken("idle_timeout", Came::Words),
        Within::Idle,
    ),
    failure(
        "it never comes to an end",
        || Some(Reply::Good(Chat::default().paced(Duration::from_millis(400)))),
        Seen::Whole,
        Seen::Broken("total_timeout", Came::Words),
        Within::Total,
    ),
    failure(
        "the connection is reset before the head",
        || Some(Reply::ResetAtOnce),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "the connection is reset in the middle",
        || Some(Reply::Reset),
        FAILED,
        CUT,
        Within::AtOnce,
    ),
    failure(
        "what comes is no HTTP",
        || Some(Reply::Garbage),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "the head has 100 000 lines",
        || Some(Reply::ManyHeaders),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "half of a JSON document",
        || Some(Reply::TruncatedJson),
        FAILED,
        CUT,
        Within::AtOnce,
    ),
    failure(
        "the stream ends without its end mark",
        || Some(Reply::CutStream),
        Seen::Apart,
        CUT,
        Within::AtOnce,
    ),
    failure(
        "429 with `retry-after`",
        || Some(Reply::too_many(7)),
        LIMITED,
        LIMITED,
        Within::AtOnce,
    ),
    failure(
        "429 without `retry-after`",
        || Some(Reply::error(429, INTERNAL)),
        LIMITED,
        LIMITED,
        Within::AtOnce,
    ),
    failure("500", || Some(Reply::Echo(500)), FAILED, FAILED, Within::AtOnce),
    failure(
        "503, 529",
        || Some(Reply::error(503, INTERNAL)),
        BUSY,
        BUSY,
        Within::AtOnce,
    ),
    failure(
        "401, 403: the operator's key is wrong",
        || Some(Reply::Echo(401)),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "404: the provider has no such model",
        || Some(Reply::Echo(404)),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "a redirect",
        || Some(Reply::Redirect("http://127.0.0.1:9/v1/elsewhere".to_owned())),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "200 with an error in it",
        || altered(Altered::ErrorInside),
        FAILED,
        CUT_AT_ONCE,
        Within::AtOnce,
    ),
    failure(
        "an error in the middle of a stream",
        || altered(Altered::ErrorAfterWords),
        Seen::Apart,
        CUT,
        Within::AtOnce,
    ),
    failure(
        "200 with a page of HTML",
        || altered(Altered::Page),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "a good answer that is called `text/plain`",
        || altered(Altered::ContentType("text/plain")),
        Seen::Whole,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "an endless line",
        || Some(Reply::Endless),
        FAILED,
        CUT_AT_ONCE,
        Within::Total,
    ),
    failure(
        "a compressed answer that nobody asked for, a thousand times as long as it looks",
        || altered(Altered::Bomb),
        FAILED,
        FAILED,
        Within::AtOnce,
    ),
    failure(
        "bytes that are no UTF-8",
        || altered(Altered::BadUtf8),
        FAILED,
        CUT_AT_ONCE,
        Within::AtOnce,
    ),
    failure(
        "it ends before its `content-length`, a stream behind its end mark",
        || altered(Altered::TooLong),
        FAILED,
        Seen::Whole,
        Within::AtOnce,
    ),
    failure(
        "it is longer than its `content-length`",
        || altered(Altered::TooShort),
        FAILED,
        CUT,
        Within::AtOnce,
    ),
    failure(
        "a second answer lies behind it that nobody asked for",
        || altered(Altered::Forged),
        Seen::Whole,
        Seen::Whole,
        Within::AtOnce,
    ),
];

/// Status and type that Anthropic's clients get in the place of OpenAI's status.
pub(super) fn of_anthropic(status: u16) -> (u16, &'static str) {
    match status {
        429 => (429, "rate_limit_error"),
        503 => (529, "overloaded_error"),
        504 => (504, "timeout_error"),
        other => (other, "api_error"),
    }
}

pub(super) fn documentation() -> String {
    let mut text = String::from(
        "# When a provider fails\n\n\
         <!-- Made from the table in crates/candor/tests/it/upstream/table.rs, which a test holds against the program; `CANDOR_BLESS=1 cargo test -p candor --test it upstream` rewrites it. -->\n\n\
         What a client sees if no other route or key can answer. It is the same for chat completions, responses and messages, whether the provider speaks the\n\
         client's API or another one, but for the shape: an Anthropic client gets 529 for 503, the type of Anthropic's error, and the code in `details.error_code`.\n\
         A refusal is charged with nothing. A stream that broke is charged for what came, keeps status 200, and ends in an error event with the code, never in\n\
         the API's end mark. The operator's key, the provider's address and its words about itself are never told.\n\n\
         | what happens | a plain answer | a stream | at the latest after |\n| --- | --- | --- | --- |\n",
    );
    for failure in FAILURES {
        let [plain, streamed] = [failure.plain, failure.streamed].map(words);
        text.push_str(&format!(
            "| {} | {plain} | {streamed} | {} |\n",
            failure.what,
            failure.within.words()
        ));
    }
    text.push_str(
        "\nBefore the first byte of an answer the next key or route is tried for each of these, as long as `upstream.total` and the budget of `upstream.retries` last; after it, never.\n\
         Only a provider's 400, 409, 413, 415 and 422 are the request's own fault: they are told in the provider's words, with what looks like a secret struck out.\n",
    );
    text
}

fn words(seen: Seen) -> String {
    match seen {
        Seen::Whole => "delivered".to_owned(),
        Seen::Apart => "–".to_owned(),
        Seen::Refused(status, code) => format!("{status} `{code}`"),
        Seen::Broken(code, Came::Words) => format!("`{code}` behind what came"),
        Seen::Broken(code, Came::Nothing) => format!("`{code}`, charged with nothing"),
    }
}
