//! The public listener, put together from an opened instance.

use std::sync::Arc;

use store::spool::Spool;
use tokio::net::TcpListener;

use super::site::{site, transport};
use super::{ServeError, prices, tls};
use crate::gateway::apis::Apis;
use crate::gateway::listener::Listener;
use crate::gateway::{Gateway, Parts};
use crate::instance::Instance;
use crate::money::credit::Credit;
use crate::money::store::remember_prices;

/// What will answer on `socket`.
///
/// # Errors
/// A provider, a price or the certificate can't be used, or a route is not declared.
pub(super) async fn listener(
    instance: &Instance,
    spool: &Arc<Spool>,
    credit: &Arc<Credit>,
    socket: TcpListener,
) -> Result<Listener, ServeError> {
    let config = &instance.config;
    let prices = prices::prices(config)?;
    remember_prices(&instance.stores.db, &prices).await?;
    let parts = Parts {
        clock: instance.machine.clock.clone(),
        random: instance.machine.random.clone(),
        callers: instance.callers.clone(),
        gate: instance.gate.clone(),
        keys: instance.keys.clone(),
        spool: spool.clone(),
        credit: credit.clone(),
        prices,
        generation_log: config.policy.parameters.retention_generation_log,
    };
    let gateway = Gateway::new(config, parts)?;
    let site = site(instance, gateway.clone())?;
    let (people, records) = (instance.people.clone(), instance.records.clone());
    let apis = Arc::new(Apis {
        gateway,
        people,
        records,
        site,
        transport: transport(&config.server),
    });
    Ok(Listener {
        connections: connections(config.limits.connections.get()),
        socket,
        tls: tls::acceptor(&config.server)?,
        apis,
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
