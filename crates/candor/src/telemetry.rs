//! Names of metrics and log fields and the operator's addresses, all declared here; the Prometheus recorder (the operations
//! listener serves its page).
//!
//! Promises: a metric, a label or a log field that is not declared does not exist at run time: it is dropped where it is reported,
//! and counted. No label and no field holds anything about a person.
//! Leaves out: who counts what when; formatting and scrubbing of log lines (`base::telemetry`).

mod fields;
mod recorder;

pub use fields::{LOG_FIELDS, RULES};
pub use recorder::{Metrics, install, rehearse, shown};

use policy::Category;
use policy::inventory::{Admits, Method, MetricLabel, Processing, Route};

/// A metric as it is declared.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name on the page.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it tells, for the page's HELP line.
    pub about: &'static str,
    /// Its labels, each with the values that it can have.
    pub labels: &'static [Label],
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// A level.
    Gauge,
    /// A distribution over these upper bounds.
    Histogram(&'static [f64]),
}

/// A label and, in words, all the values that it can have.
pub type Label = (&'static str, &'static str);

const OUTCOMES: &str = "completed, interrupted, refused, failed";
const PROVIDERS: &str = "names of the configuration, and sandbox";
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// Generations that ended.
pub const GENERATIONS: Metric = Metric {
    name: "candor_generations_total",
    kind: Kind::Counter,
    about: "Generations that ended, by API and outcome",
    labels: &[("api", "names of API families in the program"), ("outcome", OUTCOMES)],
};
/// Requests that were turned away before a provider saw them.
pub const REFUSALS: Metric = Metric {
    name: "candor_refusals_total",
    kind: Kind::Counter,
    about: "Requests turned away before a provider saw them, by reason",
    labels: &[("reason", "names of the pipeline's stages and their refusals")],
};
/// Connections of clients.
pub const CONNECTIONS: Metric = Metric {
    name: "candor_connections_total",
    kind: Kind::Counter,
    about: "Connections of clients, by what became of them at limits.connections: taken in, ended unused to make room, turned away",
    labels: &[("fate", "taken_in, made_room, turned_away")],
};
/// Time from accept to the last byte.
pub const GENERATION_SECONDS: Metric = Metric {
    name: "candor_generation_seconds",
    kind: Kind::Histogram(SECONDS),
    about: "Time from accept to the last byte",
    labels: &[("api", "names of API families in the program")],
};
/// Tries of providers.
pub const TRIES: Metric = Metric {
    name: "candor_upstream_tries_total",
    kind: Kind::Counter,
    about: "Tries of providers, by how they went",
    labels: &[
        ("provider", PROVIDERS),
        ("outcome", "answered, status, unreachable, timed_out, cut"),
    ],
};
/// Rests of routes and keys.
pub const RESTS: Metric = Metric {
    name: "candor_upstream_rests_total",
    kind: Kind::Counter,
    about: "Rests that began: of routes that kept failing, of keys that were refused or limited",
    labels: &[("provider", PROVIDERS), ("what", "route, key")],
};
/// Tries that the budget did not allow.
pub const TRIES_SAVED: Metric = Metric {
    name: "candor_upstream_tries_saved_total",
    kind: Kind::Counter,
    about: "Further tries that were not made because the budget of `upstream.retries` was used up",
    labels: &[],
};
/// Units that were counted.
pub const UNITS: Metric = Metric {
    name: "candor_units_total",
    kind: Kind::Counter,
    about: "Units that were counted, by kind",
    labels: &[(
        "unit",
        "input, cached, output, reasoning, image, second and further names of base::unit",
    )],
};
/// Bytes in the spool.
pub const SPOOL_BYTES: Metric = Metric {
    name: "candor_spool_bytes",
    kind: Kind::Gauge,
    about: "Bytes in the spool that are not applied yet",
    labels: &[],
};
/// The limit of the spool.
pub const SPOOL_LIMIT_BYTES: Metric = Metric {
    name: "candor_spool_limit_bytes",
    kind: Kind::Gauge,
    about: "Bytes above which new work is refused",
    labels: &[],
};
/// The age of the oldest segment.
pub const SPOOL_OLDEST_SECONDS: Metric = Metric {
    name: "candor_spool_oldest_seconds",
    kind: Kind::Gauge,
    about: "Age of the oldest segment of the spool",
    labels: &[],
};
/// How long the oldest part of an ended day has been over.
pub const SECONDS_PAST_CUTOFF: Metric = Metric {
    name: "candor_seconds_past_cutoff",
    kind: Kind::Gauge,
    about: "How long the oldest part of a day that is over has been over; it must stay far below a day. Missing until a first look",
    labels: &[],
};
/// How promises stand.
pub const PROMISES: Metric = Metric {
    name: "candor_promises",
    kind: Kind::Gauge,
    about: "Promises of the policy, by how they stand; broken and stale must stay 0",
    labels: &[("state", "kept, attested, unproven, stale, broken, planned")],
};
/// How far the clock can't be believed.
pub const CLOCK_PARTED_SECONDS: Metric = Metric {
    name: "candor_clock_parted_seconds",
    kind: Kind::Gauge,
    about: "How far wall and monotonic time have parted, where that stops destruction; else 0",
    labels: &[],
};
/// Runs of background jobs.
pub const JOB_RUNS: Metric = Metric {
    name: "candor_job_runs_total",
    kind: Kind::Counter,
    about: "Runs of background jobs, by how they ended",
    labels: &[
        ("job", "names of the program's jobs"),
        ("outcome", "done, elsewhere, failed, stopped"),
    ],
};
/// Records without content.
pub const SPOOL_DAMAGED: Metric = Metric {
    name: "candor_spool_damaged_total",
    kind: Kind::Counter,
    about: "Records whose content was lost with unsynced pages of the spool in a power cut",
    labels: &[],
};
/// Records that were carried forward.
pub const SPOOL_CARRIED: Metric = Metric {
    name: "candor_spool_carried_total",
    kind: Kind::Counter,
    about: "Records of long streams that were carried forward, so that an old segment of the spool could go",
    labels: &[],
};
/// What the databases were asked.
pub const DATABASE_CALLS: Metric = of_statements(
    "candor_database_calls_total",
    "Statements and transactions that were asked for, by name",
);
/// What they couldn't do.
pub const DATABASE_FAILURES: Metric = of_statements(
    "candor_database_failures_total",
    "Statements and transactions that failed in the end, by name",
);
/// What ran again.
pub const DATABASE_CONFLICTS: Metric = of_statements(
    "candor_database_conflicts_total",
    "Transactions that met another one and ran again, by name",
);
/// Whether the last load was good.
pub const CONFIG_LOADED: Metric = Metric {
    name: "candor_config_last_load_successful",
    kind: Kind::Gauge,
    about: "1 if the configuration that was loaded last is in force, 0 if it was bad and the one before stays",
    labels: &[],
};
/// When the one in force was loaded.
pub const CONFIG_LOADED_AT: Metric = Metric {
    name: "candor_config_loaded_timestamp_seconds",
    kind: Kind::Gauge,
    about: "When the configuration in force was loaded, in seconds since 1970",
    labels: &[],
};
/// Parts of log lines that were dropped.
pub const DROPPED: Metric = Metric {
    name: "candor_undeclared_total",
    kind: Kind::Counter,
    about: "Log fields, metrics and labels that were dropped because nobody declared them",
    labels: &[("what", "log_field, metric")],
};

