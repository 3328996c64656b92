//! The timeline's state: the lanes as last answered, and when to draw them.

use std::collections::BTreeMap;

use leptos::prelude::*;
use syscope_shared::ids::{EventId, TaskUid};
use syscope_shared::query::{Answer, Lane, Query};
use syscope_shared::units::TimeRange;

use super::lanes_query;
use super::pointer::Drag;
use crate::components::redraw::Redraw;
use crate::components::stage::Stage;
use crate::components::tooltip::Tip;
use crate::paint::canvas::device_pixel_ratio;
use crate::paint::raster::Raster;
use crate::scene::scale::TimeScale;
use crate::scene::timeline::{AXIS_PX, Hit, ROW_PX, Scene};
use crate::source::Asker;
use crate::state::session::Session;
use crate::state::viewport::View;
use crate::view_model::buffer::Buffered;
use crate::view_model::lanes::{LaneRow, lane_rows};

/// The room for the lanes' labels, in CSS pixels.
pub(super) const GUTTER_PX: f64 = 232.0;

/// Lanes are asked for in blocks of this many rows, so that scrolling a little asks nothing.
const BLOCK_ROWS: usize = 16;

/// Up to this many rows, all are asked for.
const ALL_ROWS: usize = 48;

/// What is drawn but no signal: it changes with every answer and every move of the pointer.
#[derive(Debug, Default)]
pub(super) struct Picture {
    lanes: BTreeMap<TaskUid, Lane>,
    buffered: Option<Buffered>,
    raster: Raster,
    pub(super) hover: Option<Hit>,
    pub(super) drag: Drag,
    /// How far across the lanes the pointer is, 0 to 1.
    pub(super) pointer_fraction: Option<f64>,
}

#[derive(Clone, Copy)]
pub(super) struct TimelineState {
    pub(super) session: Session,
    pub(super) stage: Stage,
    pub(super) rows: Memo<Vec<LaneRow>>,
    pub(super) picture: StoredValue<Picture, LocalStorage>,
    pub(super) tip: RwSignal<Option<Tip>>,
    pub(super) cursor_row: RwSignal<Option<usize>>,
    pub(super) is_panning: RwSignal<bool>,
    pub(super) is_loaded: RwSignal<bool>,
    pub(super) problem: RwSignal<Option<String>>,
    /// The range being dragged out.
    pub(super) dragged: RwSignal<Option<TimeRange>>,
    redraw: StoredValue<Option<Redraw>, LocalStorage>,
    tip_asker: StoredValue<Option<Asker>, LocalStorage>,
}

impl TimelineState {
    pub(super) fn new(session: Session) -> Self {
        let rows = Memo::new(move |_| {
            session.tasks.with(|tasks| session.folded.with(|folded| lane_rows(tasks, folded)))
        });
        let state = Self {
            session,
            stage: Stage::new(),
            rows,
            picture: StoredValue::new_local(Picture::default()),
            tip: RwSignal::new(None),
            cursor_row: RwSignal::new(None),
            is_panning: RwSignal::new(false),
            is_loaded: RwSignal::new(false),
            problem: RwSignal::new(None),
            dragged: RwSignal::new(None),
            redraw: StoredValue::new_local(None),
            tip_asker: StoredValue::new_local(None),
        };
        state.redraw.set_value(Some(Redraw::new(move || state.draw())));
        let tip_asker = session.asker(move |query, answer| state.take_tip(query, answer));
        state.tip_asker.set_value(Some(tip_asker));
        state
    }

    pub(super) fn redraw(self) {
        self.redraw.try_with_value(|redraw| redraw.as_ref().map(Redraw::request));
    }

    fn scale(self) -> TimeScale {
        let (width, _) = self.stage.size.get_untracked();
        TimeScale {
            viewport: self.session.viewport_untracked(),
            left_px: GUTTER_PX,
            width_px: (width - GUTTER_PX).max(1.0),
        }
    }

