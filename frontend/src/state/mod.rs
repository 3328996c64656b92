//! What the person has chosen: signals, and the address that they live in.

pub(crate) mod address;
pub(crate) mod app;
pub(crate) mod session;
pub(crate) mod theme;
pub(crate) mod viewport;
