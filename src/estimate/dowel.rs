//! A dowel held along the spine, as a line in the picture: from the landmarks and the full-resolution picture to a
//! [`DowelLine`], which is the edge that lies against the back.
//!
//! 1. Hips and shoulders give the trunk's axis, the hands whether there can be a dowel at all: one is held behind the neck.
//!    The other, behind the low back, is where models go astray (formcheck's own puts both at the neck in most pictures), so
//!    it is asked for nothing but to be no hand that hangs or reaches forwards.
//! 2. The picture behind the back is read once, turned upright and scaled to the trunk ([`Strip`]).
//! 3. Where one was seen last, one of the same width and colour is sought near there, wherever the hands seem to be; else bars of any
//!    width and slope are voted for, line by line, and the best are looked at closely.
//! 4. Both edges are found in every row to a fraction of a sample, and one straight line is put through all of them. The
//!    flesh of the near side hides part of the dowel's inner edge and hands and arms hide all of it in places, so the outer
//!    edge counts as much, a dowel's width away.
//!
//! Rather no dowel than a wrong one: [`Look::first_time`] and [`Look::again`] say what is asked.
//!
//! Not handled: a dowel bent or seen from elsewhere than the side; anything held by one hand only.

use super::back::{Axis, axis, colour};
use super::head::HeadFollower;
use crate::frame::Frame;
use crate::geometry::ImagePoint;
use crate::pose::{DowelLine, Keypoint, Landmark, Landmarks};
use nalgebra::Vector2;

/// Samples of a trunk length; the strip is as fine whatever the size of the picture.
const TRUNK: f64 = 180.0;
/// Rows lie two samples apart, from below the hips to beyond the head.
const ROWS: usize = 144;
const STEP: f32 = 2.0;
const LOWEST: f32 = -0.15 * TRUNK as f32;
/// Columns lie one sample apart, from before the hips' line to well behind the back.
const COLUMNS: usize = 112;
const FIRST: f32 = -0.12 * TRUNK as f32;
/// Below this a dowel is 5 px wide and its edges blur into each other.
const LEAST_TRUNK_PX: f64 = 90.0;
/// What a dowel may be wide: 18 to 45 mm over a trunk of 490.
const WIDTHS: std::ops::RangeInclusive<f32> = 6.7..=16.6;
/// Widths and slopes that are voted on.
const TRIED_WIDTHS: [f32; 4] = [6.8, 8.6, 10.8, 13.5];
const STEEPEST: f32 = 0.24;
const SLOPES: i32 = 12;
/// Half of the trunk's length: lines are turned about here.
const PIVOT: f32 = 0.6 * TRUNK as f32;
/// The best so many bars are looked at closely.
const LOOKED_AT: usize = 8;
/// An edge of the line lies within this many samples of it.
const NEAR: f32 = 0.8;
/// Grey levels (length of the difference in R, G, B across two samples) of an edge.
const LEAST_EDGE: f32 = 10.0;
/// How far two colours may be apart, each of length one: when nothing is known of the dowel, and when its colour is.
const ALIKE: f32 = 0.13;
pub(super) const SAME: f32 = 0.09;
/// How far from the line of the last picture one is sought, samples and slope.
const STRAY: i32 = 8;
const TURN: i32 = 5;
const TURN_STEP: f32 = 0.01;

/// Finds the dowel in one picture after the other, without allocating.
#[derive(Default)]
pub struct DowelFinder {
    strip: Strip,
    bars: Vec<Bar>,
    numbers: Vec<f32>,
    edges: Vec<[f32; 2]>,
    own: Option<Own>,
    last: Option<Last>,
    head: HeadFollower,
    /// It was found in this picture, or the hands are where they would hold one.
    held: bool,
}

/// A dowel in one picture.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub line: DowelLine,
    pub width_px: f64,
    /// R, G, B of its outer half.
    pub colour: [f32; 3],
}

/// What does not change from picture to picture.
#[derive(Clone, Copy)]
struct Own {
    width_px: f32,
    colour: [f32; 3],
}

/// Where the dowel was seen last.
#[derive(Clone, Copy)]
struct Last {
    /// In the trunk's own frame …
    line: Line,
    /// … and two places of it in the picture: a network's hips and shoulders jump about, the dowel does not.
    picture: [ImagePoint; 2],
}

impl DowelFinder {
    /// The next picture is of somebody else.
    pub fn forget(&mut self) {
        (self.own, self.last) = (None, None);
        self.head.forget();
    }

    /// True while the athlete seems to hold the dowel seen before, found in the last picture or not.
    pub fn is_held(&self) -> bool {
        self.held && self.own.is_some()
    }

    /// What it found in the last picture, with what is known of the dowel.
    pub fn held(&self, line: DowelLine) -> Option<Held> {
        self.own.map(|own| Held { line, width_px: f64::from(own.width_px), colour: own.colour })
    }

