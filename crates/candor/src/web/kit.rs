//! Addresses that belong to no domain: what pages refer to, and what crawlers and finders of faults look for.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base::clock::Clock;
use http::HeaderMap;
use pages::assets;
use policy::inventory::{Admits, Method, Processing, Route};

use super::content::{Content, Lasts, media};
use super::errors::Missing;
use super::routes::Routes;

/// The stylesheet and the icon.
pub const ASSET: Route = open("/assets/{name}", "the stylesheet and the icon of the pages");
/// What crawlers may look at.
pub const ROBOTS: Route = open("/robots.txt", "which pages crawlers may look at");
/// Whom to tell of a weakness (RFC 9116).
pub const SECURITY: Route = open("/.well-known/security.txt", "the operator's own address");

/// All declarations.
pub const ROUTES: &[&Route] = &[&ASSET, &ROBOTS, &SECURITY];

const fn open(path: &'static str, why: &'static str) -> Route {
    Route {
        method: Method::Get,
        path,
        admits: Admits::Anyone,
        processing: Processing::Nobody(why),
    }
}

/// Pages may be found; answers to programs are nobody's reading.
const ROBOTS_TEXT: &str = "User-agent: *\nDisallow: /v1/\nDisallow: /api/\nAllow: /\n";

/// A file that says whom to write to is believed for so long (RFC 9116, 2.5.5, wants an end): a new address is soon everybody's.
const SECURITY_LASTS: Duration = Duration::from_hours(48);

/// What the kit answers from.
pub struct Kit {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Whom to write to, if the operator said so.
    pub contact: Option<String>,
    /// How the instance is reached: `https://ai.example.org`.
    pub origin: String,
}

/// All of its routes.
pub fn routes(kit: Kit) -> Routes {
    Routes::default()
        .mount(&ASSET, asset)
        .mount(&ROBOTS, robots)
        .mount(&SECURITY, security)
        .with_state(Arc::new(kit))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match assets::find(&name) {
        Some(asset) => Content::new(asset.media_type, Lasts::Always, asset.content).answer(&headers),
        None => Missing.into_response(),
    }
}

async fn robots(headers: HeaderMap) -> Response {
    Content::new(media::TEXT, Lasts::Checked, ROBOTS_TEXT).answer(&headers)
}

async fn security(State(kit): State<Arc<Kit>>, headers: HeaderMap) -> Response {
    let Some(contact) = &kit.contact else {
        return Missing.into_response();
    };
    let (contact, origin) = (address(contact), &kit.origin);
    let expires = kit.clock.now().plus(SECURITY_LASTS);
    let text = format!(
        "Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {origin}{}\nPolicy: {origin}/privacy\n",
        SECURITY.path
    );
    Content::new(media::TEXT, Lasts::Checked, text).answer(&headers)
}

/// A mail address as the address that the file wants; what is an address already stays.
fn address(contact: &str) -> String {
    if contact.contains("://") || contact.starts_with("mailto:") || contact.starts_with("tel:") {
        contact.to_owned()
    } else {
        format!("mailto:{contact}")
    }
}
