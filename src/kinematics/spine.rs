//! Lumbar flexion as a change from the person's own neutral, seen two ways (RULES.md 0.3).
//!
//! **K, by directions**: models that tell where pelvis and thoraco-lumbar spine point are asked for the turn between the
//! two, from the side and of people who began on their feet. formcheck's own reads rendered squats and hinges with a mean
//! error of 4 degrees and a slope of 0.83; on the floor it says half of what is there (models/README.md).
//!
//! **K, by landmarks**, without directions: the direction of a chord above the lumbar spine against that of one below, from
//! the side. Of the four pairs of chords tried on exact landmarks (MODEL.md section 1), S4→S1 against L1→T8 answers 1.01
//! degrees per degree of lumbar flexion and, after one personal baseline, differs by 0.3 degrees between bodies: it goes
//! first. The next two are for models without those points. The pair is chosen by what the model knows, never by what a
//! frame shows: changing pairs within a clip would change the number.
//!
//! **C, by contour**: the offsets of the back's outline from the chord S2→T8 against the baseline's, read two ways:
//! their mean (a rounding back moves outwards everywhere) and the turn of the tangent from the lower to the upper third.
//! The mean is the quieter, the turn does not care when a chord end slips off the skin, so both speak.
//!
//! Bodies differ by 5–19 degrees in neutral, so there is no number without a baseline.

use super::body::{Body, Plane};
use super::{Baseline, Reading, Spine, Unseen};
use crate::geometry::{ImagePoint, inclination_deg, wrap_deg};
use crate::pose::{BackContour, Joint, Landmark, Landmarks, TrunkAxes};
use crate::track::Pose;

/// One way to read K: `upper` chord's direction less `lower` chord's.
pub(super) struct Chords {
    lower: [Landmark; 2],
    upper: [Landmark; 2],
    /// Degrees of answer per degree of lumbar flexion (MODEL.md section 1).
    gain: f64,
    /// Standard deviation of a change from standing, degrees of flexion: measured on squats and hinges with the errors of
    /// RULES.md 0.2 (60 seeds; the first pair is RULES.md 0.3's MDC95 of 21–23).
    sd_deg: f64,
}

const CHORDS: [Chords; 3] = [
    Chords { lower: [Landmark::S4, Landmark::S1], upper: [Landmark::L1, Landmark::T8], gain: 1.01, sd_deg: 12.0 },
    Chords { lower: [Landmark::S1, Landmark::L3], upper: [Landmark::L1, Landmark::T4], gain: 0.68, sd_deg: 15.0 },
    Chords { lower: [Landmark::S1, Landmark::L1], upper: [Landmark::L1, Landmark::C7], gain: 0.46, sd_deg: 18.0 },
];

/// Degrees of turn between the directions that formcheck's own model tells per degree of lumbar flexion: an uncertain network
/// leans towards the average back. Of the gains tried on rendered squats (slope 0.96) and hinges (0.73) this one has the least
/// mean error, 3.9 degrees, at a slope of 0.92.
const DIRECTIONS_GAIN: f64 = 0.91;
/// Standard deviation of a change that the directions show, degrees of flexion: RMS on the same clips.
const DIRECTIONS_SD_DEG: f64 = 5.5;
/// Directions that the model itself holds for less certain than this, both together, show nothing, degrees. Chosen: at the
/// bottom of rendered squats it says up to 10, of a real back rounded as far as it goes up to 20.
const UNSURE_DEG: f64 = 15.0;

/// How far the trunk line turns per degree of lumbar flexion under a still pelvis (RULES.md 0, item 2).
pub(super) const LUMBAR_IN_TRUNK: f64 = 0.59;

