//! Calls from a table of memory, captured and decoded: strace's text, or the test fails.

mod any_call;
mod network;
mod polling;
mod processes;
mod values;

use expect_test::{Expect, expect};
use syscope_shared::syscall::SyscallId;
use syscope_shared::units::Nanos;
use syscope_shared::value::parse_args;

use super::{Decoded, Limits, capture_entry, capture_exit, decode};
use crate::tracer::raw::{Call, Exit, RawSyscall, Snapshot, TraceeMemory};

/// Pieces of memory; what lies between them faults.
#[derive(Default)]
pub(super) struct Memory {
    pieces: Vec<(u64, Vec<u8>)>,
    /// How often the kernel was asked.
    reads: usize,
}

impl Memory {
    pub(super) fn with(mut self, address: u64, bytes: &[u8]) -> Self {
        self.pieces.push((address, bytes.to_vec()));
        self
    }
}

impl TraceeMemory for Memory {
    fn read_all(&mut self, ranges: &[(u64, usize)], into: &mut Snapshot) {
        self.reads += 1;
        for &(address, length) in ranges {
            for (start, bytes) in &self.pieces {
                if (*start..*start + bytes.len() as u64).contains(&address) {
                    let bytes = &bytes[(address - start) as usize..];
                    into.push(address, &bytes[..length.min(bytes.len())]);
                }
            }
        }
    }
}

/// A struct made of little-endian fields at byte offsets.
pub(super) fn layout(size: usize, fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; size];
    for (offset, field) in fields {
        bytes[*offset..offset + field.len()].copy_from_slice(field);
    }
    bytes
}

/// Words as they are in memory.
pub(super) fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The call as the tracer would hand it over; `ret` is `None` for one that does not return.
pub(super) fn traced(
    name: &str,
    args: &[u64],
    ret: Option<i64>,
    mut at_entry: Memory,
    mut at_exit: Memory,
) -> RawSyscall {
    let id = SyscallId::from_name(name).expect("a call's name");
    let mut call = Call { id, args: [0; 6], stack_pointer: STACK };
    call.args[..args.len()].copy_from_slice(args);
    let limits = Limits::default();
    let exit = ret.map(|ret| Exit { duration: Nanos(1), ret, is_error: (-4095..0).contains(&ret) });
    let before = capture_entry(&call, &limits, &mut at_entry);
    let after =
        exit.map(|exit| capture_exit(&call, &exit, &before, &limits, &mut at_exit)).unwrap_or_default();
    assert!(at_entry.reads + at_exit.reads <= 6, "{name} took {} reads", at_entry.reads + at_exit.reads);
    RawSyscall { call, at_entry: before, exit, at_exit: after, child: None }
}

pub(super) fn line(name: &str, decoded: &Decoded) -> String {
    let (shown, late) = decoded.args.split_at(decoded.args_at_entry_bytes as usize);
    format!("{name}({shown}^{late}) = {}", decoded.result)
}

/// Checks the line; `^` stands where strace is when it lets the call run.
pub(super) fn check(call: (&str, &[u64], Option<i64>), at_entry: Memory, at_exit: Memory, expected: &Expect) {
    let raw = traced(call.0, call.1, call.2, at_entry, at_exit);
    let decoded = decode(&raw, &Limits::default());
    expected.assert_eq(&line(call.0, &decoded));
    if raw.exit.is_some() {
        assert!(parse_args(&decoded.args).is_some(), "not parsed back: {}", decoded.args);
    }
}

/// Where the stack of a call in these tests is.
pub(super) const STACK: u64 = 0x7000;

pub(super) fn none() -> Memory {
    Memory::default()
}

#[test]
fn paths_and_flags_are_shown_at_entry() {
    check(
        ("openat", &[-100i64 as u64, 0x1000, 0o2101, 0o644], Some(3)),
        none().with(0x1000, b"/tmp/a\0..."),
        none(),
        &expect![[r#"openat(AT_FDCWD, "/tmp/a", O_WRONLY|O_CREAT|O_APPEND, 0644^) = 3"#]],
    );
    check(
        ("openat", &[-100i64 as u64, 0x1000, 0], Some(-2)),
        none(),
        none(),
        &expect!["openat(AT_FDCWD, 0x1000, O_RDONLY^) = -1 ENOENT (No such file or directory)"],
    );
}

#[test]
fn buffers_are_cut_and_results_are_columns() {
    let long = [b'x'; 40];
    check(
        ("read", &[3, 0x2000, 4096], Some(40)),
        none(),
        none().with(0x2000, &long),
        &expect![[r#"read(3, ^"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 4096) = 40"#]],
    );
    let raw = traced("write", &[1, 0x2000, 2], Some(2), none().with(0x2000, b"\x01\x30"), none());
    let decoded = decode(&raw, &Limits::default());
    assert_eq!(decoded.args, r#"1, "\0010", 2"#);
    assert_eq!((decoded.bytes, decoded.fd.map(|fd| fd.0)), (Some(2), Some(1)));
}

#[test]
fn a_call_that_does_not_return_keeps_what_was_shown_at_entry() {
    check(("read", &[0, 0x2000, 1], None), none(), none(), &expect!["read(0, ^) = ?"]);
    check(("exit_group", &[3], None), none(), none(), &expect!["exit_group(3^) = ?"]);
}

#[test]
fn restarts_and_unknown_errors_read_as_strace_has_them() {
    check(
        ("read", &[0, 0x2000, 1], Some(-512)),
        none(),
        none(),
        &expect!["read(0, ^0x2000, 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"],
    );
    check(("close", &[9], Some(-600)), none(), none(), &expect!["close(9^) = -1 (errno 600)"]);
}

#[test]
fn a_path_is_followed_over_its_pages_and_not_past_its_end() {
    let mut path = vec![b'a'; 5000 - 1];
    path.push(0);
    let memory = none().with(0x1f00, &path[..0x100]).with(0x2000, &path[path.len() - 100..]);
    let raw = traced("stat", &[0x1f00, 0], Some(-2), memory, none());
    let decoded = decode(&raw, &Limits::default());
    assert_eq!(decoded.path.map(|path| path.len()), Some(0x100 + 99));
}

#[test]
fn a_program_is_shown_with_its_arguments() {
    let memory = none()
        .with(0x1000, b"/bin/ls\0")
        .with(0x1100, b"ls\0-la\0")
        .with(0x2000, &words(&[0x1100, 0x1103, 0, 7]))
        .with(0x3000, &words(&[0x1100, 0x1100, 0]));
    check(
        ("execve", &[0x1000, 0x2000, 0x3000], Some(0)),
        memory,
        none(),
        &expect![[r#"execve("/bin/ls", ["ls", "-la"], 0x3000 /* 2 vars */^) = 0"#]],
    );
}

#[test]
fn a_file_is_described_by_its_mode_and_size() {
    let mut stat = [0u8; 144];
    stat[24..28].copy_from_slice(&0o104_755u32.to_le_bytes());
    stat[48..56].copy_from_slice(&1234u64.to_le_bytes());
    check(
        ("fstat", &[3, 0x5000], Some(0)),
        none(),
        none().with(0x5000, &stat),
        &expect!["fstat(3, ^{st_mode=S_IFREG|S_ISUID|0755, st_size=1234, ...}) = 0"],
    );
}
