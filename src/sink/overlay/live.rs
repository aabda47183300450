//! What a live set shows besides the step: the way into position with a small picture of it, keys, state, what to do
//! when there is no picture.

use super::canvas::{Rect, Spot};
use super::text::Text;
use super::{BACK, Brush, FAULT, INK, Icon, NEAR, Overlay, PANEL, Place, body_columns};
use crate::form::{Exercise, Setup, Step};
use crate::frame::Frame;
use crate::kinematics::View;
use crate::track::Pose;

/// A line of the small picture: from, to; 0..=1 across and down.
type Stroke = [Spot; 2];

/// A body in its start position as the camera is to see it.
pub(super) struct Figure {
    head: Spot,
    /// From neck to tail: drawn as the line of the back.
    back: &'static [Spot],
    limbs: &'static [Stroke],
}

const STANDING_SIDE: Figure = Figure {
    head: (0.52, 0.13),
    back: &[(0.49, 0.22), (0.46, 0.32), (0.48, 0.43), (0.45, 0.53)],
    limbs: &[
        [(0.46, 0.53), (0.49, 0.74)],
        [(0.49, 0.74), (0.46, 0.94)],
        [(0.46, 0.94), (0.58, 0.95)],
        [(0.48, 0.26), (0.46, 0.40)],
        [(0.46, 0.40), (0.52, 0.53)],
    ],
};
const STANDING_FRONT: Figure = Figure {
    head: (0.5, 0.13),
    back: &[(0.5, 0.22), (0.5, 0.53)],
    limbs: &[
        [(0.38, 0.25), (0.62, 0.25)],
        [(0.43, 0.53), (0.57, 0.53)],
        [(0.43, 0.53), (0.40, 0.94)],
        [(0.57, 0.53), (0.60, 0.94)],
        [(0.38, 0.25), (0.32, 0.53)],
        [(0.62, 0.25), (0.68, 0.53)],
    ],
};
const ALL_FOURS: Figure = Figure {
    head: (0.82, 0.40),
    back: &[(0.70, 0.44), (0.58, 0.43), (0.44, 0.46), (0.30, 0.44)],
    limbs: &[[(0.69, 0.45), (0.69, 0.80)], [(0.30, 0.45), (0.31, 0.79)], [(0.31, 0.79), (0.10, 0.80)]],
};
const ON_THE_BACK: Figure = Figure {
    head: (0.12, 0.70),
    back: &[(0.21, 0.76), (0.38, 0.77), (0.55, 0.76)],
    limbs: &[[(0.55, 0.75), (0.57, 0.47)], [(0.57, 0.47), (0.80, 0.48)], [(0.25, 0.74), (0.25, 0.44)]],
};
const ON_THE_SIDE: Figure = Figure {
    head: (0.84, 0.38),
    back: &[(0.72, 0.47), (0.40, 0.64)],
    limbs: &[[(0.40, 0.64), (0.08, 0.79)], [(0.72, 0.48), (0.72, 0.80)], [(0.72, 0.80), (0.88, 0.80)]],
};
const HALF_KNEELING: Figure = Figure {
    head: (0.47, 0.13),
    back: &[(0.45, 0.22), (0.43, 0.38), (0.44, 0.53)],
    limbs: &[
        [(0.44, 0.54), (0.70, 0.57)],
        [(0.70, 0.57), (0.70, 0.93)],
        [(0.70, 0.93), (0.81, 0.94)],
        [(0.44, 0.54), (0.40, 0.91)],
        [(0.40, 0.91), (0.18, 0.93)],
    ],
};
const LEG_RAISED: Figure = Figure {
    head: (0.10, 0.72),
    back: &[(0.19, 0.78), (0.34, 0.79), (0.50, 0.78)],
    limbs: &[[(0.50, 0.77), (0.60, 0.28)], [(0.50, 0.78), (0.94, 0.80)], [(0.22, 0.76), (0.56, 0.50)]],
};

