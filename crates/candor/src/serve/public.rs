//! The public listener, put together from an opened instance, and what answers on it, once a configuration.

use std::sync::Arc;

use store::spool::Spool;
use tokio::net::TcpListener;

use super::site::{site, transport};
use super::{ServeError, prices, tls};
use crate::config::Config;
use crate::gateway::apis::Apis;
use crate::gateway::lasting::Lasting;
use crate::gateway::listener::{Current, Listener};
use crate::gateway::{Gateway, Parts};
use crate::instance::{Instance, page};
use crate::money::credit::Credit;
use crate::money::store::remember_prices;

/// What every configuration of a process answers from.
pub(super) struct Answering {
    /// Stores and domains.
    pub(super) instance: Arc<Instance>,
    spool: Arc<Spool>,
    credit: Arc<Credit>,
    lasting: Lasting,
}

impl Answering {
    /// Of a process that starts.
    pub(super) fn new(instance: &Arc<Instance>, spool: &Arc<Spool>, credit: &Arc<Credit>) -> Self {
        let machine = &instance.machine;
        Self {
            lasting: Lasting::new(&instance.config, &*machine.clock, &*machine.random),
            instance: instance.clone(),
            spool: spool.clone(),
            credit: credit.clone(),
        }
    }

    /// What answers by this configuration. Its prices are remembered and its recipients named before anybody meets them.
    ///
    /// # Errors
    /// A provider or a price can't be used, a route is not declared, or the database fails; nothing has changed then.
    pub(super) async fn apis(&self, config: &Config) -> Result<Arc<Apis>, ServeError> {
        let instance = &self.instance;
        let prices = prices::prices(config)?;
        let parts = Parts {
            clock: instance.machine.clock.clone(),
            random: instance.machine.random.clone(),
            callers: instance.callers.clone(),
            gate: instance.gate.clone(),
            keys: instance.keys.clone(),
            spool: self.spool.clone(),
            credit: self.credit.clone(),
            prices: prices.clone(),
            lasting: self.lasting.clone(),
            generation_log: config.policy.parameters.retention_generation_log,
        };
        let gateway = Gateway::new(config, parts)?;
        remember_prices(&instance.stores.db, &prices).await?;
        let (db, now) = (&instance.stores.db, instance.machine.clock.now());
        instance.published.rename(page::recipients(config), db, now).await?;
        Ok(Arc::new(Apis {
            site: site(instance, gateway.clone())?,
            gateway,
            people: instance.people.clone(),
            records: instance.records.clone(),
            transport: transport(&config.server),
        }))
    }
}

/// What will answer on `socket`.
///
/// # Errors
/// As [`Answering::apis`], or the certificate can't be used.
pub(super) async fn listener(answering: &Answering, socket: TcpListener) -> Result<Listener, ServeError> {
    let config = &answering.instance.config;
    Ok(Listener {
        connections: connections(config.limits.connections.get()),
        socket,
        tls: tls::acceptor(&config.server)?,
        apis: Arc::new(Current::new(answering.apis(config).await?)),
    })
}

/// Most connections of clients: as configured, but no more than the system gives descriptors for, if every second one waits for
/// a provider over another.
fn connections(configured: u32) -> usize {
    let configured = usize::try_from(configured).unwrap_or(usize::MAX);
    let Some(descriptors) = store::descriptors::raise() else {
        return configured;
    };
    let most = usize::try_from(descriptors / 3 * 2).unwrap_or(usize::MAX);
    if most < configured {
        tracing::warn!(
            count = most,
            "the system gives fewer descriptors than limits.connections needs: so many connections are taken (ulimit -n, LimitNOFILE)"
        );
    }
    configured.min(most)
}
