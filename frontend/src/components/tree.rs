//! The process tree: who made whom, what they executed, how long they lived, how they ended.

use std::collections::BTreeSet;

use leptos::prelude::*;
use syscope_shared::event::{Creation, End, Origin};
use syscope_shared::ids::TaskUid;

use super::icons;
use super::panel::Nothing;
use super::session::use_session;
use super::virtual_list::VirtualList;
use crate::state::address::Tab;
use crate::state::session::Session;
use crate::view_model::text;
use crate::view_model::tree::{TreeKind, TreeRow, tree_rows};

const ROW_PX: f64 = 30.0;

#[component]
pub(crate) fn Tree() -> impl IntoView {
    let session = use_session();
    let toggled = RwSignal::new(BTreeSet::<TaskUid>::new());
    let rows =
        Memo::new(move |_| session.tasks.with(|tasks| toggled.with(|toggled| tree_rows(tasks, toggled))));
    let count = Memo::new(move |_| rows.with(|rows| rows.len() as u64));
    let list = VirtualList::new(ROW_PX, count);
    let window = Memo::new(move |_| list.window());
    let visible = move || {
        let window = window.get();
        let (first, count) = (window.first as usize, window.count as usize);
        rows.with(|rows| rows.iter().skip(first).take(count).cloned().collect::<Vec<_>>())
    };
    view! {
        <div class="panel-bar">
            <span class="panel-fact">{move || session.tasks.with(|tasks| census(tasks))}</span>
        </div>
        <div class="grid tree" role="treegrid" aria-label="Processes and threads">
            <div class="grid-head tree-columns" role="row">
                <span role="columnheader">"Process"</span>
                <span role="columnheader">"Lifetime"</span>
                <span role="columnheader" class="number">"Calls"</span>
                <span role="columnheader" class="number">"Errors"</span>
                <span role="columnheader" class="number">"In calls"</span>
                <span role="columnheader">"Ended"</span>
            </div>
            <div
                class="grid-body"
                node_ref=list.node
                tabindex="0"
                on:scroll=move |_| list.on_scroll()
                on:wheel=move |event| list.on_wheel(&event)
            >
                <div class="grid-content" style:height=move || format!("{}px", list.height_px())>
                    <div
                        class="grid-window"
                        style:transform=move || format!("translateY({}px)", window.get().top_px)
                    >
                        <For each=visible key=row_key let:row>
                            <Row row=row toggled=toggled/>
                        </For>
                    </div>
                </div>
            </div>
        </div>
        {move || (count.get() == 0).then(|| view! { <Nothing what="processes"/> })}
    }
}

/// A row is made anew when what it says has changed, and kept (with the focus, if it has it) when not.
fn row_key(row: &TreeRow) -> String {
    format!("{row:?}")
}

/// How many there are of each.
fn census(tasks: &[syscope_shared::query::TaskRow]) -> String {
    let processes = tasks.iter().filter(|task| task.uid == task.leader).count() as u64;
    let threads = tasks.len() as u64 - processes;
    let alive = tasks.iter().filter(|task| task.ended.is_none()).count() as u64;
    format!(
        "{}, {}, {} not ended",
        text::counted(processes, "process", "processes"),
        text::counted(threads, "more thread", "more threads"),
        text::count(alive)
    )
}

#[component]
fn Row(row: TreeRow, toggled: RwSignal<BTreeSet<TaskUid>>) -> impl IntoView {
    let session = use_session();
    let (task, process, kind) = (row.task, row.process, row.kind);
    let is_process = matches!(kind, TreeKind::Process { .. });
    let is_on = move || {
        session.filter.with(|f| if is_process { f.process == Some(process) } else { f.task == Some(task) })
    };
    let choose = move |_| {
        let was_on = is_on();
        session.filter_by(|filter| {
            filter.process = (is_process && !was_on).then_some(process);
            filter.task = (!is_process && !was_on).then_some(task);
        });
    };
    let show_events = move |_| {
        session.filter_by(|filter| {
            filter.process = is_process.then_some(process);
            filter.task = (!is_process).then_some(task);
        });
        session.tab.set(Tab::Events);
    };
    view! {
        <div
            class="grid-row tree-columns tree-row"
            class:is-thread=!is_process
            role="row"
            tabindex="0"
            attr:aria-level=row.continues.len()
            aria-selected=move || is_on().to_string()
            data-testid="tree-row"
            data-pid=row.pid
            data-tid=row.tid
            data-kind=if is_process { "process" } else { "thread" }
            title="Click: only this in every view. Double click: its events."
            on:click=choose
            on:dblclick=show_events
            on:keydown=move |event| if event.code() == "Enter" { choose_by_key(session, is_process, task) }
        >
            <span role="gridcell" class="tree-name"><Name row=row.clone() toggled=toggled/></span>
            <span role="gridcell"><Lifetime row=row.clone()/></span>
            <span role="gridcell" class="number">{text::count(row.calls)}</span>
            <span role="gridcell" class="number" class:errors=row.errors != 0>{text::count(row.errors)}</span>
            <span role="gridcell" class="number">{text::span(row.time)}</span>
            <span role="gridcell" class="tree-end"><Ending row=row.clone()/></span>
        </div>
    }
}

