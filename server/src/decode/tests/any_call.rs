//! Whatever a tracee passes and has in its memory: decoding holds, and makes text that can be read back.

use proptest::prelude::*;
use syscope_shared::syscall::{SyscallId, TraceSet};
use syscope_shared::units::Nanos;
use syscope_shared::value::parse_args;

use super::Memory;
use crate::decode::{Limits, capture_entry, capture_exit, decode};
use crate::tracer::raw::{Call, Exit, RawSyscall};

/// Where the memory of these tracees is; it ends a few bytes before a page does, and at the end of the address space there is more.
const BASE: u64 = 0x1000;
const LAST_PAGE: u64 = u64::MAX - 0xfff;

fn argument() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => BASE..BASE + 0x400,
        1 => LAST_PAGE..u64::MAX,
        3 => 0..70u64,
        1 => Just(u64::MAX),
        1 => any::<u64>(),
        1 => any::<i32>().prop_map(|number| number as u64),
    ]
}

/// Bytes of which many are pointers into them, small numbers, or text.
fn memory() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        2 => argument().prop_map(|word| word.to_le_bytes().to_vec()),
        1 => any::<[u8; 8]>().prop_map(|bytes| bytes.to_vec()),
        1 => Just(b"/a/b\0c\xff\n".to_vec()),
    ];
    prop::collection::vec(word, 1..130).prop_map(|words| words.concat())
}

fn ret() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        Just(None),
        (-600i64..0).prop_map(Some),
        (0i64..600).prop_map(Some),
        any::<i64>().prop_map(Some),
    ]
}

fn call() -> impl Strategy<Value = SyscallId> {
    let calls: Vec<SyscallId> = TraceSet::ALL.named_calls().collect();
    prop::sample::select(calls)
}

/// PROPTEST_CASES makes it more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: cases(), ..ProptestConfig::default() })]
    #[test]
    fn any_call_is_decoded(
        id in call(),
        args in prop::array::uniform6(argument()),
        before in memory(),
        after in memory(),
        ret in ret(),
        string_bytes in prop_oneof![Just(32usize), 0..5usize, Just(usize::MAX)],
    ) {
        let limits = Limits { string_bytes };
        let call = Call { id, args, stack_pointer: args[5] };
        let tracee = |bytes: &[u8]| Memory::default().with(BASE, bytes).with(LAST_PAGE, bytes);
        let exit = ret.map(|ret| Exit { duration: Nanos(1), ret, is_error: (-4095..0).contains(&ret) });
        let at_entry = capture_entry(&call, &limits, &mut tracee(&before));
        let at_exit = exit
            .map(|exit| capture_exit(&call, &exit, &at_entry, &limits, &mut tracee(&after)))
            .unwrap_or_default();
        let raw = RawSyscall { call, at_entry, exit, at_exit, child: None };
        let decoded = decode(&raw, &limits);
        prop_assert!(decoded.args.is_char_boundary(decoded.args_at_entry_bytes as usize));
        if exit.is_some() {
            prop_assert!(parse_args(&decoded.args).is_some(), "{}({})", id.name(), decoded.args);
        } else {
            prop_assert_eq!(decoded.args.len(), decoded.args_at_entry_bytes as usize);
        }
    }
}
