//! Triangles to a depth and identity buffer, and the shadow map.
//!
//! Buffers hold inverse depth (1/m, larger is nearer), which is linear across the screen for every plane; 0 is "nothing".
//! A triangle with a corner nearer than 5 cm to the camera is left out: nothing is clipped.

use super::linear::{V3, v3};
use std::ops::Range;

/// Nothing was drawn here.
pub(super) const NOTHING: u32 = u32::MAX;
/// Nearest depth drawn, metres.
pub(super) const NEAR: f32 = 0.05;

/// Which triangle is seen at each sample, and how near.
#[derive(Debug, Default)]
pub(super) struct Depth {
    pub width: usize,
    pub height: usize,
    /// 1/m
    pub near: Vec<f32>,
    pub id: Vec<u32>,
}

impl Depth {
    pub fn clear(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.near.clear();
        self.near.resize(width * height, 0.0);
        self.id.clear();
        self.id.resize(width * height, NOTHING);
    }

    /// Draws one triangle given as (sample x, sample y, inverse depth); those seen from behind (counter-clockwise on
    /// screen) are left out.
    #[inline]
    pub fn draw(&mut self, a: V3, b: V3, c: V3, id: u32) {
        if a.z <= 0.0 || b.z <= 0.0 || c.z <= 0.0 {
            return;
        }
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        if area >= -1e-9 {
            return;
        }
        let (width, height) = (self.width, self.height);
        let (near, ids) = (&mut self.near, &mut self.id);
        scan(a, c, b, -area, width, height, |row, mut walk| {
            for (near, seen) in near[row.clone()].iter_mut().zip(&mut ids[row]) {
                let (z, inside) = walk.step();
                let nearer = inside & (z > *near);
                *near = if nearer { z } else { *near };
                *seen = if nearer { id } else { *seen };
            }
        });
    }
}

/// From sample to sample along a row.
struct Walk {
    /// Edge functions: inside where all three are at least `slack`.
    edges: [f32; 3],
    z: f32,
    steps: [f32; 3],
    step_z: f32,
    slack: f32,
}

impl Walk {
    /// Interpolated z of this sample and whether it lies inside; then the next one's turn. Without a branch: most triangles
    /// cover a handful of samples, where a wrong guess costs more than the work it saves.
    #[inline(always)]
    fn step(&mut self) -> (f32, bool) {
        let seen = (self.z, self.edges.iter().fold(true, |inside, &w| inside & (w >= self.slack)));
        self.edges.iter_mut().zip(self.steps).for_each(|(w, step)| *w += step);
        self.z += self.step_z;
        seen
    }
}

/// Visits the rows of the box around a triangle (positive orientation): which samples, and the walk along them.
#[inline(always)]
fn scan(a: V3, b: V3, c: V3, area: f32, width: usize, height: usize, mut visit: impl FnMut(Range<usize>, Walk)) {
    let (right, bottom) = (a.x.max(b.x).max(c.x), a.y.max(b.y).max(c.y));
    if right < 0.0 || bottom < 0.0 {
        return;
    }
    let above = |v: f32| {
        let whole = v as i32;
        whole + i32::from((whole as f32) < v)
    };
    let (x0, x1) = (above(a.x.min(b.x).min(c.x).clamp(0.0, 1e6)), right.min(width as f32 - 1.0) as i32);
    let (y0, y1) = (above(a.y.min(b.y).min(c.y).clamp(0.0, 1e6)), bottom.min(height as f32 - 1.0) as i32);
    if x0 > x1 || y0 > y1 {
        return;
    }
    let (low_x, low_y) = (x0 as f32, y0 as f32);
    let inverse = 1.0 / area;
    // e0 belongs to corner a, and so on. Values are taken from differences,
    // never from products of screen coordinates: single precision would not hold those.
    let edge = |p: V3, q: V3| {
        let (dx, dy) = (q.x - p.x, q.y - p.y);
        ((-dy, dx), dx * (low_y - p.y) - dy * (low_x - p.x))
    };
    let ((e0, mut r0), (e1, mut r1), (e2, mut r2)) = (edge(b, c), edge(c, a), edge(a, b));
    let (to_b, to_c) = ((b.z - a.z) * inverse, (c.z - a.z) * inverse);
    let step_x = to_b * e1.0 + to_c * e2.0;
    // Shared edges are drawn twice rather than not at all.
    let slack = -1e-4 * area.clamp(1e-3, 1.0);
    let (steps, count) = ([e0.0, e1.0, e2.0], x1 - x0 + 1);
    // Of a long box most samples may lie outside (a dowel across the picture): there each row is walked where it is inside.
    let inverse_steps = (count > LONG).then(|| steps.map(|step| 1.0 / step));
    let (x0, y0) = (x0 as usize, y0 as usize);
    for y in y0..=y1 as usize {
        let edges = [r0, r1, r2];
        let (from, to) = inverse_steps.map_or((0, count), |inverse| inside(&edges, &inverse, slack, count));
        if from < to {
            let ahead = from as f32;
            let edges: [f32; 3] = std::array::from_fn(|i| edges[i] + steps[i] * ahead);
            let z = a.z + to_b * edges[1] + to_c * edges[2];
            let start = y * width + x0;
            visit(start + from as usize..start + to as usize, Walk { edges, z, steps, step_z: step_x, slack });
        }
        r0 += e0.1;
        r1 += e1.1;
        r2 += e2.1;
    }
}

