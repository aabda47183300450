//! What a programme shows beside its sets: what is to come, the time of a rest with the next exercise and its picture, what
//! was done. Written large: whoever reads it stands where the exercise is done, not where the keys are.

use super::canvas::Rect;
use super::live::figure;
use super::text::Text;
use super::{ANGLE, Brush, INK, NEAR, Overlay, PANEL};
use crate::form::CameraPlace;
use crate::frame::Frame;
use crate::programme::{Block, Showing, Stage};
use crate::report::view_name;
use std::borrow::Cow;

/// A line of a sheet: what, and how much of it.
pub type Row = (String, String);

/// Lines that one paragraph at the foot of a page may take.
const FOOT_LINES: usize = 7;

/// How dark the picture gets under a page of words.
const PAGE: f32 = 0.80;

impl Overlay {
    /// A page with a title, lines in two columns, and words at the foot.
    pub fn draw_sheet(&mut self, frame: &mut Frame, title: &str, rows: &[Row], foot: &str) {
        self.brush(frame).sheet(title, rows, foot);
    }

    /// A stage between two sets: its time, what comes next, and what was done last.
    pub fn draw_between(&mut self, frame: &mut Frame, showing: &Showing, done: Option<&Row>) {
        self.brush(frame).between(showing, done);
    }

    /// On the way into position what is to be done, with its picture; in a set that goes by the clock the time left, in
    /// the middle above.
    pub fn draw_place(&mut self, frame: &mut Frame, showing: &Showing) {
        match (showing.stage, &showing.block, showing.left_secs) {
            (Stage::Setup(_), Some(block), _) => self.brush(frame).heading(block),
            (Stage::Work(_), _, Some((left, _))) => self.brush(frame).left(left),
            _ => {}
        }
    }
}

/// "4:05", "42"
fn clock(secs: f64) -> String {
    let secs = secs.ceil() as u64;
    if secs >= 60 { format!("{}:{:02}", secs / 60, secs % 60) } else { secs.to_string() }
}

/// "Side plank, left: 10 holds, 100 s, form 81"
fn done_words(done: Option<&Row>) -> Cow<'static, str> {
    done.map_or("".into(), |(what, how)| format!("{what}: {how}").into())
}

fn camera(place: &CameraPlace) -> [String; 3] {
    let (high, away) = (place.lens_height_m, place.distance_m);
    [format!("camera {high} m high"), format!("{away} m away"), format!("{} view", view_name(place.view))]
}

