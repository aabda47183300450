//! What the athlete sees over the picture: skeleton, angles, the line of the back, counter, range meter, cue, gate.
//!
//! Input: an RGB [`Frame`] and its [`Step`]. Output: the same frame, drawn on. It draws only what the step holds: a limb
//! that was not seen is absent, a value that was not measured has no arc. Text grows with the picture's height (the cue
//! is a fourteenth of it, legible at 3 m) and shapes say the same as colours. Not handled here: where the frame goes.

mod canvas;
mod course;
mod live;
mod text;

use crate::form::{Arc, Cue, Exercise, Gate, Outcome, Setup, Step};
use crate::frame::Frame;
use crate::geometry::ImagePoint;
use crate::kinematics::{Dowel, Limbs, Reading, View};
use crate::pose::{Joint, Landmark};
use crate::report::view_name;
use crate::track::Pose;
use crate::units::{Side, Timestamp};
use canvas::{Canvas, Color, Rect, Spot};
pub use course::Row;
use std::borrow::Cow;
use std::fmt::Write as _;
use text::Text;

/// How long the tick stays beside the counter after a good repetition, seconds.
const TICK_SECS: f64 = 1.0;

/// The meter's upper end, in progress: a movement beyond the target still moves it.
const METER_TOP: f64 = 1.15;

// Told apart by lightness too, so that they work without colour vision (after Okabe and Ito's palette).
const NEAR: Color = [130, 214, 255];
const FAR: Color = [235, 238, 240];
const BACK: Color = [255, 176, 46];
const ANGLE: Color = [255, 240, 160];
const INK: Color = [255, 255, 255];
const DARK: Color = [12, 16, 22];
const GOOD: Color = [22, 150, 104];
const WARN: Color = [250, 196, 44];
const FAULT: Color = [210, 52, 28];
const INFO: Color = [44, 116, 190];

/// In a narrow picture the exercise's name gets no smaller than this share of other labels.
const SMALLEST_TITLE: f32 = 0.4;

/// Opacity of the panels behind text: white on it keeps a contrast above 7:1 over a white picture.
const PANEL: f32 = 0.72;

/// Draws steps over pictures.
pub struct Overlay {
    exercise: &'static Exercise,
    /// Size of the picture the poses were found in, px.
    source: (u32, u32),
    /// Show the picture as in a mirror; text stays readable.
    pub mirrored: bool,
    /// A few words under the exercise's name: what to be wary of.
    pub remark: Option<&'static str>,
    /// Repetitions or holds asked of the set, shown with the counter.
    pub asked: Option<u32>,
    /// Keys to be drawn along the lower edge, which messages then keep free; empty: none.
    pub keys: &'static str,
    /// What went wrong, to be drawn in small words above the keys, where it hides no back; empty: nothing.
    pub problem: String,
    canvas: Canvas,
    text: Text,
    /// Reused for numbers.
    words: String,
    good_at: Option<Timestamp>,
    /// Where the counter ends, with its tick, px.
    counter_end: f32,
    /// The person stands at the left, where the small picture would be.
    left_taken: bool,
    /// The message on screen and where its middle stands: it keeps its place while it is shown.
    message: Option<(&'static str, f32)>,
}

impl Overlay {
    /// For steps whose poses are in px of a picture of this size; the pictures drawn on may be of another size.
    pub fn new(exercise: &'static Exercise, source_width: u32, source_height: u32) -> Overlay {
        Overlay {
            exercise,
            source: (source_width.max(1), source_height.max(1)),
            mirrored: false,
            remark: None,
            asked: None,
            keys: "",
            problem: String::new(),
            canvas: Canvas::default(),
            text: Text::new(),
            words: String::new(),
            good_at: None,
            counter_end: 0.0,
            left_taken: false,
            message: None,
        }
    }

    /// Draws everything the step holds.
    pub fn draw(&mut self, frame: &mut Frame, step: &Step) {
        self.draw_with(frame, step, None);
    }

    /// The same; on the way into position (`setup`) with the words and the picture for that.
    fn draw_with(&mut self, frame: &mut Frame, step: &Step, setup: Option<&Setup>) {
        if self.mirrored {
            super::picture::mirror(frame);
        }
        self.note_good(step);
        let place = Place::new(frame, self.source, self.mirrored);
        if let Some((left, right)) = body_columns(&step.pose, &place) {
            // Whoever sways about the middle moves nothing; in a picture that stands upright there is no other side.
            let border = frame.width() as f32 * if self.left_taken { 0.5 } else { 0.42 };
            self.left_taken = frame.width() > frame.height() && (left + right) / 2.0 < border;
        }
        let tick = self.good_at.is_some();
        let (exercise, remark, asked) = (self.exercise, self.remark, self.asked);
        let mut message = self.message.take();
        let mut brush = self.brush(frame);
        brush.body(step, &place);
        brush.dowel(&step.pose, &place);
        brush.back_line(&step.pose, &place);
        brush.contacts(step, &place);
        brush.angles(exercise, step, &place);
        brush.meter(meter_level(step));
        let (counter, counter_end) = brush.counter(exercise, step, asked, tick);
        brush.badge(exercise, step, counter.x + counter.w);
        brush.remark(remark, counter.x + counter.w);
        match setup {
            Some(setup) if step.cue.is_none() => brush.setup(exercise, setup, &step.pose, &place, &mut message),
            _ => brush.message(step, &place, &mut message),
        }
        (self.message, self.counter_end) = (message, counter_end);
    }

