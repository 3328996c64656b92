//! What a signal carries: the kernel's `siginfo_t` (`sigaction(2)`).

use syscope_shared::ids::Signal;
use syscope_shared::value::Value;

use super::arg::{signal, uid};
use super::family::time::clock_ticks;
use super::memory::Fields;
use super::names::{Names, names};

/// The size of the kernel's `siginfo_t`.
pub(super) const SIGINFO_BYTES: usize = 128;

/// A signal-delivery stop's siginfo as strace prints it: `{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, …}`. Without one (it can
/// be gone before it is read) the signal alone.
#[must_use]
pub fn signal_info(signal: Signal, siginfo: &[u8]) -> String {
    if siginfo.len() < SIGINFO_BYTES {
        let number = super::arg::signal(signal.0);
        return Value::structure(vec![Value::named("si_signo", number)]).to_string();
    }
    print(Fields(siginfo)).to_string()
}

static SI_CODE: Names = names!("SI_???":
    SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = 0xffff_ffff, SI_TIMER = 0xffff_fffe, SI_MESGQ = 0xffff_fffd,
    SI_ASYNCIO = 0xffff_fffc, SI_SIGIO = 0xffff_fffb, SI_TKILL = 0xffff_fffa, SI_DETHREAD = 0xffff_fff9,
    SI_ASYNCNL = 0xffff_ffc4,
);
const SI_KERNEL: i32 = 0x80;

static ILL: Names = names!("ILL_???":
    ILL_ILLOPC = 1, ILL_ILLOPN = 2, ILL_ILLADR = 3, ILL_ILLTRP = 4, ILL_PRVOPC = 5, ILL_PRVREG = 6, ILL_COPROC = 7,
    ILL_BADSTK = 8,
);
static FPE: Names = names!("FPE_???":
    FPE_INTDIV = 1, FPE_INTOVF = 2, FPE_FLTDIV = 3, FPE_FLTOVF = 4, FPE_FLTUND = 5, FPE_FLTRES = 6, FPE_FLTINV = 7,
    FPE_FLTSUB = 8,
);
static SEGV: Names = names!("SEGV_???":
    SEGV_MAPERR = 1, SEGV_ACCERR = 2, SEGV_BNDERR = 3, SEGV_PKUERR = 4,
);
static BUS: Names = names!("BUS_???":
    BUS_ADRALN = 1, BUS_ADRERR = 2, BUS_OBJERR = 3, BUS_MCEERR_AR = 4, BUS_MCEERR_AO = 5,
);
static TRAP: Names = names!("TRAP_???":
    TRAP_BRKPT = 1, TRAP_TRACE = 2, TRAP_BRANCH = 3, TRAP_HWBKPT = 4, TRAP_UNK = 5,
);
pub(super) static CLD: Names = names!("CLD_???":
    CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_TRAPPED = 4, CLD_STOPPED = 5, CLD_CONTINUED = 6,
);
static POLL: Names = names!("POLL_???":
    POLL_IN = 1, POLL_OUT = 2, POLL_MSG = 3, POLL_ERR = 4, POLL_PRI = 5, POLL_HUP = 6,
);
static SYS: Names = names!("SYS_???": SYS_SECCOMP = 1, SYS_USER_DISPATCH = 2);

/// A `siginfo_t` of [`SIGINFO_BYTES`].
pub(super) fn print(info: Fields<'_>) -> Value {
    let (number, code, errno) = (info.i32(0), info.i32(8), info.i32(4));
    if number == 0 {
        return Value::structure(Vec::new());
    }
    let mut items =
        vec![Value::named("si_signo", signal(number)), Value::named("si_code", code_name(number, code))];
    if errno != 0 {
        items.push(Value::named("si_errno", errno_name(errno)));
    }
    items.extend(detail(number, code, info));
    Value::structure(items)
}

/// An error number as a symbol, `0` for none.
pub(super) fn errno_name(errno: i32) -> Value {
    let name = u16::try_from(errno).ok().and_then(syscope_shared::errno::name);
    name.map_or(Value::int(errno), Value::symbol)
}

fn code_name(number: i32, code: i32) -> Value {
    let code = code as u32;
    let own = match number {
        libc::SIGILL => Some(&ILL),
        libc::SIGFPE => Some(&FPE),
        libc::SIGSEGV => Some(&SEGV),
        libc::SIGBUS => Some(&BUS),
        libc::SIGTRAP => Some(&TRAP),
        libc::SIGCHLD => Some(&CLD),
        libc::SIGIO => Some(&POLL),
        libc::SIGSYS => Some(&SYS),
        _ => None,
    };
    let own_name = own.and_then(|names| names.find(u64::from(code)));
    own_name.map_or_else(|| SI_CODE.one(u64::from(code)), Value::symbol)
}

/// What follows depends on who sent it: the union of `siginfo_t`.
fn detail(number: i32, code: i32, info: Fields<'_>) -> Vec<Value> {
    let sender =
        || vec![Value::named("si_pid", Value::int(info.i32(16))), Value::named("si_uid", uid(info.u32(20)))];
    match (number, code) {
        (_, libc::SI_TIMER) => {
            let mut items = vec![
                Value::named("si_timerid", Value::hex(u64::from(info.u32(16)))),
                Value::named("si_overrun", Value::int(info.i32(20))),
            ];
            items.extend(sigval(info));
            items
        }
        (_, SI_KERNEL) if info.u64(16) == 0 => Vec::new(),
        (_, libc::SI_USER | libc::SI_TKILL) => sender(),
        (_, ..0) => {
            let mut items = sender();
            items.extend(sigval_if_any(info));
            items
        }
        (libc::SIGCHLD, _) => {
            let mut items = sender();
            items.extend(child_status(code, info));
            items
        }
        (libc::SIGILL | libc::SIGFPE | libc::SIGSEGV | libc::SIGBUS | libc::SIGTRAP, _) => {
            vec![Value::named("si_addr", Value::address(info.u64(16)))]
        }
        (libc::SIGIO, _) => vec![
            Value::named("si_band", Value::int(info.i64(16))),
            Value::named("si_fd", Value::int(info.i32(24))),
        ],
        (libc::SIGSYS, _) => vec![
            Value::named("si_call_addr", Value::address(info.u64(16))),
            Value::named("si_syscall", syscall_name(info.u32(24))),
            Value::named("si_arch", Value::symbol("AUDIT_ARCH_X86_64")),
        ],
        _ => {
            let mut items = sender();
            items.extend(sigval_if_any(info));
            items
        }
    }
}

fn syscall_name(number: u32) -> Value {
    let name = syscope_shared::syscall::SyscallId::x86_64(number).name();
    Value::Symbol(format!("__NR_{name}").into())
}

/// The value that came with the signal.
fn sigval(info: Fields<'_>) -> [Value; 2] {
    [Value::named("si_int", Value::int(info.i32(24))), Value::named("si_ptr", Value::address(info.u64(24)))]
}

/// The value that came with the signal, if there was one.
fn sigval_if_any(info: Fields<'_>) -> impl Iterator<Item = Value> {
    sigval(info).into_iter().filter(move |_| info.u64(24) != 0)
}

fn child_status(code: i32, info: Fields<'_>) -> [Value; 3] {
    let status = info.i32(24);
    let status = if code == libc::CLD_EXITED { Value::int(status) } else { signal(status) };
    [
        Value::named("si_status", status),
        Value::named("si_utime", clock_ticks(info.i64(32))),
        Value::named("si_stime", clock_ticks(info.i64(40))),
    ]
}
