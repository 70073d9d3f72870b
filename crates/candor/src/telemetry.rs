//! Names of metrics and log fields, all declared here; the Prometheus recorder (its page is served by the operations listener).
