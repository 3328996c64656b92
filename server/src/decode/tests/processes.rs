//! Processes and signals.

use expect_test::expect;
use syscope_shared::ids::Signal;

use super::{STACK, check, layout, none, words};
use crate::decode::signal_info;

#[test]
fn clones_show_what_their_flags_make_use_of() {
    check(
        ("clone", &[0x0120_0011, 0, 0, 0x5000, 0], Some(12)),
        none(),
        none(),
        &expect![
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD^, child_tidptr=0x5000) = 12"
        ],
    );
    check(
        ("clone", &[0x003d_0f00, 0x6000, 0x5000, 0x5000, 0x7000], Some(13)),
        none(),
        none().with(0x5000, &[13, 0, 0, 0]),
        &expect![
            "clone(child_stack=0x6000, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID^, parent_tid=[13], tls=0x7000, child_tidptr=0x5000) = 13"
        ],
    );
    let args = words(&[0x003d_0f00, 0, 0x5000, 0x5000, 0, 0x6000, 0x7fff80, 0x7000, 0, 0, 0]);
    check(
        ("clone3", &[0x1000, 88], Some(13)),
        none().with(0x1000, &args),
        none().with(0x5000, &[13, 0, 0, 0]),
        &expect![
            "clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, child_tid=0x5000, parent_tid=0x5000, exit_signal=0, stack=0x6000, stack_size=0x7fff80, tls=0x7000}^ => {parent_tid=[13]}, 88) = 13"
        ],
    );
}

#[test]
fn a_wait_tells_how_the_child_ended() {
    for (status, expected) in [
        (0x0300u32, expect!["wait4(-1, ^[{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 12"]),
        (
            0x008b,
            expect!["wait4(-1, ^[{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 12"],
        ),
        (0x137f, expect!["wait4(-1, ^[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], 0, NULL) = 12"]),
        (0xffff, expect!["wait4(-1, ^[{WIFCONTINUED(s)}], 0, NULL) = 12"]),
    ] {
        let memory = none().with(0x1000, &status.to_le_bytes());
        check(("wait4", &[u64::MAX, 0x1000, 0, 0], Some(12)), none(), memory, &expected);
    }
    check(
        ("wait4", &[u64::MAX, 0x1000, 1, 0], Some(0)),
        none(),
        none().with(0x1000, &[0; 4]),
        &expect!["wait4(-1, ^0x1000, WNOHANG, NULL) = 0"],
    );
}

#[test]
fn handlers_and_masks() {
    let action = words(&[0x4000, 0x1400_0000, 0x4400, 1 << 16]);
    check(
        ("rt_sigaction", &[17, 0x1000, 0x2000, 8], Some(0)),
        none().with(0x1000, &action),
        none().with(0x2000, &[0; 32]),
        &expect![
            "rt_sigaction(SIGCHLD, {sa_handler=0x4000, sa_mask=[CHLD], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x4400}, ^{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0"
        ],
    );
    check(
        ("rt_sigprocmask", &[2, 0x1000, 0, 8], Some(0)),
        none().with(0x1000, &words(&[!0b11_u64.rotate_left(31)])),
        none(),
        &expect!["rt_sigprocmask(SIG_SETMASK, ~[RTMIN RT_1], ^NULL, 8) = 0"],
    );
    check(
        ("rt_sigreturn", &[], Some(0)),
        none().with(STACK + 296, &words(&[1 << 13 | 1 << 16])),
        none(),
        &expect!["rt_sigreturn({mask=[ALRM CHLD]}^) = 0"],
    );
}

#[test]
fn a_signal_tells_who_sent_it() {
    let info = |code: i32, fields: &[(usize, &[u8])]| {
        let mut info = layout(128, fields);
        info[8..12].copy_from_slice(&code.to_le_bytes());
        info
    };
    let child = info(1, &[(0, &[17]), (16, &[12]), (24, &[3]), (32, &[5])]);
    expect!["{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, si_uid=0, si_status=3, si_utime=5 /* 0.05 s */, si_stime=0}"]
        .assert_eq(&signal_info(Signal(17), &child));
    let fault = info(1, &[(0, &[11]), (16, &[8])]);
    expect!["{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8}"]
        .assert_eq(&signal_info(Signal(11), &fault));
    let timer = info(0x80, &[(0, &[14])]);
    expect!["{si_signo=SIGALRM, si_code=SI_KERNEL}"].assert_eq(&signal_info(Signal(14), &timer));
    let queued = info(-1, &[(0, &[35]), (16, &[12]), (24, &[9])]);
    expect!["{si_signo=SIGRT_3, si_code=SI_QUEUE, si_pid=12, si_uid=0, si_int=9, si_ptr=0x9}"]
        .assert_eq(&signal_info(Signal(35), &queued));
    expect!["{si_signo=SIGTERM}"].assert_eq(&signal_info(Signal(15), &[]));
}

#[test]
fn limits_and_capabilities() {
    check(
        ("prlimit64", &[0, 3, 0, 0x1000], Some(0)),
        none(),
        none().with(0x1000, &words(&[8192 * 1024, u64::MAX])),
        &expect!["prlimit64(0, RLIMIT_STACK, NULL, ^{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0"],
    );
    check(
        ("capset", &[0x1000, 0x2000], Some(0)),
        none()
            .with(0x1000, &[0x22, 5, 8, 0x20, 0, 0, 0, 0])
            .with(0x2000, &layout(24, &[(0, &[0x21]), (12, &[1])])),
        none(),
        &expect![
            "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN|1<<CAP_KILL|1<<CAP_MAC_OVERRIDE, permitted=0, inheritable=0}^) = 0"
        ],
    );
}
