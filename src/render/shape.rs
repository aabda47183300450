//! One person's body: the parametric mesh at rest, its joints and landmarks.
//!
//! Input: a [`BodyPack`] and [`Shape`] parameters. Output: a [`Body`] in rest space (metres, z up, face to −y, A-pose).
//! A body costs a few milliseconds and is shared by all pictures of that person.

use super::linear::{M3, V3};
use super::pack::Anchor;
use super::pack::{BodyPack, Region};
use super::rig::{Group, slot};
use crate::pose::{Landmark, Landmarks};
use crate::units::Side;

/// What kind of person: phenotype values 0..=1 and local changes −1..=1.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// 0 male, 1 female.
    pub gender: f32,
    /// 0 young adult (25), 1 old (90).
    pub age: f32,
    pub muscle: f32,
    pub weight: f32,
    pub height: f32,
    /// 1 uncommon, 0 ideal proportions of the model's authors.
    pub proportions: f32,
    /// African, Asian, European features; any scale.
    pub ancestry: [f32; 3],
    /// Named local changes of the pack (`thigh_length`, `belly` …), −1..=1; unknown names change nothing.
    pub locals: Vec<(&'static str, f32)>,
}

impl Default for Shape {
    /// The middle of everything.
    fn default() -> Shape {
        Shape {
            gender: 0.5,
            age: 0.2,
            muscle: 0.5,
            weight: 0.5,
            height: 0.5,
            proportions: 0.5,
            ancestry: [1.0; 3],
            locals: Vec::new(),
        }
    }
}

/// Lengths between joints, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lengths {
    pub shank: f32,
    pub thigh: f32,
    /// Middle of the hips to middle of the shoulders, upright.
    pub trunk: f32,
    pub upper_arm: f32,
    pub forearm: f32,
    /// Ankle joint above the sole.
    pub ankle: f32,
    /// Half the distance between the hip joints.
    pub hip_half: f32,
    /// Half the distance between the shoulder joints.
    pub shoulder_half: f32,
}

/// A landmark on the rest body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Point {
    /// Carried rigidly by a slot.
    Rigid(V3, u8),
    /// Moves with the skin of this vertex.
    Skin(u16),
}

/// A person's mesh at rest.
#[derive(Debug)]
pub struct Body {
    pub(super) vertices: Vec<V3>,
    pub(super) normals: Vec<V3>,
    /// How deep each vertex lies in a hollow of the body (between the buttocks, in the small of the back), metres ≥ 0:
    /// cloth bridges it.
    pub(super) hollows: Vec<f32>,
    /// Where slots turn.
    pub(super) pivots: [V3; slot::COUNT],
    pub(super) points: Landmarks<Option<Point>>,
    pub(super) mid_hip: V3,
    /// From anatomical neutral to the A-pose, per bone group (limbs; identity elsewhere), as `neutral · restᵀ`.
    pub(super) rest_turns: [M3; Group::COUNT],
    pub(super) forearm_axis: [V3; 2],
    pub(super) upper_arm_axis: [V3; 2],
    pub(super) curl_axes: [[V3; 5]; 2],
    stature: f32,
}

impl Body {
    pub fn new(pack: &BodyPack, shape: &Shape) -> Body {
        let points = rest_points(pack, shape);
        let (vertices, heads) = points.split_at(pack.vertices);
        let head = |bones: &[usize]| bones.iter().fold(V3::ZERO, |sum, &b| sum + heads[b]) / bones.len() as f32;
        let mut pivots = [V3::ZERO; slot::COUNT];
        for (pivot, bones) in pivots.iter_mut().zip(&pack.rig.pivots) {
            *pivot = head(bones);
        }
        Body::assemble(pack, vertices.to_vec(), pivots, landmark_points(pack, vertices, heads))
    }

    /// A body of this shape whose bones are stretched to exact lengths: a motion made for those lengths then keeps its feet
    /// and hands where they belong.
    pub fn fitted(pack: &BodyPack, shape: &Shape, lengths: &Lengths) -> Body {
        let mut body = Body::new(pack, &Shape { height: fitting_height(pack, shape, lengths), ..shape.clone() });
        let (linear, moved) = stretch(&body, pack, lengths);
        let carry = |s: usize, p: V3| moved[s] + linear[s] * (p - body.pivots[s]);
        let vertices = (0..pack.vertices)
            .map(|v| {
                pack.weights_of(v).iter().fold(V3::ZERO, |sum, &(s, w)| sum + carry(s as usize, body.vertices[v]) * w)
            })
            .collect();
        let mut points = body.points;
        for (_, point) in points.iter_mut() {
            if let Some(Point::Rigid(p, s)) = point {
                *p = carry(*s as usize, *p);
            }
        }
        body = Body::assemble(pack, vertices, moved, points);
        body
    }