    /// `points`, those believed alone, belong to `frame`. `facing`: which way the athlete faces, + to the right of a picture turned so that the
    /// trunk is upright.
    pub fn find(&mut self, frame: &Frame, points: &Landmarks<Option<Keypoint>>, facing: f64) -> Option<DowelLine> {
        self.held = false;
        let axis = axis(points, facing).filter(|axis| axis.length >= LEAST_TRUNK_PX)?;
        let hands = Hands::of(points, &axis);
        self.held = hands.is_some();
        if hands.is_none() && self.last.is_none() {
            return None;
        }
        self.strip.read(frame, &axis);
        let samples_per_px = (TRUNK / axis.length) as f32;
        let again = self.last.zip(self.own).and_then(|(last, own)| self.follow(&last, &own, &axis, samples_per_px));
        let look = match again {
            Some(look) => look,
            None => {
                let hands = hands?;
                self.search(samples_per_px).filter(|look| hands.hold(&look.line))?
            }
        };
        self.held = true;
        self.learn(&look, samples_per_px);
        let at = |along: f32| {
            let px = f64::from(1.0 / samples_per_px);
            axis.at(f64::from(along) * px, f64::from(look.line.at(along)) * px)
        };
        self.last = Some(Last { line: look.line, picture: [at(0.0), at(PIVOT * 2.0)] });
        let mut found = DowelLine {
            top: at(look.seen[1]),
            bottom: at(look.seen[0]),
            head: None,
            thickness: self.own.map(|own| f64::from(own.width_px)),
            covered: self.own.and_then(|own| self.strip.covered(&look.line, look.width, &own.colour)).map(f64::from),
        };
        found.head = self.head.follow(frame, &found, points, &axis);
        Some(found)
    }

    /// Near where it was seen last.
    fn follow(&mut self, last: &Last, own: &Own, axis: &Axis, samples_per_px: f32) -> Option<Look> {
        let width = own.width_px * samples_per_px;
        let [a, b] = last.picture.map(|p| {
            let d = (p - axis.hip) * f64::from(samples_per_px);
            [d.dot(&axis.up) as f32, d.dot(&axis.back) as f32]
        });
        let slope = (b[1] - a[1]) / (b[0] - a[0]);
        let in_picture = Line { slope, offset: a[1] - slope * a[0] };
        let mut best: Option<(f32, Line)> = None;
        for from in [last.line, in_picture] {
            for turn in -TURN..=TURN {
                for stray in -STRAY..=STRAY {
                    let line = from.turned(turn as f32 * TURN_STEP).moved(stray as f32);
                    let far = 0.6 * stray.abs() as f32 + 0.6 * turn.abs() as f32;
                    let score = self.strip.edges_along(&line, width, &own.colour) - far;
                    if best.is_none_or(|(most, _)| score > most) {
                        best = Some((score, line));
                    }
                }
            }
        }
        let look = self.look(best?.1, width, Some(&own.colour))?;
        look.again().then_some(look)
    }

    /// Anywhere behind the back.
    fn search(&mut self, samples_per_px: f32) -> Option<Look> {
        let DowelFinder { strip, bars, .. } = self;
        strip.vote(bars);
        let mut best: Option<Look> = None;
        for n in 0..LOOKED_AT.min(self.bars.len()) {
            let bar = self.bars[n];
            let Some(look) = self.look(bar.line.moved(-0.5 * bar.width), bar.width, None) else { continue };
            let known = self.own.is_none_or(|own| {
                let width = own.width_px * samples_per_px;
                (look.width / width - 1.0).abs() < 0.15 && alike(&look.colour, &own.colour, SAME)
            });
            if known && look.first_time() && best.as_ref().is_none_or(|b| look.score() > b.score()) {
                best = Some(look);
            }
        }
        best
    }

    /// Its width and colour, from pictures that show both edges well. Flesh before the dowel makes it look narrower,
    /// nothing makes it look wider.
    fn learn(&mut self, look: &Look, samples_per_px: f32) {
        let Some(width_px) = look.own_width.map(|w| w / samples_per_px) else { return };
        let own = self.own.get_or_insert(Own { width_px, colour: look.colour });
        if look.both > 0.15 {
            let share = if width_px > own.width_px { 0.1 } else { 0.01 };
            own.width_px += share * (width_px - own.width_px);
            own.colour = std::array::from_fn(|c| own.colour[c] + 0.1 * (look.colour[c] - own.colour[c]));
        }
    }

