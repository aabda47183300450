//! A pinhole camera somewhere around the athlete.

use super::body::Body;
use crate::geometry::{ImagePoint, rotate_about};
use crate::units::Side;
use nalgebra::{Point3, Vector3};

/// From which side of the standing athlete the camera looks, before yaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// On the athlete's right; a standing athlete faces screen right and the right side is near. The canonical camera.
    Right,
    /// In front of the standing athlete.
    Front,
    /// On the athlete's left; a standing athlete faces screen left.
    Left,
    /// Behind.
    Rear,
}

impl Stand {
    /// Degrees around the athlete from the canonical place, counted towards the athlete's front.
    fn azimuth(self) -> f64 {
        match self {
            Stand::Right => 0.0,
            Stand::Front => 90.0,
            Stand::Left => 180.0,
            Stand::Rear => -90.0,
        }
    }
}

/// Where the camera is and how it is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    pub stand: Stand,
    /// Degrees further around the athlete, towards the athlete's front from [`Stand::Right`].
    pub yaw_deg: f64,
    /// Looking down by this many degrees.
    pub pitch_deg: f64,
    /// The camera turned clockwise, seen from behind it; the picture's content turns the other way.
    pub roll_deg: f64,
    /// Lens above the floor, m.
    pub height_m: f64,
    /// Lens to the point looked at, along the floor, m.
    pub distance_m: f64,
    /// The point of the floor looked at: x and z, m.
    pub target_m: [f64; 2],
    /// Field of view along the picture's longer side, degrees.
    pub fov_deg: f64,
    /// px
    pub width: u32,
    /// px
    pub height: u32,
}

impl Camera {
    /// RULES.md G for standing exercises: 2.5 m away, lens at 0.9 m, portrait 720 × 1280. A person of 1.70 m is about
    /// 545 px tall.
    pub fn standing(stand: Stand) -> Camera {
        Camera {
            stand,
            yaw_deg: 0.0,
            pitch_deg: 0.0,
            roll_deg: 0.0,
            height_m: 0.9,
            distance_m: 2.5,
            target_m: [0.0, 0.0],
            fov_deg: 77.32,
            width: 720,
            height: 1280,
        }
    }

    /// RULES.md G for floor exercises: 2.5 m away, lens at 0.3 m, landscape 1280 × 720.
    pub fn floor(stand: Stand) -> Camera {
        Camera { height_m: 0.3, width: 1280, height: 720, ..Camera::standing(stand) }
    }

    /// The same camera moved around the athlete by `deg`.
    pub fn yawed(self, deg: f64) -> Camera {
        Camera { yaw_deg: self.yaw_deg + deg, ..self }
    }

    /// The same picture scale from very far away: no perspective. For tests that compare with orthographic truth.
    pub fn orthographic(self) -> Camera {
        const FAR: f64 = 1e5;
        let half = (self.fov_deg.to_radians() / 2.0).tan() * self.distance_m / FAR;
        Camera { distance_m: FAR, fov_deg: 2.0 * half.atan().to_degrees(), ..self }
    }

    /// px per unit of tangent.
    pub fn focal_px(&self) -> f64 {
        f64::from(self.width.max(self.height)) / 2.0 / (self.fov_deg.to_radians() / 2.0).tan()
    }

    /// Degrees around the athlete, −180..=180: 0 from the right, 90 from the front, ±180 from the left, −90 from behind.
    pub fn azimuth_deg(&self) -> f64 {
        crate::geometry::wrap_deg(self.stand.azimuth() + self.yaw_deg)
    }

    /// The side of a standing athlete that is nearer; the right one from straight ahead and behind.
    pub fn near(&self) -> Side {
        if self.azimuth_deg().abs() <= 90.0 { Side::Right } else { Side::Left }
    }

    /// Lens centre, m.
    pub fn position(&self) -> Point3<f64> {
        let (sin, cos) = self.azimuth_deg().to_radians().sin_cos();
        Point3::new(self.target_m[0] + self.distance_m * sin, self.height_m, self.target_m[1] + self.distance_m * cos)
    }

