//! The server from the outside: a real one on a free port, spoken to as browsers and programs do.

mod access;
mod command;
mod harness;
mod live;
mod page;
mod saved;
mod viewers;
