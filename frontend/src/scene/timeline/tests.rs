//! One lane of 1000 pixels for a millisecond: a pixel is a microsecond.

use super::*;
use crate::state::viewport::Viewport;
use syscope_shared::ids::{EventId, Signal};
use syscope_shared::syscall::{Class, SyscallId};
use syscope_shared::units::Nanos;

const LEFT_PX: f64 = 200.0;
const READ: SyscallId = SyscallId::x86_64(0);
/// A row of pixels through the middle of the first lane's slices, above what marks a failed call.
const MIDDLE: usize = 37;
/// One through the mark of a failed call.
const FOOT: usize = 44;

fn slice(event: u32, start: u64, end: u64) -> Slice {
    Slice {
        start: TraceTime(start),
        end: TraceTime(end),
        event: Some(EventId(event)),
        syscall: READ,
        longest: Nanos(end - start),
        calls: 1,
        errors: 0,
        is_unfinished: false,
    }
}

fn row() -> LaneRow {
    LaneRow {
        task: TaskUid(0),
        process: TaskUid(0),
        kind: LaneKind::Process { other_threads: 1, is_folded: false },
        indent: 0,
        name: "cat".to_owned(),
        tid: 7,
        command: "cat x".to_owned(),
        started: TraceTime(0),
        ended: None,
    }
}

struct Fixture {
    rows: Vec<LaneRow>,
    lanes: BTreeMap<TaskUid, Lane>,
    filter: Filter,
}

impl Fixture {
    fn new(slices: Vec<Slice>, marks: Vec<Mark>) -> Self {
        let lanes = BTreeMap::from([(TaskUid(0), Lane { task: TaskUid(0), slices, marks })]);
        Self { rows: vec![row()], lanes, filter: Filter::default() }
    }

    fn scene(&self) -> Scene<'_> {
        let viewport = Viewport { start_nanos: 0.0, span_nanos: 1e6 };
        Scene {
            rows: &self.rows,
            lanes: &self.lanes,
            scale: TimeScale { viewport, left_px: LEFT_PX, width_px: 1_000.0 },
            scroll_px: 0.0,
            width_px: 1_200.0,
            height_px: 100.0,
            dpr: 1.0,
            now: TraceTime(800_000),
            range: None,
            drag: None,
            filter: &self.filter,
            selected: None,
            cursor_row: None,
            hover: None,
        }
    }

    fn painted(&self) -> Raster {
        let mut raster = Raster::default();
        self.scene().paint(&mut raster, &palette());
        raster
    }
}

/// White, with a colour of its own for each thing that a test looks for.
fn palette() -> Palette {
    Palette::from_tokens(|token| {
        match token {
            "--class-desc" => "#00ff00",
            "--canvas-error" => "#ff0000",
            "--canvas-outside" => "#0000ff",
            _ => "#ffffff",
        }
        .to_owned()
    })
}

const WHITE: Rgba = Rgba([255, 255, 255, 255]);
const CALL: Rgba = Rgba([0, 255, 0, 255]);
const FAILED: Rgba = Rgba([255, 0, 0, 255]);

#[test]
fn a_call_of_a_nanosecond_is_a_pixel_and_can_be_hit() {
    let fixture = Fixture::new(vec![slice(3, 500_000, 500_001)], Vec::new());
    let raster = fixture.painted();
    let painted = (0..1_200).filter(|&x| raster.pixel(x, MIDDLE) == CALL).collect::<Vec<_>>();
    assert_eq!(painted, [700]);
    let hit = fixture.scene().hit(702.0, MIDDLE as f64);
    assert!(matches!(hit, Hit::Slice { row: 0, slice } if slice.event == Some(EventId(3))), "{hit:?}");
    assert_eq!(fixture.scene().hit(720.0, MIDDLE as f64), Hit::Lane { row: 0 });
}

#[test]
fn a_failed_call_is_marked_and_only_that() {
    let failed = Slice { errors: 1, ..slice(1, 100_000, 200_000) };
    let raster = Fixture::new(vec![failed, slice(2, 300_000, 400_000)], Vec::new()).painted();
    assert_eq!((raster.pixel(350, FOOT), raster.pixel(350, MIDDLE)), (FAILED, CALL));
    assert_eq!((raster.pixel(550, FOOT), raster.pixel(550, MIDDLE)), (CALL, CALL));
}

#[test]
fn a_call_in_flight_grows_to_now_and_is_hatched() {
    let in_flight = Slice { event: None, is_unfinished: true, ..slice(0, 100_000, 150_000) };
    let raster = Fixture::new(vec![in_flight], Vec::new()).painted();
    let stripes: Vec<bool> = (310..990).map(|x| raster.pixel(x, MIDDLE) == CALL).collect();
    assert!(stripes.contains(&true) && stripes.contains(&false));
    assert_eq!(raster.pixel(1_050, MIDDLE), WHITE, "nothing is drawn after now");
}

#[test]
fn what_the_filter_leaves_out_is_pale() {
    let mut fixture = Fixture::new(vec![slice(1, 100_000, 200_000)], Vec::new());
    fixture.filter.class = Some(Class::Network);
    let pixel = fixture.painted().pixel(350, MIDDLE);
    assert!(pixel != CALL && pixel != WHITE, "{pixel:?}");
    fixture.filter.class = Some(Class::Desc);
    assert_eq!(fixture.painted().pixel(350, MIDDLE), CALL);
}

#[test]
fn slices_never_reach_into_the_labels() {
    let fixture = Fixture::new(vec![slice(1, 0, 900_000)], Vec::new());
    let mut scene = fixture.scene();
    scene.scale.viewport.start_nanos = 400_000.0;
    let mut raster = Raster::default();
    scene.paint(&mut raster, &palette());
    assert_eq!(raster.pixel(199, MIDDLE), WHITE);
    assert_eq!(raster.pixel(201, MIDDLE), CALL);
}

#[test]
fn marks_are_found_before_the_calls_below_them() {
    let kind = MarkKind::Signal(Signal(15));
    let mark = Mark { time: TraceTime(150_000), event: Some(EventId(9)), kind };
    let fixture = Fixture::new(vec![slice(1, 100_000, 200_000)], vec![mark]);
    assert_eq!(fixture.scene().hit(351.0, MIDDLE as f64), Hit::Mark { row: 0, mark });
    let shapes = fixture.scene().shapes();
    let marks = shapes.iter().filter(|shape| matches!(shape, Shape::Mark { glyph: Glyph::Triangle, .. }));
    assert_eq!(marks.count(), 1);
}

#[test]
fn labels_and_fold_marks_are_told_apart() {
    let fixture = Fixture::new(Vec::new(), Vec::new());
    assert_eq!(fixture.scene().hit(11.0, MIDDLE as f64), Hit::Fold { row: 0 });
    assert_eq!(fixture.scene().hit(60.0, MIDDLE as f64), Hit::Label { row: 0 });
    assert_eq!(fixture.scene().hit(600.0, 10.0), Hit::Axis);
    assert_eq!(fixture.scene().hit(600.0, 90.0), Hit::Nothing);
}