    fn assemble(
        pack: &BodyPack,
        vertices: Vec<V3>,
        pivots: [V3; slot::COUNT],
        points: Landmarks<Option<Point>>,
    ) -> Body {
        let (rest_turns, forearm_axis, curl_axes) = calibrate(&vertices, &pivots, &points);
        let low = vertices.iter().map(|v| v.z).fold(f32::INFINITY, f32::min);
        let high = vertices.iter().map(|v| v.z).fold(f32::NEG_INFINITY, f32::max);
        let mut normals = Vec::new();
        vertex_normals(&pack.full.triangles, &vertices, &mut normals);
        let hollows = hollows(pack, &vertices, &normals);
        Body {
            normals,
            hollows,
            pivots,
            points,
            mid_hip: (pivots[slot::thigh(0)] + pivots[slot::thigh(1)]) * 0.5,
            rest_turns,
            forearm_axis,
            upper_arm_axis: [0, 1].map(|side| (pivots[slot::forearm(side)] - pivots[slot::upper_arm(side)]).unit()),
            curl_axes,
            stature: high - low,
            vertices,
        }
    }

    /// Standing height, metres.
    pub fn stature(&self) -> f32 {
        self.stature
    }

    /// Distance between two neighbouring joints at rest, metres: thigh = `(LeftHip, LeftKnee)`.
    pub fn length(&self, from: Landmark, to: Landmark) -> f32 {
        let at = |l: Landmark| point_at(self, l).unwrap_or_default();
        (at(from) - at(to)).norm()
    }

    /// Height of the hip joints above the sole in anatomical neutral, metres.
    pub fn hip_height(&self) -> f32 {
        let leg =
            self.length(Landmark::LeftHip, Landmark::LeftKnee) + self.length(Landmark::LeftKnee, Landmark::LeftAnkle);
        leg + self.ankle_height()
    }

    /// Height of the ankle joints above the sole, metres.
    pub fn ankle_height(&self) -> f32 {
        let low = self.vertices.iter().map(|v| v.z).fold(f32::INFINITY, f32::min);
        self.pivots[slot::foot(0)].z - low
    }
}

/// A landmark on the rest body, metres.
pub(super) fn point_at(body: &Body, landmark: Landmark) -> Option<V3> {
    body.points[landmark].map(|point| match point {
        Point::Rigid(p, _) => p,
        Point::Skin(v) => body.vertices[v as usize],
    })
}

/// The height parameter that comes nearest to these lengths.
fn fitting_height(pack: &BodyPack, shape: &Shape, lengths: &Lengths) -> f32 {
    let wanted = lengths.thigh + lengths.shank + lengths.trunk;
    let (mut low, mut high) = (0.0f32, 1.0f32);
    for _ in 0..7 {
        let middle = (low + high) * 0.5;
        let body = Body::new(pack, &Shape { height: middle, ..shape.clone() });
        let own = Lengths::of(&body);
        if own.thigh + own.shank + own.trunk < wanted { low = middle } else { high = middle }
    }
    (low + high) * 0.5
}

impl Lengths {
    /// The lengths a body has.
    pub fn of(body: &Body) -> Lengths {
        let p = &body.pivots;
        let shoulders = (p[slot::upper_arm(0)] + p[slot::upper_arm(1)]) * 0.5;
        let between = |a: usize, b: usize| (p[a] - p[b]).norm();
        Lengths {
            shank: between(slot::shank(0), slot::foot(0)),
            thigh: between(slot::thigh(0), slot::shank(0)),
            trunk: shoulders.z - body.mid_hip.z,
            upper_arm: between(slot::upper_arm(0), slot::forearm(0)),
            forearm: between(slot::forearm(0), slot::hand(0)),
            ankle: body.ankle_height(),
            hip_half: p[slot::thigh(0)].x - body.mid_hip.x,
            shoulder_half: p[slot::upper_arm(0)].x - shoulders.x,
        }
    }
}

