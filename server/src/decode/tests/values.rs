//! What calls take and give that is neither a file nor a socket: flags, modes, structs, and what cannot be read.

use expect_test::expect;
use syscope_shared::syscall::{Abi, SyscallId};
use syscope_shared::units::Nanos;

use super::{check, layout, none, words};
use crate::decode::{Limits, decode};
use crate::tracer::raw::{Call, Exit, RawSyscall, Snapshot};

#[test]
fn flags_name_what_is_known_and_keep_the_rest() {
    check(
        ("mmap", &[0, 4096, 3, 0x22, u64::MAX, 0], Some(0x7f00_0000)),
        none(),
        none(),
        &expect!["mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0^) = 0x7f000000"],
    );
    check(
        ("mmap", &[0, 4096, 0, 0x5404_0002, u64::MAX, 0x1000], Some(-12)),
        none(),
        none(),
        &expect![
            "mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, -1, 0x1000^) = -1 ENOMEM (Cannot allocate memory)"
        ],
    );
    check(
        ("lseek", &[3, u64::MAX, 77], Some(-22)),
        none(),
        none(),
        &expect!["lseek(3, -1, 0x4d /* SEEK_??? */^) = -1 EINVAL (Invalid argument)"],
    );
    check(
        ("access", &[0x1000, 0x14], Some(-22)),
        none().with(0x1000, b"x\0"),
        none(),
        &expect![[r#"access("x", R_OK|0x10^) = -1 EINVAL (Invalid argument)"#]],
    );
    check(("umask", &[0o22], Some(0o77)), none(), none(), &expect!["umask(022^) = 077"]);
}

#[test]
fn an_operation_decides_what_follows_it() {
    check(
        ("fcntl", &[3, 3], Some(0o102002)),
        none(),
        none(),
        &expect!["fcntl(3, F_GETFL^) = 0x8402 (flags O_RDWR|O_APPEND|O_LARGEFILE)"],
    );
    check(
        ("fcntl", &[3, 1030, 10], Some(11)),
        none(),
        none(),
        &expect!["fcntl(3, F_DUPFD_CLOEXEC, 10^) = 11"],
    );
    check(
        ("ioctl", &[1, 0x5413, 0x1000], Some(0)),
        none(),
        none().with(0x1000, &layout(8, &[(0, &[24]), (2, &[80])])),
        &expect!["ioctl(1, TIOCGWINSZ, ^{ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0"],
    );
    check(
        ("ioctl", &[1, 0x8004_5499, 0x1000], Some(-25)),
        none(),
        none(),
        &expect![
            "ioctl(1, _IOC(_IOC_READ, 0x54, 0x99, 0x4), 0x1000^) = -1 ENOTTY (Inappropriate ioctl for device)"
        ],
    );
    check(
        ("prctl", &[15, 0x1000], Some(0)),
        none().with(0x1000, b"worker\0"),
        none(),
        &expect![[r#"prctl(PR_SET_NAME, "worker"^) = 0"#]],
    );
}

#[test]
fn random_bytes_are_no_text() {
    check(
        ("getrandom", &[0x1000, 4, 1], Some(4)),
        none(),
        none().with(0x1000, &[0x41, 0, 0xff, 0x0a]),
        &expect![[r#"getrandom(^"\x41\x00\xff\x0a", 4, GRND_NONBLOCK) = 4"#]],
    );
}

#[test]
fn what_cannot_be_read_is_an_address() {
    check(
        ("writev", &[1, 0x1000, 2], Some(-14)),
        none().with(0x1000, &words(&[0x9000, 5])),
        none(),
        &expect!["writev(1, [{iov_base=0x9000, iov_len=5}, ... /* 0x1010 */], 2^) = -1 EFAULT (Bad address)"],
    );
    check(
        ("rt_sigaction", &[2, 0x9000, 0, 8], Some(-14)),
        none(),
        none(),
        &expect!["rt_sigaction(SIGINT, 0x9000, ^NULL, 8) = -1 EFAULT (Bad address)"],
    );
}

#[test]
fn calls_of_other_abis_keep_their_six_numbers() {
    let id = SyscallId { abi: Abi::I386, number: 4 };
    let raw = RawSyscall {
        call: Call { id, args: [1, 0, 3, 0, 0, 0xff], stack_pointer: 0 },
        at_entry: Snapshot::default(),
        exit: Some(Exit { duration: Nanos(1), ret: 3, is_error: false }),
        at_exit: Snapshot::default(),
        child: None,
    };
    let decoded = decode(&raw, &Limits::default());
    assert_eq!((decoded.args.as_str(), decoded.result.as_str()), ("0x1, 0, 0x3, 0, 0, 0xff", "3"));
}
