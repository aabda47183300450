//! The outline of the trunk on the back's side, to a fraction of a picture px.
//!
//! Along [`ROWS`] lines across the trunk the mask says about where the outline is; it is good to some px of the network's
//! input, which are several of the picture. A strip of the full-resolution picture on either side of it is then read,
//! turned into "how much is this like what lies outside", by colours learnt on either side in the strip itself, and the border
//! between the two is sought that is consistent along the back (dynamic programming). A robust smooth curve through the
//! borders drops rows that lead astray.

use crate::estimate::dowel::{Held, SAME, alike};
use crate::frame::{Frame, Mask};
use crate::geometry::ImagePoint;
use crate::pose::DowelLine;
use nalgebra::Vector2;

/// Lines across the trunk.
pub(super) const ROWS: usize = 64;
/// Where the first and the last of them cross the line from hip (0) to shoulder (1).
pub(super) const FIRST: f64 = -0.45;
pub(super) const LAST: f64 = 1.05;
/// Samples across the strip of one row; odd.
const ACROSS: usize = 41;
const MIDDLE: usize = ACROSS / 2;
/// Half the strip is this many cells of the mask wide: its border is off by up to 3 where a back rounds (BlazePose on
/// rendered clips), and what colours are learnt from must lie beyond.
const HALF_CELLS: f64 = 5.0;
/// A back lies at most this far behind the line from hip to shoulder, trunk lengths.
const FARTHEST: f64 = 0.6;
/// A mask that begins again within this distance has a hole, trunk lengths.
const HOLE: f64 = 0.12;
/// Samples on either side of the border that colours are learnt from: so many away, so many of them. First of the mask's
/// border, which may be off; then of the border found, so near that what lies further off, a hanging arm say, has no part
/// in it.
const RIMS: [(usize, usize); 2] = [(7, 7), (3, 6)];
/// Rows on either side that share their colours.
const SHARED_ROWS: usize = 2;
/// Both sides differ by at least so many standard deviations of what either looks like, or there is no edge to see; that
/// is at least, and at most, so many grey levels (length of the difference of R, G, B): a video's coding alone makes steps
/// of one or two, and a pattern is no noise.
const CONTRAST_SDS: f32 = 3.0;
const LEAST_CONTRAST: std::ops::RangeInclusive<f32> = 2.5..=12.0;
/// Beside a dowel the strip reaches this far to either side of its inner edge, trunk lengths: 78 mm of 490, more than the
/// gap of an arched back (54).
const BESIDE: f64 = 0.16;
/// Samples there that show flesh whatever the gap is.
const FLESH: std::ops::Range<usize> = 0..5;
/// What a sharp edge is worth beside a dowel, where the shade of a round back may be as dark as a wall, and the step in
/// grey levels that is clear enough for all of it.
const EDGE_SAY: f32 = 2.0;
const CLEAR_STEP: f32 = 30.0;
/// What differs from flesh by less, grey levels, may be flesh in another light.
const LEAST_BESIDE: f32 = 14.0;
/// Flesh in its own shade is at darkest this share of what it is in the light, and is taken to differ by this share of what
/// it is darker by.
const DEEPEST_SHADE: f32 = 0.55;
const SHADE_SAY: f32 = 0.3;
/// Samples that the border may move by it and be believed: 8 mm.
const SHADE_OR_WALL: usize = 2;
/// Samples that the border may move from one row to the next, and what a step costs.
const MOST_STEP: usize = 3;
const STEP_COST: f32 = 0.35;
/// The mask's own say, per squared cell; a sample on the wrong side costs 1.
const MASK_SAY: f32 = 0.15;
/// Stiffness of the smooth curve: half of a wave of a quarter of the trunk is left, nearly all of one of half a trunk.
const STIFFNESS: f64 = 4.0;
/// The smooth curve is believed across this many rows without an edge: a tenth of the trunk.
const BRIDGED: usize = 4;
/// A second edge within the first has at least this much of its contrast.
const SECOND: f32 = 0.4;
/// A row further than this many robust standard deviations from the curve is dropped.
const OUTLIER_SDS: f64 = 3.0;

