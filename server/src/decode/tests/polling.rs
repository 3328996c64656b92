//! Waiting for files and for time.

use expect_test::expect;

use super::{check, layout, none, words};

#[test]
fn what_a_poll_found_is_part_of_its_result() {
    let fds =
        |revents: u8| layout(16, &[(0, &[3, 0, 0, 0, 1, 0, revents, 0]), (8, &[0xff, 0xff, 0xff, 0xff, 1])]);
    check(
        ("poll", &[0x1000, 2, 100], Some(1)),
        none().with(0x1000, &fds(0)),
        none().with(0x1000, &fds(1)),
        &expect!["poll([{fd=3, events=POLLIN}, {fd=-1}], 2, 100^) = 1 ([{fd=3, revents=POLLIN}])"],
    );
    check(
        ("poll", &[0x1000, 1, 100], Some(0)),
        none().with(0x1000, &fds(0)),
        none(),
        &expect!["poll([{fd=3, events=POLLIN}], 1, 100^) = 0 (Timeout)"],
    );
}

#[test]
fn what_a_select_found_is_part_of_its_result() {
    check(
        ("select", &[10, 0x1000, 0x2000, 0, 0x3000], Some(1)),
        none().with(0x1000, &words(&[0b1010])).with(0x2000, &words(&[0x200])).with(0x3000, &words(&[1, 5])),
        none().with(0x1000, &words(&[0b1000])).with(0x2000, &words(&[0])).with(0x3000, &words(&[0, 9])),
        &expect![
            "select(10, [1 3], [9], NULL, {tv_sec=1, tv_usec=5}^) = 1 (in [3], left {tv_sec=0, tv_usec=9})"
        ],
    );
}

#[test]
fn events_come_back_as_many_as_were_returned() {
    let events = layout(24, &[(0, &[1]), (4, &[7])]);
    check(
        ("epoll_wait", &[4, 0x1000, 2, 0xffff_ffff], Some(1)),
        none(),
        none().with(0x1000, &events),
        &expect!["epoll_wait(4, ^[{events=EPOLLIN, data={u32=7, u64=7}}], 2, -1) = 1"],
    );
    check(
        ("epoll_ctl", &[4, 2, 5, 0x1000], Some(0)),
        none(),
        none(),
        &expect!["epoll_ctl(4, EPOLL_CTL_DEL, 5, 0x1000^) = 0"],
    );
}

#[test]
fn a_sleep_shows_what_is_left_only_when_it_was_interrupted() {
    let (span, rest) = (words(&[1, 0]), words(&[0, 500]));
    check(
        ("nanosleep", &[0x1000, 0x2000], Some(-516)),
        none().with(0x1000, &span),
        none().with(0x2000, &rest),
        &expect![
            "nanosleep({tv_sec=1, tv_nsec=0}, ^{tv_sec=0, tv_nsec=500}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)"
        ],
    );
    check(
        ("clock_nanosleep", &[1, 1, 0x1000, 0x2000], Some(-4)),
        none().with(0x1000, &span),
        none().with(0x2000, &rest),
        &expect![
            "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=1, tv_nsec=0}, ^0x2000) = -1 EINTR (Interrupted system call)"
        ],
    );
}

#[test]
fn a_futex_takes_what_its_operation_takes() {
    check(
        ("futex", &[0x1000, 128, 2, 0, 9, 9], Some(-11)),
        none(),
        none(),
        &expect![
            "futex(0x1000, FUTEX_WAIT_PRIVATE, 2, NULL^) = -1 EAGAIN (Resource temporarily unavailable)"
        ],
    );
    check(
        ("futex", &[0x1000, 0x189, 2, 0x2000, 9, 0xffff_ffff], Some(-110)),
        none().with(0x2000, &words(&[1, 2])),
        none(),
        &expect![
            "futex(0x1000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 2, {tv_sec=1, tv_nsec=2}, FUTEX_BITSET_MATCH_ANY^) = -1 ETIMEDOUT (Connection timed out)"
        ],
    );
    check(
        ("futex", &[0x1000, 5, 1, 1, 0x3000, 0x0400_0001], Some(0)),
        none(),
        none(),
        &expect![
            "futex(0x1000, FUTEX_WAKE_OP, 1, 1, 0x3000, FUTEX_OP_SET<<28|0<<12|FUTEX_OP_CMP_GT<<24|0x1^) = 0"
        ],
    );
}