    /// Closely along a line (the inner edge). With a colour, the width is the dowel's own too.
    fn look(&mut self, guess: Line, width: f32, known: Option<&[f32; 3]>) -> Option<Look> {
        let DowelFinder { strip, numbers, edges, .. } = self;
        let (mut line, mut width) = (guess, width);
        let mut rows = [Row::default(); ROWS];
        for _ in 0..2 {
            edges.clear();
            for (r, row) in rows.iter_mut().enumerate() {
                let inner = line.at(along(r));
                row.inner = strip.edge(r, inner, 0.35 * width);
                row.outer = strip.edge(r, inner + width, 0.35 * width);
                edges.extend(row.outer.map(|out| [along(r), out]));
            }
            let outer = fit(edges, numbers)?;
            for (r, row) in rows.iter_mut().enumerate() {
                row.outer = row.outer.filter(|out| (out - outer.at(along(r))).abs() < NEAR);
            }
            if known.is_none() {
                numbers.clear();
                numbers.extend(rows.iter().enumerate().filter_map(|(r, row)| {
                    row.outer.and(row.inner).map(|inner| outer.at(along(r)) - inner).filter(|w| WIDTHS.contains(w))
                }));
                width = commonest(numbers)?;
            }
            line = outer.moved(-width);
        }
        for (r, row) in rows.iter_mut().enumerate() {
            row.inner = row.inner.filter(|inner| (inner - line.at(along(r))).abs() < NEAR);
            row.colour = strip.within(r, line.at(along(r)), width);
        }
        let own_width = {
            numbers.clear();
            let both = rows.iter().enumerate().filter(|(_, row)| row.outer.is_some());
            numbers.extend(both.filter_map(|(r, row)| Some(line.at(along(r)) + width - row.inner?)));
            if numbers.len() >= 8 { median(numbers) } else { None }
        };
        let own_colour = middle_colour(&rows, numbers)?;
        let (reference, limit) = known.map_or((&own_colour, ALIKE), |colour| (colour, SAME));
        edges.clear();
        let (mut outer, mut both, mut seen) = (0.0f32, 0.0f32, [f32::INFINITY, f32::NEG_INFINITY]);
        for (r, row) in rows.iter().enumerate() {
            let place = along(r);
            if !alike(&row.colour, reference, limit) || row.outer.or(row.inner).is_none() {
                continue;
            }
            edges.extend(row.outer.map(|out| [place, out - width]));
            edges.extend(row.inner.map(|inner| [place, inner]));
            seen = [seen[0].min(place), seen[1].max(place)];
            if BESIDE_TRUNK.contains(&place) {
                outer += f32::from(u8::from(row.outer.is_some()));
                both += f32::from(u8::from(row.outer.is_some() && row.inner.is_some()));
            }
        }
        let rows_beside = ((BESIDE_TRUNK.end() - BESIDE_TRUNK.start()) / STEP).max(1.0);
        let line = fit(edges, numbers)?;
        numbers.clear();
        numbers.extend(edges.iter().map(|[a, out]| (line.at(*a) - out).abs()));
        let scatter = median(numbers)?;
        let (outer, both) = (outer / rows_beside, both / rows_beside);
        Some(Look { line, width, own_width, colour: own_colour, outer, both, scatter, seen })
    }
}

/// From the hips to a little beyond the shoulders.
const BESIDE_TRUNK: std::ops::RangeInclusive<f32> = -0.1 * TRUNK as f32..=1.2 * TRUNK as f32;

/// Beside the low back, and how far in front of the dowel there is flesh whatever the gap.
const LOW_BACK: std::ops::RangeInclusive<f32> = 0.12 * TRUNK as f32..=0.4 * TRUNK as f32;
const FLESH: [f32; 2] = [0.16 * TRUNK as f32, 0.12 * TRUNK as f32];
/// It is unlike the dowel in at least this share of the rows there, or nobody can tell what lies over it.
const MOSTLY: f32 = 0.7;

/// Where a row lies along the trunk, samples from the hips.
fn along(row: usize) -> f32 {
    LOWEST + STEP * row as f32
}

/// A line in the trunk's frame, samples: how far behind the hips' line by how far along it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    slope: f32,
    offset: f32,
}

impl Line {
    fn at(&self, along: f32) -> f32 {
        self.slope * along + self.offset
    }

    fn moved(&self, by: f32) -> Line {
        Line { offset: self.offset + by, ..*self }
    }

    fn turned(&self, by: f32) -> Line {
        Line { slope: self.slope + by, offset: self.offset - by * PIVOT }
    }
}

/// What one row shows of a line.
#[derive(Clone, Copy, Default)]
struct Row {
    inner: Option<f32>,
    outer: Option<f32>,
    colour: [f32; 3],
}

/// A bar found by voting; `line` is its middle.
#[derive(Clone, Copy)]
struct Bar {
    votes: f32,
    width: f32,
    line: Line,
}

/// A line looked at closely.
struct Look {
    /// The inner edge.
    line: Line,
    /// Samples.
    width: f32,
    /// As this picture alone has it.
    own_width: Option<f32>,
    colour: [f32; 3],
    /// Share of the rows beside the trunk where the outer edge is seen, and where both are.
    outer: f32,
    both: f32,
    /// Median distance of the edges from the line, samples.
    scatter: f32,
    /// The lowest and the highest place where it is seen.
    seen: [f32; 2],
}

impl Look {
    fn score(&self) -> f32 {
        self.outer + self.both
    }

    /// Somewhere between hips and shoulder blades it comes as near as a back lies behind the joints: 150 mm at most.
    fn at_the_back(&self) -> bool {
        let nearest = self.line.at(0.1 * TRUNK as f32).min(self.line.at(0.75 * TRUNK as f32));
        (0.0..=0.3 * TRUNK as f32).contains(&nearest)
    }

