//! A recorder: tracer, decoder, file writer and the socket to the server, in one process for each session.

pub mod control;
