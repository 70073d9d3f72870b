//! Rules that span keys: what may listen where, which names must exist, what must not travel in the clear.

mod models;

use super::Config;
use super::problem::Problem;
use super::provider::{MOST_KEYS, Provider, SANDBOX};
use super::reader::Reader;

/// Adds a problem to the reader for every rule that is broken.
pub(super) fn check(config: &Config, reader: &mut Reader<'_>) {
    let mut broken = Broken { reader };
    listeners(config, &mut broken);
    databases(config, &mut broken);
    to_come(config, &mut broken);
    providers(config, &mut broken);
    models::check(config, &mut broken);
}

struct Broken<'r, 'a> {
    reader: &'r mut Reader<'a>,
}

impl Broken<'_, '_> {
    fn add(&mut self, key: &str, wrong: impl Into<String>, write: impl Into<String>) {
        let origin = self.reader.origin(key);
        self.reader.problems.push(Problem::new(origin, key, wrong, write));
    }
}

fn listeners(config: &Config, broken: &mut Broken<'_, '_>) {
    let server = &config.server;
    match (&server.tls_certificate, &server.tls_key) {
        (Some(_), None) => broken.add(
            "server.tls.certificate",
            "the certificate has no key",
            "server.tls.key beside it",
        ),
        (None, Some(_)) => broken.add(
            "server.tls.key",
            "the key has no certificate",
            "server.tls.certificate beside it",
        ),
        _ => {}
    }
    let is_protected = server.tls_certificate.is_some() || server.behind_proxy;
    for (key, address) in [
        ("server.listen", server.listen),
        ("operations.listen", config.operations.listen),
    ] {
        if !address.ip().is_loopback() && !is_protected {
            broken.add(
                key,
                format!("{address} can be reached from outside in plain text"),
                "a loopback address such as \"127.0.0.1:8080\", or set server.tls, or server.behind_proxy = true where a proxy ends TLS",
            );
        }
    }
    if server.listen == config.operations.listen && server.listen.port() != 0 {
        broken.add(
            "operations.listen",
            "both listeners have the same address",
            "another port",
        );
    }
}

fn databases(config: &Config, broken: &mut Broken<'_, '_>) {
    for (key, url) in [("database.url", &config.database.url), ("keys.url", &config.keys.url)] {
        let written = url.as_ref().and_then(|url| url.secret().ok());
        if written.is_some_and(|url| {
            !["postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.expose().starts_with(scheme))
        }) {
            broken.add(
                key,
                "the address is of no PostgreSQL database",
                "\"postgres://user:password@host/name\", or leave the key out for SQLite",
            );
        }
    }
    if config.keys.url.is_some() && config.database.url.is_none() {
        broken.add(
            "keys.url",
            "the key store is on a server and the database is not",
            "database.url, too",
        );
    }
}

fn to_come(config: &Config, broken: &mut Broken<'_, '_>) {
    if config.cache.url.is_some() {
        broken.add(
            "cache.url",
            "a shared cache is not part of this version yet",
            "nothing: leave the key out",
        );
    }
    if config.objects.url.is_some() {
        broken.add(
            "objects.url",
            "an object store is not part of this version yet",
            "nothing: leave the key out",
        );
    }
}

fn providers(config: &Config, broken: &mut Broken<'_, '_>) {
    for (at, provider) in config.providers.iter().enumerate() {
        let key = |name: &str| format!("provider[{}].{name}", at + 1);
        if provider.name == SANDBOX {
            broken.add(&key("name"), "the sandbox provider is built in", "another name");
        } else if provider.name.is_empty() || provider.name.contains('/') {
            broken.add(
                &key("name"),
                "a name can't be empty or hold a slash",
                "a word such as \"openai\"",
            );
        } else if config.providers[..at].iter().any(|other| other.name == provider.name) {
            broken.add(
                &key("name"),
                format!("there are two providers named {:?}", provider.name),
                "another name",
            );
        }
        if provider.key.is_some() && !provider.keys.is_empty() {
            broken.add(&key("keys"), "there is a `key`, too", "all keys into `keys`");
        } else if provider.keys.len() > MOST_KEYS {
            broken.add(
                &key("keys"),
                format!("there are {} keys", provider.keys.len()),
                format!("at most {MOST_KEYS}"),
            );
        }
        if travels_in_the_clear(provider) {
            broken.add(
                &key("base_url"),
                "http:// to another machine sends prompts and the key in the clear",
                "https://, or give a reason beside it: insecure = \"why this network is safe\"",
            );
        }
    }
}

fn travels_in_the_clear(provider: &Provider) -> bool {
    let has_reason = provider
        .insecure
        .as_ref()
        .is_some_and(|reason| !reason.trim().is_empty());
    !provider.base_url.is_encrypted() && !provider.base_url.is_loopback() && !has_reason
}