/// Per slot: the linear map about its pivot that gives its bone the wanted length, and where the pivot then lies.
fn stretch(body: &Body, pack: &BodyPack, wanted: &Lengths) -> ([M3; slot::COUNT], [V3; slot::COUNT]) {
    let own = Lengths::of(body);
    let ratio = |wanted: f32, own: f32| (wanted / own.max(1e-3)).clamp(0.6, 1.6);
    let along = |axis: V3, k: f32| {
        let d = axis.unit();
        let column = |e: V3| e + d * (d.dot(e) * (k - 1.0));
        M3 { x: column(V3::X), y: column(V3::Y), z: column(V3::Z) }
    };
    let p = &body.pivots;
    let mut linear = [M3::IDENTITY; slot::COUNT];
    let upright = ratio(wanted.trunk, own.trunk);
    linear[slot::PELVIS] = along(V3::Z, upright) * along(V3::X, ratio(wanted.hip_half, own.hip_half));
    linear[slot::LOWER_LUMBAR..=slot::UPPER_THORAX].fill(along(V3::Z, upright));
    for side in 0..2 {
        let (root, shoulder) = (p[slot::clavicle(side)].x, p[slot::upper_arm(side)].x);
        let sign = if side == 0 { 1.0 } else { -1.0 };
        let reach = ratio(wanted.shoulder_half - sign * root, sign * (shoulder - root));
        linear[slot::clavicle(side)] = along(V3::X, reach) * along(V3::Z, upright);
        let bone = |from: usize, to: usize, k: f32| along(p[to] - p[from], k);
        let (upper, fore) = (ratio(wanted.upper_arm, own.upper_arm), ratio(wanted.forearm, own.forearm));
        linear[slot::upper_arm(side)] = bone(slot::upper_arm(side), slot::forearm(side), upper);
        linear[slot::lower_upper_arm(side)] = linear[slot::upper_arm(side)];
        linear[slot::forearm(side)] = bone(slot::forearm(side), slot::hand(side), fore);
        linear[slot::lower_forearm(side)] = linear[slot::forearm(side)];
        linear[slot::thigh(side)] = bone(slot::thigh(side), slot::shank(side), ratio(wanted.thigh, own.thigh));
        linear[slot::shank(side)] = bone(slot::shank(side), slot::foot(side), ratio(wanted.shank, own.shank));
        let sole = along(V3::Z, ratio(wanted.ankle, own.ankle));
        linear[slot::foot(side)] = sole;
        linear[slot::toes(side)] = sole;
    }
    let mut moved = *p;
    for s in 1..slot::COUNT {
        let parent = pack.rig.parents[s] as usize;
        moved[s] = moved[parent] + linear[parent] * (p[s] - p[parent]);
    }
    (linear, moved)
}

/// Mean + basis · coefficients + local changes: vertices, then bone heads.
fn rest_points(pack: &BodyPack, shape: &Shape) -> Vec<V3> {
    let coefficients = basis_coefficients(pack, shape);
    let mut flat: Vec<f32> = pack.rest.iter().flat_map(|p| p.array()).collect();
    let width = flat.len();
    let mut add = |row: &[f32], share: f32| {
        if share != 0.0 {
            flat.iter_mut().zip(row).for_each(|(a, b)| *a += share * b);
        }
    };
    for (row, &share) in pack.basis.chunks_exact(width).zip(&coefficients) {
        add(row, share);
    }
    for (name, value) in &shape.locals {
        if let Some(index) = pack.locals.iter().position(|l| l == name) {
            let row = 2 * index + usize::from(*value < 0.0);
            add(&pack.local_shapes[row * width..(row + 1) * width], value.abs().min(1.0));
        }
    }
    flat.chunks_exact(3).map(|p| V3 { x: p[0], y: p[1], z: p[2] }).collect()
}

