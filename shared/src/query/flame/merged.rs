//! The left-heavy form: calls of one name are one frame, the widest first.

use rustc_hash::FxHashMap;

use super::{
    DEPTH_PROCESS, FlameAnswer, FlameFrame, FlameOrder, FrameKind, clipped, path_label, process_label,
    thread_label,
};
use crate::query::Filter;
use crate::store::{EventView, Store};
use crate::units::{Nanos, TimeRange};

/// A frame before its place is known.
struct Node {
    kind: FrameKind,
    label: String,
    children: Vec<usize>,
    calls: u64,
    errors: u64,
    time: Nanos,
}

/// The frames as a tree; node 0 stands for everything.
struct Tree {
    nodes: Vec<Node>,
    /// By parent, kind and label (a label only where the kind does not tell frames apart).
    known: FxHashMap<(usize, FrameKind, String), usize>,
}

impl Tree {
    fn new() -> Self {
        let everything = Node {
            kind: FrameKind::Path,
            label: String::new(),
            children: Vec::new(),
            calls: 0,
            errors: 0,
            time: Nanos::ZERO,
        };
        Self { nodes: vec![everything], known: FxHashMap::default() }
    }

    fn child(
        &mut self,
        parent: usize,
        kind: FrameKind,
        key: String,
        label: impl FnOnce() -> String,
    ) -> usize {
        let next = self.nodes.len();
        let index = *self.known.entry((parent, kind, key)).or_insert(next);
        if index == next {
            let (children, calls, errors) = (Vec::new(), 0, 0);
            self.nodes.push(Node { kind, label: label(), children, calls, errors, time: Nanos::ZERO });
            self.nodes[parent].children.push(index);
        }
        index
    }

    /// Adds a call to its frames, from the process down.
    fn add(&mut self, store: &Store, range: TimeRange, event: &EventView<'_>) {
        let Some((task, syscall)) = store.task(event.task).zip(event.syscall()) else { return };
        let class = syscall.class();
        let process = self
            .child(0, FrameKind::Process(task.leader), String::new(), || process_label(store, task.leader));
        let thread =
            self.child(process, FrameKind::Thread(task.uid), String::new(), || thread_label(store, task.uid));
        let class = self.child(thread, FrameKind::Class(class), String::new(), || class.name().to_owned());
        let call =
            self.child(class, FrameKind::Syscall(syscall), String::new(), || syscall.name().into_owned());
        let path = path_label(event).map(|path| self.child(call, FrameKind::Path, path.clone(), || path));

        let calls = u64::from(range.contains(event.start));
        let errors = calls * u64::from(event.is_error());
        let time = clipped(store, range, event).span();
        for index in
            [Some(0), Some(process), Some(thread), Some(class), Some(call), path].into_iter().flatten()
        {
            let node = &mut self.nodes[index];
            node.calls += calls;
            node.errors += errors;
            node.time = node.time + time;
        }
    }
}

pub(super) fn flame(
    store: &Store,
    range: TimeRange,
    filter: &Filter,
    order: FlameOrder,
    min_width: u64,
) -> FlameAnswer {
    let mut tree = Tree::new();
    for task in store.tasks() {
        for event in store.of_task_in(task.uid, range).filter(|event| filter.admits(store, event)) {
            tree.add(store, range, &event);
        }
    }
    let mut layout = Layout { nodes: &tree.nodes, order, min_width, frames: Vec::new(), omitted: 0 };
    layout.place_children(0, None, 0, DEPTH_PROCESS);
    let total = layout.width(&tree.nodes[0]);
    FlameAnswer { range, order, total, frames: layout.frames, omitted: layout.omitted }
}

struct Layout<'a> {
    nodes: &'a [Node],
    order: FlameOrder,
    min_width: u64,
    frames: Vec<FlameFrame>,
    omitted: u64,
}

impl Layout<'_> {
    fn width(&self, node: &Node) -> u64 {
        match self.order {
            FlameOrder::WidestByCalls => node.calls,
            FlameOrder::WidestByTime | FlameOrder::Time => node.time.0,
        }
    }

    /// Places the children of a node from `x` on, and theirs below them.
    fn place_children(&mut self, node: usize, parent: Option<u32>, x: u64, depth: u8) {
        let mut children: Vec<usize> = self.nodes[node].children.clone();
        children.sort_by_key(|child| std::cmp::Reverse(self.width(&self.nodes[*child])));
        let mut x = x;
        for child in children {
            let child_node = &self.nodes[child];
            let width = self.width(child_node);
            if width < self.min_width.max(1) {
                self.omitted += 1;
                continue;
            }
            let index = self.frames.len() as u32;
            self.frames.push(FlameFrame {
                parent,
                depth,
                kind: child_node.kind,
                label: child_node.label.clone(),
                x,
                width,
                calls: child_node.calls,
                errors: child_node.errors,
                time: child_node.time,
            });
            self.place_children(child, Some(index), x, depth + 1);
            x += width;
        }
    }
}
