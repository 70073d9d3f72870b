//! One request and one reply over the owner's socket: each a length (four bytes, big-endian) and so many bytes.
//!
//! Promises: sizes, times and the number of askers are bounded; a request is dropped when its asker goes away; another
//! user's process gets no answer, whatever the socket's mode became.
//! Leaves out: what the bytes mean; streaming (a command's own files are opened by the command itself).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The largest request.
pub const REQUEST_LIMIT: usize = 1 << 20;

/// The largest reply.
pub const REPLY_LIMIT: usize = 16 << 20;

/// Askers at once; more wait in the socket's queue.
const ASKERS: usize = 8;

#[derive(Clone, Copy)]
struct Limits {
    /// The longest a peer may take to connect, or to send or take a message.
    message: Duration,
    /// The longest a command may run: a backup of a large instance.
    command: Duration,
}

const LIMITS: Limits = Limits {
    message: Duration::from_secs(5),
    command: Duration::from_secs(3600),
};

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens: the owner is just starting or ending.
    #[error("no process answers on {socket}: it may be starting or ending; try again")]
    NoOwner {
        /// The socket.
        socket: PathBuf,
    },
    /// A message is too large.
    #[error("a control message has {bytes} bytes, more than the {limit} that are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It took too long.
    #[error("the process that owns the data folder did not answer in time")]
    TimedOut,
    /// The other side ended in the middle: it refused the request, or was stopped.
    #[error("the process that owns the data folder ended the conversation: {0}")]
    Ended(io::Error),
}

/// Answers askers with `handler` until this future is dropped, which ends all of them.
pub async fn serve_control<F>(
    listener: UnixListener,
    handler: impl Fn(Vec<u8>) -> F + Send + Sync + 'static,
) -> io::Error
where
    F: Future<Output = Vec<u8>> + Send + 'static,
{
    serve_within(LIMITS, listener, handler).await
}

async fn serve_within<F>(
    limits: Limits,
    listener: UnixListener,
    handler: impl Fn(Vec<u8>) -> F + Send + Sync + 'static,
) -> io::Error
where
    F: Future<Output = Vec<u8>> + Send + 'static,
{
    let handler = Arc::new(handler);
    let mut askers = JoinSet::new();
    loop {
        while askers.len() >= ASKERS {
            // What became of an asker is its own affair.
            let _ended = askers.join_next().await;
        }
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Too many descriptors, or an asker that went away: wait for one to end, or a moment.
                Err(error) if askers.is_empty() => return error,
                Err(_) => {
                    let _ended = askers.join_next().await;
                    continue;
                }
            },
            Some(_) = askers.join_next() => continue,
        };
        let handler = Arc::clone(&handler);
        askers.spawn(async move {
            if let Err(error) = answer(limits, stream, &*handler).await {
                tracing::debug!(%error, "a control request ended early");
            }
        });
    }
}

/// Sends one request and waits for its reply.
pub async fn ask(socket: &Path, request: &[u8]) -> Result<Vec<u8>, ControlError> {
    check(request.len(), REQUEST_LIMIT)?;
    let connected = timeout(LIMITS.message, UnixStream::connect(socket))
        .await
        .map_err(|_| ControlError::TimedOut)?;
    let mut stream = connected.map_err(|_| ControlError::NoOwner {
        socket: socket.to_owned(),
    })?;
    send(&mut stream, request).await?;
    timeout(LIMITS.command, receive(&mut stream, REPLY_LIMIT))
        .await
        .map_err(|_| ControlError::TimedOut)?
}

async fn answer<F>(
    limits: Limits,
    mut stream: UnixStream,
    handler: &(impl Fn(Vec<u8>) -> F + Sync),
) -> Result<(), ControlError>
where
    F: Future<Output = Vec<u8>> + Send,
{
    let peer = stream.peer_cred().map_err(ControlError::Ended)?.uid();
    if peer != 0 && peer != rustix::process::getuid().as_raw() {
        return Err(ControlError::Ended(io::ErrorKind::PermissionDenied.into()));
    }
    let request = timeout(limits.message, receive(&mut stream, REQUEST_LIMIT));
    let request = request.await.map_err(|_| ControlError::TimedOut)??;
    let reply = tokio::select! {
        reply = timeout(limits.command, handler(request)) => reply.map_err(|_| ControlError::TimedOut)?,
        // An asker says nothing more; if it does, or ends, it doesn't want the reply.
        _ = stream.read_u8() => return Err(ControlError::Ended(io::ErrorKind::ConnectionAborted.into())),
    };
    check(reply.len(), REPLY_LIMIT)?;
    send(&mut stream, &reply).await
}

async fn send(stream: &mut UnixStream, message: &[u8]) -> Result<(), ControlError> {
    let sent = async {
        let length = u32::try_from(message.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(message).await
    };
    timeout(LIMITS.message, sent)
        .await
        .map_err(|_| ControlError::TimedOut)?
        .map_err(ControlError::Ended)
}

/// Takes memory as bytes arrive, not as the length claims.
async fn receive(stream: &mut UnixStream, limit: usize) -> Result<Vec<u8>, ControlError> {
    let claimed = stream.read_u32().await.map_err(ControlError::Ended)?;
    let length = usize::try_from(claimed).unwrap_or(usize::MAX);
    check(length, limit)?;
    let mut message = Vec::new();
    stream
        .take(claimed.into())
        .read_to_end(&mut message)
        .await
        .map_err(ControlError::Ended)?;
    if message.len() < length {
        return Err(ControlError::Ended(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(message)
}

fn check(bytes: usize, limit: usize) -> Result<(), ControlError> {
    if bytes > limit {
        return Err(ControlError::TooLarge { bytes, limit });
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silent_asker_and_a_command_without_end_are_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let limits = Limits {
            message: Duration::from_millis(20),
            command: Duration::from_millis(20),
        };
        let listener = UnixListener::bind(&path).unwrap();
        let serving = tokio::spawn(serve_within(limits, listener, |_| std::future::pending()));

        let mut silent = UnixStream::connect(&path).await.unwrap();
        silent.write_all(&[0, 0]).await.unwrap();
        assert!(silent.read_u8().await.is_err(), "closed without a reply");

        let mut endless = UnixStream::connect(&path).await.unwrap();
        send(&mut endless, b"run").await.unwrap();
        assert!(endless.read_u8().await.is_err(), "closed without a reply");
        serving.abort();
    }
}
