//! `[server]` and `[operations]`: where Candor listens.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::key::section;

section! {
    /// Where people and their programs reach Candor.
    Server in "server" {
        /// The address of the model APIs, the platform API and the pages. Plain text is only taken on loopback, else TLS
        /// (`server.tls`) or a declared proxy (`server.behind_proxy`) is asked for.
        listen: SocketAddr = "127.0.0.1:8080",
        /// The address that people use, if it differs from the one that is listened on: `https://ai.example.org`.
        public_url: Option<String> = none,
        /// The certificate chain (PEM) for TLS on this listener. Needs `server.tls.key`.
        tls_certificate as "tls.certificate": Option<PathBuf> = none,
        /// The private key (PEM) of that certificate.
        tls_key as "tls.key": Option<PathBuf> = none,
        /// A proxy in front ends TLS and is the only one who can reach this listener.
        behind_proxy: bool = false,
    }
}

section! {
    /// The operator's listener: `/healthz`, `/readyz`, `/metrics`. Never for the public.
    Operations in "operations" {
        /// Its address. Plain text; other than loopback only with `server.behind_proxy` or TLS on the public listener.
        listen: SocketAddr = "127.0.0.1:9090",
    }
}

impl Server {
    /// How people reach it, without a slash at the end: `https://ai.example.org`.
    pub fn origin(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None if self.tls_certificate.is_some() => format!("https://{}", self.listen),
            None => format!("http://{}", self.listen),
        }
    }
}
