//! The whole data inventory: what the domains declare, put together.

use std::sync::LazyLock;

use base::planted;
use policy::Inventory;
use policy::inventory::{MetricLabel, Retention, Table};

use super::files::{FILES, HOSTS};
use crate::gateway::apis::{platform, routes};
use crate::privacy::pages;
use crate::records::tables::USAGE_LINE;
use crate::web::kit;
use crate::{schema, telemetry};

/// Every declared table.
fn tables() -> Vec<&'static Table> {
    static FOREVER: Table = Table {
        retention: Retention::Evidence,
        ..USAGE_LINE
    };
    let mut tables = schema::tables();
    if planted::is("table_without_end") {
        tables.retain(|table| table.name != FOREVER.name);
        tables.push(&FOREVER);
    }
    tables
}

/// Everything that is declared.
pub fn inventory() -> Inventory {
    static LABELS: LazyLock<Vec<MetricLabel>> = LazyLock::new(telemetry::metric_labels);
    Inventory {
        tables: tables(),
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
