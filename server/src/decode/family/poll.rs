//! Waiting for many files: poll, select, epoll, and the files that are made to be waited for.

use syscope_shared::value::Value;

use super::signal::SIGSET;
use super::time::{TIMESPEC, TIMEVAL};
use crate::decode::arg::Arg::{Fd, Flags, In, Int, Odd, OneOf, Out, Uint, Ulong};
use crate::decode::arg::args;
use crate::decode::arg::{self, Arg, Pointee, Shown, fixed, reach};
use crate::decode::capture::Wants;
use crate::decode::memory::Fields;
use crate::decode::names::{Names, names};
use crate::decode::row::{Row, row};
use crate::decode::view::{Place, View};

pub(super) static ROWS: &[Row] = &[
    row("poll", &[Odd(&POLLFDS), Uint, Int]).note(polled),
    row("ppoll", &[Odd(&POLLFDS), Uint, Odd(&TIMEOUT), In(&SIGSET), Ulong]).note(polled),
    row("select", &[Int, Odd(&FD_SET), Odd(&FD_SET), Odd(&FD_SET), Odd(&TIMEOUT)]).note(selected),
    row("pselect6", &[Int, Odd(&FD_SET), Odd(&FD_SET), Odd(&FD_SET), Odd(&TIMEOUT), In(&SIGSET_PAIR)])
        .note(selected),
    row("epoll_create", &[Int]).opens(),
    row("epoll_create1", &[Flags(&EPOLL_CREATE)]).opens(),
    row("epoll_ctl", &[Fd, OneOf(&EPOLL_CTL), Int, Arg::Rest(epoll_ctl_event)]),
    row("epoll_wait", &[Fd, Out(&EPOLL_EVENTS), Int, Int]),
    row("epoll_pwait", &[Fd, Out(&EPOLL_EVENTS), Int, Int, In(&SIGSET), Ulong]),
    row("epoll_pwait2", &[Fd, Out(&EPOLL_EVENTS), Int, In(&TIMESPEC), In(&SIGSET), Ulong]),
    row("eventfd", &[Uint]).opens(),
    row("eventfd2", &[Uint, Flags(&EVENTFD)]).opens(),
];

static POLL: Names = names!("POLL???":
    POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLNVAL, POLLRDNORM, POLLRDBAND, POLLWRNORM, POLLWRBAND,
    POLLMSG = 0x400, POLLREMOVE = 0x1000, POLLRDHUP,
);
static EPOLL: Names = names!("EPOLL???":
    EPOLLIN = 1, EPOLLPRI = 2, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 0x10, EPOLLNVAL = 0x20, EPOLLRDNORM = 0x40,
    EPOLLRDBAND = 0x80, EPOLLWRNORM = 0x100, EPOLLWRBAND = 0x200, EPOLLMSG = 0x400, EPOLLRDHUP = 0x2000,
    EPOLLEXCLUSIVE = 0x1000_0000, EPOLLWAKEUP = 0x2000_0000, EPOLLONESHOT = 0x4000_0000, EPOLLET = 0x8000_0000,
);
static EPOLL_CTL: Names = names!("EPOLL_CTL_???": EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD);
static EPOLL_CREATE: Names = names!("EPOLL_???": EPOLL_CLOEXEC);
static EVENTFD: Names = names!("EFD_???": EFD_SEMAPHORE, EFD_CLOEXEC, EFD_NONBLOCK);

const POLLFD_BYTES: usize = 8;

/// What is polled, at entry; what came of it is part of the result.
static POLLFDS: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| {
        arg::want_items(arg::at_entry(view, index), pollfd_count(view), POLLFD_BYTES, wants);
    },
    at_exit: |view, index, wants| {
        if view.returned_count() > 0 {
            wants.bytes(view.arg(index), (pollfd_count(view) as usize).min(MAX_POLLFDS) * POLLFD_BYTES);
        }
    },
    print: |view, index| {
        if view.arg(index) == 0 {
            return Value::Null;
        }
        let fds =
            arg::array(arg::at_entry(view, index), pollfd_count(view), POLLFD_BYTES, |_, item| pollfd(item));
        fds.unwrap_or(Value::Hex(view.arg(index)))
    },
    shown: Shown::AtEntry,
};

/// As many are looked at for results.
const MAX_POLLFDS: usize = 4096;

fn pollfd_count(view: &View<'_>) -> u64 {
    u64::from(view.uint(1))
}

fn pollfd(item: Fields<'_>) -> Value {
    let mut fields = vec![Value::named("fd", Value::int(item.i32(0)))];
    if item.i32(0) >= 0 {
        fields.push(Value::named("events", POLL.flags(u64::from(item.u16(4)))));
    }
    Value::structure(fields)
}

/// `Timeout`, or what is ready: `[{fd=3, revents=POLLIN}], left {…}`.
fn polled(view: &View<'_>) -> Option<String> {
    let count = view.returned()?;
    if count == 0 {
        return Some("Timeout".to_owned());
    }
    let fds = view.at_exit.from(view.arg(0)).chunks_exact(POLLFD_BYTES).map(Fields);
    let ready = fds.filter(|fd| fd.u16(6) != 0).map(|fd| {
        let events = POLL.flags(u64::from(fd.u16(6)));
        Value::structure(vec![Value::named("fd", Value::int(fd.i32(0))), Value::named("revents", events)])
    });
    let mut ready: Vec<Value> = ready.collect();
    if ready.is_empty() {
        return None;
    }
    let is_cut = ready.len() > view.limit();
    ready.truncate(view.limit());
    let rest = if is_cut { syscope_shared::value::Rest::Cut } else { syscope_shared::value::Rest::Nothing };
    let mut note = Value::Array { items: ready, rest }.to_string();
    if is_call(view, libc::SYS_ppoll) {
        note.push_str(&time_left(view, 2).unwrap_or_default());
    }
    Some(note)
}

