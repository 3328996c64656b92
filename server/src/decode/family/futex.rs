//! Futexes, and what a thread tells the kernel about itself for them.

use syscope_shared::value::{Operator, Value};

use super::time::TIMESPEC;
use crate::decode::arg::Arg::{Address, Hex, In, Int, Nth, Out, Rest, Scalar, Uint, Ulong};
use crate::decode::arg::args;
use crate::decode::arg::{ADDRESS, Arg, Pointee, fixed};
use crate::decode::names::operation::FUTEX;
use crate::decode::names::{Names, names};
use crate::decode::row::{Row, row};
use crate::decode::view::View;

pub(super) static ROWS: &[Row] = &[
    row("futex", &[Address, Scalar(operation), Rest(operands)]),
    row("set_robust_list", &[Address, Ulong]),
    row("get_robust_list", &[Int, Out(&ADDRESS), Out(&SIZE)]),
    row("set_tid_address", &[Address]),
    row("rseq", &[Address, Hex, Hex, Hex]),
];

static SIZE: Pointee = fixed(8, |size| Value::array(vec![Value::int(size.u64(0))]));

const FUTEX_PRIVATE_FLAG: u32 = 128;
const FUTEX_CLOCK_REALTIME: u32 = 256;

/// `FUTEX_WAIT_PRIVATE|FUTEX_CLOCK_REALTIME`
fn operation(view: &View<'_>, index: usize) -> Value {
    let value = view.uint(index);
    let name = FUTEX.find(u64::from(value & !(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)));
    let Some(name) = name else {
        return FUTEX.one(u64::from(value));
    };
    let name = if value & FUTEX_PRIVATE_FLAG == 0 {
        Value::symbol(name)
    } else {
        Value::Symbol(format!("{name}_PRIVATE").into())
    };
    let mut parts = vec![name];
    if value & FUTEX_CLOCK_REALTIME != 0 {
        parts.push(Value::symbol("FUTEX_CLOCK_REALTIME"));
    }
    Value::flags(parts)
}

/// What each operation takes (`futex(2)`).
fn operands(view: &View<'_>) -> &'static [Arg] {
    const VALUE: Arg = Uint;
    const TIMEOUT: Arg = Nth(3, &In(&TIMESPEC));
    const VALUE2: Arg = Nth(3, &Uint);
    const ADDRESS2: Arg = Nth(4, &Address);
    const VALUE3: Arg = Nth(5, &Uint);
    const BITSET: Arg = Nth(5, &Scalar(bitset));
    match view.int(1) & 0x7f {
        libc::FUTEX_WAIT => args![VALUE, TIMEOUT],
        libc::FUTEX_WAIT_BITSET => args![VALUE, TIMEOUT, BITSET],
        libc::FUTEX_WAKE | libc::FUTEX_FD => args![VALUE],
        libc::FUTEX_WAKE_BITSET => args![VALUE, BITSET],
        libc::FUTEX_REQUEUE => args![VALUE, VALUE2, ADDRESS2],
        libc::FUTEX_CMP_REQUEUE | libc::FUTEX_CMP_REQUEUE_PI => args![VALUE, VALUE2, ADDRESS2, VALUE3],
        libc::FUTEX_WAKE_OP => args![VALUE, VALUE2, ADDRESS2, Nth(5, &Scalar(wake_operation))],
        libc::FUTEX_LOCK_PI | libc::FUTEX_LOCK_PI2 => args![TIMEOUT],
        libc::FUTEX_UNLOCK_PI | libc::FUTEX_TRYLOCK_PI => args![],
        libc::FUTEX_WAIT_REQUEUE_PI => args![VALUE, TIMEOUT, ADDRESS2],
        _ => args![VALUE, Nth(3, &Address), ADDRESS2, Nth(5, &Hex)],
    }
}

fn bitset(view: &View<'_>, _: usize) -> Value {
    match view.uint(5) {
        u32::MAX => Value::symbol("FUTEX_BITSET_MATCH_ANY"),
        bits => Value::hex(u64::from(bits)),
    }
}

static WAKE_OPERATION: Names = names!("FUTEX_OP_???":
    FUTEX_OP_SET = 0, FUTEX_OP_ADD = 1, FUTEX_OP_OR = 2, FUTEX_OP_ANDN = 3, FUTEX_OP_XOR = 4,
);
static WAKE_COMPARISON: Names = names!("FUTEX_OP_CMP_???":
    FUTEX_OP_CMP_EQ = 0, FUTEX_OP_CMP_NE = 1, FUTEX_OP_CMP_LT = 2, FUTEX_OP_CMP_LE = 3, FUTEX_OP_CMP_GT = 4,
    FUTEX_OP_CMP_GE = 5,
);

/// FUTEX_WAKE_OP's packed operation: `FUTEX_OP_SET<<28|0<<12|FUTEX_OP_CMP_GT<<24|0x1`.
fn wake_operation(view: &View<'_>, _: usize) -> Value {
    let packed = view.uint(5);
    let shifted = |value: Value, by: i32| value.binary(Operator::ShiftLeft, Value::int(by));
    let hex = |number: u32| Value::hex(u64::from(number));
    let mut parts = Vec::new();
    if packed >> 31 != 0 {
        parts.push(shifted(Value::symbol("FUTEX_OP_OPARG_SHIFT"), 28));
    }
    parts.push(shifted(WAKE_OPERATION.one(u64::from(packed >> 28 & 7)), 28));
    parts.push(shifted(hex(packed >> 12 & 0xfff), 12));
    parts.push(shifted(WAKE_COMPARISON.one(u64::from(packed >> 24 & 0xf)), 24));
    parts.push(hex(packed & 0xfff));
    Value::flags(parts)
}
