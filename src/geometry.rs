//! Points, angles and the transforms between a picture and a crop of it.
//!
//! Image space: pixels, x right, y **down**, the origin at the outer corner of the first pixel's centre (pixel index
//! space: an integer coordinate is a pixel centre). Angles leave this module in degrees.

use nalgebra::{Point2, Vector2};

/// A point of the upright picture, px, y down.
pub type ImagePoint = Point2<f64>;

/// The interior angle at `b` between the rays to `a` and to `c`, 0..=180 degrees; 180 when the three lie in line.
/// `None` when two of the points coincide.
pub fn interior_angle_deg(a: ImagePoint, b: ImagePoint, c: ImagePoint) -> Option<f64> {
    let (u, v) = (a - b, c - b);
    if u.norm_squared() == 0.0 || v.norm_squared() == 0.0 {
        return None;
    }
    Some((u.x * v.y - u.y * v.x).abs().atan2(u.dot(&v)).to_degrees())
}

/// Flexion at `b`: 0 when `a`, `b`, `c` are in line, growing as the joint bends (180 − interior angle).
pub fn flexion_deg(a: ImagePoint, b: ImagePoint, c: ImagePoint) -> Option<f64> {
    interior_angle_deg(a, b, c).map(|angle| 180.0 - angle)
}

/// Inclination of the ray `from`→`to` against the vertical, −180..=180 degrees: 0 points up on screen, positive leans
/// towards the side the person faces (`facing` = +1: screen right, −1: screen left). RULES.md 0.1 `inc(a,b)`.
pub fn inclination_deg(from: ImagePoint, to: ImagePoint, facing: f64) -> Option<f64> {
    let d = to - from;
    (d.norm_squared() > 0.0).then(|| (facing * d.x).atan2(-d.y).to_degrees())
}

/// Wraps an angle into −180..=180 degrees.
pub fn wrap_deg(angle: f64) -> f64 {
    let wrapped = (angle + 180.0).rem_euclid(360.0) - 180.0;
    if wrapped == -180.0 && angle > 0.0 { 180.0 } else { wrapped }
}

/// The point halfway between two.
pub fn midpoint(a: ImagePoint, b: ImagePoint) -> ImagePoint {
    nalgebra::center(&a, &b)
}

/// Turns `p` about `pivot` by `deg` degrees, clockwise on screen.
pub fn rotate_about(p: ImagePoint, pivot: ImagePoint, deg: f64) -> ImagePoint {
    let (sin, cos) = deg.to_radians().sin_cos();
    let d = p - pivot;
    pivot + Vector2::new(d.x * cos - d.y * sin, d.x * sin + d.y * cos)
}

/// A turned rectangle of the picture that becomes the network's input.
///
/// Guarantees: `width` and `height` are finite and positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Centre in the picture, px.
    pub center: ImagePoint,
    width: f64,
    height: f64,
    /// How far the crop's "up" is turned clockwise from the picture's "up", degrees. 90: the crop's up is screen right.
    pub rotation_deg: f64,
}

impl Region {
    /// `None` unless both sides are finite and positive.
    pub fn new(center: ImagePoint, width: f64, height: f64, rotation_deg: f64) -> Option<Region> {
        let fine = |v: f64| v.is_finite() && v > 0.0;
        (fine(width) && fine(height) && center.x.is_finite() && center.y.is_finite() && rotation_deg.is_finite())
            .then_some(Region { center, width, height, rotation_deg })
    }

    /// Width across the crop, picture px.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// Height along the crop's up, picture px.
    pub fn height(&self) -> f64 {
        self.height
    }

    /// Maps crop coordinates (0..1 right, 0..1 down) to the picture.
    pub fn image_from_unit(&self, unit: Point2<f64>) -> ImagePoint {
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let (a, b) = ((unit.x - 0.5) * self.width, (unit.y - 0.5) * self.height);
        self.center + Vector2::new(a * cos - b * sin, a * sin + b * cos)
    }

    /// Maps a point of the picture to crop coordinates (0..1 inside).
    pub fn unit_from_image(&self, p: ImagePoint) -> Point2<f64> {
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let d = p - self.center;
        Point2::new((d.x * cos + d.y * sin) / self.width + 0.5, (-d.x * sin + d.y * cos) / self.height + 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: f64, y: f64) -> ImagePoint {
        Point2::new(x, y)
    }

    #[test]
    fn a_straight_limb_has_no_flexion_and_a_square_one_ninety() {
        assert_eq!(flexion_deg(p(0., 0.), p(0., 1.), p(0., 2.)), Some(0.0));
        assert!((flexion_deg(p(0., 0.), p(0., 1.), p(1., 1.)).unwrap() - 90.0).abs() < 1e-12);
        assert_eq!(flexion_deg(p(0., 0.), p(0., 0.), p(1., 1.)), None);
    }

    #[test]
    fn leaning_towards_the_faced_side_is_positive() {
        let (hip, right_up) = (p(100., 100.), p(110., 90.));
        assert!((inclination_deg(hip, right_up, 1.0).unwrap() - 45.0).abs() < 1e-12);
        assert!((inclination_deg(hip, right_up, -1.0).unwrap() + 45.0).abs() < 1e-12);
        assert_eq!(inclination_deg(hip, p(100., 0.), 1.0), Some(0.0));
    }

    #[test]
    fn wrapping_keeps_angles_in_one_turn() {
        assert_eq!(wrap_deg(190.0), -170.0);
        assert_eq!(wrap_deg(-190.0), 170.0);
        assert_eq!(wrap_deg(180.0), 180.0);
        assert_eq!(wrap_deg(540.0), 180.0);
    }

    #[test]
    fn a_region_maps_there_and_back() {
        let region = Region::new(p(50., 40.), 20., 10., 90.).unwrap();
        // The crop's up points to screen right.
        let top = region.image_from_unit(Point2::new(0.5, 0.0));
        assert!((top - p(55., 40.)).norm() < 1e-12);
        let back = region.unit_from_image(top);
        assert!((back - Point2::new(0.5, 0.0)).norm() < 1e-12);
        assert!(Region::new(p(0., 0.), 0., 1., 0.).is_none());
    }
}