/// All metrics that exist.
pub const METRICS: &[Metric] = &[
    GENERATIONS,
    REFUSALS,
    CONNECTIONS,
    GENERATION_SECONDS,
    TRIES,
    RESTS,
    TRIES_SAVED,
    UNITS,
    SPOOL_BYTES,
    SPOOL_LIMIT_BYTES,
    SPOOL_OLDEST_SECONDS,
    SPOOL_DAMAGED,
    SPOOL_CARRIED,
    DATABASE_CALLS,
    DATABASE_FAILURES,
    DATABASE_CONFLICTS,
    SECONDS_PAST_CUTOFF,
    CLOCK_PARTED_SECONDS,
    PROMISES,
    JOB_RUNS,
    CONFIG_LOADED,
    CONFIG_LOADED_AT,
    DROPPED,
];

const fn of_statements(name: &'static str, about: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Counter,
        about,
        labels: &[("statement", "names of statements and transactions in the program")],
    }
}

/// All labels of metrics, for the inventory.
pub fn metric_labels() -> Vec<MetricLabel> {
    let of = |metric: &'static Metric| {
        metric.labels.iter().map(|(label, values)| MetricLabel {
            metric: metric.name,
            label,
            values,
            category: Category::Operations,
        })
    };
    METRICS.iter().flat_map(of).collect()
}

/// Whether the process lives.
pub const HEALTH: Route = of_the_operator("/healthz", "whether the process lives");
/// Whether it should be given work.
pub const READINESS: Route = of_the_operator("/readyz", "whether the process should be given work, and why not");
/// The metrics.
pub const METRICS_PAGE: Route = of_the_operator("/metrics", "counts whose labels are declared and never personal");

/// What the operations listener answers.
pub const OPERATOR_ROUTES: &[&Route] = &[&HEALTH, &READINESS, &METRICS_PAGE];

const fn of_the_operator(path: &'static str, what: &'static str) -> Route {
    Route {
        method: Method::Get,
        path,
        admits: Admits::Operator,
        processing: Processing::Nobody(what),
    }
}