/// The line from hip to shoulder and the way to the back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::estimate) struct Axis {
    /// Middle of the hips, picture px.
    pub hip: ImagePoint,
    /// Unit vector from hips to shoulders.
    pub up: Vector2<f64>,
    /// Unit vector across it, towards the back.
    pub back: Vector2<f64>,
    /// From hips to shoulders, px.
    pub length: f64,
}

impl Axis {
    /// Where a row crosses, trunk lengths from the hips.
    pub fn place(row: usize) -> f64 {
        FIRST + (LAST - FIRST) * row as f64 / (ROWS - 1) as f64
    }

    /// The row, between rows, at a place.
    pub fn row(place: f64) -> f64 {
        (place - FIRST) / (LAST - FIRST) * (ROWS - 1) as f64
    }

    /// px along the axis, px towards the back → picture.
    pub fn at(&self, along: f64, out: f64) -> ImagePoint {
        self.hip + self.up * along + self.back * out
    }
}

/// The smooth outline: one point per row, in the axis' own coordinates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outline {
    /// px towards the back.
    pub out: [f64; ROWS],
    /// True where the picture shows it, or a gap of up to [`BRIDGED`] rows was closed.
    pub seen: [bool; ROWS],
    /// True where the edge itself was found.
    pub edge: [bool; ROWS],
    /// Where something lies over it.
    pub hidden: [bool; ROWS],
    /// Where a second edge runs within, px; NaN where none does.
    pub second: [f64; ROWS],
}

/// Room for one strip, kept between pictures.
pub(super) struct Strip {
    /// The mask's border, px towards the back; NaN where there is none.
    border: [f64; ROWS],
    smooth_border: [f64; ROWS],
    /// R, G, B of every sample, rows one after the other, from inside to outside.
    rgb: Vec<[f32; 3]>,
    /// How much each sample is like the outside: 0 inside, 1 outside.
    like: Vec<f32>,
    contrast: [f32; ROWS],
    /// The least contrast that shows, grey levels.
    least: [f32; ROWS],
    cost: Vec<f32>,
    from: Vec<u8>,
    path: [usize; ROWS],
    /// px between samples.
    step: f64,
    found: [f64; ROWS],
    weight: [f64; ROWS],
    hidden: [bool; ROWS],
    second: [f64; ROWS],
    curve: Whittaker,
}

impl Default for Strip {
    fn default() -> Strip {
        Strip {
            border: [0.0; ROWS],
            smooth_border: [0.0; ROWS],
            rgb: vec![[0.0; 3]; ROWS * ACROSS],
            like: vec![0.0; ROWS * ACROSS],
            contrast: [0.0; ROWS],
            least: [*LEAST_CONTRAST.end(); ROWS],
            cost: vec![0.0; ROWS * ACROSS],
            from: vec![0; ROWS * ACROSS],
            path: [0; ROWS],
            step: 1.0,
            found: [0.0; ROWS],
            weight: [0.0; ROWS],
            hidden: [false; ROWS],
            second: [f64::NAN; ROWS],
            curve: Whittaker::default(),
        }
    }
}

impl Strip {
    /// `hidden` says whether something lies over a place of the picture.
    pub fn outline(
        &mut self,
        frame: &Frame,
        mask: &Mask,
        axis: &Axis,
        hidden: impl Fn(ImagePoint) -> bool,
    ) -> Option<Outline> {
        let cell = mask.region.width() / mask.width.max(1) as f64;
        self.step = (HALF_CELLS * cell / MIDDLE as f64).max(0.5);
        self.follow_mask(mask, axis, cell);
        if self.border.iter().filter(|b| b.is_finite()).count() < ROWS / 2 {
            return None;
        }
        self.fill_gaps();
        self.read(frame, axis);
        self.path = [MIDDLE; ROWS];
        for (away, wide) in RIMS {
            self.compare(away, wide);
            self.trace(cell, 0.0);
        }
        self.measure(axis, hidden);
        Some(self.smooth())
    }

