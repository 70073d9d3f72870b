//! TLS of the public listener, from `server.tls`.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use store::disk::{RealDisk, read_file};
use tokio_rustls::TlsAcceptor;

use super::ServeError;
use crate::config::server::Server;

/// Chains are a few KiB.
const LARGEST_PEM_BYTES: u64 = 1 << 20;

/// What ends TLS, where it is configured.
pub(super) fn acceptor(server: &Server) -> Result<Option<TlsAcceptor>, ServeError> {
    let (Some(certificate), Some(key)) = (&server.tls_certificate, &server.tls_key) else {
        return Ok(None);
    };
    let wrong = |key: &'static str, path: &Path, error: String| ServeError::Tls {
        key,
        path: path.to_owned(),
        error,
    };
    let read =
        |name, path: &Path| read_file(&RealDisk, path, LARGEST_PEM_BYTES).map_err(|e| wrong(name, path, e.to_string()));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(CERTIFICATE, certificate)?).collect();
    let chain = chain.map_err(|e| wrong(CERTIFICATE, certificate, e.to_string()))?;
    let private = PrivateKeyDer::from_pem_slice(&read(KEY, key)?).map_err(|e| wrong(KEY, key, e.to_string()))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|e| wrong(CERTIFICATE, certificate, e.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

const CERTIFICATE: &str = "server.tls.certificate";
const KEY: &str = "server.tls.key";
