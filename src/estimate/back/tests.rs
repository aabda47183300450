//! Drawn bodies whose outline is a formula, in every turn of the picture.

use super::*;
use crate::geometry::Region;
use crate::pose::DowelLine;
use nalgebra::Point2;

/// A trunk with a back that is hollow below and round above.
#[derive(Clone, Copy)]
struct Figure {
    hip: ImagePoint,
    /// Of "up the trunk" clockwise from screen up, degrees.
    turn_deg: f64,
    facing: f64,
    length: f64,
    /// Of the bulges, px.
    swing: f64,
    body: [f64; 3],
    wall: [f64; 3],
}

const UPRIGHT: Figure = Figure {
    hip: ImagePoint::new(300.2, 420.6),
    turn_deg: 0.0,
    facing: 1.0,
    length: 200.0,
    swing: 9.0,
    body: [60.0, 80.0, 150.0],
    wall: [190.0, 185.0, 170.0],
};

impl Figure {
    fn up(&self) -> Vector2<f64> {
        let (sin, cos) = self.turn_deg.to_radians().sin_cos();
        Vector2::new(sin, -cos)
    }

    fn back(&self) -> Vector2<f64> {
        let up = self.up();
        Vector2::new(-up.y, up.x) * -self.facing
    }

    /// How far behind the axis the back lies, px along it from the hips.
    fn out(&self, along: f64) -> f64 {
        45.0 + self.swing * (along / self.length * 5.2 + 1.9).sin()
    }

    /// px along and out of a place of the picture.
    fn of(&self, p: ImagePoint) -> (f64, f64) {
        let d = p - self.hip;
        (d.dot(&self.up()), d.dot(&self.back()))
    }

    fn at(&self, along: f64, out: f64) -> ImagePoint {
        self.hip + self.up() * along + self.back() * out
    }

    /// Signed distance to the body, px, near enough beside the back: negative inside.
    fn distance(&self, p: ImagePoint) -> f64 {
        let (along, out) = self.of(p);
        let slope = (self.out(along + 0.5) - self.out(along - 0.5)).abs();
        let behind = (out - self.out(along)) / 1f64.hypot(slope);
        behind.max(-70.0 - out).max(-0.8 * self.length - along).max(along - 1.3 * self.length)
    }

    fn draw(&self) -> Frame {
        let mut frame = Frame::new(640, 800);
        let width = frame.width() as usize;
        for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
            let p = ImagePoint::new((i % width) as f64, (i / width) as f64);
            let cover = (0.5 - self.distance(p)).clamp(0.0, 1.0);
            // A sensor's noise, the same every time.
            let noise = ((i * 7919 + i / 640 * 104_729) % 13) as f64 - 6.0;
            for (c, value) in pixel.iter_mut().enumerate() {
                *value = (self.wall[c] + (self.body[c] - self.wall[c]) * cover + noise).round() as u8;
            }
        }
        frame
    }

    /// What a network might say: cells of 3 px, the border some px too far out.
    fn mask(&self, off: f64) -> Mask {
        let region = Region::new(self.hip, 768.0, 768.0, self.turn_deg).unwrap();
        let side = 256;
        let cell = |i: usize| {
            let unit = Point2::new(((i % side) as f64 + 0.5) / side as f64, ((i / side) as f64 + 0.5) / side as f64);
            let distance = self.distance(region.image_from_unit(unit)) - off;
            (1.0 / (1.0 + (distance / 1.5).exp())) as f32
        };
        Mask { region, width: side, height: side, probability: (0..side * side).map(cell).collect() }
    }

    /// Hips, shoulders and hanging arms.
    fn points(&self) -> Landmarks<Option<Keypoint>> {
        let mut points = Landmarks::default();
        let joints = [(Joint::Hip, 0.0), (Joint::Shoulder, 1.0), (Joint::Elbow, 0.4), (Joint::Wrist, -0.1)];
        for (joint, place) in joints {
            for side in Side::BOTH {
                let at = self.at(place * self.length, 0.0);
                points[Landmark::of(joint, side)] = Some(Keypoint { at, score: 0.9 });
            }
        }
        points
    }

    fn found(&self) -> Option<BackContour> {
        BackFinder::default().find(&self.draw(), Edge::Mask(&self.mask(3.0)), &self.points(), self.facing)
    }

    /// How far the contour's stations lie from the outline, px.
    fn errors(&self, found: &BackContour) -> Vec<f64> {
        let chord = found.t8 - found.sacrum;
        let mut outside = Vector2::new(-chord.y, chord.x).normalize();
        if outside.dot(&self.back()) < 0.0 {
            outside = -outside;
        }
        let last = (BackContour::STATIONS - 1) as f64;
        let station = |(i, offset): (usize, &Option<f64>)| {
            Some(self.distance(found.sacrum + chord * (i as f64 / last) + outside * (*offset)?))
        };
        found.offsets.iter().enumerate().filter_map(station).collect()
    }

    /// Length of the outline between two places along the axis, px.
    fn arc(&self, from: f64, to: f64) -> f64 {
        let n = 2000;
        let at = |i: usize| {
            self.at(from + (to - from) * i as f64 / n as f64, self.out(from + (to - from) * i as f64 / n as f64))
        };
        (0..n).map(|i| (at(i + 1) - at(i)).norm()).sum()
    }
}