    /// The outline beside a dowel: what lies between it and the flesh is no
    /// flesh, and flesh before it covers it.
    pub fn beside(&mut self, frame: &Frame, axis: &Axis, dowel: &Held) -> Option<Outline> {
        self.step = (BESIDE * axis.length / MIDDLE as f64).max(0.5);
        self.follow_dowel(axis, &dowel.line);
        if self.border.iter().filter(|b| b.is_finite()).count() < ROWS / 2 {
            return None;
        }
        self.fill_gaps();
        self.read(frame, axis);
        let thick = ((dowel.width_px / self.step).round() as usize).clamp(1, MIDDLE / 2);
        let shaded = self.border_beside(thick, dowel, shaded_apart);
        self.border_beside(thick, dowel, squared_apart);
        self.cross(&shaded);
        Some(self.smooth())
    }

    /// Where flesh ends beside a dowel, if colours are as far `apart` from its own as that says.
    fn border_beside(&mut self, thick: usize, dowel: &Held, apart: Apart) -> [usize; ROWS] {
        self.path = [FLESH.end + 3; ROWS];
        for near in [false, true] {
            self.compare_beside(thick, &dowel.colour, near, apart);
            self.trace(f64::INFINITY, EDGE_SAY);
        }
        self.path
    }

    fn smooth(&mut self) -> Outline {
        self.curve.fit(&self.found, &mut self.weight);
        let edge = self.weight.map(|w| w > 0.0);
        let mut seen = edge;
        let mut last = None;
        for row in 0..ROWS {
            if edge[row] {
                if let Some(before) = last.filter(|before| row - before <= BRIDGED + 1) {
                    seen[before..row].fill(true);
                }
                last = Some(row);
            }
        }
        Outline { out: self.curve.fitted, seen, edge, hidden: self.hidden, second: self.second }
    }

    /// Where the rows cross the dowel's inner edge.
    fn follow_dowel(&mut self, axis: &Axis, dowel: &DowelLine) {
        let of = |p: ImagePoint| ((p - axis.hip).dot(&axis.up), (p - axis.hip).dot(&axis.back));
        let ((low, low_out), (high, high_out)) = (of(dowel.bottom), of(dowel.top));
        for (row, border) in self.border.iter_mut().enumerate() {
            let along = Axis::place(row) * axis.length;
            let within = (low..=high).contains(&along);
            *border = if within { low_out + (high_out - low_out) * (along - low) / (high - low) } else { f64::NAN };
        }
    }

    /// How much each sample is unlike flesh: like what lies beyond the dowel, or the dowel, rather than what lies within.
    /// Flesh is learnt well within the dowel, then (`near`) just within the border found.
    fn compare_beside(&mut self, thick: usize, wood: &[f32; 3], near: bool, apart: Apart) {
        let beyond = (MIDDLE + thick + 2)..ACROSS;
        for row in 0..ROWS {
            let rows = [row.saturating_sub(SHARED_ROWS), row, (row + SHARED_ROWS).min(ROWS - 1)];
            // Not their mean: a shirt ends where trousers begin.
            let flesh = rows.map(|r| {
                let end = if near { self.path[r].saturating_sub(1).max(FLESH.end) } else { FLESH.end };
                mean_colour(&self.rgb[r * ACROSS + end - FLESH.len()..r * ACROSS + end])
            });
            // What lies beyond a dowel is a hand here, a wall there: whichever is most like the sample counts. Where nothing
            // of the dowel is to be seen flesh covers it and may reach beyond.
            let others = rows.map(|r| {
                let samples = &self.rgb[r * ACROSS..(r + 1) * ACROSS];
                let third = beyond.len() / 3;
                let at = |n: usize| mean_colour(&samples[beyond.start + n * third..beyond.start + (n + 1) * third]);
                let bar = mean_colour(&samples[MIDDLE + thick / 2..MIDDLE + thick.max(2)]);
                let shown = alike(&bar, wood, SAME);
                let behind =
                    |n| Some(at(n)).filter(|rgb| shown || nearest(&flesh, rgb, squared_apart) > LEAST_BESIDE.powi(2));
                [Some(if shown { bar } else { *wood }), behind(0), behind(1), behind(2)]
            });
            let others = others.as_flattened().iter().flatten();
            let contrast = others.clone().map(|one| nearest(&flesh, one, squared_apart)).fold(f32::INFINITY, f32::min);
            self.contrast[row] = contrast.sqrt();
            self.least[row] = LEAST_BESIDE;
            for k in 0..ACROSS {
                let sample = &self.rgb[row * ACROSS + k];
                let within = nearest(&flesh, sample, apart);
                let without = nearest(others.clone(), sample, squared_apart);
                self.like[row * ACROSS + k] = within / (within + without).max(1e-3);
            }
        }
    }

