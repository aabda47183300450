//! formcheck's own network: heat maps with what it thinks of each point, a mask, directions, facing, presence.
//!
//! A point lies at the mean of the softmax over the cells about the largest (11×11 of 96×96), a cell's value at its middle; of
//! limbs about the largest that makes a limb with the others' ([`limbs`]). Its score is the geometric mean of the share of the softmax
//! in the 5×5 cells about the largest (is there one place?) and the chance that it is this place, which of limbs the other
//! maps help to tell; what the standard deviation makes of it, of all but limbs' joints, comes after all looks
//! ([`Reading::doubt`]). All outputs but the directions are logits.
//!
//! The network's visibilities have no part in the score. They tell hidden from seen, and on the floor half of the body is
//! hidden behind the other half: with them (their geometric mean with the share) a quarter of the rightly placed limb points
//! of the rendered clips on the floor and of hips and shoulders of renders never trained on were left out, and hardly fewer
//! wrong ones were in.

use super::limbs::{self, OFFERS, Offers, Silhouette};
use super::{Length, Reading, refill, sigmoid};
use crate::estimate::card::Card;
use crate::estimate::crop::Crop;
use crate::frame::Mask;
use crate::pose::{Axis, Keypoint, Landmark, Landmarks, TrunkAxes};
use nalgebra::Point2;

// In the order of `Card::output_names`.
const HEATMAPS: usize = 0;
const VISIBILITY: usize = 1;
const LOG_SIGMA: usize = 2;
const MASK: usize = 3;
const AXES: usize = 4;
const FACING: usize = 5;
const PERSON: usize = 6;

// Of the facing's, with front and back.
const LEFT: usize = 0;
const RIGHT: usize = 1;

/// Cells of a map's side for each cell either side of the largest that takes part in the mean (5 of 96): maps are taught bells
/// of a 50th of their side, and their highest cell wavers. With 2 instead of 5 the median error on 238 photographs is 2.86
/// instead of 2.69 % of the box (hips 6.3 and 6.0 degrees), of the spine on renders 1.64 instead of 1.55.
const SIDE_PER_REACH: usize = 19;
/// Cells either side of the largest whose share says how sure the place is.
const HERE: usize = 2;
/// Cells either side of the largest that belong to its hill, upright and lying: on the floor legs part more widely, and a hill
/// drawn out along one leg would hide that of the other.
const HILL: usize = 4;
const LYING_HILL: usize = 6;
/// A map of which all but this much is accounted for offers no other place.
const LEAST_LEFT: f64 = 0.02;
/// A trunk turned further than this from upright lies, degrees: further than any hinge.
const LYING_DEG: f64 = 72.0;
/// Cells this far below the largest (logits) add less than a millionth each to the softmax.
const NOTHING: f32 = 16.0;
/// Taken for the standard deviation, in sides of the crop, while nobody knows how true the network's own are: no reason to
/// doubt a point, and a closer look weighs as much more as it is larger.
const UNTOLD: f64 = 0.01;
/// Standard deviations are held to this range of crop sides, whatever the network says.
const SIGMAS: (f64, f64) = (1e-3, 1.0);

pub(super) fn lengths(card: &Card) -> Vec<Length> {
    let rows = card.rows().len();
    [
        Length::Maps(rows),
        Length::Of(rows),
        Length::Of(rows),
        Length::Maps(1),
        Length::Of(9),
        Length::Of(4),
        Length::Of(1),
    ]
    .to_vec()
}