/// Each phenotype shape counts by the product of its variations' shares; the basis is a projection of those.
fn basis_coefficients(pack: &BodyPack, shape: &Shape) -> Vec<f32> {
    let total: f32 = shape.ancestry.iter().map(|v| v.max(0.0)).sum();
    let ancestry = |i: usize| if total > 0.0 { shape.ancestry[i].max(0.0) / total } else { 1.0 / 3.0 };
    let two = |v: f32, low: &str, name: &str| {
        let v = v.clamp(0.0, 1.0);
        if name == low { 1.0 - v } else { v }
    };
    let three = |v: f32, which: usize| {
        let v = v.clamp(0.0, 1.0) * 2.0;
        (1.0 - (v - which as f32).abs()).max(0.0)
    };
    let shares: Vec<f32> = pack
        .columns
        .iter()
        .map(|name| match name.as_str() {
            "african" => ancestry(0),
            "asian" => ancestry(1),
            "caucasian" => ancestry(2),
            "male" | "female" => two(shape.gender, "male", name),
            "young" | "old" => two(shape.age, "young", name),
            "minheight" | "maxheight" => two(shape.height, "minheight", name),
            "idealproportions" | "uncommonproportions" => two(shape.proportions, "idealproportions", name),
            "minmuscle" => three(shape.muscle, 0),
            "averagemuscle" => three(shape.muscle, 1),
            "maxmuscle" => three(shape.muscle, 2),
            "minweight" => three(shape.weight, 0),
            "averageweight" => three(shape.weight, 1),
            "maxweight" => three(shape.weight, 2),
            _ => 1.0,
        })
        .collect();
    let mut coefficients = vec![0.0; pack.basis_count];
    for (mask, row) in
        pack.masks.chunks_exact(shares.len().max(1)).zip(pack.projection.chunks_exact(pack.basis_count.max(1)))
    {
        let share: f32 = mask.iter().zip(&shares).filter(|(m, _)| **m).map(|(_, s)| s).product();
        coefficients.iter_mut().zip(row).for_each(|(c, p)| *c += share * p);
    }
    coefficients
}

fn landmark_points(pack: &BodyPack, vertices: &[V3], heads: &[V3]) -> Landmarks<Option<Point>> {
    let mut points = Landmarks::default();
    for (&landmark, anchor) in Landmark::ALL.iter().zip(&pack.landmarks) {
        points[landmark] = Some(match *anchor {
            Anchor::Joint(bone) => Point::Rigid(heads[bone as usize], pack.rig.slot_of_bone[bone as usize]),
            Anchor::Skin(vertex) => Point::Skin(vertex),
            Anchor::Carried { vertex, bone } => {
                Point::Rigid(vertices[vertex as usize], pack.rig.slot_of_bone[bone as usize])
            }
        });
    }
    points
}

/// Measures how the limbs of the A-pose stand against anatomical neutral.
#[allow(clippy::type_complexity)] // Three small tables that are measured together.
fn calibrate(
    vertices: &[V3],
    pivots: &[V3; slot::COUNT],
    points: &Landmarks<Option<Point>>,
) -> ([M3; Group::COUNT], [V3; 2], [[V3; 5]; 2]) {
    let mut turns = [M3::IDENTITY; Group::COUNT];
    let mut forearm_axis = [-V3::Z; 2];
    let mut curl_axes = [[V3::X; 5]; 2];
    let at = |l: Landmark| match points[l] {
        Some(Point::Rigid(p, _)) => p,
        Some(Point::Skin(v)) => vertices[v as usize],
        None => V3::ZERO,
    };
    // A frame measured at rest is brought to the frame the same part has in neutral.
    let to_neutral = |rest: M3, neutral: M3| neutral * rest.transposed();
    let down = -V3::Z;
    for (index, side) in [Side::Left, Side::Right].into_iter().enumerate() {
        let outwards = if side == Side::Left { V3::X } else { -V3::X };
        let mut set = |group: Group, turn: M3| turns[group.on(side) as usize] = turn;
        let (shoulder, elbow, wrist) =
            (pivots[slot::upper_arm(index)], pivots[slot::forearm(index)], pivots[slot::hand(index)]);
        let (upper, fore) = (elbow - shoulder, wrist - elbow);
        let hinge = upper.cross(fore);
        set(Group::LeftUpperArm, to_neutral(M3::frame(upper, hinge), M3::frame(down, -V3::X)));
        set(Group::LeftForearm, to_neutral(M3::frame(fore, hinge), M3::frame(down, -V3::X)));
        forearm_axis[index] = fore.unit();
        let knuckle = |finger: usize| pivots[slot::finger(index, finger, 0)];
        let along = knuckle(2) - wrist;
        let back = along.cross(knuckle(4) - knuckle(1));
        let palm = if side == Side::Left { -back } else { back }.unit();
        set(Group::LeftHand, to_neutral(M3::frame(along, palm), M3::frame(down, -outwards)));
        for (finger, axis) in curl_axes[index].iter_mut().enumerate() {
            let tip = pivots[slot::finger(index, finger, 2)];
            *axis = (tip - knuckle(finger)).cross(palm).unit();
        }
        let (hip, knee, ankle) = (pivots[slot::thigh(index)], pivots[slot::shank(index)], pivots[slot::foot(index)]);
        let leg = M3::frame(down, V3::X);
        set(Group::LeftThigh, to_neutral(M3::frame(knee - hip, V3::X), leg));
        set(Group::LeftShank, to_neutral(M3::frame(ankle - knee, V3::X), leg));
        let on = |left: Landmark| if side == Side::Left { left } else { left.mirrored() };
        let toes = (at(on(Landmark::LeftBigToe)) + at(on(Landmark::LeftSmallToe))) * 0.5;
        let mut forward = toes - at(on(Landmark::LeftHeel));
        forward.z = 0.0;
        let foot = to_neutral(M3::frame(forward, V3::Z), M3::frame(-V3::Y, V3::Z));
        set(Group::LeftFoot, foot);
        set(Group::LeftToes, foot);
    }
    (turns, forearm_axis, curl_axes)
}

