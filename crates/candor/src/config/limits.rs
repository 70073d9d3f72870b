//! `[limits]`, `[upstream]`, `[auth]`, `[serve]`: how long and how much, for clients, providers and Candor itself.

use std::num::NonZeroU32;
use std::time::Duration;

use base::limits::Limits as Rates;
use base::size::ByteSize;

use super::key::section;

section! {
    /// Limits that clients meet.
    Limits in "limits" {
        /// The most connections at once; fewer where the system gives fewer descriptors. Where there is no room, the oldest connection without a request goes.
        connections: NonZeroU32 = 10000,
        /// A request's head must be complete after this time, also the next one of a connection that stays open.
        head: Duration = "30s",
        /// An HTTP/2 connection on which nothing was asked for this long is ended.
        idle: Duration = "120s",
        /// A body that brings less than 1 KiB in this time ends with 408.
        body_idle: Duration = "60s",
        /// A body must be complete after this time, else it ends with 408.
        body_total: Duration = "300s",
        /// The largest body.
        body: ByteSize = "32MiB",
        /// The most bytes of all bodies above 16 KiB that are in memory at once; more get 503.
        bodies: ByteSize = "1GiB",
        /// The most header lines of a request.
        headers: NonZeroU32 = 100,
        /// The most bytes of all header lines together.
        header_bytes: ByteSize = "32KiB",
        /// The most HTTP/2 streams at once on a connection.
        streams: NonZeroU32 = 100,
        /// The most bytes of an answer that wait for a slow client.
        stream_buffer: ByteSize = "64KiB",
        /// A client that takes nothing of its answer for this long is given up.
        answer_idle: Duration = "60s",
        /// A stream that is silent for this long shows that it is alive: by a comment, or a ping where the API has one.
        keep_alive: Duration = "15s",
        /// What each account may use, all of its keys together. Each process counts by itself, here and below.
        rate_account as "rate.account": Option<Rates> = none,
        /// What each organisation may use, all of its accounts together.
        rate_organisation as "rate.organisation": Option<Rates> = none,
        /// What each end user of an organisation may use, as requests name them: `user`, `safety_identifier`, `metadata.user_id`.
        rate_end_user as "rate.end_user": Option<Rates> = none,
        /// The most end users that are told apart at once; further ones share one limit with the others of their organisation.
        rate_end_user_places as "rate.end_user_places": NonZeroU32 = 100000,
    }
}

section! {
    /// Limits that providers meet.
    Upstream in "upstream" {
        /// To connect, TLS included.
        connect: Duration = "5s",
        /// Until the head of the answer is complete.
        first_byte: Duration = "60s",
        /// Between two pieces of an answer.
        idle: Duration = "60s",
        /// For the whole answer, all tries together.
        total: Duration = "600s",
        /// For one try: the head of a stream, or a whole plain answer. Unset: what `upstream.total` leaves.
        one_try as "try": Option<Duration> = none,
        /// Tries besides a request's first one, at most so many for a hundred requests (of models with several routes or keys), and `retries.floor`.
        retries_percent as "retries.percent": NonZeroU32 = 20,
        /// Further tries that are allowed in each second whatever the number of requests.
        retries_floor as "retries.floor": NonZeroU32 = 10,
        /// A route that failed so often in a row rests for `rest.time`: others are preferred. Then one request tries it.
        rest_failures as "rest.failures": NonZeroU32 = 5,
        /// How long a route rests, and a key that the provider refused (401, 402, 403) or limited (429) without saying for how long.
        rest_time as "rest.time": Duration = "10s",
        /// The longest rest that a provider's `retry-after` can ask for.
        rest_longest as "rest.longest": Duration = "60s",
        /// The longest line of an event stream.
        line: ByteSize = "1MiB",
        /// The largest plain answer.
        body: ByteSize = "64MiB",
    }
}

section! {
    /// Who may come in.
    Auth in "auth" {
        /// Knowledge of keys and accounts older than this answers 503: a revoked key is refused within this time.
        stale: Duration = "2s",
    }
}

section! {
    /// The process.
    Serve in "serve" {
        /// How long answers that have begun may go on after the signal to end.
        drain: Duration = "30s",
    }
}