/// The picture for an exercise seen from where it is judged best.
pub(super) fn figure(exercise: &Exercise) -> &'static Figure {
    match exercise.name {
        "bird_dog" => &ALL_FOURS,
        "dead_bug" => &ON_THE_BACK,
        "side_plank" => &ON_THE_SIDE,
        "hip_flexor_stretch" => &HALF_KNEELING,
        "hamstring_stretch" => &LEG_RAISED,
        _ if exercise.camera.first().is_some_and(|place| place.view == View::Front) => &STANDING_FRONT,
        _ => &STANDING_SIDE,
    }
}

/// How much of the picture's height the keys take.
pub(super) const KEYS_SHARE: f32 = 0.052;

impl Overlay {
    /// Draws a live step; on the way into position with the words and the picture for that.
    pub fn draw_live(&mut self, frame: &mut Frame, step: &Step, setup: &Setup) {
        self.draw_with(frame, step, Some(setup));
    }

    /// Turns the picture over as in a mirror, if it is to be.
    pub fn turn(&self, frame: &mut Frame) {
        if self.mirrored {
            crate::sink::picture::mirror(frame);
        }
    }

    /// Along the lower edge the keys ([`Overlay::keys`]), and above them what went wrong ([`Overlay::problem`]).
    pub fn draw_foot(&mut self, frame: &mut Frame) {
        let keys = self.keys;
        if !keys.is_empty() {
            self.brush(frame).keys(keys);
        }
        if !self.problem.is_empty() {
            let problem = std::mem::take(&mut self.problem);
            self.brush(frame).problem(&problem);
            self.problem = problem;
        }
    }

    /// Words on what is on, one below the other, under the badge; those with a dot in front are lit: `● recording`.
    pub fn draw_state(&mut self, frame: &mut Frame, words: &[String]) {
        self.brush(frame).state(words);
    }

    /// Large words in the middle of a darkened picture: paused, over, no camera.
    pub fn draw_board(&mut self, frame: &mut Frame, title: &str, more: &str) {
        self.brush(frame).board(title, more);
    }
}