/// Area-weighted vertex normals, unit length.
pub(super) fn vertex_normals(triangles: &[[u16; 3]], vertices: &[V3], normals: &mut Vec<V3>) {
    normals.clear();
    normals.resize(vertices.len(), V3::ZERO);
    for t in triangles {
        let [a, b, c] = t.map(|v| v as usize);
        let n = (vertices[b] - vertices[a]).cross(vertices[c] - vertices[a]);
        normals[a] += n;
        normals[b] += n;
        normals[c] += n;
    }
    normals.iter_mut().for_each(|n| *n = n.unit());
}

/// How deep the trunk's skin lies under a sheet stretched over it, upright and across, front and back.
fn hollows(pack: &BodyPack, vertices: &[V3], normals: &[V3]) -> Vec<f32> {
    /// Nothing bridges more than this, metres.
    const MOST: f32 = 0.03;
    const COLUMNS: usize = 13;
    const ROWS: usize = 30;
    // Cells over the mean body: x −0.2..0.2, z −0.06..0.54.
    let column_of = |x: f32| ((x + 0.2) / 0.4 * COLUMNS as f32).clamp(0.0, COLUMNS as f32 - 1.0);
    let row_of = |z: f32| ((z + 0.06) / 0.6 * ROWS as f32).clamp(0.0, ROWS as f32 - 1.0);
    let mut depth = vec![0.0; vertices.len()];
    for side in [1.0f32, -1.0] {
        let members: Vec<usize> = (0..vertices.len())
            .filter(|&v| {
                let s = &pack.surface[v];
                let trunk = matches!(pack.regions[v], Region::Torso | Region::Thigh) && s.arm < 0.3;
                trunk && normals[v].y * side > 0.15 && (-0.06..0.54).contains(&s.at.z) && s.at.x.abs() < 0.2
            })
            .collect();
        let mut out = [[f32::NEG_INFINITY; COLUMNS]; ROWS];
        for &v in &members {
            let s = &pack.surface[v].at;
            let cell = &mut out[row_of(s.z) as usize][column_of(s.x) as usize];
            *cell = cell.max(vertices[v].y * side);
        }
        let across: Vec<Vec<f32>> = out.iter().map(|row| stretched(row)).collect();
        let upright: Vec<Vec<f32>> =
            (0..COLUMNS).map(|c| stretched(&std::array::from_fn::<f32, ROWS, _>(|r| out[r][c]))).collect();
        for &v in &members {
            let s = &pack.surface[v].at;
            let (r, c) = (row_of(s.z) as usize, column_of(s.x) as usize);
            let sheet = across[r][c].max(upright[c][r]);
            let under = (sheet - vertices[v].y * side).clamp(0.0, MOST);
            // Within a cell the skin itself varies: only what is deeper than that counts.
            let own = (out[r][c] - vertices[v].y * side).max(0.0);
            depth[v] = (under - 0.5 * own).max(0.0) * (normals[v].y * side);
        }
    }
    depth
}

