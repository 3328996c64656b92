//! Print and parse are inverse: for trees made at random, and for texts of every form that strace has.

use proptest::prelude::*;

use super::*;

fn name() -> impl Strategy<Value = Text> {
    "[A-Za-z_][A-Za-z0-9_]{0,9}"
        .prop_filter("a name of its own", |name| name != "NULL" && name != "or")
        .prop_map(Cow::Owned)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::int),
        any::<u64>().prop_map(Value::int),
        (1..=u64::MAX).prop_map(Value::Hex),
        any::<u64>().prop_map(Value::Octal),
        name().prop_map(Value::Symbol),
        (any::<Vec<u8>>(), any::<bool>()).prop_map(|(bytes, is_cut)| Value::Str { bytes, is_cut }),
        (prop::collection::vec(any::<u8>(), 1..9), any::<bool>())
            .prop_map(|(bytes, is_cut)| Value::HexStr { bytes, is_cut }),
    ]
}

fn rest() -> impl Strategy<Value = Rest> {
    prop_oneof![Just(Rest::Nothing), Just(Rest::Cut), any::<u64>().prop_map(Rest::Unreadable)]
}

/// What stands between separators of every kind: it needs no brackets.
fn atom(item: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let items = prop::collection::vec(item, 0..4);
    prop_oneof![
        2 => leaf(),
        1 => (items.clone(), rest()).prop_map(|(items, rest)| Value::Array { items, rest }),
        1 => (items.clone(), rest()).prop_map(|(items, rest)| Value::Struct { items, rest }),
        1 => (name(), items).prop_map(|(name, args)| Value::Call { name, args }),
        1 => prop::collection::vec(leaf(), 2..5).prop_map(Value::Set),
    ]
}

fn prefixed(item: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let prefix = prop_oneof![Just(Prefix::Not), Just(Prefix::Abstract), Just(Prefix::AddressOf)];
    (prop::option::weighted(0.2, prefix), atom(item)).prop_map(|(prefix, value)| match prefix {
        Some(prefix) => value.prefixed(prefix),
        None => value,
    })
}

fn commented(item: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let comment = "[A-Za-z0-9?_:.|+ -]{0,12}";
    (prefixed(item), prop::option::weighted(0.2, comment)).prop_map(|(value, comment)| match comment {
        Some(comment) => value.commented(comment),
        None => value,
    })
}

/// Operands of one operator, joined from the left, as strace writes them.
fn chain(operand: BoxedStrategy<Value>, operator: Operator) -> BoxedStrategy<Value> {
    let more = prop_oneof![4 => prop::collection::vec(operand.clone(), 0..1), 1 => prop::collection::vec(operand.clone(), 1..3)];
    (operand, more)
        .prop_map(move |(first, more)| {
            more.into_iter().fold(first, |left, right| left.binary(operator, right))
        })
        .boxed()
}

fn alternatives(operand: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![3 => operand.clone(), 1 => prop::collection::vec(operand, 2..4).prop_map(Value::Flags)]
        .boxed()
}

fn item(inner: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let product = chain(commented(inner).boxed(), Operator::Times);
    let shift = chain(product, Operator::ShiftLeft);
    let comparison = chain(alternatives(shift), Operator::Equals);
    let conjunction = chain(comparison, Operator::And);
    let change = (conjunction.clone(), prop::option::weighted(0.1, conjunction)).prop_map(
        |(before, after)| match after {
            Some(after) => before.changed_to(after),
            None => before,
        },
    );
    (prop::option::weighted(0.3, name()), change)
        .prop_map(|(name, value)| match name {
            Some(name) => Value::Named { name, value: Box::new(value) },
            None => value,
        })
        .boxed()
}

fn args() -> impl Strategy<Value = Vec<Value>> {
    let tree = leaf().boxed().prop_recursive(3, 24, 4, item);
    prop::collection::vec(tree, 0..4)
}

proptest! {
    #[test]
    fn a_printed_tree_is_parsed_back(args in args()) {
        let text = print_args(&args);
        prop_assert_eq!(parse_args(&text), Some(args), "{}", text);
    }

    #[test]
    fn whatever_is_parsed_prints_to_the_same_text(text in "[A-Z0-9x=>|~@&*/ ,.\\[\\]{}()\"<\\\\-]{0,40}") {
        if let Some(args) = parse_args(&text) {
            prop_assert_eq!(print_args(&args), text);
        }
    }

    #[test]
    fn a_tree_crosses_the_wire(args in args()) {
        let bytes = postcard::to_stdvec(&args).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Vec<Value>>(&bytes).unwrap(), args);
    }
}

#[test]
fn the_forms_that_strace_has_are_understood() {
    for text in [
        "",
        r#"AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC"#,
        r#"3, "\177ELF\2\1\1\3\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0\260\254\0\0\0\0\0\0"..., 832"#,
        r#""/bin/ls", ["ls", "-la", ...], 0x7ffd00 /* 39 vars */"#,
        "3, {st_mode=S_IFREG|0644, st_size=1294, ...}",
        r#"0x7f0000, "a", {tv_sec=-1, tv_nsec=18446744073709551615}, [128 => 16]"#,
        "SIG_SETMASK, ~[RTMIN RT_1], [CHLD TTOU], 8",
        "-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], WSTOPPED, NULL",
        r#"3, {sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28"#,
        r#"3, {sa_family=AF_UNIX, sun_path=@"abs\0x"}, 8"#,
        "{flags=CLONE_VM, exit_signal=0, stack=0x7f00, stack_size=0x7fff80} => {parent_tid=[12]}, 88",
        "0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}",
        "0x1000, 4096, PROT_NONE, MAP_PRIVATE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, -1, 0",
        "[1, 2, ... /* 0x7ffe1000 */]",
        r#""\x1b\x00", 2, GRND_NONBLOCK"#,
        "4, TIOCGWINSZ, {ws_row=0, ws_col=80, ws_xpixel=0, ws_ypixel=0}",
        r#""x", 000"#,
        "4, _IOC(_IOC_READ|_IOC_WRITE, 0x54, 0x99, 0x4), 0x7ffe00",
        "5, BTRFS_IOC_CLONE or FICLONE, 4",
        "10, [], [1 9], NULL, {tv_sec=0, tv_usec=5}",
    ] {
        let args = parse_args(text).unwrap_or_else(|| panic!("not understood: {text}"));
        assert_eq!(print_args(&args), text);
    }
}

#[test]
fn what_strace_would_not_print_is_refused() {
    for text in ["(", "a,b", "[1, 2", "\"open", "{a=}", "1, ", "[...", r#""\8""#, &"[".repeat(100_000)] {
        assert_eq!(parse_args(text), None);
    }
}
