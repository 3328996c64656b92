//! Sockets: addresses, options, messages.

use expect_test::expect;

use super::{check, layout, none, traced, words};
use crate::decode::{Limits, decode};

const LOCALHOST: &[u8] = &[2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn addresses_of_every_family_are_spelled_out() {
    check(
        ("connect", &[3, 0x1000, 16], Some(0)),
        none().with(0x1000, LOCALHOST),
        none(),
        &expect![[
            r#"connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16^) = 0"#
        ]],
    );
    let loopback = layout(28, &[(0, &[10, 0, 0, 80]), (23, &[1])]);
    check(
        ("bind", &[3, 0x1000, 28], Some(-98)),
        none().with(0x1000, &loopback),
        none(),
        &expect![[
            r#"bind(3, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28^) = -1 EADDRINUSE (Address already in use)"#
        ]],
    );
    check(
        ("connect", &[3, 0x1000, 8], Some(0)),
        none().with(0x1000, b"\x01\0\0abs\0x"),
        none(),
        &expect![[r#"connect(3, {sa_family=AF_UNIX, sun_path=@"abs\0x"}, 8^) = 0"#]],
    );
    check(
        ("connect", &[3, 0x1000, 110], Some(0)),
        none().with(0x1000, &layout(110, &[(0, b"\x01\0/run/x.sock")])),
        none(),
        &expect![[r#"connect(3, {sa_family=AF_UNIX, sun_path="/run/x.sock"}, 110^) = 0"#]],
    );
    check(
        ("bind", &[3, 0x1000, 12], Some(0)),
        none().with(0x1000, &layout(12, &[(0, &[16]), (4, &[7])])),
        none(),
        &expect!["bind(3, {sa_family=AF_NETLINK, nl_pid=7, nl_groups=00000000}, 12^) = 0"],
    );
    check(
        ("connect", &[3, 0x1000, 1], Some(-22)),
        none().with(0x1000, &[2]),
        none(),
        &expect!["connect(3, 0x1000, 1^) = -1 EINVAL (Invalid argument)"],
    );
}

#[test]
fn a_stored_address_has_the_length_before_and_after() {
    let at_entry = || none().with(0x2000, &128u32.to_le_bytes());
    let at_exit = || none().with(0x2000, &16u32.to_le_bytes()).with(0x1000, LOCALHOST);
    check(
        ("accept4", &[3, 0x1000, 0x2000, 0o2000000], Some(4)),
        at_entry(),
        at_exit(),
        &expect![[
            r#"accept4(3, ^{sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, [128 => 16], SOCK_CLOEXEC) = 4"#
        ]],
    );
    let raw = traced("accept", &[3, 0x1000, 0x2000], Some(4), at_entry(), at_exit());
    let decoded = decode(&raw, &Limits::default());
    assert_eq!(decoded.path.as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(decoded.fd.map(|fd| fd.0), Some(4));
    check(
        ("accept", &[3, 0x1000, 0x2000], Some(-11)),
        at_entry(),
        none(),
        &expect!["accept(3, ^0x1000, [128]) = -1 EAGAIN (Resource temporarily unavailable)"],
    );
    check(
        ("recvfrom", &[3, 0x3000, 100, 0x40, 0, 0], Some(2)),
        none(),
        none().with(0x3000, b"hi"),
        &expect![[r#"recvfrom(3, ^"hi", 100, MSG_DONTWAIT, NULL, NULL) = 2"#]],
    );
}

#[test]
fn a_message_is_shown_with_its_buffers_and_descriptors() {
    let header = words(&[0, 0, 0x2000, 2, 0x3000, 24, 0]);
    let vectors = words(&[0x4000, 3, 0x4100, 4]);
    let control = [words(&[24]), vec![1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0]].concat();
    let memory = none()
        .with(0x1000, &header)
        .with(0x2000, &vectors)
        .with(0x3000, &control)
        .with(0x4000, b"abc")
        .with(0x4100, b"defg");
    check(
        ("sendmsg", &[4, 0x1000, 0x4000], Some(7)),
        memory,
        none(),
        &expect![[
            r#"sendmsg(4, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="abc", iov_len=3}, {iov_base="defg", iov_len=4}], msg_iovlen=2, msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[4, 1]}], msg_controllen=24, msg_flags=0}, MSG_NOSIGNAL^) = 7"#
        ]],
    );
}

#[test]
fn buffers_are_shown_as_far_as_they_were_filled() {
    check(
        ("readv", &[5, 0x2000, 2], Some(5)),
        none(),
        none().with(0x2000, &words(&[0x4000, 2, 0x4100, 50])).with(0x4000, b"ab").with(0x4100, b"cde"),
        &expect![[r#"readv(5, ^[{iov_base="ab", iov_len=2}, {iov_base="cde", iov_len=50}], 2) = 5"#]],
    );
}

#[test]
fn options_are_numbers_structs_or_bytes() {
    check(
        ("setsockopt", &[3, 1, 2, 0x1000, 4], Some(0)),
        none().with(0x1000, &[1, 0, 0, 0]),
        none(),
        &expect!["setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4^) = 0"],
    );
    check(
        ("getsockopt", &[3, 1, 4, 0x1000, 0x2000], Some(0)),
        none().with(0x2000, &[4, 0, 0, 0]),
        none().with(0x2000, &[4, 0, 0, 0]).with(0x1000, &[111, 0, 0, 0]),
        &expect!["getsockopt(3, SOL_SOCKET, SO_ERROR, ^[ECONNREFUSED], [4]) = 0"],
    );
    check(
        ("socket", &[2, 0o2000001, 6], Some(3)),
        none(),
        none(),
        &expect!["socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP^) = 3"],
    );
}