pub(super) fn read(
    card: &Card,
    outputs: &[Vec<f32>],
    crop: &Crop,
    [width, height]: [f64; 2],
    mask: &mut Option<Mask>,
) -> Reading {
    let maps = &outputs[HEATMAPS];
    let cells = maps.len() / card.rows().len().max(1);
    let lying = crate::geometry::wrap_deg(crop.region.rotation_deg).abs() > LYING_DEG;
    let hill = if lying { LYING_HILL } else { HILL };
    let mut offers = Landmarks::<Offers>::default();
    for (n, landmark) in card.rows().iter().enumerate() {
        let Some(landmark) = landmark.map(|l| crop.landmark(l)) else { continue };
        let most = if limbs::is_chosen(landmark) { OFFERS } else { 1 };
        offers[landmark] = peaks(&maps[n * cells..(n + 1) * cells], side(cells), most, hill);
    }
    let in_picture = |p: Point2<f64>| {
        let at = crop.image_from_input(p);
        (0.0..width).contains(&at.x) && (0.0..height).contains(&at.y)
    };
    let body = Silhouette { logits: &outputs[MASK], side: side(outputs[MASK].len()), in_picture: &in_picture, lying };
    let peaks = limbs::chosen(&offers, &body);
    let (mut points, mut sigma_px) = (Landmarks::default(), Landmarks::default());
    for (n, landmark) in card.rows().iter().enumerate() {
        let Some(landmark) = landmark.map(|l| crop.landmark(l)) else { continue };
        let Some(peak) = peaks[landmark] else { continue };
        let score = (peak.share * peak.chance).sqrt();
        let sigma = card.sigma_scale.map_or(UNTOLD, |scale| sigma(outputs[LOG_SIGMA][n], scale));
        let score = if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 };
        points[landmark] = Some(Keypoint { at: crop.image_from_input(peak.at), score });
        sigma_px[landmark] = (!limbs::is_joint(landmark)).then(|| sigma * crop.region.width());
    }
    refill(mask, &outputs[MASK], side(outputs[MASK].len()), crop);
    let person = f64::from(sigmoid(outputs[PERSON][0]));
    Reading {
        points,
        confidence: if person.is_finite() { person } else { 0.0 },
        sigma_px: Some(sigma_px),
        joints_chosen: true,
        axes: axes(&outputs[AXES], crop),
        side_on: side_on(&outputs[FACING]),
        ..Reading::default()
    }
}

/// Turns the outputs of a look at the mirror image of a crop into what they say of the crop itself. Of 238 photographs the
/// median error of the mean of both looks is 2.4 % of the box where that of one is 2.6, of knees 4.5 degrees instead of 6.0,
/// of hips 5.6 instead of 6.2 (models/README.md).
pub(in super::super) fn straighten(card: &Card, outputs: &mut [Vec<f32>]) {
    let rows = card.rows();
    let cells = outputs[HEATMAPS].len() / rows.len().max(1);
    for map in outputs[HEATMAPS].chunks_exact_mut(cells.max(1)) {
        mirror(map);
    }
    mirror(&mut outputs[MASK]);
    for (n, landmark) in rows.iter().enumerate() {
        let twin = rows.iter().position(|l| *l == landmark.map(Landmark::mirrored)).unwrap_or(n);
        if n < twin {
            outputs[VISIBILITY].swap(n, twin);
            outputs[LOG_SIGMA].swap(n, twin);
            let (before, from) = outputs[HEATMAPS].split_at_mut(twin * cells);
            before[n * cells..][..cells].swap_with_slice(&mut from[..cells]);
        }
    }
    outputs[AXES].iter_mut().step_by(3).for_each(|x| *x = -*x);
    outputs[FACING].swap(LEFT, RIGHT);
}