/// Standing, lying on the back or the belly, on hands and knees, facing either way.
fn everywhere() -> impl Iterator<Item = Figure> {
    [0.0, 17.0, 90.0, 180.0, 255.0, -62.0].into_iter().flat_map(|turn_deg| {
        [1.0, -1.0].map(|facing| Figure { turn_deg, facing, hip: ImagePoint::new(320.3, 400.7), ..UPRIGHT })
    })
}

#[test]
fn the_outline_is_found_to_a_fraction_of_a_px_in_any_turn_and_mirrored() {
    for figure in everywhere() {
        let found = figure.found().expect("a back");
        let errors = figure.errors(&found);
        assert_eq!(errors.len(), BackContour::STATIONS);
        let worst = errors.iter().fold(0.0f64, |worst, e| worst.max(e.abs()));
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        assert!(worst < 0.35 && mean.abs() < 0.1, "{worst} {mean} at {} {}", figure.turn_deg, figure.facing);
    }
}

#[test]
fn the_ends_lie_where_the_body_has_them() {
    let figure = UPRIGHT;
    let found = figure.found().unwrap();
    let ((s2, _), (t8, _)) = (figure.of(found.sacrum), figure.of(found.t8));
    // By the definition in `ends`: 0.30 and 0.565 of the trunk along the outline, arms hanging.
    assert!((figure.arc(t8, figure.length) - 60.0).abs() < 1.0, "{t8}");
    assert!((figure.arc(s2, t8) - 113.0).abs() < 1.0, "{s2}");
}

#[test]
fn a_model_that_knows_the_ends_is_asked_for_them() {
    let mut points = UPRIGHT.points();
    let mut put = |landmark: Landmark, along: f64| {
        points[landmark] = Some(Keypoint { at: UPRIGHT.at(along, 30.0), score: 0.9 });
    };
    put(Landmark::S2, 21.0);
    put(Landmark::T8, 139.0);
    let found = BackFinder::default().find(&UPRIGHT.draw(), Edge::Mask(&UPRIGHT.mask(0.0)), &points, 1.0).unwrap();
    let ((s2, _), (t8, _)) = (UPRIGHT.of(found.sacrum), UPRIGHT.of(found.t8));
    assert!((s2 - 21.0).abs() < 0.1 && (t8 - 139.0).abs() < 0.1, "{s2} {t8}");
}

/// Hips that a network puts 25 px lower in a deep squat do not move the chord.
#[test]
fn wandering_hips_leave_the_chord_where_it_is() {
    let (frame, mask) = (UPRIGHT.draw(), UPRIGHT.mask(0.0));
    let mut finder = BackFinder::default();
    let mut points = UPRIGHT.points();
    let before = finder.find(&frame, Edge::Mask(&mask), &points, 1.0).unwrap();
    for hip in [Landmark::LeftHip, Landmark::RightHip] {
        points[hip].as_mut().unwrap().at += UPRIGHT.up() * 25.0;
    }
    let mut later = frame;
    later.t = later.t + 1.0;
    let after = finder.find(&later, Edge::Mask(&mask), &points, 1.0).unwrap();
    // A minute's forgetting takes a sixtieth of the 25 px, 0.865 of it at the sacrum.
    assert!((after.t8 - before.t8).norm() < 0.5 && (after.sacrum - before.sacrum).norm() < 0.8);
}

