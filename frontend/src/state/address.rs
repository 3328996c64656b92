//! The page's address: the whole state of a view, as the part of the URL after `#`. Pure.
//!
//! `session=ID&tab=flame&range=START-END&view=START-END&event=7&failed=1&syscall=openat&text=…`; times are nanoseconds since the trace
//! began. The token arrives the same way, once, and is taken out before anything else is written.

use std::collections::BTreeMap;

use syscope_shared::ids::{EventId, TaskUid};
use syscope_shared::query::Filter;
use syscope_shared::syscall::{Class, SyscallId};
use syscope_shared::units::{TimeRange, TraceTime};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    #[default]
    Timeline,
    Flame,
    Tree,
    Summary,
    Events,
    Output,
}

impl Tab {
    pub(crate) const ALL: [Self; 6] =
        [Self::Timeline, Self::Flame, Self::Tree, Self::Summary, Self::Events, Self::Output];

    /// The word in the address and in `data-testid="tab-…"`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Timeline => "timeline",
            Self::Flame => "flame",
            Self::Tree => "tree",
            Self::Summary => "summary",
            Self::Events => "events",
            Self::Output => "output",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::Flame => "Flame chart",
            Self::Tree => "Processes",
            Self::Summary => "Summary",
            Self::Events => "Events",
            Self::Output => "Output",
        }
    }
}

/// Everything that an address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// `None`: the list of sessions.
    pub(crate) session: Option<String>,
    pub(crate) tab: Tab,
    pub(crate) range: Option<TimeRange>,
    /// The visible part of the timeline; `None`: the whole trace.
    pub(crate) view: Option<TimeRange>,
    pub(crate) event: Option<EventId>,
    pub(crate) filter: Filter,
}

impl Address {
    /// Reads what follows the `#`. What it does not understand it leaves out: an old link still opens.
    pub(crate) fn parse(fragment: &str) -> Self {
        let mut words: BTreeMap<String, String> = pairs(fragment).collect();
        let mut take = |key: &str| words.remove(key).filter(|value| !value.is_empty());
        let session = take("session");
        let tab = take("tab");
        let tab = Tab::ALL.into_iter().find(|t| Some(t.word()) == tab.as_deref()).unwrap_or_default();
        let range = take("range").and_then(|text| parse_range(&text));
        let view = take("view").and_then(|text| parse_range(&text));
        let event = take("event").and_then(|text| text.parse().ok()).map(EventId);
        let class = take("class");
        let filter = Filter {
            task: take("task").and_then(|text| text.parse().ok()).map(TaskUid),
            process: take("process").and_then(|text| text.parse().ok()).map(TaskUid),
            class: Class::ALL.into_iter().find(|c| Some(c.name()) == class.as_deref()),
            syscall: take("syscall").and_then(|name| SyscallId::from_name(&name)),
            failed_only: take("failed").is_some(),
            text: take("text").unwrap_or_default(),
        };
        Self { session, tab, range, view, event, filter }
    }

    /// What follows the `#`; empty for the list of sessions.
    pub(crate) fn to_fragment(&self) -> String {
        let Some(session) = &self.session else { return String::new() };
        let mut words = vec![("session", session.clone())];
        if self.tab != Tab::default() {
            words.push(("tab", self.tab.word().to_owned()));
        }
        words.extend(self.range.map(|range| ("range", format_range(range))));
        words.extend(self.view.map(|view| ("view", format_range(view))));
        words.extend(self.event.map(|event| ("event", event.0.to_string())));
        let filter = &self.filter;
        words.extend(filter.task.map(|task| ("task", task.0.to_string())));
        words.extend(filter.process.map(|process| ("process", process.0.to_string())));
        words.extend(filter.class.map(|class| ("class", class.name().to_owned())));
        words.extend(filter.syscall.map(|syscall| ("syscall", syscall.name().into_owned())));
        if filter.failed_only {
            words.push(("failed", "1".to_owned()));
        }
        if !filter.text.is_empty() {
            words.push(("text", filter.text.clone()));
        }
        let words: Vec<String> =
            words.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
        words.join("&")
    }
}

/// Takes the token out of a fragment: the token, and the rest as it was.
pub(crate) fn without_token(fragment: &str) -> (Option<String>, String) {
    let mut token = None;
    let mut rest = Vec::new();
    for word in fragment.split('&').filter(|word| !word.is_empty()) {
        match word.strip_prefix("token=") {
            Some(value) => token = Some(unescaped(value)),
            None => rest.push(word),
        }
    }
    (token, rest.join("&"))
}

fn pairs(fragment: &str) -> impl Iterator<Item = (String, String)> {
    fragment
        .split('&')
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.to_owned(), unescaped(value)))
}

fn parse_range(text: &str) -> Option<TimeRange> {
    let (start, end) = text.split_once('-')?;
    let (start, end) = (start.parse().ok()?, end.parse().ok()?);
    (start < end).then_some(TimeRange { start: TraceTime(start), end: TraceTime(end) })
}

fn format_range(range: TimeRange) -> String {
    format!("{}-{}", range.start.0, range.end.0)
}

/// Percent-encodes everything but what a fragment can surely carry.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/:,".contains(&byte) {
            result.push(char::from(byte));
        } else {
            result.push_str(&format!("%{byte:02X}"));
        }
    }
    result
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_from_its_fragment() {
        let range = TimeRange { start: TraceTime(5), end: TraceTime(900) };
        let address = Address {
            session: Some("0123abcd".to_owned()),
            tab: Tab::Events,
            range: Some(range),
            view: Some(range),
            event: Some(EventId(7)),
            filter: Filter {
                task: Some(TaskUid(3)),
                process: Some(TaskUid(1)),
                class: Some(Class::Network),
                syscall: SyscallId::from_name("openat"),
                failed_only: true,
                text: "a&b=c #% ü".to_owned(),
            },
        };
        assert_eq!(Address::parse(&address.to_fragment()), address);
        assert_eq!(Address::parse(""), Address::default());
    }

    #[test]
    fn nonsense_is_left_out() {
        let address = Address::parse("session=x&tab=moon&range=9-1&event=-1&syscall=nope&%zz=%&&=&failed");
        assert_eq!(address, Address { session: Some("x".to_owned()), ..Address::default() });
    }

    #[test]
    fn the_token_is_taken_out() {
        assert_eq!(
            without_token("token=ab%2Fc&session=x&tab=tree"),
            (Some("ab/c".to_owned()), "session=x&tab=tree".to_owned())
        );
        assert_eq!(without_token("session=x"), (None, "session=x".to_owned()));
    }
}