/// Takes an earlier look, at the crop `then`, into one at the crop `now`: the mean of both, of maps where both show the place.
/// Logits and logarithms are averaged as they are.
pub(in super::super) fn average(looked: &mut [Vec<f32>], earlier: &[Vec<f32>], now: &Crop, then: &Crop) {
    let mean = |a: &mut f32, b: f32| *a = 0.5 * (*a + b);
    for (n, (look, before)) in looked.iter_mut().zip(earlier).enumerate() {
        if now == then || ![HEATMAPS, MASK, AXES].contains(&n) {
            look.iter_mut().zip(before).for_each(|(a, b)| mean(a, *b));
        }
    }
    if now == then {
        return;
    }
    let turn =
        (then.region.rotation_deg - now.region.rotation_deg).to_radians() * if now.mirrored { -1.0 } else { 1.0 };
    let (sin, cos) = (turn.sin() as f32, turn.cos() as f32);
    for (look, before) in looked[AXES].chunks_exact_mut(3).zip(earlier[AXES].chunks_exact(3)) {
        let [x, y] = [before[0] * cos - before[1] * sin, before[0] * sin + before[1] * cos];
        look.iter_mut().zip([x, y, before[2]]).for_each(|(a, b)| mean(a, b));
    }
    let at = |x: f64, y: f64| then.input_from_image(now.image_from_input(Point2::new(x, y)));
    let (origin, right, below) = (at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0));
    let cells = looked[HEATMAPS].len() / looked[LOG_SIGMA].len().max(1);
    for (output, cells) in [(HEATMAPS, cells), (MASK, looked[MASK].len())] {
        let maps = looked[output].chunks_exact_mut(cells.max(1)).zip(earlier[output].chunks_exact(cells.max(1)));
        let side = side(cells);
        // Between the middles of cells.
        let scale = |v: f64| (v * side as f64) as f32;
        let step = |to: Point2<f64>| [(to.x - origin.x) as f32, (to.y - origin.y) as f32];
        let (across, down) = (step(right), step(below));
        for (look, before) in maps {
            for (i, value) in look.iter_mut().enumerate() {
                let (u, v) = ((i % side) as f32 + 0.5, (i / side) as f32 + 0.5);
                let x = scale(origin.x) + u * across[0] + v * down[0] - 0.5;
                let y = scale(origin.y) + u * across[1] + v * down[1] - 0.5;
                if let Some(then) = between(before, side, x, y) {
                    mean(value, then);
                }
            }
        }
    }
}

/// A square map's value between its cells' middles; `None` beyond them.
fn between(map: &[f32], side: usize, x: f32, y: f32) -> Option<f32> {
    let most = side as f32 - 1.0;
    if !(x >= 0.0 && y >= 0.0 && x < most && y < most) {
        return None;
    }
    let (column, row) = (x as usize, y as usize);
    let (fx, fy) = (x - column as f32, y - row as f32);
    let [upper, lower] = [row, row + 1].map(|row| {
        let at = row * side + column;
        map[at] + fx * (map[at + 1] - map[at])
    });
    Some(upper + fy * (lower - upper))
}

/// A square map.
fn mirror(map: &mut [f32]) {
    let side = side(map.len()).max(1);
    map.chunks_exact_mut(side).for_each(<[f32]>::reverse);
}

/// Standard deviation of a point, crop sides.
fn sigma(log: f32, scale: f64) -> f64 {
    let sigma = f64::from(log).exp() * scale;
    if sigma.is_nan() { SIGMAS.1 } else { sigma.clamp(SIGMAS.0, SIGMAS.1) }
}

