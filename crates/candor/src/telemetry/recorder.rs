//! The recorder of metrics: Prometheus' text page, in front of it a gate that only lets declared names through.

use std::fmt;
use std::sync::OnceLock;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{DROPPED, Kind, METRICS, Metric};

/// The page of all metrics.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The page in Prometheus' text format.
    pub fn page(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

static SHOWN: OnceLock<Metrics> = OnceLock::new();

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// Makes the recorder and, unless the process has one already (tests), installs it.
pub fn install() -> Metrics {
    let declared = Declared::new();
    let page = Metrics(declared.0.handle());
    // Only the first recorder of a process counts; a test's second instance keeps a page of its own, which stays empty.
    if metrics::set_global_recorder(declared).is_ok() {
        let _first = SHOWN.set(page.clone());
    }
    for metric in METRICS {
        describe(metric);
    }
    page
}

fn describe(metric: &Metric) {
    match metric.kind {
        Kind::Counter => metrics::describe_counter!(metric.name, metric.about),
        Kind::Gauge => metrics::describe_gauge!(metric.name, metric.about),
        Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.about),
    }
}

/// The page that this process shows; `None` where it keeps no metrics, as commands do.
pub fn shown() -> Option<String> {
    SHOWN.get().map(Metrics::page)
}

/// The page that `reports` would make, by the recorder's rules; nothing of it reaches the process's own page.
pub fn rehearse(reports: impl FnOnce()) -> String {
    let declared = Declared::new();
    let page = Metrics(declared.0.handle());
    metrics::with_local_recorder(&declared, reports);
    page.page()
}

/// Lets only declared metrics with declared labels through.
struct Declared(PrometheusRecorder);

impl Declared {
    fn new() -> Self {
        let mut builder = PrometheusBuilder::new();
        for metric in METRICS {
            if let Kind::Histogram(bounds) = metric.kind {
                builder = builder
                    .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), bounds)
                    .expect("a declared histogram has bounds, which a test counts");
            }
        }
        Self(builder.build_recorder())
    }

    /// Whether exactly this is declared; counts what is not.
    // keeps P-2.5: a metric or label that nobody declared is dropped.
    fn knows(&self, key: &Key, metadata: &Metadata<'_>) -> bool {
        if base::planted::is("metrics_undeclared") {
            return true;
        }
        let is_known = METRICS.iter().any(|metric| {
            metric.name == key.name()
                && key
                    .labels()
                    .all(|label| metric.labels.iter().any(|(name, _)| *name == label.key()))
        });
        if !is_known {
            let dropped = Key::from_static_parts(DROPPED.name, DROPPED_METRIC);
            self.0.register_counter(&dropped, metadata).increment(1);
        }
        is_known
    }
}

static DROPPED_METRIC: &[metrics::Label] = &[metrics::Label::from_static_parts("what", "metric")];

impl Recorder for Declared {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, about: SharedString) {
        self.0.describe_counter(key, unit, about);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, about: SharedString) {
        self.0.describe_gauge(key, unit, about);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, about: SharedString) {
        self.0.describe_histogram(key, unit, about);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        if self.knows(key, metadata) {
            self.0.register_counter(key, metadata)
        } else {
            Counter::noop()
        }
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        if self.knows(key, metadata) {
            self.0.register_gauge(key, metadata)
        } else {
            Gauge::noop()
        }
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        if self.knows(key, metadata) {
            self.0.register_histogram(key, metadata)
        } else {
            Histogram::noop()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_metrics_reach_the_page_and_undeclared_ones_are_dropped_and_counted() {
        let declared = Declared::new();
        let page = Metrics(declared.0.handle());
        metrics::with_local_recorder(&declared, || {
            metrics::counter!(super::super::UNITS.name, "unit" => "input").increment(3);
            metrics::histogram!(super::super::GENERATION_SECONDS.name, "api" => "openai").record(0.2);
            metrics::counter!("candor_secret_total").increment(1);
            metrics::counter!(super::super::UNITS.name, "email" => "a@b.c").increment(1);
        });
        let page = page.page();
        assert!(page.contains("candor_units_total{unit=\"input\"} 3"), "{page}");
        assert!(
            page.contains("candor_generation_seconds_bucket{api=\"openai\",le=\"0.25\"} 1"),
            "{page}"
        );
        assert!(page.contains("candor_undeclared_total{what=\"metric\"} 2"), "{page}");
        assert!(!page.contains("secret") && !page.contains("a@b.c"), "{page}");
    }

    #[test]
    fn names_are_declared_once_and_every_distribution_has_bounds() {
        let mut names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METRICS.len());
        let bounded = METRICS
            .iter()
            .filter(|metric| matches!(metric.kind, Kind::Histogram(bounds) if !bounds.is_empty()))
            .count();
        assert_eq!(
            bounded,
            METRICS
                .iter()
                .filter(|metric| matches!(metric.kind, Kind::Histogram(_)))
                .count()
        );
        assert!(bounded > 0);
    }
}