    /// Small text under the top edge, as the window's keys; lines are broken at `\n`.
    pub fn draw_note(&mut self, frame: &mut Frame, note: &str) {
        self.brush(frame).note(note);
    }

    /// A strip along the bottom: how much of the clip is over, and marks along it, all 0..=1.
    pub fn draw_position(&mut self, frame: &mut Frame, share: f64, marks: &[f64]) {
        self.brush(frame).position(share, marks);
    }

    /// Remembers when the last good repetition was judged, so that its tick can be seen; forgets it after a jump in time.
    fn note_good(&mut self, step: &Step) {
        let now = step.pose.t;
        if step.news.good {
            self.good_at = Some(now);
        }
        let shown = |at: &Timestamp| (0.0..TICK_SECS).contains(&now.secs_since(*at));
        self.good_at = self.good_at.filter(shown);
    }

    fn brush<'a>(&'a mut self, frame: &'a mut Frame) -> Brush<'a> {
        let (w, h) = (frame.width(), frame.height());
        self.canvas.resize(w as usize, h as usize);
        let mut brush = Brush {
            foot: if self.keys.is_empty() { 0.0 } else { live::KEYS_SHARE * h as f32 },
            counter_end: self.counter_end,
            left_taken: self.left_taken,
            canvas: &mut self.canvas,
            text: &mut self.text,
            words: &mut self.words,
            rgb: frame.rgb_mut(),
            w: w as f32,
            h: h as f32,
        };
        brush.foot += brush.problem_height(&self.problem);
        brush
    }
}

/// From the px of the poses to those of the picture that is drawn on.
struct Place {
    scale: (f64, f64),
    width: f64,
    mirrored: bool,
}

impl Place {
    fn new(frame: &Frame, source: (u32, u32), mirrored: bool) -> Place {
        let (w, h) = (f64::from(frame.width()), f64::from(frame.height()));
        Place { scale: (w / f64::from(source.0), h / f64::from(source.1)), width: w, mirrored }
    }

    fn spot(&self, p: ImagePoint) -> Spot {
        let x = (p.x + 0.5) * self.scale.0 - 0.5;
        let x = if self.mirrored { self.width - 1.0 - x } else { x };
        (x as f32, ((p.y + 0.5) * self.scale.1 - 0.5) as f32)
    }

    fn point(&self, pose: &Pose, landmark: Landmark) -> Option<Spot> {
        let p = pose.points[landmark]?;
        (p.x.is_finite() && p.y.is_finite()).then(|| self.spot(p))
    }
}

/// One frame being drawn on.
struct Brush<'a> {
    canvas: &'a mut Canvas,
    text: &'a mut Text,
    words: &'a mut String,
    rgb: &'a mut [u8],
    /// Height kept free along the lower edge, px.
    foot: f32,
    /// As in [`Overlay`].
    counter_end: f32,
    left_taken: bool,
    w: f32,
    h: f32,
}

const LIMBS: &[(Joint, Joint)] = &[
    (Joint::Shoulder, Joint::Elbow),
    (Joint::Elbow, Joint::Wrist),
    (Joint::Shoulder, Joint::Hip),
    (Joint::Hip, Joint::Knee),
    (Joint::Knee, Joint::Ankle),
    (Joint::Ankle, Joint::Heel),
    (Joint::Heel, Joint::BigToe),
    (Joint::Ankle, Joint::BigToe),
];
const JOINTS: &[Joint] = &[Joint::Shoulder, Joint::Elbow, Joint::Wrist, Joint::Hip, Joint::Knee, Joint::Ankle];
/// From neck to tail.
const SPINE: &[Landmark] =
    &[Landmark::C7, Landmark::T4, Landmark::T8, Landmark::L1, Landmark::L3, Landmark::S1, Landmark::S2, Landmark::S4];

