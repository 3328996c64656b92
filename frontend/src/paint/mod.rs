//! Display lists and pixel buffers, and the one place that puts them on a canvas. Knows nothing of traces.
//!
//! `palette`, `raster` and `shape` are pure and tested on the host; only `canvas` touches the browser. Colours come from the CSS tokens only.

pub(crate) mod canvas;
pub(crate) mod palette;
pub(crate) mod raster;
pub(crate) mod shape;
