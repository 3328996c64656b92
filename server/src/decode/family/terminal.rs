//! Terminals: `termios(3)` and window sizes.

use syscope_shared::value::Value;

use crate::decode::arg::{Pointee, fixed};
use crate::decode::memory::Fields;
use crate::decode::names::{Names, names, with_rest};

pub(super) static FLUSH: Names = names!("TC???": TCIFLUSH, TCOFLUSH, TCIOFLUSH);
pub(super) static FLOW: Names = names!("TC???": TCOOFF, TCOON, TCIOFF, TCION);

static INPUT: Names = names!("???":
    IGNBRK, BRKINT, IGNPAR, PARMRK, INPCK, ISTRIP, INLCR, IGNCR, ICRNL, IUCLC, IXON, IXANY, IXOFF, IMAXBEL, IUTF8,
);
static OUTPUT: Names = names!("???":
    OPOST, OLCUC, ONLCR, OCRNL, ONOCR, ONLRET, OFILL, OFDEL,
);
static CONTROL: Names = names!("???":
    CSTOPB, CREAD, PARENB, PARODD, HUPCL, CLOCAL, CMSPAR, CRTSCTS,
);
static LOCAL: Names = names!("???":
    ISIG, ICANON, XCASE, ECHO, ECHOE, ECHOK, ECHONL, NOFLSH, TOSTOP, IEXTEN, ECHOCTL, ECHOPRT, ECHOKE, FLUSHO,
    PENDIN, EXTPROC,
);
static SPEED: Names = names!("B???":
    B0, B50, B75, B110, B134, B150, B200, B300, B600, B1200, B1800, B2400, B4800, B9600, B19200, B38400, B57600,
    B115200, B230400, B460800, B500000, B576000, B921600, B1000000, B1152000, B1500000, B2000000, B2500000, B3000000,
    B3500000, B4000000,
);

/// The kernel's `struct termios` (`asm-generic/termbits.h`).
pub(super) static TERMIOS: Pointee = fixed(36, |termios| {
    let bits = |offset| u64::from(termios.u32(offset));
    Value::elided_structure(vec![
        Value::named("c_iflag", INPUT.flags(bits(0))),
        Value::named("c_oflag", output_flags(bits(4))),
        Value::named("c_cflag", control_flags(bits(8))),
        Value::named("c_lflag", LOCAL.flags(bits(12))),
    ])
});

/// Delays are numbers, each in bits of its own; then come flags.
fn output_flags(flags: u64) -> Value {
    let delays = [
        ("NL", 0o400, 8),
        ("CR", 0o3000, 9),
        ("TAB", 0o14000, 11),
        ("BS", 0o20000, 13),
        ("VT", 0o40000, 14),
        ("FF", 0o100_000, 15),
    ];
    let mut rest = flags;
    let mut parts = Vec::new();
    for (name, mask, shift) in delays {
        parts.push(Value::Symbol(format!("{name}{}", (flags & mask) >> shift).into()));
        rest &= !mask;
    }
    let (names, rest) = OUTPUT.split(rest);
    parts.extend(names);
    with_rest(parts, rest)
}

const SPEED_MASK: u64 = 0o010_017;
const CHARACTER_SIZE_MASK: u64 = 0o60;

/// The speed and the character size are numbers; then come flags.
fn control_flags(flags: u64) -> Value {
    let size = 5 + ((flags & CHARACTER_SIZE_MASK) >> 4);
    let mut parts = vec![SPEED.one(flags & SPEED_MASK), Value::Symbol(format!("CS{size}").into())];
    let (names, rest) = CONTROL.split(flags & !SPEED_MASK & !CHARACTER_SIZE_MASK);
    parts.extend(names);
    with_rest(parts, rest)
}

/// `struct winsize`
pub(super) static WINSIZE: Pointee = fixed(8, |size: Fields<'_>| {
    let fields = (0..).step_by(2).zip(["ws_row", "ws_col", "ws_xpixel", "ws_ypixel"]);
    Value::structure(fields.map(|(offset, name)| Value::named(name, Value::int(size.u16(offset)))).collect())
});