// The body.
impl Brush<'_> {
    /// Width of a near limb, px.
    fn stroke(&self) -> f32 {
        (self.w.min(self.h) / 95.0).max(2.5)
    }

    fn body(&mut self, step: &Step, place: &Place) {
        let (pose, sample) = (&step.pose, &step.sample);
        if sample.view == View::Side {
            self.bones(pose, place, &[sample.near.other()], false);
            self.bones(pose, place, &[sample.near], true);
        } else {
            self.bones(pose, place, &Side::BOTH, true);
        }
    }

    /// The limbs of one or both sides with their joints; a limb that ends in a bridged point is fainter than a seen one.
    fn bones(&mut self, pose: &Pose, place: &Place, sides: &[Side], near: bool) {
        let width = self.stroke();
        // Outlines first, then the strokes, each in one go: no seams where limbs meet.
        let strokes: &[(f32, Color, f32)] =
            if near { &[(width + 3.0, DARK, 0.6), (width, NEAR, 1.0)] } else { &[(width * 0.6, FAR, 0.5)] };
        for (bridged, strength) in [(true, 0.55), (false, 1.0)] {
            for &(width, color, opacity) in strokes {
                for &side in sides {
                    // Only in profile does it follow the neck; from the front it would cross the face.
                    let head = (near && sides.len() == 1).then_some((Joint::Ear, Joint::Shoulder));
                    for (a, b) in LIMBS.iter().copied().chain(head) {
                        self.bone(pose, place, [Landmark::of(a, side), Landmark::of(b, side)], bridged, width);
                    }
                }
                if let [left, right] = *sides {
                    for joint in [Joint::Shoulder, Joint::Hip] {
                        let ends = [Landmark::of(joint, left), Landmark::of(joint, right)];
                        self.bone(pose, place, ends, bridged, width);
                    }
                }
                self.canvas.paint(self.rgb, color, opacity * strength);
            }
        }
        let radius = width * if near { 1.05 } else { 0.7 };
        for &side in sides {
            for landmark in JOINTS.iter().map(|joint| Landmark::of(*joint, side)) {
                if let Some(at) = place.point(pose, landmark) {
                    self.joint(at, radius, pose.bridged[landmark], near);
                }
            }
        }
    }

    /// Gathers a limb if it ends in a bridged point, or if it does not.
    fn bone(&mut self, pose: &Pose, place: &Place, ends: [Landmark; 2], bridged: bool, width: f32) {
        if let [Some(a), Some(b)] = ends.map(|l| place.point(pose, l))
            && ends.iter().any(|l| pose.bridged[*l]) == bridged
        {
            self.canvas.line(a, b, width);
        }
    }

    /// Full where seen, hollow where bridged over a gap.
    fn joint(&mut self, at: Spot, radius: f32, bridged: bool, near: bool) {
        let strength = if near { 1.0 } else { 0.55 };
        self.canvas.disc(at, radius + 1.5);
        self.canvas.paint(self.rgb, DARK, 0.8 * strength);
        if bridged {
            self.canvas.ring(at, radius, (radius * 0.45).max(1.2));
        } else {
            self.canvas.disc(at, radius);
        }
        self.canvas.paint(self.rgb, INK, strength);
    }

    fn dowel(&mut self, pose: &Pose, place: &Place) {
        let Some(dowel) = &pose.dowel else { return };
        let (top, bottom) = (place.spot(dowel.top), place.spot(dowel.bottom));
        let width = self.stroke() * 0.55;
        for (extra, color, opacity) in [(2.0, DARK, 0.5), (0.0, INK, 0.9)] {
            self.canvas.line(top, bottom, width + extra);
            self.canvas.paint(self.rgb, color, opacity);
        }
    }

    /// Where head, upper back and sacrum touch the dowel and where the gap is widest: a bead on the dowel, and from it to the
    /// skin as far as there is a gap.
    fn contacts(&mut self, step: &Step, place: &Place) {
        let (pose, dowel) = (&step.pose, &step.sample.dowel);
        let Some(line) = &pose.dowel else { return };
        let Some(along) = (line.top - line.bottom).try_normalize(1e-9) else { return };
        let on_dowel = |skin: ImagePoint| line.bottom + along * (skin - line.bottom).dot(&along);
        let off = |skin: &ImagePoint| (skin - on_dowel(*skin)).dot(&towards_belly(pose, line.bottom, along));
        let skin = |stations: std::ops::Range<usize>| outline(pose).skip(stations.start).take(stations.len()).flatten();
        let nearest = |stations| skin(stations).min_by(|a, b| off(a).total_cmp(&off(b)));
        let widest = |stations| skin(stations).max_by(|a, b| off(a).total_cmp(&off(b)));
        let places = [
            dowel.sacrum.ok().and_then(|_| nearest(Dowel::SACRUM)),
            dowel.lumbar_gap.ok().and_then(|_| widest(Dowel::LUMBAR)),
            dowel.upper_back.ok().and_then(|_| nearest(Dowel::UPPER_BACK)),
            dowel.head.ok().and(line.head),
        ];
        let (width, radius) = (self.stroke() * 0.6, self.stroke() * 0.8);
        for skin in places.into_iter().flatten() {
            let (bead, end) = (place.spot(on_dowel(skin)), place.spot(skin));
            for (extra, color) in [(1.5, DARK), (0.0, BACK)] {
                self.canvas.line(bead, end, width + extra);
                self.canvas.disc(bead, radius + extra);
                self.canvas.paint(self.rgb, color, 1.0);
            }
        }
    }

    /// The back as spine landmarks show it, and as its outline does.
    fn back_line(&mut self, pose: &Pose, place: &Place) {
        for (width, color, opacity) in [(self.stroke() + 3.0, DARK, 0.6), (self.stroke() * 0.9, BACK, 1.0)] {
            let mut spots = [None; SPINE.len()];
            for (spot, landmark) in spots.iter_mut().zip(SPINE) {
                *spot = place.point(pose, *landmark);
            }
            self.curve(&spots, width);
            self.outline_of_back(pose, place, width);
            self.canvas.paint(self.rgb, color, opacity);
        }
    }

    /// A smooth line through the known spots of a row (Catmull-Rom); a missing spot is passed over.
    fn curve(&mut self, spots: &[Option<Spot>], width: f32) {
        let mut window: [Option<Spot>; 4] = [None; 4];
        let ahead = spots.iter().flatten().copied().map(Some).chain([None]);
        for next in ahead {
            window = [window[1], window[2], window[3], next];
            if let [before, Some(a), Some(b), after] = window {
                self.curve_piece([before.unwrap_or(a), a, b, after.unwrap_or(b)], width);
            }
        }
    }

    fn curve_piece(&mut self, [p0, p1, p2, p3]: [Spot; 4], width: f32) {
        const PIECES: u8 = 6;
        let blend = |t: f32, a: f32, b: f32, c: f32, d: f32| {
            0.5 * (2.0 * b
                + (c - a) * t
                + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                + (3.0 * (b - c) + d - a) * t * t * t)
        };
        let at = |t: f32| (blend(t, p0.0, p1.0, p2.0, p3.0), blend(t, p0.1, p1.1, p2.1, p3.1));
        for i in 0..PIECES {
            let (from, to) = (f32::from(i) / f32::from(PIECES), f32::from(i + 1) / f32::from(PIECES));
            self.canvas.line(at(from), at(to), width);
        }
    }

    fn outline_of_back(&mut self, pose: &Pose, place: &Place, width: f32) {
        let mut previous = None;
        for point in outline(pose) {
            let spot = point.map(|p| place.spot(p));
            if let (Some(a), Some(b)) = (previous, spot) {
                self.canvas.line(a, b, width);
            }
            previous = spot;
        }
    }
}

