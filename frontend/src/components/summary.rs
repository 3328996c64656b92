//! The summary: strace's `-c -w` table, with percentiles, about the selected range.

use std::cmp::Ordering;

use leptos::prelude::*;
use syscope_shared::query::{Answer, Query, SummaryAnswer, SummaryRow};
use syscope_shared::syscall::SyscallId;
use syscope_shared::units::Nanos;

use super::panel::{Loading, Nothing, Problem};
use super::session::use_session;
use crate::state::address::Tab;
use crate::view_model::text;

/// A column: its word in `data-testid`, its title, what it says, and what it is sorted by.
struct Column {
    word: &'static str,
    title: &'static str,
    hint: &'static str,
    key: fn(&SummaryRow) -> u64,
    show: fn(&SummaryRow, &SummaryRow) -> String,
}

const COLUMNS: [Column; 10] = [
    Column {
        word: "share",
        title: "% time",
        hint: "share of the time in all calls",
        key: |row| row.total.0,
        show: |row, total| format!("{:.2}", 100.0 * row.total.0 as f64 / total.total.0.max(1) as f64),
    },
    Column {
        word: "total",
        title: "Total",
        hint: "time in these calls, from entry to return",
        key: |row| row.total.0,
        show: |row, _| text::span(row.total),
    },
    Column {
        word: "mean",
        title: "Per call",
        hint: "total divided by calls",
        key: mean,
        show: |row, _| text::span(Nanos(mean(row))),
    },
    Column {
        word: "calls",
        title: "Calls",
        hint: "calls that returned",
        key: |row| row.calls,
        show: |row, _| text::count(row.calls),
    },
    Column {
        word: "errors",
        title: "Errors",
        hint: "calls that returned an error",
        key: |row| row.errors,
        show: |row, _| if row.errors == 0 { String::new() } else { text::count(row.errors) },
    },
    Column {
        word: "min",
        title: "Min",
        hint: "shortest",
        key: |row| row.min.0,
        show: |row, _| text::span(row.min),
    },
    Column {
        word: "p50",
        title: "p50",
        hint: "half of the calls took no longer",
        key: |row| row.p50.0,
        show: |row, _| text::span(row.p50),
    },
    Column {
        word: "p90",
        title: "p90",
        hint: "nine of ten calls took no longer",
        key: |row| row.p90.0,
        show: |row, _| text::span(row.p90),
    },
    Column {
        word: "p99",
        title: "p99",
        hint: "99 of 100 calls took no longer",
        key: |row| row.p99.0,
        show: |row, _| text::span(row.p99),
    },
    Column {
        word: "max",
        title: "Max",
        hint: "longest",
        key: |row| row.max.0,
        show: |row, _| text::span(row.max),
    },
];

fn mean(row: &SummaryRow) -> u64 {
    row.total.0 / row.calls.max(1)
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sorting {
    /// Index into [`COLUMNS`]; `None`: the name.
    column: Option<usize>,
    is_descending: bool,
}

impl Sorting {
    /// Another column starts with what is most there; the same column turns around.
    fn chosen(self, column: Option<usize>) -> Self {
        if self.column == column {
            Self { is_descending: !self.is_descending, ..self }
        } else {
            Self { column, is_descending: column.is_some() }
        }
    }

    fn compare(self, a: &SummaryRow, b: &SummaryRow) -> Ordering {
        let order = match self.column {
            Some(index) => (COLUMNS[index].key)(a).cmp(&(COLUMNS[index].key)(b)),
            None => a.name.cmp(&b.name),
        };
        let order = if self.is_descending { order.reverse() } else { order };
        order.then_with(|| a.name.cmp(&b.name))
    }

    fn aria(self, column: Option<usize>) -> &'static str {
        match (self.column == column, self.is_descending) {
            (false, _) => "none",
            (true, true) => "descending",
            (true, false) => "ascending",
        }
    }
}