#[test]
fn a_weak_edge_is_no_back() {
    let figure = Figure { body: [187.0, 183.0, 168.0], ..UPRIGHT };
    assert_eq!(figure.found(), None);
}

#[test]
fn somebody_small_or_seen_from_the_front_has_no_back() {
    assert_eq!(Figure { length: 100.0, ..UPRIGHT }.found(), None);
    let mut points = UPRIGHT.points();
    points[Landmark::LeftShoulder].as_mut().unwrap().at.x += 110.0;
    let found = BackFinder::default().find(&UPRIGHT.draw(), Edge::Mask(&UPRIGHT.mask(0.0)), &points, 1.0);
    assert_eq!(found, None);
}

#[test]
fn an_arm_over_the_back_hides_it() {
    let mut points = UPRIGHT.points();
    let mut put = |landmark: Landmark, at: ImagePoint| points[landmark] = Some(Keypoint { at, score: 0.9 });
    put(Landmark::RightElbow, UPRIGHT.at(60.0, 110.0));
    put(Landmark::RightWrist, UPRIGHT.at(60.0, 60.0));
    assert_eq!(BackFinder::default().find(&UPRIGHT.draw(), Edge::Mask(&UPRIGHT.mask(0.0)), &points, 1.0), None);
}

/// A straight back, with a bar of 10 px (25 mm) along it that the mask takes for the body.
#[test]
fn a_dowel_along_the_back_is_not_the_back() {
    let figure = Figure { swing: 0.0, ..UPRIGHT };
    let plain = figure.draw();
    assert!(BackFinder::default().find(&plain, Edge::Mask(&figure.mask(0.0)), &figure.points(), 1.0).is_some());
    let mut frame = plain;
    let width = frame.width() as usize;
    for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
        let off = figure.distance(ImagePoint::new((i % width) as f64, (i / width) as f64));
        if (0.0..10.0).contains(&off) {
            pixel.copy_from_slice(&[110, 70, 20]);
        }
    }
    assert_eq!(BackFinder::default().find(&frame, Edge::Mask(&figure.mask(9.0)), &figure.points(), 1.0), None);
}

fn dowel_along(figure: &Figure, inner: f64) -> DowelLine {
    let (bottom, top) = (figure.at(-60.0, inner), figure.at(260.0, inner));
    DowelLine { bottom, top, head: None, thickness: None, covered: None }
}

/// A bar 9 px thick behind a hollow back: a gap below, and above it flesh covers a third of the bar.
#[test]
fn behind_a_dowel_the_back_is_found_with_its_gap() {
    const WOOD: [u8; 3] = [150, 115, 60];
    for figure in everywhere() {
        let inner = 51.0;
        let mut frame = figure.draw();
        let width = frame.width() as usize;
        for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
            let p = ImagePoint::new((i % width) as f64, (i / width) as f64);
            let (along, out) = figure.of(p);
            if (inner..inner + 9.0).contains(&out) && (-60.0..260.0).contains(&along) && figure.distance(p) > 0.0 {
                pixel.copy_from_slice(&WOOD);
            }
        }
        let line = dowel_along(&figure, inner);
        let held = Held { line, width_px: 9.0, colour: WOOD.map(f32::from) };
        let found = BackFinder::default().find(&frame, Edge::Dowel(&held), &figure.points(), figure.facing);
        let errors = figure.errors(&found.expect("a back"));
        let worst = errors.iter().fold(0.0f64, |worst, e| worst.max(e.abs()));
        assert!(worst < 1.0, "{worst} at {} {}", figure.turn_deg, figure.facing);
    }
}