/// Standard deviation of C where landmarks of the spine speak too, degrees (RULES.md 0.3: MDC95 9–12 at 3 mm of contour
/// noise; with the chord's true ends the mean error on rendered clips is 2). With ends that BlazePose's hips and
/// shoulders lead to, which stand alone, it is 6.5 at the far end (docs/accuracy.md): the rules' margins hold that.
const CONTOUR_SD_DEG: f64 = 5.0;
/// Mean offset gained per degree of lumbar flexion, shares of the chord. A chain of five lumbar joints (chord 305 mm)
/// gives 0.0019–0.0021 between −20 and 40 degrees; the synthetic athlete's back line, whose skin lies behind the joints,
/// 0.00184 (squats and hinges with −25..43 degrees, four bodies, within 1 degree); rendered skin 0.00176.
const MEAN_PER_DEG: f64 = 0.00184;
/// Turn of the tangent, lower third to upper third, per degree of lumbar flexion: 0.96–0.99 by the chain of joints,
/// 0.89 on the synthetic athlete's back line, 0.97 on rendered skin.
const TURN_PER_DEG: f64 = 0.89;
/// Weight of the mean against the turn: at 3 mm of contour noise alone (3.3 against 6.1 degrees) it would be 0.77;
/// errors of the chord's ends reach the mean and not the turn, so it is less.
const MEAN_WEIGHT: f64 = 0.6;
/// The fewest of the 24 stations, and of the 8 in either outer third, that must be seen now and in the baseline.
const LEAST_STATIONS: usize = 16;
const LEAST_IN_THIRD: usize = 4;
/// Landmarks and contour further apart than this many standard deviations of their difference are not both right: 29
/// degrees for the best landmarks. RULES.md 0.3 says 20, which chance alone passes in every eighth repetition of a back
/// that both see; of the twentieth that tier 1 leaves to chance, this takes half.
const DISAGREE_SDS: f64 = 2.24;
/// Clothing test of RULES.md 0.3: landmarks show a hollow back of at least this, degrees of K …
const LORDOSIS_DEG: f64 = -15.0;
/// … but the outline is hollow by less than this on average, shares of the chord: the shirt hangs.
const HANGING: f64 = 0.01;
/// Where no landmarks speak, the outline itself must be this hollow. Rendered bodies of four builds in fitted shirts show
/// 0.044–0.070 in standing, in hanging ones 0.004–0.039; whoever has a flat back is not judged either, for a shirt over
/// a hollow one looks the same and would hide what follows.
const HOLLOW_ALONE: f64 = 0.041;

/// Offsets at the stations as shares of the chord, + outwards.
pub(super) type Profile = [Option<f64>; BackContour::STATIONS];

/// `trunk` is the trunk's line from vertical, degrees.
pub(super) fn spine(body: &Body, pose: &Pose, trunk: Reading) -> Spine {
    let axes = pose.axes.as_ref();
    let directions = body.baseline.and_then(|baseline| baseline.axes_deg);
    // Beside a dowel the outline is that of the flesh before it (25 degrees of arch read as 11 on a rendered clip): the
    // directions tell more.
    let back = pose.back.as_ref().filter(|_| pose.dowel.is_none() || directions.is_none());
    let (by_landmarks, landmark_sd) = match directions {
        Some(rest) => (by_directions(body, axes, rest), DIRECTIONS_SD_DEG),
        None => {
            let chords = Chords::of(body);
            (by_landmarks(body, chords), chords.map_or(f64::INFINITY, |c| c.sd_deg))
        }
    };
    let by_contour = by_contour(body, back);
    let lumbar_flexion = fused(by_landmarks, landmark_sd, by_contour);
    Spine {
        turn: turn(body, axes),
        by_landmarks,
        by_contour,
        lumbar_flexion,
        pelvic_tilt: pelvic_tilt(body, lumbar_flexion, trunk),
    }
}

/// What of the trunk line's change the pelvis made: the line from hip to shoulder turns with the pelvis and with
/// [`LUMBAR_IN_TRUNK`] of what the low back bends.
fn pelvic_tilt(body: &Body, lumbar_flexion: Reading, trunk: Reading) -> Reading {
    let lumbar_flexion = lumbar_flexion?;
    let turned = wrap_deg(trunk? - body.baseline()?.rest.trunk?);
    Ok(turned - LUMBAR_IN_TRUNK * lumbar_flexion)
}