    /// RULES.md asks for a straight line over 60 % of the dowel. Hands and the near arm hide a quarter of it on every clip
    /// and are no reason to doubt the line, so what is asked is seen over nearly all of its length (from below 60 % of the
    /// trunk apart), on more than 40 % of it beside the trunk, somewhat less of a very straight one …
    fn first_time(&self) -> bool {
        let clear = self.scatter <= 0.35 && self.outer >= 0.42 && self.both >= 0.15;
        let straight = self.scatter <= 0.25 && self.outer >= 0.36 && self.both >= 0.11;
        self.at_the_back() && self.long() && (clear || straight)
    }

    /// … and of a dowel known by width, colour and place on a quarter.
    fn again(&self) -> bool {
        self.at_the_back() && self.long() && self.scatter <= 0.33 && self.outer >= 0.24
    }

    fn long(&self) -> bool {
        self.seen[1] - self.seen[0] >= 0.9 * TRUNK as f32
    }
}

/// Wrists in the trunk's frame, samples: along and behind.
struct Hands([Option<[f32; 2]>; 2]);

impl Hands {
    /// `None` unless they may hold a dowel behind the back: behind the trunk's line, one of them at the neck. The other need
    /// not be seen.
    fn of(points: &Landmarks<Option<Keypoint>>, axis: &Axis) -> Option<Hands> {
        let hands = Hands([Landmark::LeftWrist, Landmark::RightWrist].map(|wrist| {
            let d: Vector2<f64> = points[wrist]?.at - axis.hip;
            Some([d.dot(&axis.up), d.dot(&axis.back)].map(|px| (px / axis.length * TRUNK) as f32))
        }));
        let share = |v: f32| v / TRUNK as f32;
        let behind = hands.seen().all(|[a, b]| (0.0..=1.7).contains(&share(a)) && (-0.1..=0.75).contains(&share(b)));
        let at_the_neck = hands.seen().any(|[a, _]| share(a) > 0.7);
        (behind && at_the_neck).then_some(hands)
    }

    fn seen(&self) -> impl Iterator<Item = [f32; 2]> + '_ {
        self.0.iter().flatten().copied()
    }

    /// The wrists lie a hand's length behind the line at most, and not much before it.
    fn hold(&self, line: &Line) -> bool {
        self.seen().all(|[a, b]| (-0.2..=0.32).contains(&((b - line.at(a)) / TRUNK as f32)))
    }
}

/// The picture behind the back, the trunk upright and the back to the right.
#[derive(Default)]
struct Strip {
    /// `ROWS · COLUMNS`
    rgb: Vec<[f32; 3]>,
    /// How much the colour changes across.
    steep: Vec<f32>,
    /// How much a place looks like the middle of a bar of one width.
    barred: Vec<f32>,
}

impl Strip {
    fn read(&mut self, frame: &Frame, axis: &Axis) {
        let px = axis.length / TRUNK;
        self.rgb.clear();
        for r in 0..ROWS {
            for c in 0..COLUMNS {
                let p = axis.at(f64::from(along(r)) * px, f64::from(FIRST + c as f32) * px);
                self.rgb.push(colour(frame, p));
            }
        }
        self.steep.clear();
        self.steep.resize(ROWS * COLUMNS, 0.0);
        for (rgb, steep) in self.rgb.chunks_exact(COLUMNS).zip(self.steep.chunks_exact_mut(COLUMNS)) {
            for c in 1..COLUMNS - 1 {
                steep[c] = apart(&rgb[c + 1], &rgb[c - 1]);
            }
        }
    }

    /// The edge of a row nearest to a place, within `reach`; one much weaker than another there is passed over.
    fn edge(&self, row: usize, place: f32, reach: f32) -> Option<f32> {
        let steep = &self.steep[row * COLUMNS..(row + 1) * COLUMNS];
        let place = place - FIRST;
        let low = (place - reach).ceil().max(1.0) as usize;
        let high = (place + reach).floor().min(COLUMNS as f32 - 2.0);
        if high < low as f32 {
            return None;
        }
        let high = high as usize;
        let strongest = steep[low..=high].iter().copied().fold(0.0, f32::max);
        let least = LEAST_EDGE.max(0.35 * strongest);
        let mut nearest: Option<f32> = None;
        for c in low..=high {
            let (before, here, after) = (steep[c - 1], steep[c], steep[c + 1]);
            if here >= least && here >= before && here > after {
                // The top of the parabola through the three.
                let at = c as f32 + 0.5 * (before - after) / (before - 2.0 * here + after);
                if nearest.is_none_or(|n| (at - place).abs() < (n - place).abs()) {
                    nearest = Some(at);
                }
            }
        }
        nearest.map(|at| at + FIRST)
    }

