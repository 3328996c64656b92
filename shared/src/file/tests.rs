use super::*;
use crate::event::{Change, Creation, End, EventKind, Origin, Stream, Syscall};
use crate::ids::{Fd, Pid, Signal, TaskUid, Tid};
use crate::syscall::SyscallId;
use crate::units::Nanos;

fn sample_events() -> Vec<Event> {
    let call = Syscall {
        id: SyscallId::x86_64(257),
        duration: Some(Nanos(1500)),
        args: r#"AT_FDCWD, "/etc/passwd", O_RDONLY"#.to_owned(),
        args_at_entry_bytes: 33,
        result: "-1 EACCES (Permission denied)".to_owned(),
        ret: -13,
        errno: Some(13),
        fd: Some(Fd(-100)),
        path: Some("/etc/passwd".to_owned()),
        bytes: None,
        child: None,
    };
    let unfinished = Syscall { duration: None, errno: None, child: Some(TaskUid(1)), ..call.clone() };
    let kinds = [
        EventKind::Syscall(call),
        EventKind::Syscall(unfinished),
        EventKind::Signal { signal: Signal(34), info: "{si_signo=SIGRT_2}".to_owned() },
        EventKind::Stopped(Signal(19)),
        EventKind::Ended(End::Exited(3)),
        EventKind::Ended(End::Killed { signal: Signal(11), core_dumped: true }),
        EventKind::Ended(End::Superseded { by: Tid(12) }),
        EventKind::Ended(End::Detached),
    ];
    let at = |(number, kind)| Event { task: TaskUid(0), start: TraceTime(number as u64 * 10), kind };
    kinds.into_iter().enumerate().map(at).collect()
}

fn sample_changes() -> Vec<TaskChange> {
    let created = Origin::Created { parent: TaskUid(0), by: Creation::Thread, clone_flags: 0x10000 };
    let changes = [
        Change::Started { tid: Tid(7), process: Pid(7), origin: Origin::Spawned, comm: "sh".to_owned() },
        Change::Started { tid: Tid(8), process: Pid(7), origin: created, comm: "sh".to_owned() },
        Change::Executed {
            tid: Tid(7),
            program: "/bin/ls".to_owned(),
            argv: vec!["ls".to_owned(), String::new()],
            cwd: "/".to_owned(),
        },
        Change::Renamed { comm: "worker".to_owned() },
        Change::Ended(End::Killed { signal: Signal(9), core_dumped: false }),
    ];
    let at = |change| TaskChange { task: TaskUid(0), time: TraceTime(5), change };
    changes.into_iter().map(at).collect()
}

fn sample_chunks() -> Vec<Chunk> {
    vec![
        Chunk::Header(Header {
            target: Target::Command(vec!["ls".to_owned()]),
            options: TraceOptions::default(),
            started_unix_nanos: 1,
            cwd: "/".to_owned(),
            host: "host".to_owned(),
            kernel: "6.1".to_owned(),
            recorder: "0.1.0".to_owned(),
        }),
        Chunk::Tasks(sample_changes()),
        Chunk::Events(sample_events()),
        Chunk::Output(vec![Output { time: TraceTime(9), stream: Stream::Stderr, bytes: vec![0, 255] }]),
        Chunk::InFlight(sample_events()[1..2].to_vec()),
        Chunk::InFlight(Vec::new()),
        Chunk::Seal(Seal {
            end: TraceTime(100),
            events: 8,
            reason: SealReason::Finished,
            exit_status: Some(3),
        }),
    ]
}

fn file_of(chunks: &[Chunk]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut file = Encoder::preamble();
    for chunk in chunks {
        file.extend(encoder.encode(chunk).expect("the samples fit"));
    }
    file
}

/// Every chunk that can be read, and why there are no more.
fn read_all(file: &[u8], piece_bytes: usize) -> (Vec<Chunk>, Option<FileError>, u64) {
    let mut decoder = Decoder::new();
    let mut chunks = Vec::new();
    for piece in file.chunks(piece_bytes) {
        decoder.push(piece);
        loop {
            match decoder.next_chunk() {
                Ok(Some(chunk)) => chunks.push(chunk),
                Ok(None) => break,
                Err(error) => return (chunks, Some(error), decoder.unread_bytes()),
            }
        }
    }
    (chunks, None, decoder.unread_bytes())
}

#[test]
fn what_is_written_is_read_however_it_arrives() {
    let chunks = sample_chunks();
    let file = file_of(&chunks);
    for piece_bytes in [1, 7, 100, file.len()] {
        assert_eq!(read_all(&file, piece_bytes), (chunks.clone(), None, 0));
    }
}

/// For each chunk of the samples: a decoder that has read everything before it, and the chunk's bytes.
fn each_chunk() -> Vec<(Decoder, Vec<u8>)> {
    let mut encoder = Encoder::new();
    let mut decoder = Decoder::new();
    decoder.push(&Encoder::preamble());
    let mut each = Vec::new();
    for chunk in sample_chunks() {
        let bytes = encoder.encode(&chunk).expect("the samples fit");
        each.push((decoder.clone(), bytes.clone()));
        decoder.push(&bytes);
        assert_eq!(decoder.next_chunk(), Ok(Some(chunk)));
    }
    each
}

#[test]
fn a_file_cut_at_any_byte_gives_a_prefix() {
    for (before, bytes) in each_chunk() {
        for length in 0..bytes.len() {
            let mut decoder = before.clone();
            decoder.push(&bytes[..length]);
            assert_eq!(decoder.next_chunk(), Ok(None), "cut at {length}");
            assert_eq!(decoder.unread_bytes(), length as u64);
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    for (before, mut bytes) in each_chunk() {
        for bit in 0..bytes.len() * 8 {
            let mut decoder = before.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            decoder.push(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let next = decoder.next_chunk();
            assert!(!matches!(next, Ok(Some(_))), "bit {bit}");
            assert_eq!(decoder.unread_bytes(), bytes.len() as u64, "bit {bit}");
        }
    }
}

#[test]
fn other_files_are_refused_in_a_sentence() {
    let refusal = |bytes: &[u8]| read_all(bytes, usize::MAX).1.map(|error| error.to_string());
    assert_eq!(
        refusal(b"\x7fELF").as_deref(),
        Some("this is not a syscope trace: it does not begin with `SYSCOPE`")
    );
    assert!(refusal(b"SYSCOPE\n\x09\0\0\0").is_some_and(|text| text.contains("format version 9")));
    assert_eq!(refusal(b""), None);
}