fn is_call(view: &View<'_>, number: libc::c_long) -> bool {
    i64::from(view.call.id.number) == number
}

/// How long to wait, which the kernel changes to what was left; strace shows that in the result.
static TIMEOUT: arg::Odd = arg::Odd {
    at_entry: |view, index, wants| wants.bytes(view.arg(index), 16),
    at_exit: |view, index, wants| {
        if view.returned_count() > 0 {
            wants.bytes(view.arg(index), 16);
        }
    },
    print: |view, index| timeout(view).print(arg::at_entry(view, index)),
    shown: Shown::AtEntry,
};

fn timeout(view: &View<'_>) -> &'static Pointee {
    if is_call(view, libc::SYS_select) { &TIMEVAL } else { &TIMESPEC }
}

fn time_left(view: &View<'_>, index: usize) -> Option<String> {
    view.at_exit.get(view.arg(index), 16)?;
    Some(format!(", left {}", timeout(view).print(arg::at_exit(view, index))))
}

/// The fds of a `select` set, as many as its first argument allows.
static FD_SET: arg::Odd = arg::Odd {
    at_entry: want_fd_set,
    at_exit: |view, index, wants| {
        if view.returned_count() > 0 {
            want_fd_set(view, index, wants);
        }
    },
    print: |view, index| match fds_in_set(arg::at_entry(view, index)) {
        Some(fds) => Value::set(fds.into_iter().map(Value::int).collect()),
        None => Value::address(view.arg(index)),
    },
    shown: Shown::AtEntry,
};

/// Programs that know what they do go past FD_SETSIZE; nobody goes past this.
const MAX_FDS_IN_SET: u32 = 65536;

fn fd_set_bytes(view: &View<'_>) -> usize {
    let fds = u32::try_from(view.int(0)).unwrap_or(0).min(MAX_FDS_IN_SET);
    fds.div_ceil(64) as usize * 8
}

fn want_fd_set(view: &View<'_>, index: usize, wants: &mut Wants<'_>) {
    wants.bytes(view.arg(index), fd_set_bytes(view));
}

fn fds_in_set(place: Place<'_>) -> Option<Vec<i32>> {
    if place.address == 0 || place.view.int(0) < 0 {
        return None;
    }
    let set = place.memory.get(place.address, fd_set_bytes(place.view))?;
    let has = |fd: &i32| set.get(*fd as usize / 8).is_some_and(|byte| byte & 1 << (fd % 8) != 0);
    Some((0..place.view.int(0).min(set.len() as i32 * 8)).filter(has).collect())
}

/// `Timeout`, or what is ready: `in [3], left {…}`.
fn selected(view: &View<'_>) -> Option<String> {
    if view.returned()? == 0 {
        return Some("Timeout".to_owned());
    }
    let mut parts = Vec::new();
    for (index, name) in [(1, "in"), (2, "out"), (3, "except")] {
        let fds = fds_in_set(arg::at_exit(view, index)).filter(|fds| !fds.is_empty());
        if let Some(fds) = fds {
            let set = Value::set(fds.into_iter().map(Value::int).collect());
            parts.push(format!("{name} {set}"));
        }
    }
    let note = parts.join(", ") + &time_left(view, 4).unwrap_or_default();
    Some(note).filter(|note| !note.is_empty())
}

/// `pselect6`'s last argument: a signal set's address and size.
static SIGSET_PAIR: Pointee = reach(
    |place, wants| {
        wants.bytes(place.address, 16);
        if let Some(pair) = place.memory.get(place.address, 16) {
            wants.bytes(Fields(pair).u64(0), 8);
        }
    },
    |place| {
        let pair = Fields(place.memory.get(place.address, 16)?);
        Some(Value::structure(vec![
            Value::named("sigmask", SIGSET.print(place.at(pair.u64(0)))),
            Value::named("sigsetsize", Value::int(pair.u64(8))),
        ]))
    },
);

/// The event is not looked at when an fd is deleted.
fn epoll_ctl_event(view: &View<'_>) -> &'static [Arg] {
    if view.int(1) == libc::EPOLL_CTL_DEL { args![Arg::Address] } else { args![In(&EPOLL_EVENT)] }
}

const EPOLL_EVENT_BYTES: usize = 12;

/// `struct epoll_event`, which is packed.
static EPOLL_EVENT: Pointee = fixed(EPOLL_EVENT_BYTES, epoll_event);

fn epoll_event(event: Fields<'_>) -> Value {
    let data =
        vec![Value::named("u32", Value::int(event.u32(4))), Value::named("u64", Value::int(event.u64(4)))];
    Value::structure(vec![
        Value::named("events", EPOLL.flags(u64::from(event.u32(0)))),
        Value::named("data", Value::structure(data)),
    ])
}

/// As many events as the call returned.
static EPOLL_EVENTS: Pointee = reach(
    |place, wants| arg::want_items(place, place.view.returned_count() as u64, EPOLL_EVENT_BYTES, wants),
    |place| {
        let count = place.view.returned_count() as u64;
        arg::array(place, count, EPOLL_EVENT_BYTES, |_, event| epoll_event(event))
    },
);
