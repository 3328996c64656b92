//! Two canvases above each other, pinned in a box that scrolls: pixels below, shapes above.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

use crate::paint::canvas::{device_pixel_ratio, draw, fitted, put_raster};
use crate::paint::palette::Palette;
use crate::paint::raster::Raster;
use crate::paint::shape::Shape;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    pub(crate) scroller: NodeRef<html::Div>,
    pub(crate) base: NodeRef<html::Canvas>,
    pub(crate) overlay: NodeRef<html::Canvas>,
    /// The inner width and height of the scrolled box, in CSS pixels.
    pub(crate) size: RwSignal<(f64, f64)>,
    pub(crate) scroll: RwSignal<f64>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self {
            scroller: NodeRef::new(),
            base: NodeRef::new(),
            overlay: NodeRef::new(),
            size: RwSignal::new((0.0, 0.0)),
            scroll: RwSignal::new(0.0),
        };
        observe_size(stage.scroller, stage.size);
        stage
    }

    /// To be called when the box was scrolled.
    pub(crate) fn on_scroll(self) {
        if let Some(scroller) = self.scroller.get_untracked() {
            self.scroll.set(f64::from(scroller.scroll_top()));
        }
    }

    /// Scrolls so that what lies between `top` and `bottom` (pixels of the content) can be seen below `head` pixels.
    pub(crate) fn scroll_into_view(self, top: f64, bottom: f64, head: f64) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let (_, height) = self.size.get_untracked();
        let at = f64::from(scroller.scroll_top());
        if top < at {
            scroller.set_scroll_top(top as i32);
        } else if bottom > at + height - head {
            scroller.set_scroll_top((bottom - height + head).ceil() as i32);
        }
    }

    /// Puts both layers on the screen.
    pub(crate) fn put(self, raster: &Raster, shapes: &[Shape], palette: &Palette) {
        let (width, height) = self.size.get_untracked();
        let dpr = device_pixel_ratio();
        if let Some(canvas) = self.base.get_untracked()
            && let Some(context) = fitted(&canvas, width, height, dpr)
        {
            put_raster(&context, raster);
        }
        if let Some(canvas) = self.overlay.get_untracked()
            && let Some(context) = fitted(&canvas, width, height, dpr)
        {
            draw(&context, shapes, palette, dpr);
        }
    }
}

/// Keeps `size` the inner size of the element.
pub(crate) fn observe_size(node: NodeRef<html::Div>, size: RwSignal<(f64, f64)>) {
    let observation = StoredValue::new_local(None::<Observation>);
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let measured = element.clone();
        let measure = move || {
            let found = (f64::from(measured.client_width()), f64::from(measured.client_height()));
            if size.try_get_untracked().is_some_and(|known| known != found) {
                size.set(found);
            }
        };
        measure();
        observation.set_value(Observation::new(&element, measure));
    });
}

struct Observation {
    observer: ResizeObserver,
    _on_resize: Closure<dyn Fn()>,
}

impl Observation {
    fn new(element: &web_sys::Element, on_resize: impl Fn() + 'static) -> Option<Self> {
        let on_resize = Closure::<dyn Fn()>::new(on_resize);
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _on_resize: on_resize })
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Where a pointer is within the element that the event was bound to, in CSS pixels.
pub(crate) fn pointer_position(event: &web_sys::MouseEvent) -> (f64, f64) {
    let element = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let origin = element.map(|element| element.get_bounding_client_rect());
    let (left, top) = origin.map_or((0.0, 0.0), |rect| (rect.left(), rect.top()));
    (f64::from(event.client_x()) - left, f64::from(event.client_y()) - top)
}

/// Lets the element get every move of this pointer until it is released.
pub(crate) fn capture_pointer(event: &web_sys::PointerEvent) {
    let element = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if let Some(element) = element {
        // Fails only for a pointer that is gone already.
        let _captured = element.set_pointer_capture(event.pointer_id());
    }
}

/// What the wheel asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum WheelGesture {
    /// Magnify by a factor.
    Zoom(f64),
    /// Move by pixels.
    Pan(f64),
    /// Scroll the lanes: the browser does it.
    Scroll,
}

/// Ctrl zooms (as a pinch on a touchpad does), Shift or a sideways wheel pans.
pub(crate) fn wheel_gesture(event: &web_sys::WheelEvent) -> WheelGesture {
    /// The pixels of a line and of a page, for browsers that count in those.
    const UNIT_PX: [f64; 3] = [1.0, 16.0, 400.0];
    let unit = UNIT_PX.get(event.delta_mode() as usize).copied().unwrap_or(1.0);
    let (x, y) = (event.delta_x() * unit, event.delta_y() * unit);
    if event.ctrl_key() || event.meta_key() {
        WheelGesture::Zoom((y * 0.002).exp().clamp(0.2, 5.0))
    } else if event.shift_key() {
        WheelGesture::Pan(if x == 0.0 { y } else { x })
    } else if x.abs() > y.abs() {
        WheelGesture::Pan(x)
    } else {
        WheelGesture::Scroll
    }
}