/// Samples a row from which on the ends of its inside are worth three multiplications.
const LONG: i32 = 12;

/// Which of a row's samples lie inside, one more at each end to be safe from rounding; `inverse` of each edge's step.
#[inline(always)]
fn inside(edges: &[f32; 3], inverse: &[f32; 3], slack: f32, count: i32) -> (i32, i32) {
    let (mut from, mut to) = (0, count);
    for (&edge, &inverse) in edges.iter().zip(inverse) {
        // An edge along the row is crossed nowhere (its inverse is infinite): there the walk decides.
        let crossing = (slack - edge) * inverse;
        if inverse.is_finite() && inverse > 0.0 {
            from = from.max(crossing as i32 - 1);
        } else if inverse.is_finite() {
            to = to.min((crossing as i32).saturating_add(2));
        }
    }
    (from, to)
}

/// Depth as the first lamp sees it: whoever lies behind is in shadow.
#[derive(Debug, Default)]
pub(super) struct Shadow {
    cells: usize,
    /// Distance towards the lamp of the nearest surface, metres; −∞ where there is none.
    top: Vec<f32>,
    across: [V3; 2],
    towards: V3,
    low: [f32; 2],
    scale: f32,
    on: bool,
}

impl Shadow {
    /// Prepares a map of `cells`² that covers all `points`.
    pub fn aim(&mut self, cells: usize, towards: V3, points: &[V3]) {
        self.on = cells > 0 && !points.is_empty();
        if !self.on {
            return;
        }
        let helper = if towards.z.abs() > 0.9 { V3::X } else { V3::Z };
        let u = helper.cross(towards).unit();
        self.across = [u, towards.cross(u)];
        self.towards = towards;
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for p in points {
            for axis in 0..2 {
                let v = p.dot(self.across[axis]);
                low[axis] = low[axis].min(v);
                high[axis] = high[axis].max(v);
            }
        }
        let size = (high[0] - low[0]).max(high[1] - low[1]).max(0.1) + 0.05;
        self.cells = cells;
        self.scale = cells as f32 / size;
        self.low = [low[0] - 0.025, low[1] - 0.025];
        self.top.clear();
        self.top.resize(cells * cells, f32::NEG_INFINITY);
    }

    #[inline(always)]
    pub fn place(&self, p: V3) -> V3 {
        v3(
            (p.dot(self.across[0]) - self.low[0]) * self.scale,
            (p.dot(self.across[1]) - self.low[1]) * self.scale,
            p.dot(self.towards),
        )
    }

    /// Draws the side turned away from the lamp, so that lit surfaces do not shade themselves.
    #[inline]
    pub fn draw(&mut self, a: V3, b: V3, c: V3) {
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        if area >= -1e-9 {
            return;
        }
        let cells = self.cells;
        let top = &mut self.top;
        scan(a, c, b, -area, cells, cells, |row, mut walk| {
            for top in &mut top[row] {
                let (z, inside) = walk.step();
                *top = if inside & (z > *top) { z } else { *top };
            }
        });
    }

