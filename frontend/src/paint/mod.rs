//! Display lists and pixel buffers, and the one place that puts them on a canvas.
//!
//! `scale`, `raster`, `shape`, `timeline`, `flame` and `overview` are pure and tested on the host; `canvas`, `frame` and `theme` touch the
//! browser. A dense layer is computed into an RGBA [`raster::Raster`] and put with one `putImageData`; axes, labels and
//! selection are a list of [`shape::Shape`]s on a second canvas above it. Colours come from the CSS tokens only.

pub(crate) mod canvas;
pub(crate) mod flame;
pub(crate) mod frame;
pub(crate) mod overview;
pub(crate) mod palette;
pub(crate) mod raster;
pub(crate) mod scale;
pub(crate) mod shape;
pub(crate) mod theme;
pub(crate) mod timeline;