    /// Where flesh ends beside a dowel: where a sample is as much like one as like the other. Where a border of flesh that may
    /// be in `shaded` places runs elsewhere, nobody can tell its shade from what lies behind.
    fn cross(&mut self, shaded: &[usize; ROWS]) {
        for (row, shaded) in shaded.iter().enumerate() {
            let k = self.path[row];
            let like = &self.like[row * ACROSS..(row + 1) * ACROSS];
            let out_of = |k: f64| self.smooth_border[row] + (k - MIDDLE as f64) * self.step;
            (self.found[row], self.weight[row]) = (out_of(k as f64 - 0.5), 0.0);
            (self.hidden[row], self.second[row]) = (false, f64::NAN);
            let doubtful = k.abs_diff(*shaded) > SHADE_OR_WALL;
            if doubtful || k < 4 || k + 4 > ACROSS || !self.border[row].is_finite() {
                continue;
            }
            let mean = |range: std::ops::Range<usize>| {
                let n = range.len() as f32;
                like[range].iter().sum::<f32>() / n
            };
            // The shade of a round back runs over many samples, its edge over a few.
            let sharp = step_at(&self.rgb[row * ACROSS..(row + 1) * ACROSS], k);
            if self.contrast[row] < self.least[row]
                || sharp < LEAST_BESIDE
                || mean(k + 1..k + 4) - mean(k - 4..k - 1) < 0.35
            {
                continue;
            }
            let (before, after) = (f64::from(like[k - 1]), f64::from(like[k]));
            let part = if after > before { ((0.5 - before) / (after - before)).clamp(0.0, 1.0) } else { 0.5 };
            (self.found[row], self.weight[row]) = (out_of(k as f64 - 1.0 + part), 1.0);
        }
    }

    /// From the trunk's middle outwards to where the mask ends.
    fn follow_mask(&mut self, mask: &Mask, axis: &Axis, cell: f64) {
        let pace = cell / 2.0;
        let paces = (FARTHEST * axis.length / pace) as usize;
        let hole = (HOLE * axis.length / pace) as usize;
        for (row, border) in self.border.iter_mut().enumerate() {
            let along = Axis::place(row) * axis.length;
            let at = |n: usize| probability(mask, axis.at(along, n as f64 * pace));
            *border = f64::NAN;
            let mut before = at(0);
            if before < 0.5 {
                continue;
            }
            for n in 1..paces {
                let now = at(n);
                if now < 0.5 {
                    let again = (n + 1..n + hole).any(|m| at(m) >= 0.5);
                    if !again {
                        *border = pace * (n as f64 - f64::from((0.5 - now) / (before - now).max(1e-6)));
                    }
                    break;
                }
                before = now;
            }
        }
    }

