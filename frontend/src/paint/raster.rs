//! A pixel buffer that dense layers are computed into.

use super::palette::Rgba;

/// An RGBA image in device pixels, row by row from the top left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Raster {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// Half-open spans of device pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PixelRect {
    pub(crate) left: i32,
    pub(crate) right: i32,
    pub(crate) top: i32,
    pub(crate) bottom: i32,
}

impl Raster {
    /// Makes the buffer `width` by `height` pixels of `background`, keeping its memory.
    pub(crate) fn reset(&mut self, width: usize, height: usize, background: Rgba) {
        self.width = width;
        self.height = height;
        self.pixels.resize(width * height * 4, 0);
        if let Some((first, rest)) = self.pixels.split_at_mut_checked(width * 4) {
            first.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&background.0));
            rest.chunks_exact_mut((width * 4).max(1)).for_each(|row| row.copy_from_slice(first));
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// The bytes as `ImageData` wants them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.pixels
    }

    fn clip(&self, rect: PixelRect) -> Option<[usize; 4]> {
        let left = rect.left.max(0) as usize;
        let top = rect.top.max(0) as usize;
        let right = (rect.right.max(0) as usize).min(self.width);
        let bottom = (rect.bottom.max(0) as usize).min(self.height);
        (left < right && top < bottom).then_some([left, right, top, bottom])
    }

    /// Fills what of `rect` lies inside the image.
    pub(crate) fn fill(&mut self, rect: PixelRect, color: Rgba) {
        let Some([left, right, top, bottom]) = self.clip(rect) else { return };
        for y in top..bottom {
            let row = &mut self.pixels[(y * self.width + left) * 4..(y * self.width + right) * 4];
            row.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&color.0));
        }
    }

    /// Fills `rect` with diagonal stripes of `color` that leave out every other `stripe_px` pixels.
    pub(crate) fn hatch(&mut self, rect: PixelRect, color: Rgba, stripe_px: usize) {
        let Some([left, right, top, bottom]) = self.clip(rect) else { return };
        let stripe_px = stripe_px.max(1);
        for y in top..bottom {
            for x in left..right {
                if ((x + y) / stripe_px).is_multiple_of(2) {
                    let at = (y * self.width + x) * 4;
                    self.pixels[at..at + 4].copy_from_slice(&color.0);
                }
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn pixel(&self, x: usize, y: usize) -> Rgba {
        let at = (y * self.width + x) * 4;
        Rgba([self.pixels[at], self.pixels[at + 1], self.pixels[at + 2], self.pixels[at + 3]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Rgba = Rgba([255, 255, 255, 255]);
    const RED: Rgba = Rgba([255, 0, 0, 255]);

    #[test]
    fn filling_is_clipped_to_the_image() {
        let mut raster = Raster::default();
        raster.reset(4, 3, WHITE);
        raster.fill(PixelRect { left: -5, right: 2, top: 1, bottom: 99 }, RED);
        assert_eq!(raster.pixel(0, 0), WHITE);
        assert_eq!(raster.pixel(1, 2), RED);
        assert_eq!(raster.pixel(2, 2), WHITE);
        raster.fill(PixelRect { left: 9, right: 12, top: 0, bottom: 1 }, RED);
        assert_eq!(raster.bytes().len(), 4 * 3 * 4);
    }

    #[test]
    fn hatching_leaves_every_other_stripe() {
        let mut raster = Raster::default();
        raster.reset(8, 1, WHITE);
        raster.hatch(PixelRect { left: 0, right: 8, top: 0, bottom: 1 }, RED, 2);
        let row: Vec<bool> = (0..8).map(|x| raster.pixel(x, 0) == RED).collect();
        assert_eq!(row, [true, true, false, false, true, true, false, false]);
    }

    #[test]
    fn resetting_to_nothing_is_fine() {
        let mut raster = Raster::default();
        raster.reset(0, 0, WHITE);
        assert!(raster.bytes().is_empty());
    }
}
