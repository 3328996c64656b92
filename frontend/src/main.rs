//! syscope's page, rendered in the browser.
//!
//! The way of the data: `source` (where answers come from) → `state` (signals) → `view_model` (answers to rows and boxes, pure) → `scene`
//! (rows and boxes to display lists, pure) → `paint` (display lists to a canvas) → `components` (the document) ← `interaction` (keys,
//! gestures).

mod components;
mod interaction;
mod paint;
mod scene;
mod source;
mod state;
mod view_model;

fn main() {
    components::page::start();
}