impl Brush<'_> {
    fn left(&mut self, secs: f64) {
        let size = self.h / 9.0;
        let words = clock(secs);
        let (w, cap, pad) = (self.text.width(&words, size), Text::cap_height(size), size * 0.25);
        let rect = Rect { x: (self.w - w) / 2.0 - pad, y: self.margin(), w: w + 2.0 * pad, h: cap + 2.0 * pad };
        self.panel(rect, pad, PANEL);
        self.text.line(self.canvas, &words, size, (rect.x + pad, rect.y + pad + cap));
        self.canvas.paint(self.rgb, INK, 1.0);
    }

    fn heading(&mut self, block: &Block) {
        let above = self.figure_place();
        let pad = self.h * 0.016;
        // Beside the small picture, or below it where the picture stands upright: as large as can be read from afar, to the
        // middle of the picture at most, and above what the coach says along the lower edge.
        let (gap, beside) = (pad * 0.6, self.w > self.h);
        let (width, mut small) = if beside { (self.w * 0.26, self.h / 24.0) } else { (self.w * 0.6, self.w / 16.0) };
        let (x, top) = match (beside, self.left_taken) {
            (true, false) => (above.x + above.w + gap, above.y),
            (true, true) => (above.x - gap - width, above.y),
            (false, _) => (above.x, above.y + above.h + gap),
        };
        let inner = width - 2.0 * pad;
        let room = self.h * 0.76 - self.foot - top;
        let asked = block.asked();
        // Its shortest name: the plan's longer one was shown and said before.
        let title = block.exercise().map_or(block.entry.title, |exercise| exercise.title);
        let (title, size, asked, height) = loop {
            let mut lines = [""; 3];
            let (size, count) = self.wrapped(title, small * 1.3, inner, &mut lines);
            let (below, words) = self.wrapped_all(&asked, small, inner);
            let height = size * 1.1 * count as f32 + below * 1.35 * words.len() as f32 + 2.2 * pad;
            small = below;
            if height <= room || small < 9.0 {
                break (lines[..count].to_vec(), size, words, height);
            }
            small *= 0.94;
        };
        self.panel(Rect { x, y: top, w: width, h: height }, pad, PANEL);
        let (x, mut y) = (x + pad, top + pad - size * 0.2);
        for line in &title {
            y += size * 1.1;
            self.text.line(self.canvas, line, size, (x, y));
        }
        self.canvas.paint(self.rgb, INK, 1.0);
        for line in &asked {
            y += small * 1.35;
            self.text.line(self.canvas, line, small, (x, y));
        }
        self.canvas.paint(self.rgb, ANGLE, 1.0);
    }

    fn between(&mut self, showing: &Showing, done: Option<&Row>) {
        self.panel(Rect { x: 0.0, y: 0.0, w: self.w, h: self.h }, 0.0, PAGE);
        let (w, h) = (self.w, self.h - self.foot);
        let margin = 2.0 * self.margin();
        // Side by side, or one above the other where the picture stands upright.
        let (time, card) = if w > h {
            let split = w * 0.42;
            let card = Rect { x: split, y: margin, w: w - split - margin, h: h - 2.0 * margin };
            (Rect { x: margin, y: margin, w: split - 2.0 * margin, h: h - 2.0 * margin }, card)
        } else {
            let split = h * 0.44;
            let card = Rect { x: margin, y: split, w: w - 2.0 * margin, h: h - split - margin };
            (Rect { x: margin, y: margin, w: w - 2.0 * margin, h: split - 2.0 * margin }, card)
        };
        let (title, words): (&str, Cow<'_, str>) = match showing.stage {
            Stage::WarmUp => ("Warm up", "walk or march on the spot".into()),
            Stage::Switch(..) => ("Other side", done_words(done)),
            _ => ("Rest", done_words(done)),
        };
        self.time(time, title, &words, showing.left_secs);
        if let Some(coming) = &showing.coming {
            self.card(card, coming);
        }
    }

    /// A ring that empties around the seconds left, with words above and below.
    fn time(&mut self, area: Rect, title: &str, below: &str, left: Option<(f64, f64)>) {
        let size = self.fitted(title, (self.h / 9.0).min(self.w / 7.0), area.w);
        let x = area.x + (area.w - self.text.width(title, size)) / 2.0;
        self.text.line(self.canvas, title, size, (x, area.y + Text::cap_height(size)));
        self.canvas.paint(self.rgb, INK, 1.0);
        let small = (self.h / 24.0).min(self.w / 19.0);
        let (top, bottom) = (area.y + size * 1.1, area.y + area.h - small * 3.0);
        let middle = (area.x + area.w / 2.0, (top + bottom) / 2.0);
        let radius = ((bottom - top) / 2.0).min(area.w / 2.0).max(8.0);
        if let Some((left, all)) = left {
            let width = radius * 0.10;
            self.canvas.ring(middle, radius - width, width);
            self.canvas.paint(self.rgb, INK, 0.25);
            let sweep = std::f32::consts::TAU * (left / all.max(1e-3)).clamp(0.0, 1.0) as f32;
            self.canvas.arc(middle, radius - width, width, -std::f32::consts::FRAC_PI_2, sweep);
            self.canvas.paint(self.rgb, NEAR, 1.0);
            let digits = clock(left);
            let size = self.fitted(&digits, radius * 0.95, radius * 1.4);
            let at = (middle.0 - self.text.width(&digits, size) / 2.0, middle.1 + Text::cap_height(size) / 2.0);
            self.text.line(self.canvas, &digits, size, at);
            self.canvas.paint(self.rgb, INK, 1.0);
        }
        let mut lines = [""; 2];
        let (small, n) = self.wrapped(below, small, area.w, &mut lines);
        for (i, line) in lines[..n].iter().enumerate() {
            let x = area.x + (area.w - self.text.width(line, small)) / 2.0;
            self.text.line(self.canvas, line, small, (x, bottom + small * (1.3 + 1.25 * i as f32)));
        }
        self.canvas.paint(self.rgb, INK, 0.9);
    }

    /// What comes next: its name, what is asked, and how the camera is to see it.
    fn card(&mut self, area: Rect, block: &Block) {
        let pad = area.h.min(area.w) * 0.06;
        self.panel(area, pad * 0.7, 0.55);
        let inner = area.w - 2.0 * pad;
        let label = self.h / 26.0;
        let x = area.x + pad;
        let mut y = area.y + pad + Text::cap_height(label);
        self.text.line(self.canvas, "Next", label, (x, y));
        self.canvas.paint(self.rgb, NEAR, 1.0);
        y += label * 0.5;

        let mut lines = [""; 2];
        let (size, count) = self.wrapped(block.entry.title, self.h / 12.0, inner, &mut lines);
        for line in &lines[..count] {
            y += size * 1.08;
            self.text.line(self.canvas, line, size, (x, y));
        }
        self.canvas.paint(self.rgb, INK, 1.0);
        y += label * 0.4;
        let asked = block.asked();
        let (size, asked) = self.wrapped_all(&asked, (self.h / 19.0).min(self.w / 16.0), inner);
        for line in asked {
            y += size * 1.3;
            self.text.line(self.canvas, line, size, (x, y));
        }
        self.canvas.paint(self.rgb, ANGLE, 1.0);

        let room = area.y + area.h - pad - (y + label);
        let Some(exercise) = block.exercise().filter(|_| room > 30.0) else { return };
        let side = room.min(inner * 0.42);
        let rect = Rect { x, y: area.y + area.h - pad - side, w: side, h: side };
        self.figure_in(figure(exercise), rect);
        let Some(place) = block.camera() else { return };
        let beside = x + side + pad * 0.8;
        let words = camera(place);
        let widest = words.iter().max_by_key(|words| words.chars().count()).map_or("", String::as_str);
        let size = self.fitted(widest, self.h / 22.0, area.x + area.w - pad - beside);
        let mut y = rect.y + (side - 2.0 * size * 1.4 + Text::cap_height(size)) / 2.0;
        for words in &words {
            self.text.line(self.canvas, words, size, (beside, y));
            y += size * 1.4;
        }
        self.canvas.paint(self.rgb, INK, 0.95);
    }

    fn sheet(&mut self, title: &str, rows: &[Row], foot: &str) {
        self.panel(Rect { x: 0.0, y: 0.0, w: self.w, h: self.h }, 0.0, PAGE);
        let (x, room) = (self.w * 0.06, self.w * 0.88);
        let size = self.fitted(title, self.h / 9.0, room);
        let top = self.h * 0.06 + Text::cap_height(size);
        self.text.line(self.canvas, title, size, (x, top));
        self.canvas.paint(self.rgb, INK, 1.0);

        // Words on safety are never left out: where there is little room for them they are smaller.
        let mut small = (self.h / 24.0).min(self.w / 22.0);
        let lines = loop {
            let mut lines: Vec<&str> = Vec::new();
            for paragraph in foot.lines() {
                let mut wrapped = [""; FOOT_LINES];
                let (size, count) = self.wrapped(paragraph, small, room, &mut wrapped);
                small = size;
                lines.extend(&wrapped[..count]);
            }
            if small * 1.35 * lines.len() as f32 <= self.h * 0.4 || small < 9.0 {
                break lines;
            }
            small *= 0.94;
        };
        let bottom = self.h - self.foot - self.h * 0.04 - small * 1.35 * lines.len() as f32;
        for (i, line) in lines.iter().enumerate() {
            self.text.line(self.canvas, line, small, (x, bottom + small * (1.0 + 1.35 * i as f32)));
        }
        self.canvas.paint(self.rgb, ANGLE, 1.0);

        let space = bottom - top - self.h * 0.05;
        let step = (space / rows.len().max(1) as f32).min(self.h / 9.5);
        let width = |text: &mut Text, pick: fn(&Row) -> &String, size: f32| {
            rows.iter().map(|row| text.width(pick(row), size)).fold(0.0, f32::max)
        };
        // Beside each other, or the second below the first, whichever makes them larger.
        let beside = step * 0.6;
        let (names, details) = (width(self.text, |r| &r.0, beside), width(self.text, |r| &r.1, beside));
        let size = beside * (room / (names + details + beside * 1.5).max(1.0)).min(1.0);
        let below = step.max((space / rows.len().max(1) as f32).min(self.h / 7.0)) * 0.36;
        let widest = width(self.text, |r| &r.0, below).max(width(self.text, |r| &r.1, below));
        let below = below * (room / widest.max(1.0)).min(1.0);
        let (size, step, second) = if size >= below {
            (size, step, (x + width(self.text, |r| &r.0, size) + size * 1.5, 0.0))
        } else {
            (below, below / 0.36, (x, below * 1.2))
        };
        let line = |n: usize| top + self.h * 0.04 + step * n as f32 + size * 1.15;
        for (n, (name, _)) in rows.iter().enumerate() {
            self.text.line(self.canvas, name, size, (x, line(n)));
        }
        self.canvas.paint(self.rgb, INK, 1.0);
        for (n, (_, detail)) in rows.iter().enumerate() {
            self.text.line(self.canvas, detail, size, (second.0, line(n) + second.1));
        }
        self.canvas.paint(self.rgb, NEAR, 1.0);
    }

    /// Wraps at the size wanted, or as much smaller as the words need; that size, and the number of lines.
    pub(super) fn wrapped<'a, const N: usize>(
        &mut self,
        words: &'a str,
        wanted: f32,
        room: f32,
        lines: &mut [&'a str; N],
    ) -> (f32, usize) {
        let mut size = wanted;
        loop {
            match self.text.wrap(words, size, room, lines) {
                Some(count) => return (size, count),
                None if size > 9.0 => size *= 0.92,
                None => return (size, 0),
            }
        }
    }

    /// Several words, each on as few lines as it takes (three at most), all of one size: that wanted, or as much smaller as
    /// they need.
    fn wrapped_all<'a>(&mut self, all: &'a [String], wanted: f32, room: f32) -> (f32, Vec<&'a str>) {
        let size = all.iter().fold(wanted, |size, words| self.wrapped(words, size, room, &mut [""; 3]).0);
        let mut wrapped = Vec::new();
        for words in all {
            let mut lines = [""; 3];
            let count = self.wrapped(words, size, room, &mut lines).1;
            wrapped.extend_from_slice(&lines[..count]);
        }
        (size, wrapped)
    }

    /// The size wanted, or as much smaller as the words need.
    pub(super) fn fitted(&mut self, words: &str, wanted: f32, room: f32) -> f32 {
        wanted.min(wanted * room / self.text.width(words, wanted).max(1.0)).max(6.0)
    }
}
