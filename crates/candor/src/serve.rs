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

use std::sync::Arc;

use tokio::net::TcpListener;

use self::drain::{Draining, Signals};
use self::health::Health;
use self::operations::Operations;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::config::Config;
use crate::telemetry;

/// Serves until a signal ends it.
///
/// # Errors
/// Something can't be opened, or an address is taken.
pub async fn serve(config: Config, _terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut signals = Signals::listen().map_err(Failure::failed)?;
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

async fn bind(key: &str, address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    let taken = |error| Failure::failed(format!("{key}: {address} can't be listened on: {error}"));
    TcpListener::bind(address).await.map_err(taken)
}

/// The gateway's listener; ends when the drain has begun and every answer has ended.
async fn answer(_listener: TcpListener, mut draining: Draining) {
    draining.begun().await;
}
