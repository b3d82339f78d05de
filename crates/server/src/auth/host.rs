//! The names that requests may come to.
//!
//! A page of a foreign name can be made to resolve to this address (DNS rebinding), and its script would then be of our origin. The
//! name that it was opened by stands in `Host`, where no script can change it.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::HOST;
use http::uri::{Authority, Scheme, Uri};

/// A host with the port that was named, if one was.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    host: String,
    port: Option<u16>,
}

impl Name {
    fn read(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        let port = match authority.port() {
            Some(port) => Some(port.as_str().parse().ok()?),
            None => None,
        };
        let host = authority.host().to_ascii_lowercase();
        Some(Self { host, port })
    }

    /// As an address; brackets of IPv6 aside.
    fn address(&self) -> Option<IpAddr> {
        self.host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .ok()
    }
}

/// The names that requests may come to.
#[derive(Debug)]
pub(super) struct Hosts {
    bind: SocketAddr,
    named: Vec<Name>,
    /// The origin of the public address: `https://firstsight.example.com`.
    public: Option<String>,
}

impl Hosts {
    /// From a configuration.
    ///
    /// # Errors
    /// When a name or the public address cannot be read.
    pub(super) fn new(bind: SocketAddr, public_url: Option<&str>, hosts: &[String]) -> Result<Self, String> {
        let mut named = Vec::new();
        for host in hosts {
            let name = Name::read(host).ok_or_else(|| {
                format!("server.hosts: {host:?} is no name: write it as firstsight.example.com, with :PORT for one port")
            })?;
            named.push(name);
        }
        let public = public_url.map(origin).transpose()?;
        if let Some((_, name)) = &public {
            named.push(name.clone());
        }
        Ok(Self {
            bind,
            named,
            public: public.map(|(origin, _)| origin),
        })
    }

    /// Whether people reach it by TLS.
    pub(super) fn by_tls(&self) -> bool {
        self.public
            .as_ref()
            .is_some_and(|origin| origin.starts_with("https://"))
    }

    /// The name that a request came to, if it is one of ours.
    pub(super) fn of(&self, headers: &HeaderMap, uri: &Uri) -> Option<String> {
        let mut hosts = headers.get_all(HOST).iter();
        let header = hosts.next().map(|host| host.to_str().ok()).unwrap_or_default();
        if hosts.next().is_some() {
            return None;
        }
        let host = uri.authority().map(Authority::as_str).or(header)?;
        self.is_ours(&Name::read(host)?).then(|| host.to_owned())
    }

    fn is_ours(&self, name: &Name) -> bool {
        self.is_named(name) || self.is_bound(name)
    }

    /// A name without a port stands for every port.
    fn is_named(&self, name: &Name) -> bool {
        let fits =
            |known: &Name| known.host == name.host && (known.port.is_none() || known.port == name.port);
        self.named.iter().any(fits)
    }

    fn is_bound(&self, name: &Name) -> bool {
        let port = name.port.unwrap_or(80) == self.bind.port();
        let bound = self.bind.ip().to_canonical();
        match name.address() {
            // An address cannot be rebound. A port may be mapped on the way, so it does not count.
            Some(_) if bound.is_unspecified() => true,
            Some(address) => port && (address == bound || (bound.is_loopback() && address.is_loopback())),
            None => port && name.host == "localhost" && (bound.is_loopback() || bound.is_unspecified()),
        }
    }

    /// Whether `origin` (of the header) is the one that a page of ours has, which was opened by `host`.
    pub(super) fn is_own_origin(&self, origin: &str, host: &str) -> bool {
        if self.public.as_deref() == Some(origin) {
            return true;
        }
        let Some((scheme, authority)) = origin.split_once("://") else {
            return false;
        };
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return false,
        };
        let whole = |text| Name::read(text).map(|name| (name.host, name.port.unwrap_or(default)));
        whole(authority).is_some_and(|origin| whole(host) == Some(origin))
    }
}

