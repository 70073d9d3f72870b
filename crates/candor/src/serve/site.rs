//! Pages and the platform API of an opened instance, in one router.

use std::sync::Arc;

use super::ServeError;
use crate::config::server::Server;
use crate::gateway::Gateway;
use crate::gateway::apis::platform;
use crate::gateway::providers::sandbox;
use crate::instance::Instance;
use crate::privacy::inventory::check_routes;
use crate::privacy::pages;
use crate::web::around::Around;
use crate::web::headers::Transport;
use crate::web::kit::{self, Kit};
use crate::web::site::Site;

/// What answers wherever no model API does; the policy's page is dated already.
///
/// # Errors
/// A route is not declared.
pub(super) fn site(instance: &Instance, gateway: Arc<Gateway>) -> Result<Site, ServeError> {
    let config = &instance.config;
    let clock = &instance.machine.clock;
    let around = Arc::new(Around {
        policy: instance.published.page(),
    });
    let pages = pages::routes(pages::Parts {
        around: around.clone(),
        document: instance.published.parts().document.clone(),
        evidence: instance.evidence.clone(),
        clock: clock.clone(),
        generation_log: config.policy.parameters.retention_generation_log,
        origin: config.server.origin(),
        model: sandbox::CHAT_MODEL,
    });
    let kit = kit::routes(Kit {
        clock: clock.clone(),
        contact: config.policy.controller.privacy_contact.clone(),
        origin: config.server.origin(),
    });
    let platform = platform::routes(gateway, instance.records.clone());
    let site = Site::new(pages.and(kit).and(platform), around);
    check_routes(&instance.published.parts().inventory.routes, site.declared())?;
    Ok(site)
}

/// Rules of the configuration keep plain text to loopback (`config::rules`).
pub(super) const fn transport(server: &Server) -> Transport {
    if server.tls_certificate.is_some() || server.behind_proxy {
        Transport::Tls
    } else {
        Transport::Plain
    }
}
