//! The whole data inventory: what the domains declare, put together.

use std::sync::LazyLock;

use policy::Inventory;
use policy::inventory::MetricLabel;

use super::files::{FILES, HOSTS};
use crate::gateway::apis::{platform, routes};
use crate::privacy::pages;
use crate::web::kit;
use crate::{schema, telemetry};

/// Everything that is declared.
pub fn inventory() -> Inventory {
    static LABELS: LazyLock<Vec<MetricLabel>> = LazyLock::new(telemetry::metric_labels);
    Inventory {
        tables: schema::tables(),
        log_fields: telemetry::LOG_FIELDS.iter().collect(),
        metric_labels: LABELS.iter().collect(),
        files: FILES.iter().collect(),
        hosts: HOSTS.iter().collect(),
        routes: routes::routes()
            .chain([platform::ROUTES, pages::ROUTES, kit::ROUTES].concat())
            .chain(telemetry::OPERATOR_ROUTES.iter().copied())
            .collect(),
        // There are none.
        cookies: Vec::new(),
    }
}
