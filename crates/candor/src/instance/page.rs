//! The policy's page for one configuration: who answers, who receives, the numbers in force.
//!
//! Promises: `candor policy render`, `/privacy` and the probe that compares them make the page here, so that it is one page;
//! hosts are named without what a password or a path would tell.
//! Leaves out: its date (`privacy::versions`).

use std::sync::Arc;

use policy::Document;
use policy::document::DocumentError;
use policy::page::{NamedRecipient, Operator};
use store::db::{Beyond, DatabaseUrl};

use super::inventory;
use crate::config::{Config, Credential, Provider};
use crate::privacy::published::Parts;

/// Ids of recipients in `policy/recipients.yaml`, as the inventory's hosts name them.
const MODEL_PROVIDER: &str = "model_provider";
const DATABASE_HOST: &str = "database_host";

/// Why the way to a database is not encrypted: nothing else turns it off.
const UNENCRYPTED_DATABASE: &str = "its address says sslmode=disable";

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
        .filter_map(|(name, url)| Some((name, url.as_ref()?)))
        .flat_map(|(name, url)| database(name, url));
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

/// The hosts of a database, unless it is on this machine or its address is a secret that is missing here.
fn database(name: &str, url: &Credential) -> Vec<NamedRecipient> {
    let url = url
        .secret()
        .ok()
        .and_then(|url| url.expose().parse::<DatabaseUrl>().ok());
    // One that can't be understood can't be connected to either.
    let Some(Beyond { hosts, is_encrypted }) = url.and_then(|url| url.beyond().ok()?) else {
        return Vec::new();
    };
    let named = |host: String| NamedRecipient {
        recipient: DATABASE_HOST.to_owned(),
        name: name.to_owned(),
        host: host.to_ascii_lowercase(),
        region: None,
        unencrypted: (!is_encrypted).then(|| UNENCRYPTED_DATABASE.to_owned()),
    };
    hosts.into_iter().map(named).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn databases(url: &str) -> Vec<(String, Option<String>)> {
        let config = Config::load(&Sources::of_text(&format!("[database]\nurl = \"{url}\""))).unwrap();
        let named = recipients(&config).into_iter();
        named.map(|named| (named.host, named.unencrypted)).collect()
    }

    #[test]
    fn whoever_hosts_a_database_is_named_however_the_address_says_it() {
        let encrypted = |host: &str| vec![(host.to_owned(), None)];
        assert_eq!(databases("postgres://candor@127.0.0.1/x"), []);
        assert_eq!(databases("postgres://candor:a@DB.example/x"), encrypted("db.example"));
        assert_eq!(
            databases("postgres:///x?host=10.0.0.5&user=candor"),
            encrypted("10.0.0.5")
        );
        assert_eq!(databases("postgres://candor@one.example,two.example/x").len(), 2);
    }

    #[test]
    fn a_way_that_is_not_encrypted_is_told() {
        let named = databases("postgres://candor@db.example/x?sslmode=disable");
        assert_eq!(
            named,
            [("db.example".to_owned(), Some(UNENCRYPTED_DATABASE.to_owned()))]
        );
    }
}