/// The upper hull of a profile; cells without a value stay lowest.
fn stretched(profile: &[f32]) -> Vec<f32> {
    let mut hull: Vec<usize> = Vec::new();
    let cross = |a: usize, b: usize, c: usize| {
        (b - a) as f32 * (profile[c] - profile[a]) - (c - a) as f32 * (profile[b] - profile[a])
    };
    for i in (0..profile.len()).filter(|&i| profile[i].is_finite()) {
        while hull.len() >= 2 && cross(hull[hull.len() - 2], hull[hull.len() - 1], i) >= 0.0 {
            hull.pop();
        }
        hull.push(i);
    }
    let mut out = profile.to_vec();
    for pair in hull.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        for (i, value) in out.iter_mut().enumerate().take(b + 1).skip(a) {
            *value = profile[a] + (profile[b] - profile[a]) * (i - a) as f32 / (b - a) as f32;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn bodies_have_human_measures() {
        let Some(pack) = testing::pack() else { return };
        let tall = Body::new(pack, &Shape { gender: 0.0, height: 1.0, ..Shape::default() });
        let short = Body::new(pack, &Shape { gender: 1.0, height: 0.0, ..Shape::default() });
        assert!(tall.stature() > short.stature() + 0.2, "{} {}", tall.stature(), short.stature());
        let middle = Body::new(pack, &Shape::default());
        assert!((1.5..1.9).contains(&middle.stature()), "{}", middle.stature());
        let thigh = middle.length(Landmark::LeftHip, Landmark::LeftKnee) / middle.stature();
        assert!((0.21..0.27).contains(&thigh), "{thigh}");
        let long = Shape { locals: vec![("thigh_length", 1.0)], ..Shape::default() };
        let long = Body::new(pack, &long);
        assert!(
            long.length(Landmark::LeftHip, Landmark::LeftKnee)
                > middle.length(Landmark::LeftHip, Landmark::LeftKnee) + 0.01
        );
        let difference = middle.length(Landmark::LeftHip, Landmark::LeftKnee)
            - middle.length(Landmark::RightHip, Landmark::RightKnee);
        assert!(difference.abs() < 2e-3, "left and right differ by {difference}");
    }

    #[test]
    fn bones_take_the_lengths_they_are_given() {
        let Some(pack) = testing::pack() else { return };
        let wanted = Lengths {
            shank: 0.43,
            thigh: 0.44,
            trunk: 0.51,
            upper_arm: 0.30,
            forearm: 0.25,
            ankle: 0.07,
            hip_half: 0.09,
            shoulder_half: 0.19,
        };
        let got = Lengths::of(&Body::fitted(pack, &Shape::default(), &wanted));
        let pairs = [
            (got.shank, wanted.shank),
            (got.thigh, wanted.thigh),
            (got.trunk, wanted.trunk),
            (got.upper_arm, wanted.upper_arm),
            (got.forearm, wanted.forearm),
            (got.ankle, wanted.ankle),
            (got.hip_half, wanted.hip_half),
            (got.shoulder_half, wanted.shoulder_half),
        ];
        for (got, wanted) in pairs {
            assert!((got - wanted).abs() < 0.006, "{got} for {wanted}");
        }
    }

    #[test]
    fn cloth_bridges_the_small_of_the_back_but_not_the_shoulder_blades() {
        let Some(pack) = testing::pack() else { return };
        let body = Body::new(pack, &Shape::default());
        let depth = |l: Landmark| match pack.landmarks[l as usize] {
            Anchor::Skin(v) | Anchor::Carried { vertex: v, .. } => body.hollows[v as usize],
            Anchor::Joint(_) => unreachable!("skin landmarks only"),
        };
        assert!(depth(Landmark::L3) > 0.004, "{}", depth(Landmark::L3));
        assert!(depth(Landmark::L3) > depth(Landmark::T4));
        assert!(body.hollows.iter().all(|h| (0.0..=0.03).contains(h)));
    }

    #[test]
    fn a_stretched_sheet_touches_the_high_points_only() {
        let low = f32::NEG_INFINITY;
        assert_eq!(stretched(&[1.0, 0.0, 3.0, 2.5, 0.0, 1.0]), [1.0, 2.0, 3.0, 2.5, 1.75, 1.0]);
        assert_eq!(stretched(&[low, 1.0, low]), [low, 1.0, low]);
    }
}
