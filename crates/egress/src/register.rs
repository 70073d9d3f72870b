//! The register of hosts: whom the program may talk to, and why.

use http::Uri;
use http::uri::{Authority, Scheme};
use std::collections::BTreeMap;

/// Every host that may be reached, each with the recipient it stands for.
#[derive(Debug, Default, Clone)]
pub struct Register {
    hosts: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    recipient: String,
    /// Why plain text is acceptable although the host is not on loopback; `None`: it isn't.
    insecure: Option<String>,
}

/// A place in the register that connections can be opened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(crate) tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// May plain text leave the machine?
    pub(crate) plain_beyond_loopback: bool,
    authority: Authority,
    path: String,
}

/// Why an address is no endpoint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// The URL can't be read.
    #[error("'{0}' is no http:// or https:// URL with a host")]
    NotAUrl(String),
    /// The host has no entry.
    #[error("the host '{0}' is not in the register of outgoing hosts")]
    NotRegistered(String),
    /// Plain text to another machine without a reason.
    #[error(
        "'{0}' would send personal data in plain text to another machine: use https://, or state why not in 'insecure'"
    )]
    Insecure(String),
}

impl Register {
    /// Enters a host. `recipient` is a name of the policy's list of recipients or of a configured provider.
    pub fn allow(&mut self, host: &str, recipient: &str, insecure: Option<&str>) {
        let entry = Entry {
            recipient: recipient.to_owned(),
            insecure: insecure.map(str::to_owned),
        };
        self.hosts.insert(host.to_ascii_lowercase(), entry);
    }

    /// Every host with its recipient, for the page and the log.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.hosts
            .iter()
            .map(|(host, entry)| (host.as_str(), entry.recipient.as_str()))
    }

    /// The endpoint behind a base URL such as `https://api.example.com/v1`.
    pub fn endpoint(&self, base_url: &str) -> Result<Endpoint, Refused> {
        let not_a_url = || Refused::NotAUrl(base_url.to_owned());
        let uri: Uri = base_url.parse().map_err(|_| not_a_url())?;
        let authority = uri.authority().ok_or_else(not_a_url)?.clone();
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(not_a_url()),
        };
        let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        let entry = self
            .hosts
            .get(&host)
            .ok_or_else(|| Refused::NotRegistered(host.clone()))?;
        if !tls && entry.insecure.is_none() && !is_loopback_name(&host) {
            return Err(Refused::Insecure(base_url.to_owned()));
        }
        Ok(Endpoint {
            tls,
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            plain_beyond_loopback: entry.insecure.is_some(),
            path: uri.path().trim_end_matches('/').to_owned(),
            host,
            authority,
        })
    }
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

impl Endpoint {
    /// Value of the `host` header.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The request target for `path` (which begins with `/`) below the base URL's own path.
    pub fn target(&self, path: &str) -> Uri {
        format!("{}{path}", self.path)
            .parse()
            .expect("the base URL's path was parsed, ours is a constant")
    }
}

/// The host of a base URL, for entering it into the register.
pub fn host_of(base_url: &str) -> Option<String> {
    let uri: Uri = base_url.parse().ok()?;
    uri.host()
        .map(|host| host.trim_matches(['[', ']']).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_hosts_are_endpoints() {
        let mut register = Register::default();
        register.allow("API.example.com", "example", None);
        let endpoint = register.endpoint("https://api.example.com/v1/").expect("registered");
        assert_eq!(
            (endpoint.host.as_str(), endpoint.port, endpoint.tls),
            ("api.example.com", 443, true)
        );
        assert_eq!(endpoint.target("/models"), "/v1/models");
        assert_eq!(
            register.endpoint("https://evil.example"),
            Err(Refused::NotRegistered("evil.example".into()))
        );
        assert!(matches!(
            register.endpoint("ftp://api.example.com"),
            Err(Refused::NotAUrl(_))
        ));
    }

    #[test]
    fn plain_text_stays_on_the_machine_unless_a_reason_is_given() {
        let mut register = Register::default();
        register.allow("127.0.0.1", "local", None);
        register.allow("::1", "local", None);
        register.allow("models.lan", "lan", None);
        assert!(register.endpoint("http://127.0.0.1:9100/v1").is_ok());
        assert!(register.endpoint("http://[::1]:9100").is_ok());
        assert!(matches!(
            register.endpoint("http://models.lan"),
            Err(Refused::Insecure(_))
        ));
        register.allow("models.lan", "lan", Some("own rack"));
        assert!(register.endpoint("http://models.lan").is_ok());
    }
}