    /// Straight lines over rows without a border, then a median of five.
    fn fill_gaps(&mut self) {
        let known = |row: usize| self.border[row].is_finite();
        let mut filled = [0.0; ROWS];
        for (row, value) in filled.iter_mut().enumerate() {
            let below = (0..=row).rev().find(|&r| known(r));
            let above = (row..ROWS).find(|&r| known(r));
            *value = match (below, above) {
                (Some(a), Some(b)) if b > a => {
                    self.border[a] + (self.border[b] - self.border[a]) * (row - a) as f64 / (b - a) as f64
                }
                (Some(r), _) | (_, Some(r)) => self.border[r],
                (None, None) => 0.0,
            };
        }
        for row in 0..ROWS {
            let mut five: [f64; 5] = std::array::from_fn(|i| filled[(row + i).saturating_sub(2).min(ROWS - 1)]);
            five.sort_unstable_by(f64::total_cmp);
            self.smooth_border[row] = five[2];
        }
    }

    fn slope(&self, row: usize, spacing: f64) -> f64 {
        let (a, b) = (row.saturating_sub(2), (row + 2).min(ROWS - 1));
        (self.smooth_border[b] - self.smooth_border[a]) / ((b - a) as f64 * spacing)
    }

    fn read(&mut self, frame: &Frame, axis: &Axis) {
        let spacing = (LAST - FIRST) * axis.length / (ROWS - 1) as f64;
        for row in 0..ROWS {
            let along = Axis::place(row) * axis.length;
            let slope = self.slope(row, spacing);
            for k in 0..ACROSS {
                let out = self.smooth_border[row] + (k as f64 - MIDDLE as f64) * self.step;
                let mut sum = [0.0; 3];
                // A mean along the outline quiets the sensor without blurring the edge.
                for tap in [-1.0, 0.0, 1.0] {
                    let aside = tap * spacing / 3.0;
                    let rgb = colour(frame, axis.at(along + aside, out + slope * aside));
                    (0..3).for_each(|c| sum[c] += rgb[c] / 3.0);
                }
                self.rgb[row * ACROSS + k] = sum;
            }
        }
    }

    /// How much each sample is like what lies outside the border rather than inside.
    fn compare(&mut self, away: usize, wide: usize) {
        for row in 0..ROWS {
            let (low, high) = (row.saturating_sub(SHARED_ROWS), (row + SHARED_ROWS + 1).min(ROWS));
            let both = || {
                (low..high).flat_map(|r| {
                    let border = self.path[r].clamp(away + wide, ACROSS - away - wide);
                    let samples = &self.rgb[r * ACROSS..(r + 1) * ACROSS];
                    (0..wide).map(move |i| (samples[border - away - 1 - i], samples[border + away + i]))
                })
            };
            let (mut inside, mut outside) = ([0.0; 3], [0.0; 3]);
            let n = ((high - low) * wide) as f32;
            for (within, without) in both() {
                (0..3).for_each(|c| (inside[c], outside[c]) = (inside[c] + within[c] / n, outside[c] + without[c] / n));
            }
            let towards: [f32; 3] = std::array::from_fn(|c| outside[c] - inside[c]);
            let squared: f32 = towards.iter().map(|v| v * v).sum();
            self.contrast[row] = squared.sqrt();
            // Only what varies from inside to outside can be taken for the edge.
            let across = |a: &[f32; 3], b: &[f32; 3]| (0..3).map(|c| (a[c] - b[c]) * towards[c]).sum::<f32>();
            let varied: f32 =
                both().map(|(a, b)| across(&a, &inside).powi(2) + across(&b, &outside).powi(2)).sum::<f32>()
                    / (2.0 * n);
            let sd = (varied / squared.max(1e-3)).sqrt();
            self.least[row] = (CONTRAST_SDS * sd).clamp(*LEAST_CONTRAST.start(), *LEAST_CONTRAST.end());
            for k in 0..ACROSS {
                let sample = self.rgb[row * ACROSS + k];
                let along: f32 = (0..3).map(|c| (sample[c] - inside[c]) * towards[c]).sum();
                self.like[row * ACROSS + k] = along / squared.max(1.0);
            }
        }
    }