    /// The mean colour of the dowel's outer half: flesh may cover the inner one.
    fn within(&self, row: usize, inner: f32, width: f32) -> [f32; 3] {
        let low = (inner - FIRST + 0.55 * width).clamp(0.0, COLUMNS as f32 - 1.0) as usize;
        let high = (inner - FIRST + 0.9 * width).clamp(low as f32, COLUMNS as f32 - 1.0) as usize;
        mean(&self.rgb[row * COLUMNS..(row + 1) * COLUMNS][low..=high])
    }

    /// The share of the rows beside the low back in which something lies over the dowel, a hand or the back itself. `None` where
    /// flesh looks like the dowel.
    fn covered(&self, line: &Line, width: f32, like: &[f32; 3]) -> Option<f32> {
        let (mut rows, mut unlike, mut covered) = (0.0, 0.0, 0.0);
        for row in (0..ROWS).filter(|row| LOW_BACK.contains(&along(*row))) {
            let inner = line.at(along(row));
            let [from, to] =
                FLESH.map(|in_front| (inner - FIRST - in_front).round().clamp(0.0, COLUMNS as f32) as usize);
            let flesh = mean(&self.rgb[row * COLUMNS..(row + 1) * COLUMNS][from..to]);
            rows += 1.0;
            unlike += f32::from(u8::from(!alike(&flesh, like, ALIKE)));
            covered += f32::from(u8::from(!alike(&self.within(row, inner, width), like, SAME)));
        }
        (unlike >= MOSTLY * rows).then(|| covered / rows)
    }

    /// How strong the edges are that run along both sides of a bar of this colour.
    fn edges_along(&self, line: &Line, width: f32, like: &[f32; 3]) -> f32 {
        let mut sum = 0.0;
        for row in 0..ROWS {
            let inner = line.at(along(row)) - FIRST;
            let [inner, within, outer] = [inner, inner + 0.7 * width, inner + width].map(|v| v.round());
            if inner < 1.0 || outer > COLUMNS as f32 - 2.0 {
                continue;
            }
            let at = |column: f32| row * COLUMNS + column as usize;
            if alike(&self.rgb[at(within)], like, SAME) {
                sum += (self.steep[at(inner)].min(40.0) + self.steep[at(outer)].min(40.0)) * (1.0 / 40.0);
            }
        }
        sum
    }

    /// Fills `bars` with the best few, best first.
    fn vote(&mut self, bars: &mut Vec<Bar>) {
        bars.clear();
        for width in TRIED_WIDTHS {
            self.bar(width);
            for turn in -SLOPES..=SLOPES {
                let slope = turn as f32 * STEEPEST / SLOPES as f32;
                let mut votes = [0.0f32; COLUMNS];
                for (row, barred) in self.barred.chunks_exact(COLUMNS).enumerate() {
                    let shift = (slope * (along(row) - PIVOT)).round() as i32;
                    let first = (-shift).clamp(0, COLUMNS as i32) as usize;
                    let last = (COLUMNS as i32 - shift).clamp(0, COLUMNS as i32) as usize;
                    for (votes, c) in votes[first..last.max(first)].iter_mut().zip(first..) {
                        *votes += barred[(c as i32 + shift) as usize];
                    }
                }
                for (c, &votes) in votes.iter().enumerate() {
                    if votes > 0.0 {
                        let line = Line { slope, offset: FIRST + c as f32 - slope * PIVOT };
                        keep_best(bars, Bar { votes, width, line });
                    }
                }
            }
        }
        bars.sort_unstable_by(|a, b| b.votes.total_cmp(&a.votes));
    }

    /// Fills `barred`: unlike both sides, and alike within.
    fn bar(&mut self, width: f32) {
        self.barred.clear();
        self.barred.resize(ROWS * COLUMNS, 0.0);
        let half = 0.5 * width;
        let inside = (half - 0.5) as usize;
        let (beside, gap) = (((0.3 * width) as usize).max(2), (half + 1.0).round() as usize);
        let margin = gap + beside;
        for (rgb, barred) in self.rgb.chunks_exact(COLUMNS).zip(self.barred.chunks_exact_mut(COLUMNS)) {
            for c in margin..COLUMNS - margin {
                let (left, right) = (mean(&rgb[c - inside..c]), mean(&rgb[c + 1..=c + inside]));
                let middle: [f32; 3] = std::array::from_fn(|i| 0.5 * (left[i] + right[i]));
                let before = mean(&rgb[c + 1 - margin..=c - gap]);
                let behind = mean(&rgb[c + gap..c + margin]);
                let stands_out = apart(&middle, &before).min(apart(&middle, &behind));
                barred[c] = ((stands_out - 0.7 * apart(&left, &right) - 8.0) * (1.0 / 30.0)).clamp(0.0, 1.0);
            }
        }
    }
}

