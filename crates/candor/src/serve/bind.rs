//! The listeners' sockets.

use super::ServeError;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};

/// Connections that wait to be accepted: as many as Linux lets wait by default (`net.core.somaxconn`).
const WAITING_CONNECTIONS: u32 = 4096;

/// With port 0 the system chooses one; from here on `address` says which.
pub(super) fn bind(key: &'static str, address: &mut SocketAddr) -> Result<TcpListener, ServeError> {
    let asked = *address;
    let refused = |error| ServeError::Listen {
        key,
        address: asked,
        error,
    };
    let listener = listen(asked).map_err(refused)?;
    *address = listener.local_addr().map_err(refused)?;
    Ok(listener)
}

/// As [`TcpListener::bind`], but with room for a burst of connections: one that finds none is tried again after a second.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_CONNECTIONS)
}