    /// The border, one sample per row: what lies within is like the inside, what lies without like the outside.
    /// `edge_say`: what a sharp edge there is worth.
    fn trace(&mut self, cell: f64, edge_say: f32) {
        let wrong = |v: f32| v.clamp(-0.5, 1.0).powi(2);
        let cells_per_sample = (self.step / cell) as f32;
        for row in 0..ROWS {
            let like = &self.like[row * ACROSS..(row + 1) * ACROSS];
            let rgb = &self.rgb[row * ACROSS..(row + 1) * ACROSS];
            let clear = (self.contrast[row] / self.least[row]).min(3.0) / 3.0;
            let mut cost = like.iter().map(|&v| wrong(1.0 - v)).sum::<f32>();
            for (k, &sample) in like.iter().enumerate() {
                // Sample k is the first outside.
                let off = (k as f32 - MIDDLE as f32) * cells_per_sample;
                let sharp = if edge_say > 0.0 { (step_at(rgb, k) / CLEAR_STEP).min(1.0) } else { 0.0 };
                let own = clear * cost + MASK_SAY * off * off - edge_say * sharp;
                cost += wrong(sample) - wrong(1.0 - sample);
                let at = row * ACROSS + k;
                if row == 0 {
                    self.cost[at] = own;
                    continue;
                }
                let (low, high) = (k.saturating_sub(MOST_STEP), (k + MOST_STEP + 1).min(ACROSS));
                let before = &self.cost[at - ACROSS - (k - low)..at - ACROSS - k + high];
                let mut best = (f32::INFINITY, k);
                for (i, &c) in before.iter().enumerate() {
                    let apart = (low + i) as f32 - k as f32;
                    let total = c + STEP_COST * apart * apart;
                    if total < best.0 {
                        best = (total, low + i);
                    }
                }
                self.cost[at] = own + best.0;
                self.from[at] = best.1 as u8;
            }
        }
        let last = &self.cost[(ROWS - 1) * ACROSS..];
        let mut k = (0..ACROSS).min_by(|&a, &b| last[a].total_cmp(&last[b])).unwrap_or(MIDDLE);
        for row in (0..ROWS).rev() {
            self.path[row] = k;
            k = usize::from(self.from[row * ACROSS + k]);
        }
    }

    /// The border to a fraction of a px, and how far each row is to be believed.
    fn measure(&mut self, axis: &Axis, hidden: impl Fn(ImagePoint) -> bool) {
        /// Samples on either side of the border that the edge is spread over, and the plateaus beyond.
        const SPREAD: usize = 3;
        const PLATEAU: usize = 3;
        for row in 0..ROWS {
            let k = self.path[row];
            let like = &self.like[row * ACROSS..(row + 1) * ACROSS];
            let out_of = |k: f64| self.smooth_border[row] + (k - MIDDLE as f64) * self.step;
            (self.found[row], self.weight[row]) = (out_of(k as f64 - 0.5), 0.0);
            self.hidden[row] = hidden(axis.at(Axis::place(row) * axis.length, self.found[row]));
            self.second[row] = f64::NAN;
            if k < SPREAD + PLATEAU || k + SPREAD + PLATEAU > ACROSS || !self.border[row].is_finite() {
                continue;
            }
            let mean = |range: std::ops::Range<usize>| {
                let n = range.len() as f32;
                like[range].iter().sum::<f32>() / n
            };
            let inner = mean(k - SPREAD - PLATEAU..k - SPREAD);
            let outer = mean(k + SPREAD..k + SPREAD + PLATEAU);
            let jump = outer - inner;
            if jump * self.contrast[row] < self.least[row] || jump < 0.35 {
                continue;
            }
            // Where a sharp edge would leave as much of the inside.
            let inside: f32 = like[k - SPREAD..k + SPREAD].iter().map(|&v| ((outer - v) / jump).clamp(-0.2, 1.2)).sum();
            let found = out_of((k - SPREAD) as f64 - 0.5 + f64::from(inside));
            if self.hidden[row] {
                continue;
            }
            (self.found[row], self.weight[row]) = (found, 1.0);
            let rgb = &self.rgb[row * ACROSS..(row + 1) * ACROSS];
            let second = second_edge(rgb, k - SPREAD, jump * self.contrast[row]);
            self.second[row] = second.map_or(f64::NAN, |within| found - out_of(within));
        }
    }
}

