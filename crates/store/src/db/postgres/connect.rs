//! A pool of connections for an address.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::secret::Secret;
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::db::options::DbOptions;
use crate::db::{Beyond, DbError};

/// How long a connection may stay silent before the system asks whether the server still lives.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

pub(super) fn pool(address: &Secret, options: DbOptions) -> Result<Pool, DbError> {
    let (mut config, authority) = parsed(address)?;
    config.application_name("candor");
    config.connect_timeout(options.connect_limit);
    config.keepalives_idle(KEEPALIVE_IDLE);
    let recycling = ManagerConfig {
        // `Fast` hands out dead connections (deadpool 165).
        recycling_method: RecyclingMethod::Verified,
    };
    let manager = if distance(&config).is_some_and(|beyond| beyond.is_encrypted) {
        // `prefer` would fall back to plain text for whoever stands in between.
        config.ssl_mode(SslMode::Require);
        Manager::from_config(config, MakeRustlsConnect::new(tls(authority.as_deref())?), recycling)
    } else {
        config.ssl_mode(SslMode::Disable);
        Manager::from_config(config, NoTls, recycling)
    };
    Pool::builder(manager)
        .max_size(options.connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.connect_limit))
        .create_timeout(Some(options.connect_limit))
        .recycle_timeout(Some(options.connect_limit))
        .post_create(limits(options))
        .build()
        .map_err(|error| DbError::Unavailable {
            cause: error.to_string(),
        })
}

/// Set by statement and not by start-up parameter, which poolers in between refuse.
fn limits(options: DbOptions) -> Hook {
    Hook::async_fn(move |client, _| {
        let sql = format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}",
            options.statement_limit.as_millis(),
            options.lock_limit.as_millis(),
            options.statement_limit.as_millis(),
        );
        Box::pin(async move { client.batch_execute(&sql).await.map_err(HookError::Backend) })
    })
}

fn parsed(address: &Secret) -> Result<(Config, Option<PathBuf>), DbError> {
    let (address, authority) = split_authority(address.expose());
    let config = address.parse().map_err(|_| {
        DbError::Url("the database's address is not of the form postgres://user:password@host:port/database".to_owned())
    })?;
    Ok((config, authority))
}

/// Where this address leads; none if that is this machine. Connections are made by the same rule.
pub(in crate::db) fn beyond(address: &Secret) -> Result<Option<Beyond>, DbError> {
    Ok(distance(&parsed(address)?.0))
}

fn distance(config: &Config) -> Option<Beyond> {
    let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
    // Where both are given they stand side by side, and the address is what is called.
    let host = |at: usize| {
        let name = names.get(at).and_then(distant);
        let address = addresses.get(at).filter(|address| !address.is_loopback());
        name.or_else(|| address.map(ToString::to_string))
    };
    let hosts: Vec<String> = (0..names.len().max(addresses.len())).filter_map(host).collect();
    (!hosts.is_empty()).then(|| Beyond {
        hosts,
        is_encrypted: config.get_ssl_mode() != SslMode::Disable,
    })
}

fn distant(host: &Host) -> Option<String> {
    let Host::Tcp(name) = host else { return None };
    let is_here = name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    (!is_here).then(|| name.clone())
}

/// Takes `sslrootcert=FILE` out of an address, which is libpq's name for the certificates to trust.
fn split_authority(address: &str) -> (String, Option<PathBuf>) {
    const KEY: &str = "sslrootcert=";
    let Some((base, query)) = address.split_once('?') else {
        return (address.to_owned(), None);
    };
    let authority = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(KEY))
        .map(PathBuf::from);
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(KEY)).collect();
    if rest.is_empty() {
        return (base.to_owned(), authority);
    }
    (format!("{base}?{}", rest.join("&")), authority)
}

/// Trusts the public authorities, or only those of a file: a managed database often has one of its own.
fn tls(authority: Option<&Path>) -> Result<ClientConfig, DbError> {
    let roots = match authority {
        Some(path) => read_roots(path)?,
        None => RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        },
    };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DbError::Unavailable {
            cause: error.to_string(),
        })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn read_roots(path: &Path) -> Result<RootCertStore, DbError> {
    let wrong = |why: String| DbError::Url(format!("sslrootcert={}: {why}", path.display()));
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("no certificate is in it".to_owned()));
    }
    Ok(roots)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_without_tls_unless_the_address_says_so() {
        for (address, hosts) in [
            ("postgres://candor@127.0.0.1:5433/x", &[] as &[&str]),
            ("postgres://candor@localhost/x", &[]),
            ("postgres://candor@[::1]/x", &[]),
            ("postgres:///x?host=/run/postgresql", &[]),
            ("postgres://candor@db.example/x", &["db.example"]),
            ("postgres://candor@10.0.0.5/x", &["10.0.0.5"]),
            ("postgres:///x?host=db.example&user=candor", &["db.example"]),
            (
                "postgres://candor@127.0.0.1,db.example,two.example/x",
                &["db.example", "two.example"],
            ),
            ("host=localhost hostaddr=10.0.0.5 user=candor", &["10.0.0.5"]),
        ] {
            for (mode, is_encrypted) in [("", true), ("sslmode=disable", false)] {
                let joint = if address.starts_with("host") {
                    " "
                } else if address.contains('?') {
                    "&"
                } else {
                    "?"
                };
                let address = Secret::new(if mode.is_empty() {
                    address.to_owned()
                } else {
                    format!("{address}{joint}{mode}")
                });
                let found = beyond(&address).unwrap();
                assert_eq!(
                    found.as_ref().map_or(&[] as &[String], |beyond| &beyond.hosts),
                    hosts,
                    "{}",
                    address.expose()
                );
                assert!(
                    found.is_none_or(|beyond| beyond.is_encrypted == is_encrypted),
                    "{}",
                    address.expose()
                );
            }
        }
        assert!(tls(None).is_ok());
    }

    #[test]
    fn the_file_of_authorities_is_taken_out_of_the_address_and_must_hold_one() {
        let (address, authority) = split_authority("postgres://db/x?sslrootcert=/etc/ca.pem&connect_timeout=3");
        assert_eq!(address, "postgres://db/x?connect_timeout=3");
        assert_eq!(authority.unwrap(), Path::new("/etc/ca.pem"));
        assert_eq!(split_authority("postgres://db/x?sslrootcert=a").0, "postgres://db/x");
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("ca.pem");
        crate::disk::Disk::create(&crate::disk::RealDisk, &empty).unwrap();
        for path in [&empty, &folder.path().join("none")] {
            let error = tls(Some(path)).unwrap_err().to_string();
            assert!(error.contains("sslrootcert="), "{error}");
        }
    }
}
