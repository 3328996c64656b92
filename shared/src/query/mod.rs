//! The questions that the page asks of a trace, and their answers.
//!
//! A [`Query`] is answered from a [`Store`](crate::store::Store) by [`answer`], on the server or in the page alike. Every query names the
//! time range it is about, so that one selected range restricts every view. Times in answers are trace times; spans are
//! nanoseconds. Answers are sized by what is drawn, never by the trace.

mod events;
mod filter;
mod flame;
mod output;
mod processes;
mod summary;
mod tasks;
mod timeline;

use serde::{Deserialize, Serialize};

pub use events::{EventDetail, EventRow, EventsAnswer, RowKind};
pub use filter::Filter;
pub use flame::{FlameAnswer, FlameFrame, FlameOrder, FrameKind};
pub use output::OutputAnswer;
pub use processes::{Process, processes};
pub use summary::{SummaryAnswer, SummaryRow, summary};
pub use tasks::{Execution, InFlight, TaskRow, TasksAnswer, tasks};
pub use timeline::{ActivityAnswer, ActivityBucket, Lane, Mark, MarkKind, Slice, TimelineAnswer};

use crate::ids::{EventId, TaskUid};
use crate::store::Store;
use crate::units::{Nanos, TimeRange};

/// A question about a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Query {
    /// How busy the trace was over `range`, in `buckets` equal parts: for the overview strip.
    Activity { range: TimeRange, buckets: u32 },
    /// The slices of some lanes (`None`: all) in `range`. Slices of one lane that fall into the same step of `resolution` are merged
    /// into one that says how many it stands for. The page makes `resolution` a power of two, about one pixel.
    Timeline { range: TimeRange, resolution: Nanos, tasks: Option<Vec<TaskUid>> },
    /// The flame chart over `range`. Frames narrower than `min_width` (nanoseconds, or calls when `by_calls`) are left out and counted.
    Flame { range: TimeRange, filter: Filter, order: FlameOrder, min_width: u64 },
    /// Every task of the trace, with what it executed and how it ended; calls and errors are those within `range`.
    Tasks { range: TimeRange },
    /// The `-c` table over `range`.
    Summary { range: TimeRange, filter: Filter },
    /// `limit` rows of the events in `range` by start time, from row `offset` on.
    Events { range: TimeRange, filter: Filter, offset: u64, limit: u32 },
    /// Everything about one event.
    Event { id: EventId },
    /// What the tracee wrote within `range`, at most `limit_bytes` from its end.
    Output { range: TimeRange, limit_bytes: u64 },
}

/// The answer to the [`Query`] of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    Activity(ActivityAnswer),
    Timeline(TimelineAnswer),
    Flame(FlameAnswer),
    Tasks(TasksAnswer),
    Summary(SummaryAnswer),
    Events(EventsAnswer),
    /// `None`: the trace has no such event.
    Event(Option<EventDetail>),
    Output(OutputAnswer),
}

/// Answers `query` from what `store` holds now.
#[must_use]
pub fn answer(store: &Store, query: &Query) -> Answer {
    match query {
        Query::Activity { range, buckets } => Answer::Activity(timeline::activity(store, *range, *buckets)),
        Query::Timeline { range, resolution, tasks } => {
            Answer::Timeline(timeline::timeline(store, *range, *resolution, tasks.as_deref()))
        }
        Query::Flame { range, filter, order, min_width } => {
            Answer::Flame(flame::flame(store, *range, filter, *order, *min_width))
        }
        Query::Tasks { range } => Answer::Tasks(tasks::tasks(store, *range)),
        Query::Summary { range, filter } => Answer::Summary(summary::summary(store, *range, filter)),
        Query::Events { range, filter, offset, limit } => {
            Answer::Events(events::events(store, *range, filter, *offset, *limit))
        }
        Query::Event { id } => Answer::Event(events::detail(store, *id)),
        Query::Output { range, limit_bytes } => Answer::Output(output::output(store, *range, *limit_bytes)),
    }
}

#[cfg(test)]
mod tests;