impl Brush<'_> {
    /// What to do to get going, with a picture of it.
    pub(super) fn setup(
        &mut self,
        exercise: &Exercise,
        setup: &Setup,
        pose: &Pose,
        place: &Place,
        shown: &mut Option<(&'static str, f32)>,
    ) {
        let (icon, words) = match setup {
            Setup::NoPerson => (Icon::Info, crate::form::Hint::StepIntoView.words()),
            Setup::Positioning(ask) => (Icon::Info, ask.words()),
            Setup::Ready(share) => (Icon::Ring(*share), crate::form::Hint::HoldStill.words()),
            Setup::Exercising => return *shown = None,
        };
        self.figure_in(figure(exercise), self.figure_place());
        let middle = shown.filter(|(before, _)| *before == words).map(|(_, middle)| middle);
        *shown = self.banner(icon, words, middle, body_columns(pose, place)).map(|middle| (words, middle));
    }

    /// Side of the small picture, px.
    fn figure_side(&self) -> f32 {
        (self.h * 0.26).min(self.w * 0.26)
    }

    /// A problem, in small words along the lower edge, above the keys.
    fn problem(&mut self, words: &str) {
        let mut lines = [""; PROBLEM_LINES];
        let (size, count) = self.problem_lines(words, &mut lines);
        let (step, cap, h) = (size * 1.3, Text::cap_height(size), problem_height(size, count));
        let rect = Rect { x: 0.0, y: self.h - self.foot - h, w: self.w, h };
        self.panel(rect, 0.0, 0.8);
        for (i, line) in lines[..count].iter().enumerate() {
            let at = (self.margin(), rect.y + size * 0.5 + cap + step * i as f32);
            self.text.line(self.canvas, line, size, at);
        }
        self.canvas.paint(self.rgb, INK, 1.0);
    }

    /// How much of the picture's height a problem takes, px.
    pub(super) fn problem_height(&mut self, words: &str) -> f32 {
        let (size, count) = self.problem_lines(words, &mut [""; PROBLEM_LINES]);
        problem_height(size, count)
    }

    fn problem_lines<'a>(&mut self, words: &'a str, lines: &mut [&'a str; PROBLEM_LINES]) -> (f32, usize) {
        let (size, room) = (self.label_size() * 0.8, self.w - 2.0 * self.margin());
        self.wrapped(words, size, room, lines)
    }

    /// Where the small picture stands, below the counter: at the left edge, or at the right one while somebody stands there.
    pub(super) fn figure_place(&self) -> Rect {
        let (margin, side) = (self.margin(), self.figure_side());
        let top = margin * 2.0 + self.counter_height() + self.label_size() * 1.6;
        let right = self.w - 2.0 * margin - self.meter_width() - side;
        Rect { x: if self.left_taken { right } else { margin }, y: top, w: side, h: side }
    }

    /// The small picture in this square.
    pub(super) fn figure_in(&mut self, figure: &Figure, rect: Rect) {
        let side = rect.w;
        self.panel(rect, side * 0.08, PANEL);
        let at = |(x, y): Spot| (rect.x + x * side, rect.y + (0.03 + y * 0.94) * side);
        let width = (side * 0.045).max(2.0);
        self.canvas.line(at((0.06, 0.97)), at((0.94, 0.97)), (width * 0.4).max(1.5));
        self.canvas.paint(self.rgb, INK, 0.5);
        for [a, b] in figure.limbs {
            self.canvas.line(at(*a), at(*b), width);
        }
        self.canvas.disc(at(figure.head), side * 0.075);
        self.canvas.paint(self.rgb, NEAR, 1.0);
        for pair in figure.back.windows(2) {
            self.canvas.line(at(pair[0]), at(pair[1]), width * 1.15);
        }
        self.canvas.paint(self.rgb, BACK, 1.0);
    }

    fn keys(&mut self, keys: &str) {
        let h = self.h * KEYS_SHARE;
        let bar = Rect { x: 0.0, y: self.h - h, w: self.w, h };
        self.panel(bar, 0.0, 0.78);
        // A narrow picture gets them on two or three lines, whichever makes them largest.
        let room = self.w * 0.97;
        let (mut count, mut size) = (1, 0.0);
        for lines in 1..=3 {
            let high = h * 0.56f32.min(0.8 / lines as f32);
            let widest = key_lines(keys, lines).map(|line| self.text.width(line, high)).fold(1.0, f32::max);
            let fits = high.min(high * room / widest);
            if fits > size {
                (count, size) = (lines, fits);
            }
        }
        let size = size.max(8.0);
        let step = h / count as f32;
        for (i, line) in key_lines(keys, count).enumerate() {
            let x = ((self.w - self.text.width(line, size)) / 2.0).max(0.0);
            let base = bar.y + step * i as f32 + (step + Text::cap_height(size)) / 2.0;
            self.text.line(self.canvas, line, size, (x, base));
        }
        self.canvas.paint(self.rgb, INK, 0.92);
    }

    fn state(&mut self, words: &[String]) {
        let size = self.label_size();
        let (pad, margin, cap) = (size * 0.45, self.margin(), Text::cap_height(size));
        // Left of the meter, below the badge.
        let right = self.w - margin * 2.0 - self.meter_width();
        let mut y = margin * 2.0 + cap + 2.0 * pad;
        for word in words {
            let (lit, word) = word.strip_prefix("● ").map_or((false, word.as_str()), |rest| (true, rest));
            let dot = if lit { size } else { 0.0 };
            // Beside the counter there may be less room than the words want.
            let beside = if y < margin + self.counter_height() { self.counter_end + margin } else { margin };
            let size = self.fitted(word, size, right - beside - dot - 2.0 * pad);
            let w = self.text.width(word, size) + dot;
            let rect = Rect { x: right - w - 2.0 * pad, y, w: w + 2.0 * pad, h: cap + 2.0 * pad };
            self.panel(rect, pad, PANEL);
            self.text.line(self.canvas, word, size, (rect.x + pad + dot, rect.y + pad + cap));
            self.canvas.paint(self.rgb, INK, 1.0);
            if lit {
                self.canvas.disc((rect.x + pad + size * 0.35, rect.y + rect.h / 2.0), size * 0.32);
                self.canvas.paint(self.rgb, FAULT, 1.0);
            }
            y += rect.h + pad * 0.7;
        }
    }

    fn board(&mut self, title: &str, more: &str) {
        self.panel(Rect { x: 0.0, y: 0.0, w: self.w, h: self.h }, 0.0, 0.55);
        let fitted = |text: &mut Text, words: &str, wanted: f32, room: f32| {
            wanted.min(wanted * room / text.width(words, wanted).max(1.0))
        };
        let room = self.w * 0.9;
        let size = fitted(self.text, title, self.h / 9.0, room);
        // Long reasons are broken; where even that does not fit (an address without spaces), they are smaller.
        let mut small = (self.h / 20.0).min(self.w / 18.0);
        while small > 9.0
            && more.lines().any(|line| self.text.wrap(line, small, room, &mut [""; BOARD_LINES]).is_none())
        {
            small *= 0.9;
        }
        let mut lines = [""; 3 * BOARD_LINES];
        let mut count = 0;
        for line in more.lines() {
            let mut broken = [line; BOARD_LINES];
            let n = self.text.wrap(line, small, room, &mut broken).unwrap_or(1);
            for (to, from) in lines[count..].iter_mut().zip(&broken[..n]) {
                *to = from;
                count += 1;
            }
        }
        let height = Text::cap_height(size) + count as f32 * small * 1.5;
        let mut y = (self.h - height) / 2.0 + Text::cap_height(size);
        let x = |text: &mut Text, words: &str, size: f32, w: f32| (w - text.width(words, size)) / 2.0;
        let at = x(self.text, title, size, self.w);
        self.text.line(self.canvas, title, size, (at, y));
        y += small * 0.4;
        for line in &lines[..count] {
            y += small * 1.5;
            let at = x(self.text, line, small, self.w);
            self.text.line(self.canvas, line, small, (at, y));
        }
        self.canvas.paint(self.rgb, INK, 1.0);
    }
}

