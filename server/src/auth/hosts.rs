//! Which addresses the server may listen on, and which names a request may call it by.
//!
//! A web page can make its own name resolve to 127.0.0.1 and then speak to the server as if it were its own site (DNS rebinding).
//! The `Host` header gives it away. It is compared as a whole string and never parsed: every parser of host names has its
//! `127.0.0.1.evil.com`.

use std::net::{IpAddr, SocketAddr};

/// The values of `Host` that are answered.
#[derive(Clone, Debug)]
pub struct AllowedHosts {
    hosts: Vec<String>,
    is_behind_proxy: bool,
}

impl AllowedHosts {
    /// The loopback names with the port, and each configured name alone and with the port. Behind a proxy the page may have come by
    /// https.
    #[must_use]
    pub fn new(port: u16, names: &[String], is_behind_proxy: bool) -> Self {
        let loopback = ["127.0.0.1", "[::1]", "localhost"];
        let mut hosts: Vec<String> = loopback.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            // A browser leaves the scheme's own port out.
            hosts.extend(loopback.map(str::to_owned));
        }
        for name in names {
            hosts.extend([name.clone(), format!("{name}:{port}")]);
        }
        Self { hosts, is_behind_proxy }
    }

    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        self.hosts.iter().any(|allowed| allowed == host)
    }

    /// Whether `origin` is that of the page which this server serves under the name `host`.
    #[must_use]
    pub fn is_own_origin(&self, origin: &str, host: &str) -> bool {
        let is_of_scheme = |scheme: &str| origin.strip_prefix(scheme) == Some(host);
        is_of_scheme("http://") || (self.is_behind_proxy && is_of_scheme("https://"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} can be reached from other machines and would carry the token and the traces unencrypted: listen on 127.0.0.1 and use an \
     SSH tunnel, or, if a proxy that encrypts stands in front, add --behind-proxy and --allow-host NAME"
)]
pub struct BindRefusal(pub IpAddr);

/// Refuses an address beyond loopback unless an encrypting proxy stands in front.
///
/// # Errors
/// When the address can be reached from other machines and no proxy is announced.
pub fn check_bind(address: SocketAddr, is_behind_proxy: bool) -> Result<(), BindRefusal> {
    if address.ip().is_loopback() || is_behind_proxy { Ok(()) } else { Err(BindRefusal(address.ip())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_pass() {
        let hosts = AllowedHosts::new(7575, &["trace.example.com".to_owned()], false);
        for good in
            ["127.0.0.1:7575", "[::1]:7575", "localhost:7575", "trace.example.com", "trace.example.com:7575"]
        {
            assert!(hosts.allows(good), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1",
            "localhost",
            "localhost:7576",
            "localhost.:7575",
            "localhost6:7575",
            "LOCALHOST:7575",
            "10.0.2.555:7575",
            "127.0.0.1.evil.com:7575",
            "127.0.0.1:7575.evil.com",
            "user@127.0.0.1:7575",
            "evil.com",
            "127.1:7575",
            "0.0.0.0:7575",
        ] {
            assert!(!hosts.allows(bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_must_be_the_page_itself() {
        let plain = AllowedHosts::new(7575, &[], false);
        let proxied = AllowedHosts::new(7575, &["trace.example.com".to_owned()], true);
        assert!(plain.is_own_origin("http://127.0.0.1:7575", "127.0.0.1:7575"));
        for bad in ["null", "", "http://localhost:7575", "https://127.0.0.1:7575", "http://127.0.0.1:7576"] {
            assert!(!plain.is_own_origin(bad, "127.0.0.1:7575"), "{bad}");
        }
        assert!(proxied.is_own_origin("https://trace.example.com", "trace.example.com"));
    }

    #[test]
    fn listening_beyond_loopback_needs_a_proxy() {
        let everywhere: SocketAddr = "0.0.0.0:7575".parse().unwrap();
        let refusal = check_bind(everywhere, false).unwrap_err();
        assert!(refusal.to_string().contains("--behind-proxy"));
        assert_eq!(check_bind(everywhere, true), Ok(()));
        assert_eq!(check_bind("127.0.0.1:0".parse().unwrap(), false), Ok(()));
        assert_eq!(check_bind("[::1]:0".parse().unwrap(), false), Ok(()));
    }
}