/// The origin of a public address, and its name.
fn origin(url: &str) -> Result<(String, Name), String> {
    let refused =
        || format!("server.public_url: {url:?} is no address: write it as https://firstsight.example.com");
    let uri: Uri = url.parse().map_err(|_| refused())?;
    let scheme = uri
        .scheme()
        .filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
    let (Some(scheme), Some(authority), "/" | "", None) = (scheme, uri.authority(), uri.path(), uri.query())
    else {
        return Err(refused());
    };
    let name = Name::read(authority.as_str()).ok_or_else(refused)?;
    let default = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    let port = name
        .port
        .filter(|port| *port != default)
        .map(|port| format!(":{port}"));
    Ok((
        format!("{scheme}://{}{}", name.host, port.unwrap_or_default()),
        name,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(bind: &str, public: Option<&str>, more: &[&str]) -> Hosts {
        let more: Vec<String> = more.iter().map(|&host| host.to_owned()).collect();
        Hosts::new(bind.parse().unwrap(), public, &more).unwrap()
    }

    fn takes(hosts: &Hosts, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        hosts.of(&headers, &Uri::from_static("/")).is_some()
    }

    #[test]
    fn loopback_is_reached_by_its_own_names_and_port() {
        let loopback = hosts("127.0.0.1:7780", None, &[]);
        for host in ["127.0.0.1:7780", "localhost:7780", "LOCALHOST:7780", "[::1]:7780"] {
            assert!(takes(&loopback, host), "{host}");
        }
        for host in [
            "evil.example.com:7780",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:80",
            "127.0.0.1.evil.example.com:7780",
            "192.0.2.1:7780",
            "localhost:7780@evil.example.com",
            "user@localhost:7780",
            "localhost:77800",
            "",
            "::1",
        ] {
            assert!(!takes(&loopback, host), "{host}");
        }
    }

    #[test]
    fn an_address_is_reached_by_itself_and_by_what_was_named() {
        let named = hosts(
            "192.0.2.1:80",
            Some("https://first.example.com"),
            &["inner.example.com:8080", "any.example.com"],
        );
        for host in [
            "192.0.2.1",
            "192.0.2.1:80",
            "first.example.com",
            "first.example.com:443",
            "inner.example.com:8080",
            "any.example.com",
            "any.example.com:1",
        ] {
            assert!(takes(&named, host), "{host}");
        }
        for host in [
            "localhost:80",
            "127.0.0.1:80",
            "192.0.2.2:80",
            "inner.example.com",
            "evil.example.com",
        ] {
            assert!(!takes(&named, host), "{host}");
        }
    }

    #[test]
    fn every_address_is_reached_by_any_address_and_no_foreign_name() {
        for bind in ["0.0.0.0:7780", "[::]:7780"] {
            let every = hosts(bind, None, &[]);
            for host in [
                "192.0.2.1:7780",
                "10.0.0.1:8080",
                "[2001:db8::1]:7780",
                "localhost:7780",
            ] {
                assert!(takes(&every, host), "{host}");
            }
            assert!(!takes(&every, "evil.example.com:7780"));
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let loopback = hosts("127.0.0.1:7780", None, &[]);
        assert_eq!(loopback.of(&HeaderMap::new(), &Uri::from_static("/")), None);
        let absolute = Uri::from_static("http://localhost:7780/");
        assert!(loopback.of(&HeaderMap::new(), &absolute).is_some());
        let mut headers = HeaderMap::new();
        headers.append(HOST, "localhost:7780".parse().unwrap());
        headers.append(HOST, "evil.example.com".parse().unwrap());
        assert_eq!(loopback.of(&headers, &Uri::from_static("/")), None);
    }

    #[test]
    fn own_origins_are_that_of_the_host_and_the_public_one() {
        let hosts = hosts("127.0.0.1:7780", Some("https://first.example.com:443/"), &[]);
        assert!(hosts.by_tls());
        for (origin, host) in [
            ("http://127.0.0.1:7780", "127.0.0.1:7780"),
            ("http://first.example.com", "first.example.com:80"),
            ("https://first.example.com", "first.example.com"),
            ("https://first.example.com", "127.0.0.1:7780"),
        ] {
            assert!(hosts.is_own_origin(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("null", "127.0.0.1:7780"),
            ("http://localhost:7780", "127.0.0.1:7780"),
            ("http://127.0.0.1:7781", "127.0.0.1:7780"),
            ("https://evil.example.com", "127.0.0.1:7780"),
            ("http://first.example.com", "127.0.0.1:7780"),
            ("file://", "127.0.0.1:7780"),
            ("", ""),
        ] {
            assert!(!hosts.is_own_origin(origin, host), "{origin} {host}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let bind = "127.0.0.1:7780".parse().unwrap();
        for url in [
            "first.example.com",
            "ftp://first.example.com",
            "https://",
            "https://a.example.com/x",
            "https://u@a.example.com",
        ] {
            let error = Hosts::new(bind, Some(url), &[]).unwrap_err();
            assert!(error.starts_with("server.public_url: "), "{error}");
        }
        let error = Hosts::new(bind, None, &["https://a.example.com".to_owned()]).unwrap_err();
        assert!(error.starts_with("server.hosts: "), "{error}");
    }
}
