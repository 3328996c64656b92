//! The flame chart's boxes: which row each frame stands in, and what a zoom shows.

use std::collections::BTreeMap;

use syscope_shared::query::{FlameAnswer, FlameFrame, FlameOrder, FrameKind};

/// The boxes of an answer, in the answer's own unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FlameBoxes {
    pub(crate) boxes: Vec<FlameBox>,
    pub(crate) rows: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlameBox {
    /// Index into the answer's frames.
    pub(crate) frame: usize,
    pub(crate) row: usize,
}

/// Lays an answer out. Merged frames nest, so their row is their depth. Frames in time order overlap wherever threads do, so every
/// process and every thread has rows of its own.
pub(crate) fn layout(answer: &FlameAnswer) -> FlameBoxes {
    match answer.order {
        FlameOrder::WidestByTime | FlameOrder::WidestByCalls => by_depth(&answer.frames),
        FlameOrder::Time => by_thread(&answer.frames),
    }
}

fn by_depth(frames: &[FlameFrame]) -> FlameBoxes {
    let boxes = frames.iter().enumerate().map(|(frame, f)| FlameBox { frame, row: f.depth.into() });
    let rows = frames.iter().map(|frame| usize::from(frame.depth) + 1).max().unwrap_or(0);
    FlameBoxes { boxes: boxes.collect(), rows }
}

/// Rows that a thread takes: itself, class, syscall, path.
const THREAD_ROWS: usize = 4;

fn by_thread(frames: &[FlameFrame]) -> FlameBoxes {
    let threads_of = threads_by_process(frames);
    let mut process_rows = BTreeMap::new();
    let mut thread_rows = BTreeMap::new();
    let mut rows = 0;
    for (&process, threads) in &threads_of {
        process_rows.insert(process, rows);
        rows += 1;
        for &thread in threads {
            thread_rows.insert(thread, rows);
            rows += THREAD_ROWS;
        }
    }
    let mut boxes = Vec::with_capacity(frames.len());
    for (index, frame) in frames.iter().enumerate() {
        let row = match frame.kind {
            FrameKind::Process(uid) => process_rows.get(&uid.0).copied(),
            _ => thread_of(frames, index)
                .and_then(|uid| thread_rows.get(&uid))
                .map(|row| row + usize::from(frame.depth).saturating_sub(1)),
        };
        boxes.extend(row.map(|row| FlameBox { frame: index, row }));
    }
    FlameBoxes { boxes, rows }
}

/// The threads of every process, each in the order first seen.
fn threads_by_process(frames: &[FlameFrame]) -> BTreeMap<u32, Vec<u32>> {
    let mut result: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for frame in frames {
        match frame.kind {
            FrameKind::Process(uid) => {
                result.entry(uid.0).or_default();
            }
            FrameKind::Thread(uid) => {
                let parent = frame.parent.and_then(|parent| frames.get(parent as usize));
                if let Some(FrameKind::Process(process)) = parent.map(|parent| parent.kind) {
                    let threads = result.entry(process.0).or_default();
                    if !threads.contains(&uid.0) {
                        threads.push(uid.0);
                    }
                }
            }
            _ => {}
        }
    }
    result
}

/// The thread that a frame belongs to. Parents come before children, so the walk ends.
fn thread_of(frames: &[FlameFrame], index: usize) -> Option<u32> {
    let mut frame = frames.get(index)?;
    loop {
        if let FrameKind::Thread(uid) = frame.kind {
            return Some(uid.0);
        }
        frame = frames.get(frame.parent? as usize)?;
    }
}

/// A frame's name through re-asked answers: the kinds and labels from the top down to it.
pub(crate) type FramePath = Vec<(FrameKind, String)>;

/// The names of the frames from the top down to `index`.
pub(crate) fn path_of(frames: &[FlameFrame], index: usize) -> FramePath {
    let mut path = Vec::new();
    let mut next = Some(index);
    while let Some(frame) = next.and_then(|index| frames.get(index)) {
        path.push((frame.kind, frame.label.clone()));
        next = frame.parent.map(|parent| parent as usize);
    }
    path.reverse();
    path
}

/// Finds the frame that `path` names; `None` when this answer has it no more.
pub(crate) fn find(frames: &[FlameFrame], path: &FramePath) -> Option<usize> {
    let mut parent = None;
    for (kind, label) in path {
        let found = frames.iter().position(|f| f.parent == parent && f.kind == *kind && f.label == *label)?;
        parent = Some(found as u32);
    }
    parent.map(|index| index as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use syscope_shared::ids::TaskUid;
    use syscope_shared::syscall::{Class, SyscallId};
    use syscope_shared::units::{Nanos, TimeRange};

    fn frame(parent: Option<u32>, depth: u8, kind: FrameKind, x: u64, width: u64) -> FlameFrame {
        let label = format!("{kind:?}");
        FlameFrame { parent, depth, kind, label, x, width, calls: 1, errors: 0, time: Nanos(width) }
    }

    fn answer(order: FlameOrder) -> FlameAnswer {
        let read = FrameKind::Syscall(SyscallId::x86_64(0));
        let frames = vec![
            frame(None, 0, FrameKind::Process(TaskUid(0)), 0, 100),
            frame(Some(0), 1, FrameKind::Thread(TaskUid(0)), 0, 60),
            frame(Some(1), 2, FrameKind::Class(Class::Desc), 0, 60),
            frame(Some(2), 3, read, 0, 60),
            frame(Some(0), 1, FrameKind::Thread(TaskUid(2)), 40, 60),
            frame(Some(4), 2, FrameKind::Class(Class::Desc), 40, 60),
            frame(None, 0, FrameKind::Process(TaskUid(1)), 10, 50),
            frame(Some(6), 1, FrameKind::Thread(TaskUid(1)), 10, 50),
        ];
        FlameAnswer { range: TimeRange::ALL, order, total: 100, frames, omitted: 0 }
    }

    #[test]
    fn merged_frames_stand_in_the_row_of_their_depth() {
        let layout = layout(&answer(FlameOrder::WidestByTime));
        let rows: Vec<usize> = layout.boxes.iter().map(|b| b.row).collect();
        assert_eq!(rows, [0, 1, 2, 3, 1, 2, 0, 1]);
        assert_eq!(layout.rows, 4);
    }

    #[test]
    fn frames_in_time_order_never_overlap_in_a_row() {
        let answer = answer(FlameOrder::Time);
        let layout = layout(&answer);
        let rows: Vec<usize> = layout.boxes.iter().map(|b| b.row).collect();
        assert_eq!(rows, [0, 1, 2, 3, 5, 6, 9, 10]);
        assert_eq!(layout.rows, 14);
    }

    #[test]
    fn a_frame_is_found_again_by_its_path() {
        let answer = answer(FlameOrder::WidestByTime);
        for index in 0..answer.frames.len() {
            assert_eq!(find(&answer.frames, &path_of(&answer.frames, index)), Some(index));
        }
        let gone = vec![(FrameKind::Process(TaskUid(9)), "x".to_owned())];
        assert_eq!(find(&answer.frames, &gone), None);
    }
}