/// The stations of the back's outline, px of the source picture; nothing when there is no outline.
fn outline(pose: &Pose) -> impl Iterator<Item = Option<ImagePoint>> + '_ {
    let back = pose.back.as_ref().and_then(|back| Some((back, outward_of_back(pose, back.sacrum, back.t8)?)));
    back.into_iter().flat_map(|(back, outward)| {
        let (chord, last) = (back.t8 - back.sacrum, (back.offsets.len() - 1) as f64);
        back.offsets
            .iter()
            .enumerate()
            .map(move |(i, offset)| offset.map(|o| back.sacrum + chord * (i as f64 / last) + outward * o))
    })
}

/// The unit normal of a dowel that points towards the body.
fn towards_belly(pose: &Pose, bottom: ImagePoint, along: nalgebra::Vector2<f64>) -> nalgebra::Vector2<f64> {
    outward_of_back(pose, bottom, bottom + along).map_or(nalgebra::Vector2::new(-along.y, along.x), |outward| -outward)
}

/// The unit normal of the chord that points away from the body: shoulders and hips lie on its other side.
fn outward_of_back(pose: &Pose, sacrum: ImagePoint, t8: ImagePoint) -> Option<nalgebra::Vector2<f64>> {
    let chord = t8 - sacrum;
    let normal = nalgebra::Vector2::new(-chord.y, chord.x).try_normalize(1e-9)?;
    let trunk = [Landmark::LeftShoulder, Landmark::RightShoulder, Landmark::LeftHip, Landmark::RightHip];
    let inward: f64 = trunk.iter().filter_map(|l| pose.points[*l]).map(|p| (p - sacrum).dot(&normal)).sum();
    (inward != 0.0).then(|| if inward > 0.0 { -normal } else { normal })
}

/// No exercise shows more angles than this.
const LABELS: usize = 4;

/// Who leans back further than this lies, and the trunk's angle from upright says nothing to anybody, degrees.
const LYING_DEG: f64 = -50.0;