impl Chords {
    /// The best pair that the model has all points of.
    pub fn of(body: &Body) -> Option<&'static Chords> {
        CHORDS.iter().find(|c| c.lower.iter().chain(&c.upper).all(|&l| body.knows.has(l)))
    }

    /// K before any baseline, degrees of direction, + flexion.
    pub fn direction_deg(&self, points: &Landmarks<Option<ImagePoint>>, facing: f64) -> Result<f64, Unseen> {
        let at = |l: Landmark| points[l].ok_or(Unseen::Hidden(l));
        let lean = |[from, to]: [Landmark; 2]| inclination_deg(at(from)?, at(to)?, facing).ok_or(Unseen::Hidden(to));
        Ok(wrap_deg(lean(self.upper)? - lean(self.lower)?))
    }
}

/// The turn from the pelvis to the thoraco-lumbar spine, degrees, + flexion.
fn lumbar_deg(axes: &TrunkAxes, facing: f64) -> f64 {
    facing * wrap_deg(axes.thoraco_lumbar.deg - axes.pelvis.deg)
}

/// What the trace shows of it, of whomever.
fn turn(body: &Body, axes: Option<&TrunkAxes>) -> Reading {
    let axes = axes.ok_or(if body.anyone { Unseen::NoSpine } else { Unseen::NoPerson })?;
    body.in_view(Plane::StrictlySagittal)?;
    Ok(lumbar_deg(axes, body.sight.facing))
}

/// The same; `None` where the model itself is unsure.
pub(super) fn sure_lumbar_deg(axes: &TrunkAxes, facing: f64) -> Option<f64> {
    let sure = axes.pelvis.sd_deg.hypot(axes.thoraco_lumbar.sd_deg) <= UNSURE_DEG;
    sure.then(|| lumbar_deg(axes, facing))
}

fn by_directions(body: &Body, axes: Option<&TrunkAxes>, rest: f64) -> Reading {
    body.need(
        Plane::StrictlySagittal,
        [Joint::Hip, Joint::Shoulder].map(|joint| Landmark::of(joint, body.sight.near)),
    )?;
    let now = axes.and_then(|axes| sure_lumbar_deg(axes, body.sight.facing)).ok_or(Unseen::SpineUnclear)?;
    Ok(wrap_deg(now - rest) / DIRECTIONS_GAIN)
}

fn by_landmarks(body: &Body, chords: Option<&Chords>) -> Reading {
    let Some(chords) = chords else { return Err(if body.anyone { Unseen::NoSpine } else { Unseen::NoPerson }) };
    let [s, t] = chords.lower;
    let [u, v] = chords.upper;
    body.need(Plane::StrictlySagittal, [s, t, u, v])?;
    let now = chords.direction_deg(&body.points, body.sight.facing)?;
    let rest = body.baseline()?.spine_deg.ok_or(Unseen::NoBaseline)?;
    Ok(wrap_deg(now - rest) / chords.gain)
}

fn by_contour(body: &Body, back: Option<&BackContour>) -> Reading {
    let profile = back.and_then(profile).ok_or(if body.anyone { Unseen::NoSpine } else { Unseen::NoPerson })?;
    body.in_view(Plane::StrictlySagittal)?;
    let baseline = body.baseline()?;
    let rest = baseline.back.as_ref().ok_or(Unseen::NoBaseline)?;
    if hangs(baseline) {
        return Err(Unseen::LooseClothes);
    }
    flexion_between(rest, &profile).ok_or(Unseen::NoSpine)
}

/// Offsets as shares of the chord; `None` for a chord without length.
pub(super) fn profile(back: &BackContour) -> Option<Profile> {
    let chord = (back.t8 - back.sacrum).norm();
    (chord > 0.0 && chord.is_finite()).then(|| back.offsets.map(|o| o.filter(|px| px.is_finite()).map(|px| px / chord)))
}

