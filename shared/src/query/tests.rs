//! Every clever answer equals the brute one, on random traces and windows.

use proptest::prelude::*;

use super::*;
use crate::event::{Change, Event, EventKind, Origin, Syscall, TaskChange};
use crate::file::Chunk;
use crate::ids::{Pid, Tid};
use crate::syscall::{Class, SyscallId};
use crate::units::TraceTime;

/// A call as the generator makes it: which task, the pause before it, its duration, its number, and whether it fails.
type Sketch = (u32, u64, u64, u32, bool);

const TASKS: u32 = 3;

/// A trace in which the calls of a task follow each other, written in the order of their ends, in chunks.
fn trace_of(sketches: &[Sketch]) -> (Store, Vec<Event>) {
    let mut clocks = [0; TASKS as usize];
    let mut events: Vec<Event> = sketches
        .iter()
        .map(|(task, pause, duration, number, fails)| {
            let start = clocks[*task as usize] + pause;
            clocks[*task as usize] = start + duration;
            event(*task, start, *duration, *number, *fails)
        })
        .collect();
    events.sort_by_key(end);
    let mut store = Store::new();
    store.apply(Chunk::Tasks((0..TASKS).map(started).collect()));
    for events in events.chunks(7) {
        store.apply(Chunk::Events(events.to_vec()));
    }
    (store, events)
}

fn started(task: u32) -> TaskChange {
    let tid = 100 + task as i32;
    // The third task is a thread of the second.
    let process = Pid(tid.min(101));
    let change =
        Change::Started { tid: Tid(tid), process, origin: Origin::Spawned, comm: format!("task{task}") };
    TaskChange { task: TaskUid(task), time: TraceTime(0), change }
}

fn event(task: u32, start: u64, duration: u64, number: u32, fails: bool) -> Event {
    let call = Syscall {
        id: SyscallId::x86_64(number),
        duration: Some(Nanos(duration)),
        args: format!("{number}, \"Text\""),
        args_at_entry_bytes: 0,
        result: "0".to_owned(),
        ret: 0,
        errno: fails.then_some(2),
        fd: None,
        path: number.is_multiple_of(2).then(|| format!("/path/{number}")),
        bytes: None,
        child: None,
    };
    Event { task: TaskUid(task), start: TraceTime(start), kind: EventKind::Syscall(call) }
}

fn call(event: &Event) -> &Syscall {
    match &event.kind {
        EventKind::Syscall(call) => call,
        other => unreachable!("the generator makes calls only, not {other:?}"),
    }
}

fn duration(event: &Event) -> Nanos {
    call(event).duration.unwrap_or_default()
}

fn end(event: &Event) -> TraceTime {
    event.start + duration(event)
}

/// How much of the event lies within the range.
fn time_within(event: &Event, range: TimeRange) -> Nanos {
    end(event).min(range.end).since(event.start.max(range.start))
}

prop_compose! {
    fn sketches()(sketches in prop::collection::vec(
        (0..TASKS, 0..50_u64, 0..200_u64, 0..12_u32, any::<bool>()),
        0..120,
    )) -> Vec<Sketch> {
        sketches
    }
}

prop_compose! {
    fn ranges()(a in 0..4000_u64, b in 0..4000_u64) -> TimeRange {
        TimeRange::between(TraceTime(a), TraceTime(b))
    }
}

