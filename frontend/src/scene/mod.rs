//! What is to be drawn: view models become display lists and pixels. Pure, and tested on the host.
//!
//! A dense layer is computed into an RGBA [`Raster`](crate::paint::raster::Raster) and put with one `putImageData`; axes, labels and selection are
//! a list of [`Shape`](crate::paint::shape::Shape)s on a second canvas above it. What is under the pointer is found here, too.

pub(crate) mod flame;
pub(crate) mod overview;
pub(crate) mod scale;
pub(crate) mod timeline;
