//! The policy's page for one configuration: who answers, who receives, the numbers in force.
//!
//! Promises: `candor policy render`, `/privacy` and the probe that compares them make the page here, so that it is one page;
//! hosts are named without what a password or a path would tell.
//! Leaves out: its date (`privacy::versions`).

use std::sync::Arc;

use policy::Document;
use policy::document::DocumentError;
use policy::page::{NamedRecipient, Operator};

use super::inventory;
use crate::config::{Config, Credential, Provider};
use crate::privacy::published::Parts;

/// Ids of recipients in `policy/recipients.yaml`, as the inventory's hosts name them.
const MODEL_PROVIDER: &str = "model_provider";
const DATABASE_HOST: &str = "database_host";

/// What the page of an instance with this configuration is made from.
///
/// # Errors
/// The document can't be read, which a built program's can.
pub fn parts(config: &Config) -> Result<Parts, DocumentError> {
    let who = &config.policy.controller;
    Ok(Parts {
        document: Arc::new(Document::embedded()?),
        parameters: config.policy.parameters.clone(),
        inventory: inventory(),
        operator: Operator {
            name: who.name.clone(),
            address: who.address.clone(),
            privacy_contact: who.privacy_contact.clone(),
        },
        named: recipients(config),
    })
}

/// Everybody whom this configuration names as a recipient.
pub fn recipients(config: &Config) -> Vec<NamedRecipient> {
    let providers = config.providers.iter().map(provider);
    let databases = [("database", &config.database.url), ("key store", &config.keys.url)];
    let databases = databases
        .into_iter()
        .filter_map(|(name, url)| database(name, url.as_ref()?));
    providers.chain(databases).collect()
}

fn provider(provider: &Provider) -> NamedRecipient {
    let host = provider.base_url.uri().host().unwrap_or_default();
    NamedRecipient {
        recipient: MODEL_PROVIDER.to_owned(),
        name: provider.name.clone(),
        host: host.trim_matches(['[', ']']).to_ascii_lowercase(),
        region: provider.region.clone(),
        unencrypted: provider.insecure.clone(),
    }
}

/// The host of a database, unless it is this machine or its address is a secret that is missing here.
fn database(name: &str, url: &Credential) -> Option<NamedRecipient> {
    let url: http::Uri = url.secret().ok()?.expose().parse().ok()?;
    let host = url.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
    let is_here = host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    (!is_here).then(|| NamedRecipient {
        recipient: DATABASE_HOST.to_owned(),
        name: name.to_owned(),
        host,
        region: None,
        unencrypted: None,
    })
}
