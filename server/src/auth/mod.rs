//! Who may speak to the server: the token, the tickets made from it, and where a request may come from.
//!
//! Decisions over strings and moments, with no HTTP framework in sight: `http` applies them to every request before a handler
//! runs. Starting commands from a page is remote code execution by design, so whatever is not recognised is refused.

mod hosts;
mod provenance;
mod ticket;
mod token;

pub use hosts::{AllowedHosts, BindRefusal, check_bind};
pub use provenance::{Provenance, Side};
pub use ticket::{TICKET_LIFETIME, Tickets};
pub use token::{Token, random_hex};

/// What the bearer of a token, or of a ticket made from it, may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything: the person who started the server.
    Operator,
}