/// The light comes from the front: the back's own side is in shade, hardly told from a dark wall, with an edge of its own 16
/// px within the outline. Taken for the wall it would be a gap.
#[test]
fn what_may_be_the_back_s_shade_or_the_wall_is_not_told() {
    const WOOD: [u8; 3] = [150, 115, 60];
    let inner = 51.0;
    let figure = Figure { wall: [55.0, 55.0, 55.0], ..UPRIGHT };
    let mut frame = figure.draw();
    let width = frame.width() as usize;
    for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
        let p = ImagePoint::new((i % width) as f64, (i / width) as f64);
        let (along, out) = figure.of(p);
        let within = -figure.distance(p);
        if (0.0..16.0).contains(&within) {
            pixel.iter_mut().for_each(|c| *c = (f64::from(*c) * 0.6) as u8);
        } else if within < 0.0 && (inner..inner + 9.0).contains(&out) && (-60.0..260.0).contains(&along) {
            pixel.copy_from_slice(&WOOD);
        }
    }
    let line = dowel_along(&figure, inner);
    let held = Held { line, width_px: 9.0, colour: WOOD.map(f32::from) };
    let found = BackFinder::default().find(&frame, Edge::Dowel(&held), &figure.points(), 1.0);
    assert_eq!(found, None);
}

/// Where the wall looks like the shirt, nobody can say whether there is a gap.
#[test]
fn a_gap_that_does_not_show_is_not_closed() {
    let figure = Figure { wall: [66.0, 85.0, 154.0], ..UPRIGHT };
    let mut frame = figure.draw();
    let width = frame.width() as usize;
    for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (_, out) = figure.of(ImagePoint::new((i % width) as f64, (i / width) as f64));
        if (56.0..65.0).contains(&out) {
            pixel.copy_from_slice(&[150, 115, 60]);
        }
    }
    let line = dowel_along(&figure, 56.0);
    let held = Held { line, width_px: 9.0, colour: [150.0, 115.0, 60.0] };
    let found = BackFinder::default().find(&frame, Edge::Dowel(&held), &figure.points(), 1.0);
    assert_eq!(found, None);
}

/// An arm hanging 10 px within the edge of a hollow back is no dowel.
#[test]
fn a_hanging_arm_hides_nothing() {
    let mut frame = UPRIGHT.draw();
    let width = frame.width() as usize;
    for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
        if UPRIGHT.distance(ImagePoint::new((i % width) as f64, (i / width) as f64)) < -10.0 {
            pixel.copy_from_slice(&[200, 150, 120]);
        }
    }
    let found =
        BackFinder::default().find(&frame, Edge::Mask(&UPRIGHT.mask(0.0)), &UPRIGHT.points(), 1.0).expect("a back");
    assert!(UPRIGHT.errors(&found).iter().all(|e| e.abs() < 0.5));
}

#[test]
fn a_mask_full_of_holes_is_not_trusted() {
    let mut mask = UPRIGHT.mask(0.0);
    let region = mask.region;
    for (i, cell) in mask.probability.iter_mut().enumerate() {
        let unit = Point2::new(((i % 256) as f64 + 0.5) / 256.0, ((i / 256) as f64 + 0.5) / 256.0);
        let (along, out) = UPRIGHT.of(region.image_from_unit(unit));
        if (0.0..150.0).contains(&along) && (20.0..32.0).contains(&out) {
            *cell = 0.0;
        }
    }
    assert_eq!(BackFinder::default().find(&UPRIGHT.draw(), Edge::Mask(&mask), &UPRIGHT.points(), 1.0), None);
}

#[test]
fn pictures_and_masks_without_anything_are_survived() {
    let empty = Mask { width: 0, height: 0, probability: Vec::new(), ..UPRIGHT.mask(0.0) };
    let mut finder = BackFinder::default();
    assert_eq!(finder.find(&Frame::new(0, 0), Edge::Mask(&UPRIGHT.mask(0.0)), &UPRIGHT.points(), 1.0), None);
    assert_eq!(finder.find(&UPRIGHT.draw(), Edge::Mask(&empty), &UPRIGHT.points(), 1.0), None);
    assert_eq!(finder.find(&UPRIGHT.draw(), Edge::Mask(&UPRIGHT.mask(0.0)), &Landmarks::default(), 1.0), None);
}