// Angles.
impl Brush<'_> {
    fn angles(&mut self, exercise: &Exercise, step: &Step, place: &Place) {
        let mut taken = [None; LABELS];
        for (arc, label) in exercise.arcs.iter().zip(0..LABELS) {
            taken[label] = self.angle(*arc, step, place, &taken);
        }
    }

    /// An arc from where the joint would be straight (or the segment upright, or level) to where it is. The zero line is laid
    /// off from the measured value, so that a roll of the camera shows. Returns where its label stands, beside those that are
    /// there.
    fn angle(&mut self, arc: Arc, step: &Step, place: &Place, taken: &[Option<Rect>]) -> Option<Rect> {
        let raised = &step.sample.raised;
        let lies = step.sample.trunk.is_ok_and(|lean| lean < LYING_DEG);
        let (arc, near) = match arc {
            Arc::RaisedLeg if lies => (arc, raised.side.unwrap_or(step.sample.near)),
            Arc::RaisedLeg => (Arc::Hip, step.sample.near),
            _ => (arc, step.sample.near),
        };
        let limbs: &Limbs = if near == Side::Left { &step.sample.left } else { &step.sample.right };
        let (from, joint, to): (Joint, Joint, Joint) = match arc {
            Arc::Knee => (Joint::Hip, Joint::Knee, Joint::Ankle),
            Arc::Hip => (Joint::Shoulder, Joint::Hip, Joint::Knee),
            Arc::RaisedLeg => (Joint::Hip, Joint::Hip, Joint::Ankle),
            Arc::Trunk => (Joint::Hip, Joint::Hip, Joint::Shoulder),
            Arc::Shank => (Joint::Ankle, Joint::Ankle, Joint::Knee),
        };
        let reading: Reading = match arc {
            Arc::Knee => limbs.knee,
            Arc::Hip => limbs.hip,
            Arc::RaisedLeg => raised.angles.line,
            Arc::Trunk => step.sample.trunk,
            Arc::Shank => limbs.shank,
        };
        if matches!(arc, Arc::Trunk) && lies {
            return None;
        }
        let spot = |j: Joint| place.point(&step.pose, Landmark::of(j, near));
        let (value, from, center, to) = (reading.ok()?, spot(from)?, spot(joint)?, spot(to)?);
        let direction = (to.1 - center.1).atan2(to.0 - center.0);
        let facing = step.sample.facing * if place.mirrored { -1.0 } else { 1.0 };
        let sweep = match arc {
            Arc::Knee | Arc::Hip => {
                let straight = (center.1 - from.1).atan2(center.0 - from.0);
                turn(direction - straight)
            }
            Arc::Trunk | Arc::Shank => (facing * value).to_radians() as f32,
            // On the back the level ahead lies towards the feet, and up is the other way round from it.
            Arc::RaisedLeg => -(facing * value).to_radians() as f32,
        };
        let limb = (to.0 - center.0).hypot(to.1 - center.1);
        let radius = (limb * 0.34).min(self.h * 0.09).max(self.stroke() * 2.5);
        self.arc(center, radius, direction - sweep, sweep);
        // The label keeps off the limb even at small angles: on the zero line's side of it; the trunk's in front, since
        // the line of the back runs behind.
        let aside = match arc {
            Arc::Trunk => direction + 0.65f32.copysign(sweep),
            _ => direction - (sweep.abs() / 2.0).max(0.65).copysign(sweep),
        };
        // Where another label stands already, it changes to the limb's other side.
        let other_side = 2.0 * direction - aside;
        self.degrees(center, radius, [aside, other_side], value, taken)
    }

    fn arc(&mut self, center: Spot, radius: f32, zero: f32, sweep: f32) {
        let thin = (self.stroke() * 0.45).max(1.5);
        let reach = radius * 1.35;
        let tip = (center.0 + reach * zero.cos(), center.1 + reach * zero.sin());
        for (extra, color, opacity) in [(2.0, DARK, 0.5), (0.0, ANGLE, 1.0)] {
            self.canvas.line(center, tip, thin * 0.7 + extra);
            self.canvas.arc(center, radius, thin + extra, zero, sweep);
            self.canvas.paint(self.rgb, color, opacity);
        }
    }

    /// The value, outside the arc in the first of these directions in which it covers no other, kept inside the picture; returns
    /// where it stands.
    fn degrees(
        &mut self,
        center: Spot,
        radius: f32,
        directions: [f32; 2],
        value: f64,
        taken: &[Option<Rect>],
    ) -> Option<Rect> {
        self.words.clear();
        // Writing to a String cannot fail. Adding zero turns −0 into 0.
        let _ = write!(self.words, "{:.0}°", value.round() + 0.0);
        let size = (self.h / 25.0).min(self.w / 15.0).max(12.0);
        let (w, h) = (self.text.width(self.words, size), Text::cap_height(size));
        let pad = size * 0.28;
        let towards = |direction: f32| {
            let away = radius + pad * 2.0 + (w / 2.0) * direction.cos().abs() + (h / 2.0) * direction.sin().abs();
            let (x, y) = (center.0 + away * direction.cos() - w / 2.0, center.1 + away * direction.sin() - h / 2.0);
            (x.is_finite() && y.is_finite()).then(|| Rect {
                x: (x - pad).clamp(0.0, (self.w - w - 2.0 * pad).max(0.0)),
                y: (y - pad).clamp(0.0, (self.h - h - 2.0 * pad).max(0.0)),
                w: w + 2.0 * pad,
                h: h + 2.0 * pad,
            })
        };
        let is_free = |rect: &Rect| !taken.iter().flatten().any(|other| rect.overlaps(other));
        let [first, second] = directions.map(towards);
        let rect = first.filter(is_free).or(second.filter(is_free)).or(first)?;
        self.panel(rect, pad, 0.62);
        self.text.line(self.canvas, self.words, size, (rect.x + pad, rect.y + pad + h));
        self.canvas.paint(self.rgb, ANGLE, 1.0);
        Some(rect)
    }
}

/// How far the movement has gone; of a hold, how much of the time asked for.
fn meter_level(step: &Step) -> Option<f64> {
    let timed = step.hold.and_then(|hold| Some(hold.credited_secs / hold.target_secs?));
    timed.or(step.progress)
}

/// "reps"; "of 10 reps"; "holds, left next"; "of 30 s, right".
fn counter_word(exercise: &Exercise, step: &Step, asked: Option<u32>) -> Cow<'static, str> {
    if let Some(hold) = &step.hold {
        let side = hold.side.map_or(String::new(), |side| format!(", {}", side.name()));
        return match hold.target_secs {
            Some(target) => format!("of {target} s{side}").into(),
            None => format!("s{side}").into(),
        };
    }
    let word = match (exercise.counting.holds().is_some(), asked.unwrap_or(step.reps)) {
        (true, 1) => "hold",
        (true, _) => "holds",
        (false, 1) => "rep",
        (false, _) => "reps",
    };
    let word = asked.map_or(Cow::Borrowed(word), |n| format!("of {n} {word}").into());
    match step.next_side {
        Some(side) => format!("{word}, {} next", side.name()).into(),
        None => word,
    }
}

/// Wraps radians into −π..=π.
fn turn(angle: f32) -> f32 {
    use std::f32::consts::{PI, TAU};
    (angle + PI).rem_euclid(TAU) - PI
}