/// Keeps the best [`LOOKED_AT`], each some way from the others.
fn keep_best(bars: &mut Vec<Bar>, bar: Bar) {
    let close = |b: &Bar| {
        let off = b.line.at(PIVOT) - bar.line.at(PIVOT);
        off.abs() <= 0.02 * TRUNK as f32 && (b.line.slope - bar.line.slope).abs() <= 0.05
    };
    if let Some(same) = bars.iter_mut().find(|b| close(b)) {
        if bar.votes > same.votes {
            *same = bar;
        }
    } else if bars.len() < LOOKED_AT {
        bars.push(bar);
    } else if let Some(least) = bars.iter_mut().min_by(|a, b| a.votes.total_cmp(&b.votes))
        && bar.votes > least.votes
    {
        *least = bar;
    }
}

/// A straight line through most of the points (place, out): those far off are left out, again and again.
fn fit(points: &[[f32; 2]], numbers: &mut Vec<f32>) -> Option<Line> {
    let mut line: Option<Line> = None;
    let mut limit = f32::INFINITY;
    for _ in 0..8 {
        let (mut n, mut a, mut b, mut aa, mut ab) = (0.0f64, 0.0, 0.0, 0.0, 0.0);
        for &[place, out] in points {
            if line.is_none_or(|line| (out - line.at(place)).abs() < limit) {
                let (x, y) = (f64::from(place), f64::from(out));
                (n, a, b, aa, ab) = (n + 1.0, a + x, b + y, aa + x * x, ab + x * y);
            }
        }
        let spread = n * aa - a * a;
        if n < 10.0 || spread < 1.0 {
            return None;
        }
        let slope = (n * ab - a * b) / spread;
        let fitted = Line { slope: slope as f32, offset: ((b - slope * a) / n) as f32 };
        numbers.clear();
        numbers.extend(points.iter().map(|[place, out]| (out - fitted.at(*place)).abs()));
        limit = (1.5 * median(numbers)?).clamp(NEAR, 2.0);
        line = Some(fitted);
    }
    line
}

/// The mean of those values that most others lie near to.
fn commonest(values: &[f32]) -> Option<f32> {
    const CLOSE: f32 = 0.6;
    let near = |v: f32| values.iter().copied().filter(move |w| (w - v).abs() < CLOSE);
    let middle = values.iter().copied().max_by_key(|v| near(*v).count()).filter(|_| values.len() >= 6)?;
    Some(near(middle).sum::<f32>() / near(middle).count() as f32)
}

/// Reorders the values.
fn median(values: &mut [f32]) -> Option<f32> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// Of the rows that show both edges, or failing those the outer one.
fn middle_colour(rows: &[Row; ROWS], numbers: &mut Vec<f32>) -> Option<[f32; 3]> {
    let both = rows.iter().filter(|row| row.outer.and(row.inner).is_some()).count() > 3;
    let mut colour = [0.0; 3];
    for (c, value) in colour.iter_mut().enumerate() {
        numbers.clear();
        let shown = rows.iter().filter(|row| row.outer.is_some() && (!both || row.inner.is_some()));
        numbers.extend(shown.map(|row| row.colour[c]));
        *value = median(numbers)?;
    }
    Some(colour)
}

/// Of one hue, whatever the light: lit and shaded halves of a round bar are of one hue, and up to twice as bright.
pub(super) fn alike(a: &[f32; 3], b: &[f32; 3], limit: f32) -> bool {
    let length = |v: &[f32; 3]| v.iter().map(|v| v * v).sum::<f32>().sqrt() + 1e-6;
    let (la, lb) = (length(a), length(b));
    let hue: f32 = a.iter().zip(b).map(|(a, b)| (a / la - b / lb).powi(2)).sum::<f32>().sqrt();
    hue < limit && (0.45..=2.0).contains(&(la / lb))
}