proptest! {
    #[test]
    fn the_summary_counts_what_starts_in_the_range(sketches in sketches(), range in ranges()) {
        let (store, events) = trace_of(&sketches);
        let answer = summary(&store, range, &Filter::default());
        let inside: Vec<&Event> = events.iter().filter(|event| range.contains(event.start)).collect();
        prop_assert_eq!(answer.total.calls, inside.len() as u64);
        prop_assert_eq!(answer.total.total, inside.iter().map(|event| duration(event)).sum());
        for row in &answer.rows {
            let mut durations: Vec<Nanos> =
                inside.iter().filter(|event| Some(call(event).id) == row.syscall).map(|event| duration(event)).collect();
            durations.sort();
            // The smallest duration that at least that share of the calls did not exceed.
            let percentile = |percent: usize| durations.iter().copied().find(|limit| {
                durations.iter().filter(|duration| *duration <= limit).count() * 100 >= percent * durations.len()
            });
            prop_assert_eq!(row.calls, durations.len() as u64);
            prop_assert_eq!(Some(row.p50), percentile(50));
            prop_assert_eq!(Some(row.p99), percentile(99));
            prop_assert_eq!(Some(row.max), durations.last().copied());
        }
    }

    #[test]
    fn lanes_hold_every_call_that_reaches_into_the_range(
        sketches in sketches(),
        range in ranges(),
        resolution in 0..300_u64,
    ) {
        let (store, events) = trace_of(&sketches);
        let answer = timeline::timeline(&store, range, Nanos(resolution), None);
        prop_assert_eq!(answer.lanes.len(), TASKS as usize);
        for lane in &answer.lanes {
            let reaching: Vec<&Event> = events
                .iter()
                .filter(|event| event.task == lane.task && range.overlaps(event.start, end(event)))
                .collect();
            let calls: u32 = lane.slices.iter().map(|slice| slice.calls).sum();
            let errors: u32 = lane.slices.iter().map(|slice| slice.errors).sum();
            prop_assert_eq!(calls as usize, reaching.len());
            prop_assert_eq!(errors as usize, reaching.iter().filter(|event| call(event).is_error()).count());
            let longest = lane.slices.iter().map(|slice| slice.longest).max();
            prop_assert_eq!(longest, reaching.iter().map(|event| duration(event)).max());
            prop_assert!(lane.slices.windows(2).all(|pair| pair[0].end <= pair[1].start));
            let step = resolution.max(1);
            let crowded = lane.slices.windows(2).filter(|pair| {
                pair.iter().all(|slice| slice.end.since(slice.start).0 < step)
                    && pair[0].start.0 / step == pair[1].start.0 / step
            });
            prop_assert_eq!(crowded.count(), 0);
        }
    }

    #[test]
    fn the_flame_chart_adds_up(sketches in sketches(), range in ranges()) {
        let (store, events) = trace_of(&sketches);
        let time: Nanos = events
            .iter()
            .filter(|event| range.overlaps(event.start, end(event)))
            .map(|event| time_within(event, range))
            .sum();
        let calls = events.iter().filter(|event| range.contains(event.start)).count() as u64;
        let merged = flame::flame(&store, range, &Filter::default(), FlameOrder::WidestByTime, 0);
        prop_assert_eq!(merged.total, time.0);
        let by_calls = flame::flame(&store, range, &Filter::default(), FlameOrder::WidestByCalls, 0);
        prop_assert_eq!(by_calls.total, calls);
        let ordered = flame::flame(&store, range, &Filter::default(), FlameOrder::Time, 0);
        for answer in [&merged, &ordered] {
            let tops = answer.frames.iter().filter(|frame| frame.parent.is_none());
            prop_assert_eq!(tops.map(|frame| frame.time).sum::<Nanos>(), time);
            for frame in &answer.frames {
                if let Some(parent) = frame.parent {
                    let parent = &answer.frames[parent as usize];
                    prop_assert_eq!(parent.depth + 1, frame.depth);
                    prop_assert!(frame.x >= parent.x && frame.x + frame.width <= parent.x + parent.width);
                }
            }
        }
    }

    #[test]
    fn events_are_paged_by_start_and_filtered(sketches in sketches(), range in ranges(), offset in 0..60_u64) {
        let (store, mut events) = trace_of(&sketches);
        events.sort_by_key(|event| event.start);
        let filter = Filter { class: Some(Class::File), failed_only: true, text: "tEXT".to_owned(), ..Filter::default() };
        for filter in [Filter::default(), filter] {
            let wanted: Vec<TraceTime> = events
                .iter()
                .filter(|event| range.contains(event.start))
                .filter(|event| {
                    filter.is_empty() || (call(event).id.class() == Class::File && call(event).is_error())
                })
                .map(|event| event.start)
                .collect();
            let answer = events::events(&store, range, &filter, offset, 10);
            prop_assert_eq!(answer.total, wanted.len() as u64);
            let page: Vec<TraceTime> = wanted.iter().copied().skip(offset as usize).take(10).collect();
            prop_assert_eq!(answer.rows.iter().map(|row| row.start).collect::<Vec<_>>(), page);
        }
    }

    #[test]
    fn the_activity_strip_adds_up(sketches in sketches(), range in ranges(), buckets in 1..200_u32) {
        let (store, events) = trace_of(&sketches);
        let answer = timeline::activity(&store, range, buckets);
        let busy: Nanos = events
            .iter()
            .filter(|event| range.overlaps(event.start, end(event)))
            .map(|event| time_within(event, range))
            .sum();
        let calls = events.iter().filter(|event| range.contains(event.start)).count() as u32;
        prop_assert_eq!(answer.buckets.iter().map(|bucket| bucket.busy).sum::<Nanos>(), busy);
        prop_assert_eq!(answer.buckets.iter().map(|bucket| bucket.calls).sum::<u32>(), calls);
    }
}