#[component]
pub(crate) fn Summary() -> impl IntoView {
    let session = use_session();
    let answer = RwSignal::new(None::<Result<SummaryAnswer, String>>);
    session.keep_asking(
        250.0,
        move || Some(Query::Summary { range: session.query_range(), filter: session.filter.get() }),
        move |_, found| match found {
            Ok(Answer::Summary(found)) => {
                if answer.try_with_untracked(|known| *known != Some(Ok(found.clone()))) == Some(true) {
                    answer.set(Some(Ok(found)));
                }
            }
            Ok(_) => {}
            Err(reason) => drop(answer.try_set(Some(Err(reason)))),
        },
    );
    let sorting = RwSignal::new(Sorting { column: Some(0), is_descending: true });
    let state = Memo::new(move |_| answer.with(state_of));
    let found = Memo::new(move |_| answer.with(|answer| answer.clone().and_then(Result::ok)));
    move || match state.get() {
        State::Loading => view! { <Loading/> }.into_any(),
        State::Problem(reason) => view! { <Problem reason=reason/> }.into_any(),
        State::Empty => view! { <Nothing what="calls"/> }.into_any(),
        State::Rows => view! { <Table answer=found sorting=sorting/> }.into_any(),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Loading,
    Problem(String),
    Empty,
    Rows,
}

fn state_of(answer: &Option<Result<SummaryAnswer, String>>) -> State {
    match answer {
        None => State::Loading,
        Some(Err(reason)) => State::Problem(reason.clone()),
        Some(Ok(answer)) if answer.rows.is_empty() && answer.unfinished == 0 => State::Empty,
        Some(Ok(_)) => State::Rows,
    }
}

#[component]
fn Table(answer: Memo<Option<SummaryAnswer>>, sorting: RwSignal<Sorting>) -> impl IntoView {
    let total = Memo::new(move |_| answer.with(|answer| answer.as_ref().map(|answer| answer.total.clone())));
    let unfinished = Memo::new(move |_| answer.with(|answer| answer.as_ref().map_or(0, |a| a.unfinished)));
    let rows = move || {
        let mut rows = answer.with(|answer| answer.as_ref().map(|a| a.rows.clone()).unwrap_or_default());
        let order = sorting.get();
        rows.sort_by(|a, b| order.compare(a, b));
        rows
    };
    let heading =
        move |column: Option<usize>, word: &'static str, title: &'static str, hint: &'static str| {
            view! {
                <th class:number=column.is_some() aria-sort=move || sorting.get().aria(column)>
                    <button
                        class="sort"
                        data-testid=format!("summary-sort-{word}")
                        title=hint
                        on:click=move |_| sorting.update(|sorting| *sorting = sorting.chosen(column))
                    >
                        {title}
                    </button>
                </th>
            }
        };
    view! {
        <div class="table-scroll summary" tabindex="0">
            <table class="table summary-table">
                <thead>
                    <tr>
                        {heading(None, "name", "System call", "by name")}
                        {COLUMNS.iter().enumerate().map(|(index, column)| {
                            heading(Some(index), column.word, column.title, column.hint)
                        }).collect_view()}
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=rows
                        key=move |row| (row.name.clone(), row.calls, row.total, total.with(|t| t.as_ref().map(|t| t.total)))
                        let:row
                    >
                        <Row row=row total=total/>
                    </For>
                </tbody>
                <tfoot>
                    {move || total.get().map(|total| view! { <TotalRow total=total/> })}
                </tfoot>
            </table>
            {move || (unfinished.get() > 0).then(|| view! {
                <p class="hint table-note">
                    {format!(
                        "{} never returned, and count nowhere in this table, as with strace.",
                        text::counted(unfinished.get(), "call", "calls")
                    )}
                </p>
            })}
        </div>
    }
}

#[component]
fn TotalRow(total: SummaryRow) -> impl IntoView {
    view! {
        <tr data-testid="summary-total" data-calls=total.calls data-errors=total.errors>
            <td>"total"</td>
            {COLUMNS.iter().map(|column| view! {
                <td class="number">{(column.show)(&total, &total)}</td>
            }).collect_view()}
        </tr>
    }
}

#[component]
fn Row(row: SummaryRow, total: Memo<Option<SummaryRow>>) -> impl IntoView {
    let session = use_session();
    // A row is made anew when the total changes: its key says so.
    let total = total.get_untracked().unwrap_or_else(|| row.clone());
    let share = 100.0 * row.total.0 as f64 / total.total.0.max(1) as f64;
    let syscall = row.syscall;
    let class = row.class.map_or("other", syscope_shared::syscall::Class::name);
    view! {
        <tr
            class="summary-row"
            data-testid="summary-row"
            data-syscall=row.name.clone()
            data-calls=row.calls
            data-errors=row.errors
            on:click=move |_| show_events(session, syscall)
        >
            <td>
                <button class="summary-name mono" title="Show these calls">
                    <span class=format!("swatch swatch-{class}")></span>
                    {row.name.clone()}
                </button>
            </td>
            {COLUMNS.iter().enumerate().map(|(index, column)| {
                let shown = (column.show)(&row, &total);
                let has_errors = column.word == "errors" && row.errors > 0;
                view! {
                    <td class="number" class:errors=has_errors class:share-cell=index == 0>
                        {(index == 0).then(|| view! {
                            <span class=format!("share-bar swatch-{class}") style:width=format!("{share:.2}%")></span>
                        })}
                        <span class="share-number">{shown}</span>
                    </td>
                }
            }).collect_view()}
        </tr>
    }
}

/// Opens the events of a row.
fn show_events(session: crate::state::session::Session, syscall: Option<SyscallId>) {
    session.filter_by(|filter| filter.syscall = syscall);
    session.tab.set(Tab::Events);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, calls: u64, total: u64) -> SummaryRow {
        SummaryRow {
            syscall: None,
            name: name.to_owned(),
            class: None,
            calls,
            errors: 0,
            total: Nanos(total),
            min: Nanos::ZERO,
            p50: Nanos::ZERO,
            p90: Nanos::ZERO,
            p99: Nanos::ZERO,
            max: Nanos::ZERO,
        }
    }

    #[test]
    fn every_column_sorts_both_ways() {
        let mut rows = [row("b", 1, 30), row("a", 3, 10), row("c", 2, 20)];
        let by_calls = COLUMNS.iter().position(|column| column.word == "calls");
        let mut sorting = Sorting { column: Some(0), is_descending: true }.chosen(by_calls);
        let mut names = |sorting: Sorting| {
            rows.sort_by(|a, b| sorting.compare(a, b));
            rows.iter().map(|row| row.name.as_str()).collect::<String>()
        };
        assert_eq!(names(sorting), "acb");
        sorting = sorting.chosen(by_calls);
        assert_eq!(names(sorting), "bca");
        assert_eq!(names(sorting.chosen(None)), "abc");
    }
}
