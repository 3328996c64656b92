//! Tickets: what opens one websocket.
//!
//! A browser cannot put a bearer header on a websocket, and a token in a URL ends in logs and histories. So the page trades its
//! token for a ticket that works once, within 30 seconds, and carries the role of the token that it was made from.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Role, random_hex};

pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);

/// The most tickets that may be waiting to be used; beyond it no more are made until some expire.
const MAX_OUTSTANDING: usize = 1024;

/// The tickets that were issued and neither used nor expired.
#[derive(Debug, Default)]
pub struct Tickets(Mutex<HashMap<String, Ticket>>);

#[derive(Debug)]
struct Ticket {
    role: Role,
    expires: Instant,
}

impl Tickets {
    /// A new ticket for the bearer of a token with this role; `None` when too many wait or the kernel has no random numbers.
    #[must_use]
    pub fn issue(&self, role: Role, now: Instant) -> Option<String> {
        let secret = random_hex::<32>().ok()?;
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, ticket| now < ticket.expires);
        if tickets.len() >= MAX_OUTSTANDING {
            return None;
        }
        tickets.insert(secret.clone(), Ticket { role, expires: now + TICKET_LIFETIME });
        Some(secret)
    }

    /// Uses a ticket up: the role that it carries, once and in time.
    #[must_use]
    pub fn redeem(&self, secret: &str, now: Instant) -> Option<Role> {
        let ticket = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(secret)?;
        (now < ticket.expires).then_some(ticket.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_works_once() {
        let tickets = Tickets::default();
        let now = Instant::now();
        let ticket = tickets.issue(Role::Operator, now).unwrap();
        assert_eq!(tickets.redeem(&ticket, now), Some(Role::Operator));
        assert_eq!(tickets.redeem(&ticket, now), None);
    }

    #[test]
    fn a_ticket_is_worthless_after_thirty_seconds() {
        let tickets = Tickets::default();
        let now = Instant::now();
        let early = tickets.issue(Role::Operator, now).unwrap();
        let late = tickets.issue(Role::Operator, now).unwrap();
        let moment = Duration::from_millis(1);
        assert!(tickets.redeem(&early, now + TICKET_LIFETIME - moment).is_some());
        assert!(tickets.redeem(&late, now + TICKET_LIFETIME).is_none());
    }

    #[test]
    fn expired_tickets_make_room_for_new_ones() {
        let tickets = Tickets::default();
        let now = Instant::now();
        for _ in 0..MAX_OUTSTANDING {
            tickets.issue(Role::Operator, now).unwrap();
        }
        assert_eq!(tickets.issue(Role::Operator, now), None);
        assert!(tickets.issue(Role::Operator, now + TICKET_LIFETIME).is_some());
    }
}