// Counter, meter, badge, message.
impl Brush<'_> {
    /// Distance from the picture's edge, px.
    fn margin(&self) -> f32 {
        (self.w.min(self.h) * 0.025).max(4.0)
    }

    fn label_size(&self) -> f32 {
        (self.h / 30.0).min(self.w / 17.0).max(11.0)
    }

    fn panel(&mut self, rect: Rect, rounding: f32, opacity: f32) {
        self.canvas.panel(rect, rounding);
        self.canvas.paint(self.rgb, DARK, opacity);
    }

    /// Repetitions or holds so far, with a tick for a moment after each good one, or the timer of the hold going on; returns where
    /// it stands, and the column where it ends with the tick, so that what is beside it can stay where it is.
    fn counter(&mut self, exercise: &Exercise, step: &Step, asked: Option<u32>, tick: bool) -> (Rect, f32) {
        let (margin, label) = (self.margin(), self.label_size());
        let digits = self.counter_digits();
        let pad = digits * 0.2;
        let word = counter_word(exercise, step, asked);
        self.words.clear();
        let _ = match &step.hold {
            Some(hold) => write!(self.words, "{:.0}", hold.credited_secs.floor()),
            None => write!(self.words, "{}", step.reps),
        };
        let (number_w, cap) = (self.text.width(self.words, digits), Text::cap_height(digits));
        let word_w = self.text.width(&word, label);
        let tick_w = cap + pad * 0.8;
        let width = |tick_w: f32| (number_w + tick_w).max(word_w) + 2.0 * pad;
        let w = width(if tick { tick_w } else { 0.0 });
        let rect = Rect { x: margin, y: margin, w, h: self.counter_height() };
        self.panel(rect, pad, PANEL);
        let base = rect.y + pad + cap;
        self.text.line(self.canvas, self.words, digits, (rect.x + pad, base));
        self.text.line(self.canvas, &word, label, (rect.x + pad, base + label * 1.3));
        self.canvas.paint(self.rgb, INK, 1.0);
        if tick {
            let center = (rect.x + pad + number_w + pad * 0.8 + cap / 2.0, base - cap / 2.0);
            self.icon(Icon::Tick, center, cap / 2.0);
        }
        self.attempts(step.attempts, rect);
        (rect, rect.x + width(tick_w))
    }

    /// Size of the counter's digits, px.
    fn counter_digits(&self) -> f32 {
        (self.h / 7.5).min(self.w / 4.0)
    }

    fn counter_height(&self) -> f32 {
        let digits = self.counter_digits();
        Text::cap_height(digits) + self.label_size() * 1.35 + 0.4 * digits
    }

    /// Movements that did not count, small, below the counter.
    fn attempts(&mut self, attempts: u32, below: Rect) {
        if attempts == 0 {
            return;
        }
        self.words.clear();
        let _ = write!(self.words, "{attempts} not full");
        let size = self.label_size();
        let pad = size * 0.4;
        let (w, h) = (self.text.width(self.words, size), Text::cap_height(size));
        let rect = Rect { x: below.x, y: below.y + below.h + pad, w: w + 2.0 * pad, h: h + 2.0 * pad };
        self.panel(rect, pad, PANEL);
        self.text.line(self.canvas, self.words, size, (rect.x + pad, rect.y + pad + h));
        self.canvas.paint(self.rgb, INK, 1.0);
    }

    /// Of the meter at the right edge, px.
    fn meter_width(&self) -> f32 {
        (self.w.min(self.h) * 0.045).max(10.0)
    }

    /// How far the movement has gone, at the right edge; the notch is the target. Empty while it cannot be measured.
    fn meter(&mut self, progress: Option<f64>) {
        let (margin, width) = (self.margin(), self.meter_width());
        let rect = Rect { x: self.w - margin - width, y: self.h * 0.19, w: width, h: self.h * 0.42 };
        self.panel(rect, width * 0.35, PANEL);
        let inset = width * 0.2;
        let full = rect.h - 2.0 * inset;
        let level = |p: f64| rect.y + rect.h - inset - full * (p / METER_TOP).clamp(0.0, 1.0) as f32;
        if let Some(p) = progress.filter(|p| p.is_finite()) {
            let top = level(p);
            let bar = Rect { x: rect.x + inset, y: top, w: width - 2.0 * inset, h: rect.y + rect.h - inset - top };
            if bar.h > 0.5 {
                self.canvas.panel(bar, inset);
                self.canvas.paint(self.rgb, if p >= 1.0 { [84, 214, 160] } else { NEAR }, 1.0);
            }
        }
        let target = level(1.0);
        let notch = width * 0.5;
        let corners = [
            (rect.x - notch * 0.9, target - notch * 0.6),
            (rect.x + notch * 0.1, target),
            (rect.x - notch * 0.9, target + notch * 0.6),
        ];
        for (extra, color, opacity) in [(2.0, DARK, 0.7), (0.0, INK, 1.0)] {
            self.canvas.polygon(&corners, extra);
            self.canvas.line((rect.x, target), (rect.x + width, target), (width * 0.1).max(2.0) + extra);
            self.canvas.paint(self.rgb, color, opacity);
        }
    }

    /// Exercise, phase of a hold and view, at the upper right; where there is no room beside the counter the view is left out
    /// first, then the phase, and the exercise becomes smaller.
    fn badge(&mut self, exercise: &Exercise, step: &Step, from_x: f32) {
        let title = exercise.title;
        let held = exercise.counting.holds().is_some() && step.gate == Gate::Open;
        let (comma, phase) = if held { (", ", exercise.phase_word(step.phase)) } else { ("", "") };
        let known = step.pose.present && step.sample.view != View::Unknown;
        let (dash, view, word) = if known { (" – ", view_name(step.sample.view), " view") } else { ("", "", "") };
        let (label, margin) = (self.label_size(), self.margin());
        let pad = label * 0.45;
        let room = self.w - from_x - 2.0 * margin - 2.0 * pad;
        for parts in
            [[title, comma, phase, dash, view, word], [title, comma, phase, "", "", ""], [title, "", "", "", "", ""]]
        {
            self.words.clear();
            self.words.extend(parts);
            if self.text.width(self.words, label) <= room {
                break;
            }
        }
        let size = label * (room / self.text.width(self.words, label).max(1.0)).min(1.0);
        if size < SMALLEST_TITLE * label {
            return;
        }
        let (w, h) = (self.text.width(self.words, size), Text::cap_height(size));
        let rect =
            Rect { x: self.w - margin - w - 2.0 * pad, y: margin, w: w + 2.0 * pad, h: h + 2.0 * pad + size * 0.1 };
        self.panel(rect, pad, PANEL);
        self.text.line(self.canvas, self.words, size, (rect.x + pad, rect.y + pad + h));
        self.canvas.paint(self.rgb, INK, 1.0);
    }

    /// Under the badge, smaller; in a narrow picture still smaller, as it has to be said.
    fn remark(&mut self, words: Option<&str>, from_x: f32) {
        let Some(words) = words else { return };
        let (badge, margin) = (self.label_size(), self.margin());
        let room = self.w - from_x - 3.0 * margin;
        let size = 0.75 * badge * (room / self.text.width(words, 0.75 * badge).max(1.0)).clamp(0.4, 1.0);
        let (pad, h, w) = (size * 0.45, Text::cap_height(size), self.text.width(words, size));
        let top = margin + Text::cap_height(badge) + 1.3 * badge;
        let rect = Rect { x: self.w - margin - w - 2.0 * pad, y: top, w: w + 2.0 * pad, h: h + 2.0 * pad };
        self.panel(rect, pad, PANEL);
        self.text.line(self.canvas, words, size, (rect.x + pad, rect.y + pad + h));
        self.canvas.paint(self.rgb, WARN, 1.0);
    }

    /// The cue; without one, what the start gate waits for.
    fn message(&mut self, step: &Step, place: &Place, shown: &mut Option<(&'static str, f32)>) {
        let (icon, words) = match (&step.cue, step.gate) {
            (Some(cue), _) => (icon_of(cue), cue.rule.cue),
            (None, Gate::Waiting(hint)) => (Icon::Info, hint.words()),
            (None, Gate::Settling(share)) => (Icon::Ring(share), crate::form::Hint::HoldStill.words()),
            (None, Gate::Open) => return *shown = None,
        };
        let middle = shown.filter(|(before, _)| *before == words).map(|(_, middle)| middle);
        *shown = self.banner(icon, words, middle, body_columns(&step.pose, place)).map(|middle| (words, middle));
    }

    /// Large words with a shape beside them, along the lower edge: where they stood before, else beside the body if
    /// there is room, else in the middle. Returns where their middle stands.
    fn banner(&mut self, icon: Icon, words: &str, before: Option<f32>, body: Option<(f32, f32)>) -> Option<f32> {
        let margin = self.margin();
        let mut size = (self.h / 14.0).min(self.w / 9.0).max(14.0);
        // In em. A narrow picture gets a tighter panel, so that fewer lines hide less of the body.
        let [shape, gap, pad] = if self.w < self.h { [1.0, 0.26, 0.32] } else { [1.3, 0.4, 0.45] };
        let mut lines = [""; 3];
        let count = loop {
            let room = self.w - 2.0 * margin - size * (shape + gap + 2.0 * pad);
            match self.text.wrap(words, size, room, &mut lines) {
                Some(count) => break count,
                // Words wider than a narrow picture: smaller is better than cut off.
                None if size > 9.0 => size *= 0.92,
                None => return None,
            }
        };
        let lines = &lines[..count];
        let widest = lines.iter().map(|l| self.text.width(l, size)).fold(0.0, f32::max);
        let (pad, gap, shape) = (size * pad, size * gap, size * shape);
        let (step, cap) = (size * 1.12, Text::cap_height(size));
        let text_h = cap + step * (count.max(1) - 1) as f32;
        let (w, h) = (shape + gap + widest + 2.0 * pad, text_h.max(shape) + 2.0 * pad);
        let middle = before.unwrap_or_else(|| free_middle(self.w, w + 2.0 * margin, body));
        let rect = Rect { x: middle - w / 2.0, y: self.h - self.foot - margin * 1.6 - h, w, h };
        self.panel(rect, size * 0.4, 0.82);
        self.icon(icon, (rect.x + pad + shape / 2.0, rect.y + h / 2.0), shape / 2.0);
        let first = rect.y + (h - text_h) / 2.0 + cap;
        for (i, line) in lines.iter().enumerate() {
            self.text.line(self.canvas, line, size, (rect.x + pad + shape + gap, first + step * i as f32));
        }
        self.canvas.paint(self.rgb, INK, 1.0);
        Some(middle)
    }

    fn note(&mut self, note: &str) {
        let wanted = (self.label_size() * 0.8).max(10.0);
        let widest = |text: &mut Text, size: f32| note.lines().map(|l| text.width(l, size)).fold(0.0, f32::max);
        // A narrow picture gets smaller words rather than cut ones.
        let size = wanted * (self.w * 0.94 / (widest(self.text, wanted) + 1.2 * wanted)).min(1.0);
        let (pad, step, cap) = (size * 0.6, size * 1.35, Text::cap_height(size));
        let count = note.lines().count().max(1) as f32;
        let widest = widest(self.text, size);
        let (w, h) = (widest + 2.0 * pad, cap + step * (count - 1.0) + 2.0 * pad);
        // Below the counter and what stands under it.
        let y = self.margin() * 2.0 + self.counter_height() + self.label_size() * 1.6;
        let rect = Rect { x: ((self.w - w) / 2.0).max(0.0), y, w, h };
        self.panel(rect, pad, 0.8);
        for (i, line) in note.lines().enumerate() {
            self.text.line(self.canvas, line, size, (rect.x + pad, rect.y + pad + cap + step * i as f32));
        }
        self.canvas.paint(self.rgb, INK, 1.0);
    }

    fn position(&mut self, share: f64, marks: &[f64]) {
        let h = (self.h * 0.012).max(4.0);
        let bar = Rect { x: 0.0, y: self.h - h, w: self.w, h };
        self.panel(bar, 0.0, 0.8);
        let x = |share: f64| self.w * share.clamp(0.0, 1.0) as f32;
        let (done, width) = (Rect { w: x(share), ..bar }, self.w);
        self.canvas.panel(done, 0.0);
        self.canvas.paint(self.rgb, NEAR, 0.9);
        for mark in marks {
            let at = width * mark.clamp(0.0, 1.0) as f32;
            self.canvas.disc((at, self.h - h / 2.0), h * 0.9);
        }
        self.canvas.paint(self.rgb, FAULT, 1.0);
    }
}