/// Cells along each side of a square map.
fn side(cells: usize) -> usize {
    cells.isqrt()
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peak {
    /// 0..1 of the crop.
    pub at: Point2<f64>,
    /// Of the softmax, within the window, 0..=1.
    pub share: f64,
    /// That the point is here, 0..=1: the share, until other maps have been asked ([`limbs`]).
    pub chance: f64,
}

/// The likeliest places of a map, `most` of them at most, `hill` cells apart; none for a map without numbers.
fn peaks(map: &[f32], side: usize, most: usize, hill: usize) -> Offers {
    let mut offers = [None; OFFERS];
    let (cell, top) = super::arg_max(map);
    if !top.is_finite() {
        return offers;
    }
    let weight = |v: f32| if v > top - NOTHING { (v - top).exp() } else { 0.0 };
    let whole: f32 = map.iter().map(|&v| weight(v)).sum();
    let mut cells = [(cell / side, cell % side); OFFERS];
    let mut left = 1.0;
    for n in 0..most {
        if n > 0 {
            let Some(cell) = highest_beyond(map, side, &cells[..n], hill) else { break };
            cells[n] = cell;
        }
        let Some(peak) = mean_about(map, side, cells[n], (&cells[..n], hill), |v| f64::from(weight(v) / whole)) else {
            break;
        };
        left -= peak.share;
        offers[n] = Some(peak);
        if left < LEAST_LEFT {
            break;
        }
    }
    offers
}

fn is_of(hills: &[(usize, usize)], hill: usize, row: usize, column: usize) -> bool {
    hills.iter().any(|&(r, c)| row.abs_diff(r) <= hill && column.abs_diff(c) <= hill)
}

/// The highest cell that belongs to none of the hills.
fn highest_beyond(map: &[f32], side: usize, hills: &[(usize, usize)], hill: usize) -> Option<(usize, usize)> {
    let mut best: Option<(f32, (usize, usize))> = None;
    for (row, values) in map.chunks_exact(side).enumerate() {
        for (column, &v) in values.iter().enumerate() {
            if best.is_none_or(|(most, _)| v > most) && !is_of(hills, hill, row, column) {
                best = Some((v, (row, column)));
            }
        }
    }
    best.map(|(_, cell)| cell)
}

/// The mean of the softmax (`share` of a cell's value) about a cell, without what belongs to other hills.
fn mean_about(
    map: &[f32],
    side: usize,
    (row, column): (usize, usize),
    (hills, hill): (&[(usize, usize)], usize),
    share: impl Fn(f32) -> f64,
) -> Option<Peak> {
    let about = |middle: usize, reach: usize| middle.saturating_sub(reach)..(middle + reach + 1).min(side);
    let (mut sum, mut here, mut x, mut y) = (0.0, 0.0, 0.0, 0.0);
    let reach = HERE.max(side / SIDE_PER_REACH);
    for r in about(row, reach) {
        for c in about(column, reach).filter(|&c| !is_of(hills, hill, r, c)) {
            let w = share(map[r * side + c]);
            sum += w;
            x += w * (c as f64 + 0.5);
            y += w * (r as f64 + 0.5);
            if r.abs_diff(row) <= HERE && c.abs_diff(column) <= HERE {
                here += w;
            }
        }
    }
    let unit = sum * side as f64;
    let share = here.min(1.0);
    (share > 0.0).then(|| Peak { at: Point2::new(x / unit, y / unit), share, chance: share })
}

/// Three directions (x right, y down in the crop, towards the head), each with the logarithm of its variance in rad².
fn axes(rows: &[f32], crop: &Crop) -> Option<TrunkAxes> {
    let axis = |n: usize| {
        let [x, y, log_variance] = [rows[3 * n], rows[3 * n + 1], rows[3 * n + 2]].map(f64::from);
        let x = if crop.mirrored { -x } else { x };
        let in_crop = (x != 0.0 || y != 0.0).then(|| x.atan2(-y).to_degrees())?;
        let deg = crate::geometry::wrap_deg(in_crop + crop.region.rotation_deg);
        let sd_deg = (0.5 * log_variance).exp().to_degrees().min(180.0);
        (deg.is_finite() && sd_deg.is_finite()).then_some(Axis { deg, sd_deg })
    };
    Some(TrunkAxes { pelvis: axis(0)?, thoraco_lumbar: axis(1)?, upper_thorax: axis(2)? })
}

/// How likely the athlete is seen from a side, of left, right, front and back.
fn side_on(facing: &[f32]) -> Option<f64> {
    let (_, top) = super::arg_max(facing);
    let weights = [0, 1, 2, 3].map(|i| f64::from(facing[i] - top).exp());
    let share = (weights[LEFT] + weights[RIGHT]) / weights.iter().sum::<f64>();
    share.is_finite().then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::card::tests::own_card;
    use crate::geometry::{ImagePoint, Region};

    const SIDE: usize = 16;
    const PICTURE: [f64; 2] = [640.0, 480.0];

    fn crop(rotation_deg: f64, mirrored: bool) -> Crop {
        Crop { region: Region::new(ImagePoint::new(100.0, 80.0), 160.0, 160.0, rotation_deg).unwrap(), mirrored }
    }

    /// Maps of Gaussians about (x, y) in cells from the corner, one for each landmark, and plain other outputs.
    fn outputs(at: impl Fn(usize) -> (f64, f64)) -> Vec<Vec<f32>> {
        let value = |n: usize, i: usize| {
            let (dx, dy) = ((i % SIDE) as f64 + 0.5 - at(n).0, (i / SIDE) as f64 + 0.5 - at(n).1);
            // Softmax of this is a Gaussian of 0.7 cells.
            (-(dx * dx + dy * dy) / (2.0 * 0.7 * 0.7)) as f32
        };
        let count = Landmark::COUNT;
        vec![
            (0..count).flat_map(|n| (0..SIDE * SIDE).map(move |i| (n, i))).map(|(n, i)| value(n, i)).collect(),
            vec![4.0; count],
            vec![-4.0; count],
            vec![0.0; 64],
            vec![0.0, -1.0, -6.0, 1.0, -1.0, -6.0, -2.0, 0.0, -6.0],
            vec![0.0, 3.0, 0.0, 0.0],
            vec![3.0],
        ]
    }

    #[test]
    fn a_point_lies_between_cells_whose_values_stand_at_their_middles() {
        let card = own_card("").unwrap();
        let outputs = outputs(|n| (3.0 + 0.2 * n as f64, 11.4 - 0.1 * n as f64));
        for (length, output) in lengths(&card).iter().zip(&outputs) {
            assert!(length.holds(output.len()), "{length}");
        }
        let reading = read(&card, &outputs, &crop(0.0, false), PICTURE, &mut None);
        for (n, &l) in Landmark::ALL.iter().enumerate() {
            // One cell is 10 px here and the crop's corner lies at (20, 0).
            let (x, y) = (20.0 + 10.0 * (3.0 + 0.2 * n as f64), 10.0 * (11.4 - 0.1 * n as f64));
            let k = reading.points[l].unwrap();
            assert!((k.at - ImagePoint::new(x, y)).norm() < 0.2, "{l:?}: {} instead of {x}, {y}", k.at);
            assert!(k.score > 0.97 && k.score <= 1.0, "{}", k.score);
        }
        assert!((reading.confidence - 0.9526).abs() < 1e-3);
    }

    #[test]
    fn a_look_in_the_mirror_is_straightened() {
        let card = own_card("").unwrap();
        let twin = |n: usize| Landmark::ALL[n].mirrored() as usize;
        let (x, y) = (|n: usize| if twin(n) > n { 4.0 } else { 9.0 }, |n: usize| 3.0 + 0.2 * n as f64);
        let mut straight = outputs(|n| (x(n), y(n)));
        (straight[VISIBILITY], straight[LOG_SIGMA]) = (0..Landmark::COUNT).map(|n| (n as f32, -(n as f32))).unzip();
        let mut mirrored = outputs(|n| (SIDE as f64 - x(twin(n)), y(twin(n))));
        (mirrored[VISIBILITY], mirrored[LOG_SIGMA]) =
            (0..Landmark::COUNT).map(|n| (twin(n) as f32, -(twin(n) as f32))).unzip();
        mirrored[AXES] = vec![0.0, -1.0, -6.0, -1.0, -1.0, -6.0, 2.0, 0.0, -6.0];
        mirrored[FACING] = vec![3.0, 0.0, 0.0, 0.0];
        straighten(&card, &mut mirrored);
        let off = straight.iter().zip(&mirrored).flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-4);
    }

    #[test]
    fn looks_at_crops_that_moved_are_averaged_where_they_show_the_same() {
        let card = own_card("").unwrap();
        let looked = |crop: &Crop, up_deg: f64| {
            // Every landmark at a place of its own in the picture, and a pelvis that leans by `up_deg` in it.
            let place = |n: usize| ImagePoint::new(80.0 + n as f64, 60.0 + 0.9 * n as f64);
            let mut outputs = outputs(|n| {
                let p = crop.input_from_image(place(n));
                (p.x * SIDE as f64, p.y * SIDE as f64)
            });
            let in_crop = (up_deg - crop.region.rotation_deg).to_radians() * if crop.mirrored { -1.0 } else { 1.0 };
            (outputs[AXES][0], outputs[AXES][1]) = (in_crop.sin() as f32, -in_crop.cos() as f32);
            outputs
        };
        let region = |x: f64, size: f64, turn: f64| Region::new(ImagePoint::new(x, 80.0), size, size, turn).unwrap();
        for mirrored in [false, true] {
            let [then, now] =
                [region(100.0, 160.0, 5.0), region(106.0, 170.0, -4.0)].map(|region| Crop { region, mirrored });
            assert!(now.is_near(&then));
            let alone = looked(&now, 20.0);
            let mut both = alone.clone();
            average(&mut both, &looked(&then, 30.0), &now, &then);
            let [alone, both] = [&alone, &both].map(|outputs| read(&card, outputs, &now, PICTURE, &mut None));
            let off = |l: &Landmark| (alone.points[*l].unwrap().at - both.points[*l].unwrap().at).norm();
            let worst = Landmark::ALL.iter().map(off).fold(0.0, f64::max);
            assert!(worst < 1.5, "{worst} px, of cells of 10");
            let pelvis = [&alone, &both].map(|reading| reading.axes.unwrap().pelvis.deg);
            assert!((pelvis[0] - 20.0).abs() < 0.1 && (pelvis[1] - 25.0).abs() < 0.1, "{pelvis:?}");
        }
    }

    #[test]
    fn a_turned_and_mirrored_crop_gives_the_picture_s_points_sides_and_directions() {
        let card = own_card("").unwrap();
        // Everything a quarter of the crop below the top, left of the middle as the network sees it.
        let outputs = outputs(|_| (4.0, 4.0));
        let plain = read(&card, &outputs, &crop(90.0, false), PICTURE, &mut None);
        // The crop's up is screen right and its left screen up.
        let at = |reading: &Reading, l: Landmark| reading.points[l].unwrap().at;
        assert!((at(&plain, Landmark::Nose) - ImagePoint::new(140.0, 40.0)).norm() < 0.2);
        let axes = plain.axes.unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
        assert!(
            near(axes.pelvis.deg, 90.0) && near(axes.thoraco_lumbar.deg, 135.0) && near(axes.upper_thorax.deg, 0.0)
        );
        assert!(near(axes.pelvis.sd_deg, (-3.0f64).exp().to_degrees()));

        let mut outputs = outputs;
        outputs[HEATMAPS][Landmark::LeftKnee as usize * SIDE * SIDE..][..SIDE * SIDE].fill(0.0);
        let mirrored = read(&card, &outputs, &crop(0.0, true), PICTURE, &mut None);
        assert!((at(&mirrored, Landmark::Nose) - ImagePoint::new(140.0, 40.0)).norm() < 0.2);
        let score = |l: Landmark| mirrored.points[l].unwrap().score;
        assert!(score(Landmark::RightKnee) < 0.2 && score(Landmark::LeftKnee) > 0.9, "left in the mirror is right");
        assert!(near(mirrored.axes.unwrap().thoraco_lumbar.deg, -45.0));
    }

    #[test]
    fn a_single_high_cell_moves_a_place_little() {
        let side = 96;
        let bell = |i: usize| {
            let (x, y) = ((i % side) as f64 + 0.5 - 40.3, (i / side) as f64 + 0.5 - 50.7);
            (-(x * x + y * y) / (2.0 * 2.0 * 2.0)) as f32
        };
        let mut map: Vec<f32> = (0..side * side).map(bell).collect();
        map[50 * side + 42] += 0.8;
        let place = peaks(&map, side, 1, HILL)[0].unwrap();
        let off = (place.at * side as f64 - Point2::new(40.3, 50.7)).norm();
        assert!(off < 0.4, "{off} cells");
        assert!(place.share < 0.7, "how sure it is goes by the cells next to the highest: {}", place.share);
    }

    #[test]
    fn what_is_spread_out_or_uncertain_scores_low() {
        let doubted = |card: &Card, change: fn(&mut Vec<Vec<f32>>)| {
            let mut outputs = outputs(|_| (8.0, 8.0));
            change(&mut outputs);
            let mut reading = read(card, &outputs, &crop(0.0, false), PICTURE, &mut None);
            reading.doubt(0.04 * 160.0);
            reading.points
        };
        let score = |card: &Card, change: fn(&mut Vec<Vec<f32>>)| doubted(card, change)[Landmark::Nose].unwrap().score;
        let card = own_card("").unwrap();
        assert!(score(&card, |o| o[HEATMAPS][..SIDE * SIDE].fill(1.0)) < 0.11, "25 cells of 256");
        // Two places as likely as each other.
        assert!(score(&card, |o| o[HEATMAPS][17] = 0.0) < 0.9);
        assert!(score(&card, |o| o[LOG_SIGMA][0] = 0.0) > 0.9, "no scale: what it says of itself means nothing");
        let calibrated = own_card("sigma_scale = 1.5").unwrap();
        assert!(score(&calibrated, |o| o[LOG_SIGMA][0] = 0.0) < 0.05);
        assert!(score(&calibrated, |o| o[LOG_SIGMA][0] = -4.8) > 0.9);
        let uncertain = doubted(&calibrated, |o| o[LOG_SIGMA].fill(0.0));
        let [knee, ankle] = [Landmark::LeftKnee, Landmark::LeftAnkle].map(|l| uncertain[l].unwrap().score);
        assert!(knee > 0.9, "{knee}: of a knee it counts places that the limb has ruled out");
        assert!((0.75..=0.8).contains(&ankle), "{ankle}: ankles are believed less");
    }

    #[test]
    fn sigmas_are_in_px_of_the_picture_and_side_on_is_left_or_right() {
        let card = own_card("sigma_scale = 2.0").unwrap();
        let reading = read(&card, &outputs(|_| (8.0, 8.0)), &crop(0.0, false), PICTURE, &mut None);
        let sigma = reading.sigma_px.unwrap()[Landmark::C7].unwrap();
        assert!((sigma - 2.0 * (-4.0f64).exp() * 160.0).abs() < 1e-6);
        assert!(reading.side_on.unwrap() > 0.9);
        assert!(side_on(&[0.0, 0.0, 4.0, 0.0]).unwrap() < 0.1);
    }

    #[test]
    fn the_mask_lies_over_the_crop_whatever_its_size() {
        let card = own_card("").unwrap();
        let mut outputs = outputs(|_| (8.0, 8.0));
        outputs[MASK] = (0..64).map(|i| if i % 8 < 4 { 5.0 } else { -5.0 }).collect();
        let mut mask = None;
        read(&card, &outputs, &crop(30.0, true), PICTURE, &mut mask);
        let mask = mask.unwrap();
        assert_eq!((mask.width, mask.height, mask.region), (8, 8, crop(30.0, true).region));
        assert!(mask.probability[0] < 0.1 && mask.probability[7] > 0.9, "its left is the region's right");
    }

    #[test]
    fn broken_numbers_place_nothing() {
        let card = own_card("sigma_scale = 1.0").unwrap();
        let broken: Vec<Vec<f32>> = outputs(|_| (8.0, 8.0)).iter().map(|o| vec![f32::NAN; o.len()]).collect();
        let reading = read(&card, &broken, &crop(0.0, false), PICTURE, &mut None);
        assert!(reading.points.0.iter().all(Option::is_none));
        assert_eq!((reading.confidence, reading.axes, reading.side_on), (0.0, None, None));
    }
}