fn mean_colour(of: &[[f32; 3]]) -> [f32; 3] {
    let share = 1.0 / of.len().max(1) as f32;
    std::array::from_fn(|c| of.iter().map(|rgb| rgb[c]).sum::<f32>() * share)
}

/// How far a colour is from flesh, squared.
type Apart = fn(&[f32; 3], &[f32; 3]) -> f32;

/// The least of the distances of some colours from one.
fn nearest<'a>(of: impl IntoIterator<Item = &'a [f32; 3]>, to: &[f32; 3], apart: Apart) -> f32 {
    of.into_iter().map(|one| apart(one, to)).fold(f32::INFINITY, f32::min)
}

/// How far a colour is from flesh in the light or in its own shade, squared: a shade that begins well within the outline,
/// with a border of its own, is not what lies behind.
fn shaded_apart(flesh: &[f32; 3], seen: &[f32; 3]) -> f32 {
    let squared: f32 = flesh.iter().map(|v| v * v).sum();
    let along: f32 = flesh.iter().zip(seen).map(|(a, b)| a * b).sum();
    let light = (along / squared.max(1.0)).clamp(DEEPEST_SHADE, 1.0);
    let shade = flesh.map(|v| v * light);
    squared_apart(&shade, seen) + (SHADE_SAY * (1.0 - light)).powi(2) * squared
}

fn squared_apart(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// The sharpest step in colour further inside than `from`, in samples; `contrast` is the outline's own. In colour, as a
/// bar may differ from body and wall in another way than they do from each other.
fn second_edge(rgb: &[[f32; 3]], from: usize, contrast: f32) -> Option<f64> {
    let k = (2..from.saturating_sub(1)).max_by(|&a, &b| step_at(rgb, a).total_cmp(&step_at(rgb, b)))?;
    (step_at(rgb, k) >= SECOND * contrast).then_some(k as f64 - 0.5)
}

/// How much the colour changes about a border of which sample k is the first outside, grey levels; 0 at the ends.
fn step_at(rgb: &[[f32; 3]], k: usize) -> f32 {
    if k < 2 || k + 2 > rgb.len() { 0.0 } else { squared_apart(&rgb[k + 1], &rgb[k - 2]).sqrt() }
}

/// The mask at a place of the picture, between its cells; 0 outside.
fn probability(mask: &Mask, p: ImagePoint) -> f32 {
    let unit = mask.region.unit_from_image(p);
    // A cell's value stands for its middle, so that a mirrored mask is the mask of the mirrored picture.
    let (x, y) = (unit.x * mask.width as f64 - 0.5, unit.y * mask.height as f64 - 0.5);
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = ((x - x0) as f32, (y - y0) as f32);
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < mask.width as f64 && y < mask.height as f64;
        if inside { mask.probability.get(y as usize * mask.width + x as usize).copied().unwrap_or(0.0) } else { 0.0 }
    };
    let top = at(x0, y0) * (1.0 - fx) + at(x0 + 1.0, y0) * fx;
    let bottom = at(x0, y0 + 1.0) * (1.0 - fx) + at(x0 + 1.0, y0 + 1.0) * fx;
    top * (1.0 - fy) + bottom * fy
}

/// R, G, B between pixels; beyond the picture, its edge.
pub(in crate::estimate) fn colour(frame: &Frame, p: ImagePoint) -> [f32; 3] {
    let (w, h) = (frame.width() as usize, frame.height() as usize);
    if w == 0 || h == 0 {
        return [0.0; 3];
    }
    let (x, y) = (p.x.clamp(0.0, (w - 1) as f64), p.y.clamp(0.0, (h - 1) as f64));
    let (x0, y0) = (x as usize, y as usize);
    let (fx, fy) = ((x - x0 as f64) as f32, (y - y0 as f64) as f32);
    let (x1, y1) = ((x0 + 1).min(w - 1), (y0 + 1).min(h - 1));
    let rgb = frame.rgb();
    let at = |x: usize, y: usize, c: usize| f32::from(rgb[(y * w + x) * 3 + c]);
    std::array::from_fn(|c| {
        let top = at(x0, y0, c) + (at(x1, y0, c) - at(x0, y0, c)) * fx;
        let bottom = at(x0, y1, c) + (at(x1, y1, c) - at(x0, y1, c)) * fx;
        top + (bottom - top) * fy
    })
}

