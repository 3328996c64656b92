//! The calls by family, each with its constants and its structs.

mod address;
mod fd;
mod file;
mod futex;
mod ids;
mod ipc;
mod memory;
mod message;
mod net;
mod path;
mod poll;
mod process;
mod rare;
mod sched;
mod signal;
mod socket_option;
mod stat;
mod system;
mod terminal;
pub(super) mod time;
mod vector;

use super::row::Row;

/// Every row there is.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    let families = [
        fd::ROWS,
        file::ROWS,
        futex::ROWS,
        ids::ROWS,
        ipc::ROWS,
        memory::ROWS,
        net::ROWS,
        path::ROWS,
        poll::ROWS,
        process::ROWS,
        rare::ROWS,
        sched::ROWS,
        signal::ROWS,
        stat::ROWS,
        system::ROWS,
        time::ROWS,
    ];
    families.into_iter().flatten()
}