fn choose_by_key(session: Session, is_process: bool, task: TaskUid) {
    session.filter_by(|filter| {
        let slot = if is_process { &mut filter.process } else { &mut filter.task };
        *slot = if *slot == Some(task) { None } else { Some(task) };
    });
}

#[component]
fn Name(row: TreeRow, toggled: RwSignal<BTreeSet<TaskUid>>) -> impl IntoView {
    let process = row.process;
    let depth = row.continues.len() - 1;
    // The top level needs no line: nothing stands above it.
    let guides = row.continues.iter().skip(1).enumerate().map(|(index, continues)| {
        let is_last = index + 1 == depth;
        let class = match (is_last, continues) {
            (true, true) => "guide guide-tee",
            (true, false) => "guide guide-corner",
            (false, true) => "guide guide-through",
            (false, false) => "guide",
        };
        view! { <span class=class></span> }
    });
    let fold = match row.kind {
        TreeKind::Process { other_threads: threads @ 1.., is_folded } => Some(view! {
            <button
                class="fold"
                aria-expanded=(!is_folded).to_string()
                aria-label=if is_folded { "Show the threads" } else { "Fold the threads" }
                on:click=move |event| {
                    event.stop_propagation();
                    toggled.update(|toggled| if !toggled.remove(&process) { toggled.insert(process); });
                }
            >
                {text::counted(threads as u64 + 1, "thread", "threads")}
                {icons::chevron()}
            </button>
        }),
        _ => None,
    };
    view! {
        {guides.collect_view()}
        <span class="tree-comm">{row.comm.clone()}</span>
        <span class="tree-id mono">{row.tid}</span>
        <span class=origin_class(row.origin) title=origin_title(row.origin)>{text::origin(row.origin)}</span>
        {fold}
        <span class="tree-commands mono">
            {row.commands.iter().enumerate().map(|(index, command)| view! {
                {(index > 0).then(|| view! { <span class="tree-arrow">"→"</span> })}
                <span class="tree-command" title=command.clone()>{text::shortened(command, 160)}</span>
            }).collect_view()}
        </span>
    }
}

fn origin_class(origin: Origin) -> &'static str {
    match origin {
        Origin::Created { by: Creation::Thread, .. } => "badge badge-thread",
        _ => "badge",
    }
}

/// The clone flags that tell a process from a thread.
fn origin_title(origin: Origin) -> String {
    match origin {
        Origin::Created { clone_flags, .. } => text::clone_flags(clone_flags),
        Origin::Spawned | Origin::Attached => String::new(),
    }
}

/// When it lived, within the whole trace.
#[component]
fn Lifetime(row: TreeRow) -> impl IntoView {
    let session = use_session();
    let (started, ended) = (row.started, row.ended.map(|(time, _)| time));
    let span = move || {
        let whole = session.shown_end().0.max(1) as f64;
        let end = ended.unwrap_or_else(|| session.shown_end());
        (100.0 * started.0 as f64 / whole, 100.0 * end.since(started).0 as f64 / whole)
    };
    let words = move || {
        let lived = ended.unwrap_or_else(|| session.shown_end()).since(started);
        format!("from {} s, {}", text::moment(started), text::span(lived))
    };
    view! {
        <span class="lifetime" title=words aria-label=words>
            <span
                class="lifetime-bar"
                class:is-alive=ended.is_none()
                style:left=move || format!("{:.3}%", span().0)
                style:width=move || format!("max(2px, {:.3}%)", span().1.min(100.0 - span().0))
            ></span>
        </span>
    }
}

#[component]
fn Ending(row: TreeRow) -> impl IntoView {
    let session = use_session();
    match (row.ended, row.in_flight) {
        (Some((_, end)), _) => {
            let class = match end {
                End::Exited(0) => "tree-exit",
                End::Detached | End::Superseded { .. } => "tree-exit muted",
                End::Exited(_) | End::Killed { .. } => "tree-exit errors",
            };
            view! { <span class=class>{text::end(end)}</span> }.into_any()
        }
        (None, Some(call)) => {
            let title = call.clone();
            view! { <span class="tree-in-flight mono" title=title>{text::shortened(&call, 80)}</span> }
                .into_any()
        }
        (None, None) => view! {
            <span class="muted">{move || if session.is_live() { "running" } else { "not seen to end" }}</span>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syscope_shared::units::TraceTime;

    #[test]
    fn threads_are_counted_apart_from_processes() {
        use crate::view_model::fixtures::task;
        let mut tasks = vec![task(0, 0, None), task(1, 0, Some(0)), task(2, 2, Some(0))];
        tasks[1].ended = Some((TraceTime(1), End::Exited(0)));
        assert_eq!(census(&tasks), "2 processes, 1 more thread, 2 not ended");
    }
}