/// The columns that the body takes up.
fn body_columns(pose: &Pose, place: &Place) -> Option<(f32, f32)> {
    let columns = Landmark::ALL.iter().filter_map(|l| place.point(pose, *l)).map(|(x, _)| x);
    columns.fold(None, |taken: Option<(f32, f32)>, x| Some(taken.map_or((x, x), |(a, b)| (a.min(x), b.max(x)))))
}

/// The middle of a box of this width in a picture of that: on the roomier side of the body if it fits there.
fn free_middle(picture: f32, width: f32, body: Option<(f32, f32)>) -> f32 {
    let Some((left, right)) = body else { return picture / 2.0 };
    match (left.max(0.0), (picture - right).max(0.0)) {
        (before, after) if before >= after && before >= width => before - width / 2.0,
        (_, after) if after >= width => picture - after + width / 2.0,
        _ => picture / 2.0,
    }
}

/// Told apart by outline and sign, not by colour alone.
#[derive(Clone, Copy)]
enum Icon {
    /// Octagon with "!".
    Stop,
    /// Triangle with "!".
    Caution,
    /// Circle with a tick.
    Tick,
    /// Circle with "i".
    Info,
    /// A ring closing, 0..=1.
    Ring(f64),
}

fn icon_of(cue: &Cue) -> Icon {
    match cue.outcome {
        Outcome::Fault => Icon::Stop,
        Outcome::Warn => Icon::Caution,
        Outcome::Good => Icon::Tick,
        Outcome::NotJudged => Icon::Info,
    }
}

