//! A pool of connections for an address.

use std::time::Duration;

use base::secret::Secret;
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::db::DbError;
use crate::db::options::DbOptions;

/// How long a connection may stay silent before the system asks whether the server still lives.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

pub(super) fn pool(address: &Secret, options: DbOptions) -> Result<Pool, DbError> {
    let mut config: Config = address.expose().parse().map_err(|_| {
        DbError::Url("the database's address is not of the form postgres://user:password@host:port/database".to_owned())
    })?;
    config.application_name("candor");
    config.connect_timeout(options.connect_limit);
    config.keepalives_idle(KEEPALIVE_IDLE);
    let recycling = ManagerConfig {
        // `Fast` hands out dead connections (deadpool 165).
        recycling_method: RecyclingMethod::Verified,
    };
    let manager = if is_local(&config) || config.get_ssl_mode() == SslMode::Disable {
        config.ssl_mode(SslMode::Disable);
        Manager::from_config(config, NoTls, recycling)
    } else {
        // `prefer` would fall back to plain text for whoever stands in between.
        config.ssl_mode(SslMode::Require);
        Manager::from_config(config, MakeRustlsConnect::new(tls()?), recycling)
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

fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        Host::Unix(_) => true,
    }) && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

fn tls() -> Result<ClientConfig, DbError> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DbError::Unavailable {
            cause: error.to_string(),
        })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_without_tls() {
        for (address, local) in [
            ("postgres://candor@127.0.0.1:5433/x", true),
            ("postgres://candor@localhost/x", true),
            ("postgres://candor@[::1]/x", true),
            ("postgres://candor@db.example/x", false),
            ("postgres://candor@10.0.0.5/x", false),
            ("postgres://candor@127.0.0.1,db.example/x", false),
            ("host=localhost hostaddr=10.0.0.5 user=candor", false),
        ] {
            assert_eq!(is_local(&address.parse().unwrap()), local, "{address}");
        }
        assert!(tls().is_ok());
    }
}
