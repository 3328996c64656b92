//! Clocks, sleeping and timers.

use jiff::tz::TimeZone;
use syscope_shared::value::Value;

use crate::decode::arg::Arg::{Fd, Flags, In, Int, Odd, OneOf, Out, Uint};
use crate::decode::arg::{self, INT, Pointee, Shown, fixed, signal};
use crate::decode::capture::Wants;
use crate::decode::memory::Fields;
use crate::decode::names::operation::CLOCK;
use crate::decode::names::{Names, names};
use crate::decode::row::{Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("nanosleep", &[In(&TIMESPEC), Odd(&REMAINING)]),
    row("clock_nanosleep", &[OneOf(&CLOCK), Flags(&TIMER), In(&TIMESPEC), Odd(&REMAINING)]),
    row("clock_gettime", &[OneOf(&CLOCK), Out(&TIMESPEC)]),
    row("clock_getres", &[OneOf(&CLOCK), Out(&TIMESPEC)]),
    row("clock_settime", &[OneOf(&CLOCK), In(&TIMESPEC)]),
    row("gettimeofday", &[Out(&TIMEVAL), Out(&TIMEZONE)]),
    row("settimeofday", &[In(&TIMEVAL), In(&TIMEZONE)]),
    row("time", &[Out(&TIME)]).note(|view| view.returned().map(|seconds| local_time(seconds, ""))),
    row("times", &[Out(&TMS)]),
    row("alarm", &[Uint]),
    row("setitimer", &[OneOf(&ITIMER), In(&ITIMERVAL), Out(&ITIMERVAL)]),
    row("getitimer", &[OneOf(&ITIMER), Out(&ITIMERVAL)]),
    row("timer_create", &[OneOf(&CLOCK), In(&SIGEVENT), Out(&INT)]),
    row("timer_settime", &[Int, Flags(&TIMER), In(&ITIMERSPEC), Out(&ITIMERSPEC)]),
    row("timer_gettime", &[Int, Out(&ITIMERSPEC)]),
    row("timer_getoverrun", &[Int]),
    row("timer_delete", &[Int]),
    row("timerfd_create", &[OneOf(&CLOCK), Flags(&TIMERFD)]).opens(),
    row("timerfd_settime", &[Fd, Flags(&TIMERFD), In(&ITIMERSPEC), Out(&ITIMERSPEC)]),
    row("timerfd_gettime", &[Fd, Out(&ITIMERSPEC)]),
];

static TIMER: Names = names!("TIMER_???": TIMER_ABSTIME);
static TIMERFD: Names = names!("TFD_???":
    TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2, TFD_CLOEXEC = 0x80000, TFD_NONBLOCK = 0x800,
);
static ITIMER: Names = names!("ITIMER_???": ITIMER_REAL = 0, ITIMER_VIRTUAL = 1, ITIMER_PROF = 2);
static SIGEV: Names = names!("SIGEV_???":
    SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4,
);

pub(super) const TIMESPEC_BYTES: usize = 16;

/// `struct timespec`
pub(in crate::decode) static TIMESPEC: Pointee = fixed(TIMESPEC_BYTES, timespec);

/// `struct timeval`
pub(super) static TIMEVAL: Pointee = fixed(16, timeval);

pub(super) fn timespec(time: Fields<'_>) -> Value {
    Value::structure(vec![
        Value::named("tv_sec", Value::int(time.i64(0))),
        Value::named("tv_nsec", Value::int(time.u64(8))),
    ])
}

pub(super) fn timeval(time: Fields<'_>) -> Value {
    Value::structure(vec![
        Value::named("tv_sec", Value::int(time.i64(0))),
        Value::named("tv_usec", Value::int(time.u64(8))),
    ])
}

static ITIMERSPEC: Pointee = fixed(32, |timer| interval(timespec(timer), timespec(timer.from(16))));
static ITIMERVAL: Pointee = fixed(32, |timer| interval(timeval(timer), timeval(timer.from(16))));

fn interval(interval: Value, value: Value) -> Value {
    Value::structure(vec![Value::named("it_interval", interval), Value::named("it_value", value)])
}

static TIMEZONE: Pointee = fixed(8, |zone| {
    Value::structure(vec![
        Value::named("tz_minuteswest", Value::int(zone.i32(0))),
        Value::named("tz_dsttime", Value::int(zone.i32(4))),
    ])
});

static TIME: Pointee = fixed(8, |time| {
    let seconds = time.i64(0);
    Value::array(vec![Value::int(seconds).commented(local_time(seconds, ""))])
});

static TMS: Pointee = fixed(32, |tms| {
    let fields = ["tms_utime", "tms_stime", "tms_cutime", "tms_cstime"];
    let ticks = (0..).step_by(8).zip(fields);
    Value::structure(ticks.map(|(offset, name)| Value::named(name, clock_ticks(tms.i64(offset)))).collect())
});