impl Brush<'_> {
    fn icon(&mut self, icon: Icon, (x, y): Spot, r: f32) {
        match icon {
            Icon::Stop => {
                let corner = |i: usize| {
                    let angle = (i as f32 + 0.5) * std::f32::consts::FRAC_PI_4;
                    (x + r * 0.94 * angle.cos(), y + r * 0.94 * angle.sin())
                };
                self.canvas.polygon(&std::array::from_fn::<Spot, 8, _>(corner), r * 0.06);
                self.canvas.paint(self.rgb, FAULT, 1.0);
                self.exclamation(x, y, r, INK);
            }
            Icon::Caution => {
                let (side, top, foot) = (r * 0.92, y - r * 0.86, y + r * 0.74);
                self.canvas.polygon(&[(x, top), (x + side, foot), (x - side, foot)], r * 0.1);
                self.canvas.paint(self.rgb, WARN, 1.0);
                self.exclamation(x, y + r * 0.16, r * 0.86, DARK);
            }
            Icon::Tick => {
                self.canvas.disc((x, y), r);
                self.canvas.paint(self.rgb, GOOD, 1.0);
                let turn = (x - r * 0.1, y + r * 0.36);
                self.canvas.line((x - r * 0.45, y + r * 0.02), turn, r * 0.2);
                self.canvas.line(turn, (x + r * 0.48, y - r * 0.34), r * 0.2);
                self.canvas.paint(self.rgb, INK, 1.0);
            }
            Icon::Info => {
                self.canvas.disc((x, y), r);
                self.canvas.paint(self.rgb, INFO, 1.0);
                self.canvas.disc((x, y - r * 0.45), r * 0.14);
                self.canvas.line((x, y - r * 0.08), (x, y + r * 0.48), r * 0.22);
                self.canvas.paint(self.rgb, INK, 1.0);
            }
            Icon::Ring(share) => {
                let width = r * 0.28;
                self.canvas.ring((x, y), r - width / 2.0, width);
                self.canvas.paint(self.rgb, INK, 0.25);
                let sweep = std::f32::consts::TAU * share.clamp(0.0, 1.0) as f32;
                self.canvas.arc((x, y), r - width / 2.0, width, -std::f32::consts::FRAC_PI_2, sweep);
                self.canvas.paint(self.rgb, [84, 214, 160], 1.0);
            }
        }
    }

    fn exclamation(&mut self, x: f32, y: f32, r: f32, color: Color) {
        self.canvas.line((x, y - r * 0.48), (x, y + r * 0.12), r * 0.22);
        self.canvas.disc((x, y + r * 0.48), r * 0.14);
        self.canvas.paint(self.rgb, color, 1.0);
    }
}

#[cfg(test)]
mod tests;
