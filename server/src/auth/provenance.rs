//! Where a request comes from, by the headers that a browser sets and a page cannot forge.

use super::AllowedHosts;

/// What a request says of its sender.
#[derive(Clone, Copy, Debug, Default)]
pub struct Provenance<'a> {
    /// The `Host` header.
    pub host: &'a str,
    /// The `Origin` header, if there is one.
    pub origin: Option<&'a str>,
    /// The `Sec-Fetch-Site` header, if there is one.
    pub fetch_site: Option<&'a str>,
}

/// Whose page, if anybody's, a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The page that this server serves.
    Own,
    /// No page says so: a program such as curl, or a browser that a person told to go there.
    Unknown,
    /// Another page.
    Foreign,
}

impl Provenance<'_> {
    #[must_use]
    pub fn side(&self, hosts: &AllowedHosts) -> Side {
        let is_foreign_fetch = self.fetch_site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
        match self.origin {
            Some(origin) if !hosts.is_own_origin(origin, self.host) => Side::Foreign,
            _ if is_foreign_fetch => Side::Foreign,
            Some(_) => Side::Own,
            None if self.fetch_site == Some("same-origin") => Side::Own,
            None => Side::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(origin: Option<&str>, fetch_site: Option<&str>) -> Side {
        let hosts = AllowedHosts::new(7575, &[], false);
        Provenance { host: "localhost:7575", origin, fetch_site }.side(&hosts)
    }

    #[test]
    fn a_foreign_page_is_told_by_either_header() {
        assert_eq!(side(Some("http://localhost:7575"), Some("same-origin")), Side::Own);
        assert_eq!(side(None, Some("same-origin")), Side::Own);
        assert_eq!(side(None, None), Side::Unknown);
        assert_eq!(side(None, Some("none")), Side::Unknown);
        assert_eq!(side(Some("null"), None), Side::Foreign);
        assert_eq!(side(Some("http://evil.com"), Some("same-origin")), Side::Foreign);
        assert_eq!(side(Some("http://localhost:7575"), Some("cross-site")), Side::Foreign);
        assert_eq!(side(None, Some("same-site")), Side::Foreign);
        assert_eq!(side(None, Some("cross-site")), Side::Foreign);
    }
}