    /// The scene as it stands, for drawing and for hit tests.
    pub(super) fn with_scene<T>(self, picture: &Picture, use_scene: impl FnOnce(&Scene<'_>) -> T) -> T {
        let (width_px, height_px) = self.stage.size.get_untracked();
        untrack(|| {
            self.rows.with(|rows| {
                self.session.filter.with(|filter| {
                    use_scene(&Scene {
                        rows,
                        lanes: &picture.lanes,
                        scale: self.scale(),
                        scroll_px: self.stage.scroll.get(),
                        width_px,
                        height_px,
                        dpr: device_pixel_ratio(),
                        now: self.session.now_untracked(),
                        range: self.session.range(),
                        drag: self.dragged.get(),
                        filter,
                        selected: self.session.selected(),
                        cursor_row: self.cursor_row.get(),
                        hover: picture.hover,
                    })
                })
            })
        })
    }

    fn draw(self) {
        let is_drawn = self.picture.try_update_value(|picture| {
            let mut raster = std::mem::take(&mut picture.raster);
            let palette = self.session.app.theme.palette.get_untracked();
            let shapes = self.with_scene(picture, |scene| {
                scene.paint(&mut raster, &palette);
                scene.shapes()
            });
            self.stage.put(&raster, &shapes, &palette);
            picture.raster = raster;
        });
        if is_drawn.is_none() {
            // The panel is gone, and its signals with it.
            return;
        }
        let moves = !matches!(self.session.view.get_untracked(), View::Fixed(_));
        if moves && self.session.is_moving_untracked() {
            self.redraw();
        }
    }

    pub(super) fn redraw_when_changed(self) {
        let session = self.session;
        Effect::new(move |_| {
            session.view.track();
            session.progress.track();
            session.ranges.track();
            session.filter.track();
            session.detail.track();
            session.frozen.track();
            session.app.theme.palette.track();
            self.rows.track();
            self.stage.size.track();
            self.stage.scroll.track();
            self.cursor_row.track();
            self.dragged.track();
            self.redraw();
        });
    }

    /// What the pointer was over has moved away from under it.
    pub(super) fn drop_tip_when_moved(self) {
        Effect::new(move |_| {
            self.session.view.track();
            self.stage.scroll.track();
            if self.tip.with_untracked(Option::is_some) {
                self.tip.set(None);
            }
        });
    }

    pub(super) fn keep_asking_for_lanes(self) {
        let query = move || {
            let (width, height) = self.stage.size.get();
            let tasks = self.wanted_tasks(height);
            self.session.view.track();
            if width <= GUTTER_PX || self.session.progress.get().end.0 == 0 {
                return None;
            }
            let viewport = self.session.viewport_untracked();
            let buffered = self.picture.with_value(|picture| picture.buffered);
            let buffered = Buffered::covering(viewport, width - GUTTER_PX, buffered);
            self.picture.update_value(|picture| picture.buffered = Some(buffered));
            Some(lanes_query(buffered, tasks))
        };
        self.session.keep_asking(80.0, query, move |query, answer| self.take_lanes(query, answer));
    }

    /// The tasks of the rows around what can be seen; `None`: all of them.
    fn wanted_tasks(self, height: f64) -> Option<Vec<TaskUid>> {
        let scroll = self.stage.scroll.get();
        self.rows.with(|rows| {
            if rows.len() <= ALL_ROWS {
                return None;
            }
            let first = (scroll / ROW_PX) as usize / BLOCK_ROWS * BLOCK_ROWS;
            let count = ((height / ROW_PX) as usize / BLOCK_ROWS + 2) * BLOCK_ROWS;
            let rows = rows.iter().skip(first.saturating_sub(BLOCK_ROWS)).take(count + BLOCK_ROWS);
            Some(rows.map(|row| row.task).collect())
        })
    }

    fn take_lanes(self, query: &Query, answer: Result<Answer, String>) {
        match answer {
            Ok(Answer::Timeline(answer)) => {
                let is_partial = matches!(query, Query::Timeline { tasks: Some(_), .. });
                self.picture.update_value(|picture| {
                    if !is_partial {
                        picture.lanes.clear();
                    }
                    picture.lanes.extend(answer.lanes.into_iter().map(|lane| (lane.task, lane)));
                });
                if !self.is_loaded.get_untracked() {
                    self.is_loaded.set(true);
                }
                if self.problem.with_untracked(Option::is_some) {
                    self.problem.set(None);
                }
                self.redraw();
            }
            Ok(_) => {}
            Err(reason) => self.problem.set(Some(reason)),
        }
    }

    /// Asks for an event's words for the tooltip.
    pub(super) fn ask_tip(self, id: EventId) {
        self.tip_asker.with_value(|asker| {
            if let Some(asker) = asker {
                asker.ask(Query::Event { id });
            }
        });
    }

    pub(super) fn move_cursor(self, by: isize) {
        let rows = self.rows.with_untracked(Vec::len);
        if rows == 0 {
            return;
        }
        let row = match self.cursor_row.get_untracked() {
            Some(row) => row.saturating_add_signed(by).min(rows - 1),
            None => 0,
        };
        self.cursor_row.set(Some(row));
        let top = row as f64 * ROW_PX;
        self.stage.scroll_into_view(top, top + ROW_PX, AXIS_PX);
    }

    pub(super) fn fold_cursor(self) {
        if let Some(row) = self.cursor_row.get_untracked() {
            self.fold(row);
        }
    }

    /// Folds or unfolds the threads of a row's process.
    pub(super) fn fold(self, row: usize) {
        let process = self.rows.with_untracked(|rows| rows.get(row).map(|row| row.process));
        let Some(process) = process else { return };
        self.session.folded.update(|folded| {
            if !folded.remove(&process) {
                folded.insert(process);
            }
        });
        let row = self.rows.with_untracked(|rows| rows.iter().position(|row| row.task == process));
        self.cursor_row.set(row);
    }

    /// Selects the call after (`1`) or before (`-1`) the selected one in the cursor's lane.
    pub(super) fn step(self, by: i32) {
        let selected = untrack(|| self.session.selected());
        let row = self.cursor_row.get_untracked().or_else(|| {
            let task = selected?.task;
            self.rows.with_untracked(|rows| rows.iter().position(|row| row.task == task))
        });
        let row = row.unwrap_or(0);
        self.cursor_row.set(Some(row));
        let Some(task) = self.rows.with_untracked(|rows| rows.get(row).map(|row| row.task)) else { return };
        let visible = self.session.viewport_untracked().range();
        let from = selected.filter(|selected| selected.task == task).map(|selected| selected.start);
        let found = self.picture.with_value(|picture| {
            let slices = &picture.lanes.get(&task)?.slices;
            let mut events = slices.iter().filter(|slice| slice.event.is_some());
            match (by > 0, from) {
                (true, Some(from)) => events.find(|slice| slice.start > from).copied(),
                (true, None) => events.find(|slice| slice.end >= visible.start).copied(),
                (false, from) => events.rfind(|slice| slice.start < from.unwrap_or(visible.end)).copied(),
            }
        });
        if let Some(slice) = found {
            self.session.select(slice.event);
            self.session.show(TimeRange { start: slice.start, end: slice.end });
        }
    }

    pub(super) fn pointer_fraction(self) -> f64 {
        self.picture.with_value(|picture| picture.pointer_fraction).unwrap_or(0.5)
    }
}