/// True where cloth hangs, or may hang, over the back in the start position. On hands and knees it would lie on the back,
/// but there the chord's ends move with the hip and shoulder of the limbs that reach out: on a rendered bird dog 17 degrees
/// of sag read as 29 from an outline good to a millimetre, so without landmarks nothing is said there either.
fn hangs(baseline: &Baseline) -> bool {
    let Some(back) = baseline.back else { return false };
    let (sum, n) = back.iter().flatten().fold((0.0, 0.0), |(sum, n), offset| (sum + offset, n + 1.0));
    let hollow = if n > 0.0 { -sum / n } else { 0.0 };
    match baseline.spine_deg {
        Some(deg) => deg < LORDOSIS_DEG && hollow < HANGING,
        None => hollow < HOLLOW_ALONE,
    }
}

/// Lumbar flexion from one profile to another, degrees; `None` when too little of both is seen.
fn flexion_between(rest: &Profile, now: &Profile) -> Option<f64> {
    let third = BackContour::STATIONS / 3;
    let change: Profile = std::array::from_fn(|i| Some(now[i]? - rest[i]?));
    let seen = change.iter().flatten().count();
    let upper_from = BackContour::STATIONS - third;
    let (lower, upper) = (&change[..third], &change[upper_from..]);
    let enough = |part: &[Option<f64>]| part.iter().flatten().count() >= LEAST_IN_THIRD;
    if seen < LEAST_STATIONS || !enough(lower) || !enough(upper) {
        return None;
    }
    let mean = filled(&change).iter().sum::<f64>() / BackContour::STATIONS as f64;
    let lean = |profile: &Profile, range: std::ops::Range<usize>| {
        let both_seen: Profile = std::array::from_fn(|i| change[i].and(profile[i]));
        slope(&both_seen[range]).map(|s| s.atan().to_degrees())
    };
    let turn = |profile: &Profile| Some(lean(profile, 0..third)? - lean(profile, upper_from..BackContour::STATIONS)?);
    let by_turn = (turn(now)? - turn(rest)?) / TURN_PER_DEG;
    Some(MEAN_WEIGHT * mean / MEAN_PER_DEG + (1.0 - MEAN_WEIGHT) * by_turn)
}

/// Hidden stations as straight lines between their neighbours, level at the ends: leaving them out would weigh the
/// seen part of the bulge only.
fn filled(profile: &Profile) -> [f64; BackContour::STATIONS] {
    std::array::from_fn(|i| {
        let below = (0..=i).rev().find_map(|j| Some((j, profile[j]?)));
        let above = (i..profile.len()).find_map(|j| Some((j, profile[j]?)));
        match (below, above) {
            (Some((a, x)), Some((b, y))) if b > a => x + (y - x) * (i - a) as f64 / (b - a) as f64,
            (Some((_, x)), _) | (None, Some((_, x))) => x,
            (None, None) => 0.0,
        }
    })
}

/// Least-squares slope of offsets along the chord, both in chord lengths.
fn slope(part: &[Option<f64>]) -> Option<f64> {
    let step = 1.0 / (BackContour::STATIONS - 1) as f64;
    let (mut n, mut t1, mut t2, mut y1, mut ty) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, offset) in part.iter().enumerate() {
        if let Some(y) = offset {
            let t = i as f64 * step;
            (n, t1, t2, y1, ty) = (n + 1.0, t1 + t, t2 + t * t, y1 + y, ty + t * y);
        }
    }
    let spread = n * t2 - t1 * t1;
    (spread > 0.0).then(|| (n * ty - t1 * y1) / spread)
}

fn fused(by_landmarks: Reading, landmark_sd: f64, by_contour: Reading) -> Reading {
    match (by_landmarks, by_contour) {
        (Ok(k), Ok(c)) if (k - c).abs() > DISAGREE_SDS * landmark_sd.hypot(CONTOUR_SD_DEG) => Err(Unseen::SpineUnclear),
        (Ok(k), Ok(c)) => {
            let (k_weight, c_weight) = (landmark_sd.powi(-2), CONTOUR_SD_DEG.powi(-2));
            Ok((k * k_weight + c * c_weight) / (k_weight + c_weight))
        }
        (Ok(only), Err(_)) | (Err(_), Ok(only)) => Ok(only),
        // The reason that can be helped: "no such points in the model" is the last thing to say.
        (Err(Unseen::NoSpine), Err(reason)) | (Err(reason), Err(_)) => Err(reason),
    }
}
