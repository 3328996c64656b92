//! Numbers, spans and moments in the words that the page shows.

use syscope_shared::event::{Creation, End, Origin};
use syscope_shared::query::{EventRow, RowKind};
use syscope_shared::units::{Nanos, TraceTime};

/// A span with three significant digits and its unit: `0`, `870 ns`, `12.4 µs`, `3.05 ms`, `1.20 s`, `2 min 05 s`.
pub(crate) fn span(nanos: Nanos) -> String {
    let value = nanos.0 as f64;
    match nanos.0 {
        0 => "0".to_owned(),
        1..1_000 => format!("{} ns", nanos.0),
        1_000..999_950 => format!("{} µs", three_digits(value / 1e3)),
        999_950..999_950_000 => format!("{} ms", three_digits(value / 1e6)),
        999_950_000..60_000_000_000 => format!("{} s", three_digits(value / 1e9)),
        _ => minutes(nanos.0 / 1_000_000_000),
    }
}

fn three_digits(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

fn minutes(seconds: u64) -> String {
    match seconds {
        0..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// A moment as seconds since the trace began, to the microsecond, as a list of events shows it.
pub(crate) fn moment(time: TraceTime) -> String {
    format!("{}.{:06}", time.0 / 1_000_000_000, time.0 / 1_000 % 1_000_000)
}

/// A moment on an axis whose ticks stand `step` nanoseconds apart: as many decimals as tell neighbours apart.
pub(crate) fn axis_label(nanos: u64, step: u64) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    let (unit, name) = match step {
        0..1_000 if nanos < 1_000_000 => (1, "ns"),
        0..1_000_000 if nanos < 1_000_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 if nanos < 1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let decimals = decimals_for(step, unit);
    format!("{:.decimals$} {name}", nanos as f64 / unit as f64)
}

fn decimals_for(step: u64, unit: u64) -> usize {
    let mut decimals = 0;
    let mut part = unit;
    while part > step.max(1) && decimals < 9 {
        part /= 10;
        decimals += 1;
    }
    decimals
}

/// A number with its thousands apart: `1 234 567` (with narrow spaces).
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `1 call`, `2 calls`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A size: `512 B`, `1.20 MB`.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", three_digits(bytes as f64 / 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", three_digits(bytes as f64 / 1e6)),
        _ => format!("{} GB", three_digits(bytes as f64 / 1e9)),
    }
}

/// Events a second: `840/s`, `12.3 k/s`.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 1_000.0 {
        format!("{per_second:.0}/s")
    } else {
        format!("{} k/s", three_digits(per_second / 1e3))
    }
}

/// How a task ended, in short: `exit 0`, `SIGTERM`, `detached`.
pub(crate) fn end(end: End) -> String {
    match end {
        End::Exited(status) => format!("exit {status}"),
        End::Killed { signal, core_dumped: false } => format!("killed by {signal}"),
        End::Killed { signal, core_dumped: true } => format!("killed by {signal} (core dumped)"),
        End::Superseded { by } => format!("superseded by execve in {}", by.0),
        End::Detached => "detached".to_owned(),
    }
}

/// Where a task came from: `fork`, `thread (clone)`, `attached`.
pub(crate) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Spawned => "started",
        Origin::Attached => "attached",
        Origin::Created { by: Creation::Fork, .. } => "fork",
        Origin::Created { by: Creation::Vfork, .. } => "vfork",
        Origin::Created { by: Creation::Clone, .. } => "clone",
        Origin::Created { by: Creation::Thread, .. } => "clone thread",
    }
}

/// The `clone(2)` flags of `sched.h` that say what a new task shares with its parent.
const CLONE_FLAGS: [(u64, &str); 21] = [
    (0x0000_0100, "CLONE_VM"),
    (0x0000_0200, "CLONE_FS"),
    (0x0000_0400, "CLONE_FILES"),
    (0x0000_0800, "CLONE_SIGHAND"),
    (0x0000_1000, "CLONE_PIDFD"),
    (0x0000_2000, "CLONE_PTRACE"),
    (0x0000_4000, "CLONE_VFORK"),
    (0x0000_8000, "CLONE_PARENT"),
    (0x0001_0000, "CLONE_THREAD"),
    (0x0002_0000, "CLONE_NEWNS"),
    (0x0004_0000, "CLONE_SYSVSEM"),
    (0x0008_0000, "CLONE_SETTLS"),
    (0x0010_0000, "CLONE_PARENT_SETTID"),
    (0x0020_0000, "CLONE_CHILD_CLEARTID"),
    (0x0080_0000, "CLONE_UNTRACED"),
    (0x0100_0000, "CLONE_CHILD_SETTID"),
    (0x0200_0000, "CLONE_NEWCGROUP"),
    (0x0400_0000, "CLONE_NEWUTS"),
    (0x0800_0000, "CLONE_NEWIPC"),
    (0x1000_0000, "CLONE_NEWUSER"),
    (0x2000_0000, "CLONE_NEWPID"),
];

/// Clone flags by name: `CLONE_VM|CLONE_FS`; what has no name stays a hexadecimal number. The low byte is the exit signal, no flag.
pub(crate) fn clone_flags(flags: u64) -> String {
    let mut rest = flags & !0xff;
    let mut names = Vec::new();
    for (bit, name) in CLONE_FLAGS {
        if rest & bit != 0 {
            names.push(name.to_owned());
            rest &= !bit;
        }
    }
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    if names.is_empty() { "no flags".to_owned() } else { names.join("|") }
}

/// An event as one line of strace's text, without pid and time.
pub(crate) fn strace_line(row: &EventRow) -> String {
    match &row.kind {
        RowKind::Syscall { name, args, result, .. } if result.is_empty() => format!("{name}({args}"),
        RowKind::Syscall { name, args, result, .. } => format!("{name}({args}) = {result}"),
        RowKind::Line(line) => line.clone(),
    }
}

/// `text` cut to at most `limit` characters, the last of them `…` if something was cut.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) if limit == 0 => String::new(),
        Some(_) => text.chars().take(limit - 1).chain(std::iter::once('…')).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_three_digits_and_a_unit() {
        let shown = [0, 870, 12_400, 999_960, 3_051_000, 1_200_000_000, 59_990_000_000, 125_000_000_000]
            .map(|nanos| span(Nanos(nanos)));
        assert_eq!(
            shown,
            ["0", "870 ns", "12.4 µs", "1.00 ms", "3.05 ms", "1.20 s", "60.0 s", "2 min 05 s"]
                .map(str::to_owned)
        );
    }

    #[test]
    fn axis_labels_tell_neighbouring_ticks_apart() {
        assert_eq!(axis_label(1_500_000_000, 500_000_000), "1.5 s");
        assert_eq!(axis_label(1_500_000_000, 1_000_000), "1.500 s");
        assert_eq!(axis_label(2_000_000, 1_000_000), "2 ms");
        assert_eq!(axis_label(2_500_000, 500_000), "2500 µs");
        assert_eq!(axis_label(0, 10), "0");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(123), "123");
    }

    #[test]
    fn clone_flags_are_named_without_the_exit_signal() {
        assert_eq!(clone_flags(0x11), "no flags");
        assert_eq!(clone_flags(0x0001_0111), "CLONE_VM|CLONE_THREAD");
        assert_eq!(clone_flags(0x8000_0000_0000_0100), "CLONE_VM|0x8000000000000000");
    }

    #[test]
    fn shortened_text_keeps_whole_characters() {
        assert_eq!(shortened("größer", 6), "größer");
        assert_eq!(shortened("größer", 4), "grö…");
        assert_eq!(shortened("größer", 0), "");
    }
}