/// Lines that a problem may take.
const PROBLEM_LINES: usize = 4;

/// Of so many lines of this size, px.
fn problem_height(size: f32, lines: usize) -> f32 {
    if lines == 0 { 0.0 } else { size + Text::cap_height(size) + size * 1.3 * (lines - 1) as f32 }
}

/// Lines that one reason on the board may take.
const BOARD_LINES: usize = 4;

/// What stands between two keys.
const GAP: &str = "   ";

/// The keys on so many lines, about as many on each.
fn key_lines(keys: &str, lines: usize) -> impl Iterator<Item = &str> {
    let per_line = keys.split(GAP).count().div_ceil(lines.max(1));
    let mut rest = keys;
    std::iter::from_fn(move || {
        let end = rest.match_indices(GAP).nth(per_line - 1).map_or(rest.len(), |(at, _)| at);
        let (line, after) = rest.split_at(end);
        rest = after.trim_start();
        (!line.is_empty()).then_some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    #[test]
    fn keys_are_spread_over_lines_and_none_is_lost() {
        let keys = "a one   b two   c three   d four   e five";
        let split = |lines| key_lines(keys, lines).collect::<Vec<_>>();
        assert_eq!(split(1), [keys]);
        assert_eq!(split(2), ["a one   b two   c three", "d four   e five"]);
        assert_eq!(split(3), ["a one   b two", "c three   d four", "e five"]);
        assert!(key_lines("", 2).next().is_none());
    }

    #[test]
    fn long_words_are_broken_rather_than_shrunk_and_any_picture_is_drawn_on() {
        let reason = "http://192.168.178.27:8080/video: io: Connection refused (os error 111): open the address in a browser \
                      to see whether the camera sends pictures (MJPEG)\nwaiting for it; q quits";
        // The white of letters: broken words stay large, so much of it; on one line they would be a few pixels high.
        let white = |frame: &Frame| frame.rgb().chunks(3).filter(|p| p.iter().all(|c| *c > 200)).count();
        for (width, height) in [(1, 1), (16, 9), (90, 160), (640, 480), (720, 1280)] {
            let mut overlay = Overlay::new(&specimen::EXERCISE, width, height);
            overlay.keys = "space pause   n next set   m mute   q quit";
            let mut frame = Frame::new(width, height);
            overlay.draw_board(&mut frame, "", reason);
            let board = white(&frame);
            overlay.problem = reason.into();
            overlay.draw_foot(&mut frame);
            assert!(width < 600 || board * 120 > (width * height) as usize, "{width}x{height}: {board} px of letters");
        }
    }
}