    /// Share of the lamp's light that reaches `p`, 0..=1, blurred over `softness` metres.
    #[inline]
    pub fn reaches(&self, p: V3, softness: f32) -> f32 {
        if !self.on {
            return 1.0;
        }
        const TAPS: [(f32, f32); 6] =
            [(-0.8, -0.3), (0.25, -0.85), (0.85, 0.1), (-0.25, 0.75), (-0.15, -0.1), (0.35, 0.35)];
        let q = self.place(p);
        let limit = self.cells as f32;
        if q.x < -2.0 || q.y < -2.0 || q.x > limit + 2.0 || q.y > limit + 2.0 {
            return 1.0;
        }
        let radius = (softness * self.scale).max(0.7);
        let bias = 0.012;
        let mut lit = 0;
        for (dx, dy) in TAPS {
            let (x, y) = (q.x + dx * radius, q.y + dy * radius);
            if x < 0.0 || y < 0.0 || x >= limit || y >= limit {
                lit += 1;
                continue;
            }
            let top = self.top[y as usize * self.cells + x as usize];
            lit += i32::from(top < q.z + bias);
        }
        lit as f32 * (1.0 / TAPS.len() as f32)
    }
}

/// Vertices, outward normals and triangles of a form with half sizes one.
#[derive(Debug)]
pub(super) struct Form {
    pub vertices: Vec<V3>,
    pub normals: Vec<V3>,
    /// Counter-clockwise from outside.
    pub triangles: Vec<[u16; 3]>,
}