    /// The world's directions that the picture calls right, up and away, before roll.
    pub fn axes(&self) -> [Vector3<f64>; 3] {
        let (sin, cos) = self.azimuth_deg().to_radians().sin_cos();
        let (down, level) = self.pitch_deg.to_radians().sin_cos();
        let right = Vector3::new(cos, 0.0, -sin);
        let away = Vector3::new(-sin * level, -down, -cos * level);
        [right, right.cross(&away), away]
    }

    /// Distance of `p` from the lens along the line of sight, m.
    pub fn depth(&self, p: Point3<f64>) -> f64 {
        (p - self.position()).dot(&self.axes()[2])
    }

    /// Where `p` appears, px, y down; points behind the lens are pulled to just in front of it.
    pub fn project(&self, p: Point3<f64>) -> ImagePoint {
        let [right, up, away] = self.axes();
        let d = p - self.position();
        let scale = self.focal_px() / d.dot(&away).max(0.01);
        let center = self.center();
        let level = ImagePoint::new(center.x + d.dot(&right) * scale, center.y - d.dot(&up) * scale);
        rotate_about(level, center, -self.roll_deg)
    }

    /// Picture px per metre at `p`.
    pub fn px_per_m(&self, p: Point3<f64>) -> f64 {
        self.focal_px() / self.depth(p).max(0.01)
    }

    /// How tall this body stands in the picture, px.
    pub fn stature_px(&self, body: &Body) -> f64 {
        let stature = body.ankle_height + body.shank + body.thigh + body.trunk * 0.8 / 0.4896;
        stature * self.focal_px() / self.distance_m
    }

    /// Middle of the picture in pixel index space.
    fn center(&self) -> ImagePoint {
        ImagePoint::new((f64::from(self.width) - 1.0) / 2.0, (f64::from(self.height) - 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: focal = 640 / tan(38.66°) = 800.0 px; a point 1 m ahead of the athlete, 0.9 m up, 0.5 m to the right is
    /// 2.0 m from the lens: 359.5 + 1 / 2.0 · 800.
    #[test]
    fn projection_by_hand() {
        let camera = Camera::standing(Stand::Right);
        assert!((camera.focal_px() - 800.0).abs() < 0.1, "{}", camera.focal_px());
        let p = camera.project(Point3::new(1.0, 0.9, 0.5));
        assert!((p.x - (359.5 + 400.0)).abs() < 0.1 && (p.y - 639.5).abs() < 1e-9, "{p}");
        // Higher in the world is smaller y on screen.
        assert!(camera.project(Point3::new(0.0, 1.7, 0.0)).y < camera.project(Point3::new(0.0, 0.0, 0.0)).y);
    }

    #[test]
    fn the_four_stands_see_the_right_things() {
        let (ahead, to_the_right) = (Point3::new(0.3, 0.9, 0.0), Point3::new(0.0, 0.9, 0.3));
        let x = |stand, p| Camera::standing(stand).project(p).x - 359.5;
        assert!(x(Stand::Right, ahead) > 90.0 && x(Stand::Left, ahead) < -90.0);
        // From the front the athlete's right is screen left.
        assert!(x(Stand::Front, to_the_right) < -90.0 && x(Stand::Rear, to_the_right) > 90.0);
        assert!(Camera::standing(Stand::Right).depth(to_the_right) < Camera::standing(Stand::Left).depth(to_the_right));
        assert!(Camera::standing(Stand::Front).depth(ahead) < Camera::standing(Stand::Rear).depth(ahead));
    }

    #[test]
    fn a_camera_rolled_clockwise_sees_the_world_turn_the_other_way() {
        let camera = Camera { roll_deg: 3.0, ..Camera::standing(Stand::Right) };
        let (low, high) = (camera.project(Point3::new(0.0, 0.1, 0.0)), camera.project(Point3::new(0.0, 1.7, 0.0)));
        let lean = crate::geometry::inclination_deg(low, high, 1.0).unwrap();
        assert!((lean + 3.0).abs() < 1e-9, "{lean}");
    }

    #[test]
    fn pitch_looks_down() {
        let camera = Camera { pitch_deg: 10.0, ..Camera::standing(Stand::Right) };
        let level = Camera::standing(Stand::Right);
        let p = Point3::new(0.0, 0.9, 0.0);
        assert!(camera.project(p).y < level.project(p).y - 100.0);
    }
}