fn apart(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

fn mean(of: &[[f32; 3]]) -> [f32; 3] {
    let share = 1.0 / of.len().max(1) as f32;
    std::array::from_fn(|c| of.iter().map(|rgb| rgb[c]).sum::<f32>() * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trunk 200 px long with a dowel behind it; everything in the trunk's own frame, trunk lengths.
    #[derive(Clone, Copy)]
    struct Drawing {
        hip: ImagePoint,
        /// Of "up the trunk" clockwise from screen up, degrees.
        turn_deg: f64,
        facing: f64,
        /// The inner edge behind the hips' line, at the hips, and its slope.
        offset: f64,
        slope: f64,
        width: f64,
        dowel: [f64; 3],
        /// Along the dowel, from and to: hidden by an arm.
        hidden: [f64; 2],
        /// Along the trunk: from where the back is round enough to cover the inner half of the dowel.
        covered_from: f64,
    }

    const LENGTH: f64 = 200.0;
    const WALL: [f64; 3] = [190.0, 185.0, 175.0];
    const SHIRT: [f64; 3] = [70.0, 85.0, 150.0];
    const SKIN: [f64; 3] = [200.0, 150.0, 120.0];
    const WOOD: [f64; 3] = [150.0, 115.0, 60.0];

    const STANDING: Drawing = Drawing {
        hip: ImagePoint::new(320.3, 420.7),
        turn_deg: 0.0,
        facing: 1.0,
        offset: 0.17,
        slope: -0.04,
        width: 0.05,
        dowel: WOOD,
        hidden: [0.45, 0.6],
        covered_from: 9.0,
    };

    impl Drawing {
        fn axis(&self) -> Axis {
            let (sin, cos) = self.turn_deg.to_radians().sin_cos();
            let up = Vector2::new(sin, -cos);
            Axis { hip: self.hip, up, back: Vector2::new(-up.y, up.x) * -self.facing, length: LENGTH }
        }

        fn at(&self, along: f64, out: f64) -> ImagePoint {
            self.axis().at(along * LENGTH, out * LENGTH)
        }

        /// The mean over 4 × 4 places of every pixel.
        fn frame(&self) -> Frame {
            let (width, height) = (640, 640);
            let mut frame = Frame::new(width, height);
            let axis = self.axis();
            for (n, rgb) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
                let (x, y) = ((n as u32 % width) as f64, (n as u32 / width) as f64);
                let mut sum = [0.0; 3];
                for part in 0..16 {
                    let place = |part: i32| f64::from(part) * 0.25 - 0.375;
                    let d = ImagePoint::new(x + place(part % 4), y + place(part / 4)) - axis.hip;
                    let colour = self.colour(d.dot(&axis.up) / LENGTH, d.dot(&axis.back) / LENGTH);
                    (0..3).for_each(|c| sum[c] += colour[c] / 16.0);
                }
                // Not a picture of flat colours only.
                let grain = f64::from((n as u32).wrapping_mul(2_654_435_761) >> 29) - 3.5;
                (0..3).for_each(|c| rgb[c] = (sum[c] + grain).round() as u8);
            }
            frame
        }

        fn colour(&self, along: f64, out: f64) -> [f64; 3] {
            let inner = self.offset + self.slope * along;
            let behind = out - inner;
            let arm = (self.hidden[0]..self.hidden[1]).contains(&along) && (-0.1..0.3).contains(&behind);
            let body = out > -0.2 && (-1.5..1.35).contains(&along);
            let skin = if along >= self.covered_from { 0.5 * self.width } else { 0.0 };
            match () {
                () if arm => SKIN,
                () if body && behind < skin => SHIRT,
                () if (0.0..self.width).contains(&behind) && (-0.3..1.6).contains(&along) => self.dowel,
                () => WALL,
            }
        }

        fn points(&self) -> Landmarks<Option<Keypoint>> {
            use Landmark::*;
            let mut points = Landmarks::default();
            let line = |along: f64| self.offset + self.slope * along;
            for (landmark, along, out) in [
                (LeftHip, 0.0, 0.0),
                (RightHip, 0.0, 0.01),
                (LeftShoulder, 1.0, 0.0),
                (RightShoulder, 1.0, -0.01),
                (LeftWrist, 0.5, line(0.5) + 0.1),
                (RightWrist, 1.25, line(1.25) + 0.15),
            ] {
                points[landmark] = Some(Keypoint { at: self.at(along, out), score: 0.9 });
            }
            points
        }

        fn found_by(&self, finder: &mut DowelFinder) -> Option<DowelLine> {
            finder.find(&self.frame(), &self.points(), self.facing)
        }

        /// How far the ends of the line found are from the inner edge, px.
        fn off(&self, found: &DowelLine) -> f64 {
            let axis = self.axis();
            let off = |p: ImagePoint| {
                let d = (p - axis.hip) / LENGTH;
                (d.dot(&axis.back) - self.offset - self.slope * d.dot(&axis.up)) * LENGTH
            };
            off(found.top).abs().max(off(found.bottom).abs())
        }

        fn ends(&self, found: &DowelLine) -> [f64; 2] {
            [found.bottom, found.top].map(|p| (p - self.hip).dot(&self.axis().up) / LENGTH)
        }
    }

    fn alone(drawing: Drawing) -> Option<DowelLine> {
        drawing.found_by(&mut DowelFinder::default())
    }

    #[test]
    fn the_edge_against_the_back_is_found_in_any_turn_and_mirrored() {
        for facing in [1.0, -1.0] {
            for turn_deg in [0.0, 37.0, 80.0, -15.0] {
                for (slope, width, dowel) in [(-0.04, 0.05, WOOD), (0.09, 0.075, [30.0, 30.0, 30.0])] {
                    let drawing = Drawing { turn_deg: turn_deg * facing, facing, slope, width, dowel, ..STANDING };
                    let found = alone(drawing).unwrap_or_else(|| panic!("none at {turn_deg}, slope {slope}"));
                    let off = drawing.off(&found);
                    assert!(off < 0.35, "{off} px off at {turn_deg}, slope {slope}, facing {facing}");
                    let [bottom, top] = drawing.ends(&found);
                    assert!(bottom < -0.1 && top > 1.2, "{bottom} {top}");
                }
            }
        }
    }

    #[test]
    fn a_dowel_that_is_known_is_followed_where_the_back_covers_half_of_it() {
        let mut finder = DowelFinder::default();
        assert!(STANDING.found_by(&mut finder).is_some());
        for n in 1..=20 {
            let turn_deg = 3.0 * f64::from(n);
            let drawing = Drawing { turn_deg, covered_from: 1.4 - 0.06 * f64::from(n), ..STANDING };
            let found = drawing.found_by(&mut finder).unwrap_or_else(|| panic!("lost at {turn_deg}"));
            assert!(drawing.off(&found) < 0.5, "{} px off at {turn_deg}", drawing.off(&found));
        }
    }

    #[test]
    fn a_dowel_that_is_known_needs_no_hands_and_waits_while_it_is_hidden() {
        let mut finder = DowelFinder::default();
        assert!(STANDING.found_by(&mut finder).is_some());
        let mut points = STANDING.points();
        (points[Landmark::LeftWrist], points[Landmark::RightWrist]) = (None, None);
        let hidden = Drawing { hidden: [-0.3, 1.6], ..STANDING };
        assert!(finder.find(&hidden.frame(), &points, 1.0).is_none());
        let found = finder.find(&STANDING.frame(), &points, 1.0).expect("the dowel of before");
        assert!(STANDING.off(&found) < 0.5 && finder.is_held());
    }

    #[test]
    fn hips_and_shoulders_that_jump_about_do_not_move_it() {
        let mut finder = DowelFinder::default();
        for n in 0..12 {
            let mut points = STANDING.points();
            for (m, landmark) in [Landmark::LeftHip, Landmark::RightShoulder].into_iter().enumerate() {
                let jump = f64::from((n * 7 + m as i32 * 5) % 11 - 5);
                points[landmark].iter_mut().for_each(|k| k.at.x += jump);
            }
            let found = finder.find(&STANDING.frame(), &points, 1.0).unwrap_or_else(|| panic!("lost in picture {n}"));
            assert!(STANDING.off(&found) < 0.5, "{} px", STANDING.off(&found));
        }
    }

    #[test]
    fn what_lies_over_it_beside_the_low_back_is_told() {
        let covered = |hidden: [f64; 2]| alone(Drawing { hidden, ..STANDING }).expect("a dowel").covered;
        assert_eq!(covered(STANDING.hidden), Some(0.0));
        assert!(covered([0.25, 0.6]).is_some_and(|share| (0.4..0.65).contains(&share)), "{:?}", covered([0.25, 0.6]));
        assert!(covered([0.1, 0.45]).is_some_and(|share| share > 0.95), "{:?}", covered([0.1, 0.45]));
        let shirt = Drawing { dowel: [75.0, 90.0, 158.0], ..STANDING };
        assert!(alone(shirt).is_none_or(|found| found.covered.is_none()), "a dowel that looks like the shirt");
    }

    #[test]
    fn without_a_dowel_none_is_found() {
        assert!(alone(Drawing { dowel: WALL, ..STANDING }).is_none());
        // The edge of a shirt on a stripe as wide as the body.
        assert!(alone(Drawing { width: 0.3, ..STANDING }).is_none());
        // A cable.
        assert!(alone(Drawing { width: 0.012, ..STANDING }).is_none());
    }

    #[test]
    fn a_bar_on_the_wall_behind_is_no_dowel() {
        assert!(alone(Drawing { offset: 0.42, ..STANDING }).is_none());
    }

    #[test]
    fn hands_that_hold_nothing_mean_no_dowel() {
        let held = STANDING.points();
        let find = |wrist: Landmark, along: f64, out: f64| {
            let mut points = held;
            points[wrist] = Some(Keypoint { at: STANDING.at(along, out), score: 0.9 });
            DowelFinder::default().find(&STANDING.frame(), &points, 1.0)
        };
        assert!(find(Landmark::LeftWrist, 0.5, 0.25).is_some());
        assert!(find(Landmark::LeftWrist, 0.8, -0.4).is_none(), "a hand before the chest");
        assert!(find(Landmark::RightWrist, 0.4, 0.25).is_none(), "both hands low");
        assert!(find(Landmark::LeftWrist, 1.2, 0.25).is_some(), "a model may see both at the neck");
        let mut unseen = held;
        (unseen[Landmark::LeftWrist], unseen[Landmark::RightWrist]) = (None, None);
        assert!(DowelFinder::default().find(&STANDING.frame(), &unseen, 1.0).is_none(), "no hand seen");
    }

    #[test]
    fn a_dowel_mostly_hidden_is_not_guessed() {
        assert!(alone(Drawing { hidden: [0.1, 1.3], ..STANDING }).is_none());
    }

    #[test]
    fn somebody_else_s_dowel_may_be_another() {
        let mut finder = DowelFinder::default();
        let thick = Drawing { width: 0.08, dowel: [30.0, 60.0, 30.0], ..STANDING };
        assert!(STANDING.found_by(&mut finder).is_some());
        assert!(thick.found_by(&mut finder).is_none(), "the dowel does not change in the hands");
        finder.forget();
        assert!(thick.found_by(&mut finder).is_some());
    }
}