impl Form {
    pub fn cube() -> Form {
        let mut form = Form { vertices: Vec::new(), normals: Vec::new(), triangles: Vec::new() };
        let axes = [(V3::X, V3::Y, V3::Z), (V3::Y, V3::Z, V3::X), (V3::Z, V3::X, V3::Y)];
        for (n, u, v) in axes {
            for sign in [1.0, -1.0] {
                let base = form.vertices.len() as u16;
                for (a, b) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                    form.vertices.push(n * sign + u * (a * sign) + v * b);
                    form.normals.push(n * sign);
                }
                form.triangles.extend([[base, base + 1, base + 2], [base, base + 2, base + 3]]);
            }
        }
        form
    }

    pub fn cylinder() -> Form {
        const SIDES: u16 = 20;
        let mut form = Form { vertices: Vec::new(), normals: Vec::new(), triangles: Vec::new() };
        let rim = |i: u16| {
            let angle = std::f32::consts::TAU * f32::from(i) / f32::from(SIDES);
            v3(angle.cos(), angle.sin(), 0.0)
        };
        for i in 0..SIDES {
            for z in [-1.0, 1.0] {
                form.vertices.push(rim(i) + V3::Z * z);
                form.normals.push(rim(i));
            }
        }
        for i in 0..SIDES {
            let (a, b) = (2 * i, 2 * ((i + 1) % SIDES));
            form.triangles.extend([[a, b, b + 1], [a, b + 1, a + 1]]);
        }
        for z in [-1.0f32, 1.0] {
            let centre = form.vertices.len() as u16;
            form.vertices.push(V3::Z * z);
            form.normals.push(V3::Z * z);
            for i in 0..SIDES {
                form.vertices.push(rim(i) + V3::Z * z);
                form.normals.push(V3::Z * z);
            }
            for i in 0..SIDES {
                let (a, b) = (centre + 1 + i, centre + 1 + (i + 1) % SIDES);
                form.triangles.push(if z > 0.0 { [centre, a, b] } else { [centre, b, a] });
            }
        }
        form
    }

    pub fn ball() -> Form {
        const RINGS: u16 = 12;
        const SIDES: u16 = 18;
        let mut form = Form { vertices: Vec::new(), normals: Vec::new(), triangles: Vec::new() };
        for r in 0..=RINGS {
            let polar = std::f32::consts::PI * f32::from(r) / f32::from(RINGS);
            for i in 0..SIDES {
                let around = std::f32::consts::TAU * f32::from(i) / f32::from(SIDES);
                let p = v3(polar.sin() * around.cos(), polar.sin() * around.sin(), polar.cos());
                form.vertices.push(p);
                form.normals.push(p);
            }
        }
        for r in 0..RINGS {
            for i in 0..SIDES {
                let j = (i + 1) % SIDES;
                let (a, b, c, d) = (r * SIDES + i, r * SIDES + j, (r + 1) * SIDES + i, (r + 1) * SIDES + j);
                form.triangles.extend([[a, c, d], [a, d, b]]);
            }
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_triangles_of_a_square_leave_no_hole_and_hide_what_is_behind() {
        let mut depth = Depth::default();
        depth.clear(40, 40);
        let corner = |x: f32, y: f32, z: f32| v3(x, y, z);
        // Clockwise on screen (y down) when listed x, then y is counter-clockwise in space: these face the camera.
        let square = [corner(3.3, 4.1, 0.5), corner(3.3, 30.2, 0.5), corner(29.7, 30.2, 0.5), corner(29.7, 4.1, 0.5)];
        depth.draw(square[0], square[1], square[2], 1);
        depth.draw(square[0], square[2], square[3], 1);
        let seen = depth.id.iter().filter(|&&id| id == 1).count();
        assert_eq!(seen, 26 * 26, "x 4..=29, y 5..=30");
        let back = square.map(|c| v3(c.x, c.y, 0.4));
        depth.draw(back[0], back[1], back[2], 2);
        assert!(depth.id.iter().all(|&id| id != 2));
        depth.draw(back[0], back[2], back[1], 3);
        assert!(depth.id.iter().all(|&id| id != 3), "seen from behind");
    }

    #[test]
    fn long_triangles_are_drawn_as_widely_as_samples_lie_in_them() {
        let mut rng = super::super::linear::Rng::new(3);
        for _ in 0..300 {
            let mut corner = || v3(rng.range(-40.0, 140.0), rng.range(-40.0, 140.0), 0.5);
            let (a, b, c) = (corner(), corner(), corner());
            let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
            let (b, c) = if area < 0.0 { (b, c) } else { (c, b) };
            let mut depth = Depth::default();
            depth.clear(100, 90);
            depth.draw(a, b, c, 1);
            for (at, &id) in depth.id.iter().enumerate() {
                let (x, y) = ((at % 100) as f32, (at / 100) as f32);
                // How far inside the nearest edge, px.
                let far = [(a, b), (b, c), (c, a)]
                    .map(|(p, q)| ((q.y - p.y) * (x - p.x) - (q.x - p.x) * (y - p.y)) / (q.x - p.x).hypot(q.y - p.y));
                let far = far[0].min(far[1]).min(far[2]);
                assert!(far.abs() < 0.01 || (id == 1) == (far > 0.0), "{a:?} {b:?} {c:?}: {x} {y}, {far}");
            }
        }
    }

    #[test]
    fn forms_face_outwards() {
        for form in [Form::cube(), Form::cylinder(), Form::ball()] {
            for t in &form.triangles {
                let [a, b, c] = t.map(|i| form.vertices[i as usize]);
                let n = (b - a).cross(c - a);
                assert!(n.norm() < 1e-6 || n.dot(a + b + c) > 0.0);
            }
        }
    }

    #[test]
    fn a_ball_shades_the_floor_below_it_only() {
        let mut shadow = Shadow::default();
        let ball = Form::ball();
        let points: Vec<V3> = ball.vertices.iter().map(|p| *p * 0.3 + V3::Z).collect();
        shadow.aim(64, V3::Z, &points);
        for t in &ball.triangles {
            let [a, b, c] = t.map(|i| shadow.place(points[i as usize]));
            shadow.draw(a, b, c);
        }
        assert!(shadow.reaches(V3::ZERO, 0.01) < 0.2);
        assert_eq!(shadow.reaches(v3(1.0, 0.0, 0.0), 0.01), 1.0);
        assert_eq!(shadow.reaches(v3(0.0, 0.0, 1.4), 0.01), 1.0, "above the ball");
    }
}