/// A smooth curve through weighted values: the sum of squared distances and of squared second differences times
/// [`STIFFNESS`] is least (Whittaker 1923; Eilers, Anal. Chem. 2003), outliers dropped.
struct Whittaker {
    fitted: [f64; ROWS],
    /// The matrix's diagonal and the two beside it, factored in place.
    bands: [[f64; 3]; ROWS],
}

impl Default for Whittaker {
    fn default() -> Whittaker {
        Whittaker { fitted: [0.0; ROWS], bands: [[0.0; 3]; ROWS] }
    }
}

impl Whittaker {
    /// Sets weights of outliers to 0.
    fn fit(&mut self, values: &[f64; ROWS], weight: &mut [f64; ROWS]) {
        for _ in 0..4 {
            self.solve(values, weight);
            let mut off = [0.0; ROWS];
            let mut n = 0;
            for row in (0..ROWS).filter(|&row| weight[row] > 0.0) {
                off[n] = (values[row] - self.fitted[row]).abs();
                n += 1;
            }
            off[..n].sort_unstable_by(f64::total_cmp);
            let sd = (1.4826 * off.get(n / 2).copied().unwrap_or(0.0)).max(0.15);
            let mut dropped = false;
            for row in 0..ROWS {
                if weight[row] > 0.0 && (values[row] - self.fitted[row]).abs() > OUTLIER_SDS * sd {
                    (weight[row], dropped) = (0.0, true);
                }
            }
            if !dropped {
                break;
            }
        }
        self.solve(values, weight);
    }

    /// (W + stiffness · DᵀD) fitted = W values, by banded Cholesky factors.
    fn solve(&mut self, values: &[f64; ROWS], weight: &[f64; ROWS]) {
        for (row, band) in self.bands.iter_mut().enumerate() {
            // Rows of DᵀD: 1 −2 1 / 5 −4 1 / 6 −4 1 …; a trace of weight keeps it regular where nothing was seen.
            let end = row.min(ROWS - 1 - row);
            let diagonal = [1.0, 5.0, 6.0][end.min(2)];
            let next = if row + 1 < ROWS { if row == 0 || row + 2 == ROWS { -2.0 } else { -4.0 } } else { 0.0 };
            let after = if row + 2 < ROWS { 1.0 } else { 0.0 };
            *band = [weight[row].max(1e-4) + STIFFNESS * diagonal, STIFFNESS * next, STIFFNESS * after];
            self.fitted[row] = weight[row].max(1e-4) * values[row];
        }
        // L D Lᵀ in place: bands become D and the two columns of L below it.
        for row in 0..ROWS {
            let [d, a, b] = self.bands[row];
            let (l1, l2) = (a / d, b / d);
            if row + 1 < ROWS {
                self.bands[row + 1][0] -= l1 * a;
                self.bands[row + 1][1] -= l1 * b;
                self.fitted[row + 1] -= l1 * self.fitted[row];
            }
            if row + 2 < ROWS {
                self.bands[row + 2][0] -= l2 * b;
                self.fitted[row + 2] -= l2 * self.fitted[row];
            }
            self.bands[row] = [d, l1, l2];
        }
        for row in (0..ROWS).rev() {
            let [d, l1, l2] = self.bands[row];
            let mut value = self.fitted[row] / d;
            if row + 1 < ROWS {
                value -= l1 * self.fitted[row + 1];
            }
            if row + 2 < ROWS {
                value -= l2 * self.fitted[row + 2];
            }
            self.fitted[row] = value;
        }
    }
}
