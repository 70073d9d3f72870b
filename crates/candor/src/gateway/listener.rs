//! The public listener: HTTP/1.1 and HTTP/2 (also in the clear, by prior knowledge), within the limits that clients meet.
//!
//! Promises: connections are counted and a connection's memory is bounded; who only holds connections open makes room for who
//! asks; what is no HTTP is told so with a request id; when the end begins, idle connections close and requests under way
//! go on; an address of a client is never logged.

mod connection;
mod line;
mod room;
mod standing;

use self::connection::{Connection, Server};
use self::line::turn_away;
use self::room::{Found, Room};
use self::standing::Standing;
use super::apis::Apis;
use super::refusal::Refusal;
use arc_swap::ArcSwap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Pause when the system has no more descriptors.
const PAUSE_AFTER_REFUSED_ACCEPT: Duration = Duration::from_millis(50);
/// Connections at once that are told that there is no room; further ones are closed without a word.
const TURNED_AWAY_AT_ONCE: usize = 64;

/// A listener with what it answers from.
pub struct Listener {
    /// Bound already.
    pub socket: TcpListener,
    /// `None`: plain text, on loopback or behind a declared proxy.
    pub tls: Option<TlsAcceptor>,
    /// What answers, by the configuration in force.
    pub apis: Arc<Current>,
    /// Most connections at once.
    pub connections: usize,
}

/// What answers requests that begin now; a reload puts another one in its place, and requests under way keep theirs.
pub type Current = ArcSwap<Apis>;

impl Listener {
    /// Accepts until `end` resolves, then lets requests under way end, and what they left to be counted. Dropping the future
    /// cuts them; they settle as interrupted.
    pub async fn serve(self, end: impl Future<Output = ()>) {
        let mut server = Arc::new(Server::new(&self.apis.load()));
        let counted = Arc::clone(&self.apis.load().gateway.meters);
        let (ending, ended) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut room = Room::new(self.connections);
        let refusing = Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE));
        let mut end = std::pin::pin!(end);
        loop {
            let stream = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = &mut end => break,
            };
            let Ok((stream, _)) = stream else {
                tokio::time::sleep(PAUSE_AFTER_REFUSED_ACCEPT).await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            match room.find(connections.len()) {
                Found::Some => {}
                Found::Made => counted.connections.made_room.increment(1),
                Found::None => {
                    counted.connections.turned_away.increment(1);
                    self.refuse(stream, &refusing);
                    continue;
                }
            }
            counted.connections.taken_in.increment(1);
            if !server.is_of(&self.apis.load()) {
                server = Arc::new(Server::new(&self.apis.load()));
            }
            let standing = Arc::new(Standing::default());
            let connection = Connection {
                server: Arc::clone(&server),
                apis: Arc::clone(&self.apis),
                standing: Arc::clone(&standing),
                ending: ended.clone(),
            };
            let task = connections.spawn(connection.converse(stream, self.tls.clone()));
            room.seat(standing, task);
        }
        drop(self.socket);
        self.apis.load().gateway.drain();
        // Whoever listens ends its connection after what is under way.
        let _nobody_listens = ending.send(true);
        while connections.join_next().await.is_some() {}
        self.apis.load().gateway.counting.ended().await;
    }

    /// Tells a client that there is no room, unless it would have to be told over TLS or too many are told already.
    fn refuse(&self, stream: TcpStream, refusing: &Arc<Semaphore>) {
        let refusal = Refusal::too_many_connections();
        if self.tls.is_none()
            && let Ok(permit) = Arc::clone(refusing).try_acquire_owned()
        {
            let told = self.apis.load().refuse_unread(refusal);
            tokio::spawn(async move {
                turn_away(stream, told).await;
                drop(permit);
            });
        } else {
            self.apis.load().count_refusal(&refusal);
        }
    }
}
