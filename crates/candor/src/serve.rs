//! `serve`: start, wiring of everything, shutdown.
//!
//! In this order: listeners are bound (a taken address ends the start before anything is touched) · the operations listener answers ·
//! the stores are opened, the inventory is compared, what a dead process left in the spool is adopted · the control socket answers ·
//! a first start prints its key · the gateway answers, ready. At a signal: not ready, nothing new is taken, answers that have begun go
//! on for `serve.drain`, the spool is applied, the stores are closed. A second signal ends the waiting.
//!
//! Promises: no begun answer is cut within `serve.drain`; what was cut is settled; nothing is printed on stdout but a first start.

pub mod drain;
pub mod health;
pub mod operations;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use self::drain::{Draining, Signals};
use self::health::Health;
use self::operations::Operations;
use crate::config::Config;
use crate::telemetry;

/// Why there was nothing to serve, or no more.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address is taken or not ours.
    #[error("{key}: {address} can't be listened on: {error}")]
    Listen {
        /// The configuration's key.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The system refuses to tell signals.
    #[error("signals can't be waited for: {0}")]
    Signals(io::Error),
}

/// Serves until a signal ends it. `out` gets what a first start prints.
///
/// # Errors
/// Something can't be opened, or an address is taken.
pub async fn serve(config: Config, _out: &mut dyn Write) -> Result<(), ServeError> {
    let mut signals = Signals::listen().map_err(ServeError::Signals)?;
    let public = bind("server.listen", config.server.listen).await?;
    let private = bind("operations.listen", config.operations.listen).await?;
    let health = Arc::new(Health::starting());
    let operations = Operations {
        health: health.clone(),
        metrics: telemetry::install(),
    };
    let operations = tokio::spawn(operations::listen(private, Arc::new(operations)));
    let (drain, draining) = drain::drain();
    let gateway = tokio::spawn(answer(public, draining));
    health.serve(Vec::new());
    tracing::info!(address = %config.server.listen, "ready");

    let signal = signals.next().await;
    tracing::info!(signal, "answers that have begun go on, nothing new is taken");
    health.drain();
    drain.begin();
    tokio::select! {
        _ = gateway => {}
        () = tokio::time::sleep(config.serve.drain) => tracing::warn!("answers were still under way after serve.drain; they are settled as interrupted"),
        signal = signals.next() => tracing::warn!(signal, "a second signal ends the waiting"),
    }
    operations.abort();
    Ok(())
}

async fn bind(key: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| ServeError::Listen { key, address, error })
}

/// The gateway's listener; ends when the drain has begun and every answer has ended.
async fn answer(_listener: TcpListener, mut draining: Draining) {
    draining.begun().await;
}