/// A number of clock ticks, of which Linux counts a hundred a second.
pub(in crate::decode) fn clock_ticks(ticks: i64) -> Value {
    if ticks == 0 {
        return Value::Int(0);
    }
    Value::int(ticks).commented(format!("{}.{:02} s", ticks / 100, ticks % 100))
}

pub(super) static UTIMBUF: Pointee = fixed(16, |times| {
    let time = |offset: usize| Value::int(times.i64(offset)).commented(local_time(times.i64(offset), ""));
    Value::structure(vec![Value::named("actime", time(0)), Value::named("modtime", time(8))])
});

pub(super) static TIMEVAL_PAIR: Pointee = fixed(32, |times| {
    let time = |time: Fields<'_>| timeval(time).commented(local_time(time.i64(0), &fraction(time.u64(8), 6)));
    Value::array(vec![time(times), time(times.from(16))])
});

pub(super) static TIMESPEC_PAIR: Pointee =
    fixed(32, |times| Value::array(vec![time_to_set(times), time_to_set(times.from(16))]));

/// A time that a file is to get (`utimensat(2)`).
fn time_to_set(time: Fields<'_>) -> Value {
    match time.i64(8) {
        libc::UTIME_NOW => Value::symbol("UTIME_NOW"),
        libc::UTIME_OMIT => Value::symbol("UTIME_OMIT"),
        0 if time.i64(0) == 0 => timespec(time),
        nanos if (0..1_000_000_000).contains(&nanos) => {
            timespec(time).commented(local_time(time.i64(0), &fraction(time.u64(8), 9)))
        }
        _ => timespec(time),
    }
}

/// `.000002`; nothing for a whole second.
fn fraction(part: u64, digits: usize) -> String {
    if part == 0 { String::new() } else { format!(".{part:0digits$}") }
}

/// Seconds since 1970 as a date of this machine's time zone: `2023-11-14T22:13:20+0000`.
fn local_time(seconds: i64, fraction: &str) -> String {
    let Ok(time) = jiff::Timestamp::from_second(seconds) else {
        return String::new();
    };
    let time = time.to_zoned(TimeZone::system());
    format!("{}{fraction}{}", time.strftime("%Y-%m-%dT%H:%M:%S"), time.strftime("%z"))
}

/// `struct sigevent` (`sigevent(7)`).
pub(super) static SIGEVENT: Pointee = fixed(64, |event| {
    let notify = event.i32(12);
    let is_signal = matches!(notify, libc::SIGEV_SIGNAL | libc::SIGEV_THREAD | libc::SIGEV_THREAD_ID);
    let value = vec![
        Value::named("sival_int", Value::int(event.i32(0))),
        Value::named("sival_ptr", Value::address(event.u64(0))),
    ];
    let number = event.i32(8);
    let mut fields = Vec::new();
    if event.u64(0) != 0 {
        fields.push(Value::named("sigev_value", Value::structure(value)));
    }
    fields.extend([
        Value::named("sigev_signo", if is_signal { signal(number) } else { Value::int(number) }),
        Value::named("sigev_notify", SIGEV.one(notify as u64)),
    ]);
    if notify == libc::SIGEV_THREAD_ID {
        fields.push(Value::named("sigev_notify_thread_id", Value::int(event.i32(16))));
    } else if notify == libc::SIGEV_THREAD {
        fields.push(Value::named("sigev_notify_function", Value::address(event.u64(16))));
        fields.push(Value::named("sigev_notify_attributes", Value::address(event.u64(24))));
    }
    Value::structure(fields)
});

/// What is left of a sleep that was interrupted; of one that was not strace shows the address.
static REMAINING: arg::Odd = arg::Odd {
    at_entry: arg::want_nothing,
    at_exit: |view, index, wants: &mut Wants<'_>| {
        if is_interrupted(view) {
            wants.bytes(view.arg(index), TIMESPEC_BYTES);
        }
    },
    print: |view, index| {
        if is_interrupted(view) {
            TIMESPEC.print(arg::at_exit(view, index))
        } else {
            Value::address(view.arg(index))
        }
    },
    shown: Shown::AtExit,
};

/// Whether a sleep for a span, not until a time, was interrupted: `clock_nanosleep` alone has flags, in its second argument.
fn is_interrupted(view: &View<'_>) -> bool {
    let is_absolute = view.call.id
        == syscope_shared::syscall::SyscallId::x86_64(libc::SYS_clock_nanosleep as u32)
        && view.arg(1) & libc::TIMER_ABSTIME as u64 != 0;
    let is_restarted = view.errno().is_some_and(syscope_shared::errno::is_restart);
    !is_absolute && (is_restarted || view.errno() == Some(libc::EINTR as u16))
}
