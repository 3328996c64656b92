//! Scheduling: policies, priorities, processors.

use syscope_shared::value::{Rest, Value};

use super::time::TIMESPEC;
use crate::decode::arg::Arg::{In, Int, OneOf, Out, Uint, Ulong};
use crate::decode::arg::{Pointee, fixed, reach};
use crate::decode::memory::Fields;
use crate::decode::names::operation::SCHEDULER;
use crate::decode::names::{Names, names};
use crate::decode::row::{Row, row};
use crate::decode::view::{Place, View};

pub(super) static ROWS: &[Row] = &[
    row("sched_yield", &[]),
    row("sched_setaffinity", &[Int, Ulong, In(&GIVEN_CPUS)]),
    row("sched_getaffinity", &[Int, Ulong, Out(&CPUS)]),
    row("sched_setscheduler", &[Int, OneOf(&SCHEDULER), In(&PRIORITY)]),
    row("sched_getscheduler", &[Int]).note(policy),
    row("sched_setparam", &[Int, In(&PRIORITY)]),
    row("sched_getparam", &[Int, Out(&PRIORITY)]),
    row("sched_get_priority_max", &[OneOf(&SCHEDULER)]),
    row("sched_get_priority_min", &[OneOf(&SCHEDULER)]),
    row("sched_rr_get_interval", &[Int, Out(&TIMESPEC)]),
    row("sched_setattr", &[Int, In(&ATTRIBUTES), Uint]),
    row("sched_getattr", &[Int, Out(&ATTRIBUTES), Uint, Uint]),
];

static SCHED_FLAGS: Names = names!("SCHED_FLAG_???":
    SCHED_FLAG_RESET_ON_FORK = 1, SCHED_FLAG_RECLAIM = 2, SCHED_FLAG_DL_OVERRUN = 4, SCHED_FLAG_KEEP_POLICY = 8,
    SCHED_FLAG_KEEP_PARAMS = 0x10, SCHED_FLAG_UTIL_CLAMP_MIN = 0x20, SCHED_FLAG_UTIL_CLAMP_MAX = 0x40,
);

fn policy(view: &View<'_>) -> Option<String> {
    SCHEDULER.find(view.returned()? as u64).map(str::to_owned)
}

/// Processors that a kernel can have, in bytes of a set.
const MAX_CPU_SET_BYTES: u64 = 1024;

/// As much of a set as the program has room for.
static GIVEN_CPUS: Pointee = reach(
    |place, wants| wants.bytes(place.address, place.view.arg(1).min(MAX_CPU_SET_BYTES) as usize),
    |place| cpus(place, place.view.arg(1)),
);

/// As much of a set as the kernel stored: it returns how much that is.
static CPUS: Pointee = reach(
    |place, wants| wants.bytes(place.address, place.view.returned_count().min(MAX_CPU_SET_BYTES as usize)),
    |place| cpus(place, place.view.returned_count() as u64),
);

fn cpus(place: Place<'_>, length: u64) -> Option<Value> {
    let set = place.memory.get(place.address, length.min(MAX_CPU_SET_BYTES) as usize)?;
    let mut cpus: Vec<Value> = (0..set.len() * 8)
        .filter(|cpu| set[cpu / 8] & 1 << (cpu % 8) != 0)
        .map(|cpu| Value::int(cpu as u64))
        .collect();
    let limit = place.view.limit();
    if cpus.len() <= limit {
        return Some(Value::set(cpus));
    }
    cpus.truncate(limit);
    Some(Value::Array { items: cpus, rest: Rest::Cut })
}

/// `struct sched_param`
static PRIORITY: Pointee = fixed(4, |param| Value::array(vec![Value::int(param.i32(0))]));

/// `struct sched_attr` (`sched_setattr(2)`), without what later versions add.
static ATTRIBUTES: Pointee = fixed(48, |attributes: Fields<'_>| {
    Value::structure(vec![
        Value::named("size", Value::int(attributes.u32(0))),
        Value::named("sched_policy", SCHEDULER.one(u64::from(attributes.u32(4)))),
        Value::named("sched_flags", SCHED_FLAGS.flags(attributes.u64(8))),
        Value::named("sched_nice", Value::int(attributes.i32(16))),
        Value::named("sched_priority", Value::int(attributes.u32(20))),
        Value::named("sched_runtime", Value::int(attributes.u64(24))),
        Value::named("sched_deadline", Value::int(attributes.u64(32))),
        Value::named("sched_period", Value::int(attributes.u64(40))),
    ])
});
