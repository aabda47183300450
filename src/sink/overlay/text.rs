//! Text in the embedded font, each glyph rasterised once per size.

use super::canvas::{Canvas, Spot};
use fontdue::{Font, FontSettings};
use std::collections::HashMap;

/// DejaVu Sans Condensed Bold, Latin (`font/LICENSE.txt`).
const FONT: &[u8] = include_bytes!("../font/DejaVuSansCondensed-Bold.latin.ttf");

/// Cap height of the font in em, for centring capitals and digits.
const CAP_HEIGHT: f32 = 0.729;

/// Glyphs kept; a page of Latin text in a dozen sizes is far below. Beyond, the store is emptied and filled anew.
const MOST_GLYPHS: usize = 4096;

pub struct Text {
    font: Font,
    glyphs: HashMap<(char, u16), Glyph>,
}

struct Glyph {
    advance: f32,
    /// From the pen to the bitmap's left, px.
    left: i32,
    /// From the baseline up to the bitmap's top, px.
    top: i32,
    width: usize,
    cover: Vec<u8>,
}

impl Text {
    pub fn new() -> Text {
        let font = Font::from_bytes(FONT, FontSettings::default());
        Text { font: font.expect("the embedded font is whole: a test reads it"), glyphs: HashMap::new() }
    }

    /// Width of a line, px.
    pub fn width(&mut self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.glyph(c, size).advance).sum()
    }

    /// Gathers a line on the canvas, its capitals' lower left corner at `pen`.
    pub fn line(&mut self, canvas: &mut Canvas, text: &str, size: f32, pen: Spot) {
        let mut x = pen.0;
        for c in text.chars() {
            let glyph = self.glyph(c, size);
            canvas.stamp(x.round() as i32 + glyph.left, pen.1.round() as i32 - glyph.top, glyph.width, &glyph.cover);
            x += glyph.advance;
        }
    }

    /// Height of capitals and digits, px.
    pub fn cap_height(size: f32) -> f32 {
        size * CAP_HEIGHT
    }

    /// Breaks at spaces into at most `N` lines no wider than `width`; the number of lines, or `None` if it does not fit.
    pub fn wrap<'a, const N: usize>(
        &mut self,
        text: &'a str,
        size: f32,
        width: f32,
        lines: &mut [&'a str; N],
    ) -> Option<usize> {
        let mut rest = text.trim();
        let mut n = 0;
        while !rest.is_empty() {
            let ends = rest.match_indices(' ').map(|(i, _)| i).chain([rest.len()]);
            let end = ends.take_while(|end| self.width(&rest[..*end], size) <= width).last()?;
            *lines.get_mut(n)? = &rest[..end];
            rest = rest[end..].trim_start();
            n += 1;
        }
        Some(n)
    }

    fn glyph(&mut self, c: char, size: f32) -> &Glyph {
        let px = size.round().clamp(4.0, 2000.0) as u16;
        if self.glyphs.len() >= MOST_GLYPHS && !self.glyphs.contains_key(&(c, px)) {
            self.glyphs.clear();
        }
        self.glyphs.entry((c, px)).or_insert_with(|| {
            let (metrics, cover) = self.font.rasterize(c, f32::from(px));
            Glyph {
                advance: metrics.advance_width,
                left: metrics.xmin,
                top: metrics.ymin + metrics.height as i32,
                width: metrics.width,
                cover,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_font_has_what_is_written() {
        let text = Text::new();
        for c in "Spread the floor 0123456789°%±.,:;!?-–→←↑↓éüñ“”’".chars() {
            assert!(text.font.has_glyph(c), "{c}");
        }
        let size = text.font.metrics('H', 1000.0);
        assert!((size.height as f32 / 1000.0 - CAP_HEIGHT).abs() < 0.005);
    }

    #[test]
    fn lines_break_at_spaces_and_say_when_they_do_not_fit() {
        let mut text = Text::new();
        let mut lines = [""; 3];
        assert_eq!(text.wrap("Show your shirt logo", 20.0, 120.0, &mut lines), Some(2));
        assert_eq!(lines[..2], ["Show your", "shirt logo"]);
        assert_eq!(text.wrap("Incomprehensibilities", 20.0, 120.0, &mut lines), None);
        assert_eq!(text.wrap("a b c d e f", 40.0, 30.0, &mut lines), None);
        assert_eq!(text.wrap("", 40.0, 30.0, &mut lines), Some(0));
    }
}
