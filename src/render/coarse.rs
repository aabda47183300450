//! A coarser mesh for small pictures: two thirds of the body's triangles lie in hands, feet and head, where a training crop
//! sees several of them in one pixel.
//!
//! Some vertices of those regions are kept, landmarks first, no two nearer along the skin than a given spacing; every other
//! one goes with the nearest of them, again along the skin, so that neighbouring fingers stay apart. What is then left of
//! the triangles is the coarse mesh. The trunk, arms and legs stay as they are.

use super::linear::V3;
use super::pack::{Anchor, BodyPack, Region};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// Least distance along the skin between two kept vertices, metres; none where all are kept.
fn spacing(region: Region) -> Option<f32> {
    match region {
        Region::Hand => Some(0.009),
        Region::Foot | Region::Head | Region::Scalp => Some(0.012),
        _ => None,
    }
}

/// Part of the body's vertices, and triangles over them.
#[derive(Debug, Default)]
pub(super) struct Mesh {
    /// Vertices of the pack, ascending.
    pub vertices: Vec<u16>,
    /// Places in `vertices`, counter-clockwise from outside.
    pub triangles: Vec<[u16; 3]>,
}

impl Mesh {
    /// Needs the pack's full mesh and its neighbours.
    pub fn coarse(pack: &BodyPack) -> Mesh {
        let kept = nearest_kept(pack);
        let mut seen = HashSet::new();
        let whole = pack.full.triangles.iter().map(|t| t.map(|v| kept[v as usize]));
        let mut triangles: Vec<[u16; 3]> =
            whole.filter(|&[a, b, c]| a != b && b != c && c != a && seen.insert(sorted([a, b, c]))).collect();
        let mut vertices: Vec<u16> = triangles.iter().flatten().copied().collect();
        vertices.sort_unstable();
        vertices.dedup();
        let mut place = vec![0; pack.vertices];
        vertices.iter().zip(0..).for_each(|(&v, at)| place[v as usize] = at);
        triangles.iter_mut().flatten().for_each(|v| *v = place[*v as usize]);
        Mesh { vertices, triangles }
    }
}

fn sorted(mut corners: [u16; 3]) -> [u16; 3] {
    corners.sort_unstable();
    corners
}

/// For every vertex the kept one that stands for it.
fn nearest_kept(pack: &BodyPack) -> Vec<u16> {
    let mut kept: Vec<u16> = (0..pack.vertices as u16).collect();
    let mut away: Vec<f32> =
        pack.regions.iter().map(|&region| if spacing(region).is_some() { f32::INFINITY } else { 0.0 }).collect();
    let landmarks = pack.landmarks.iter().filter_map(|anchor| match *anchor {
        Anchor::Joint(_) => None,
        Anchor::Skin(vertex) | Anchor::Carried { vertex, .. } => Some(vertex),
    });
    for vertex in landmarks.chain(0..pack.vertices as u16) {
        let Some(least) = spacing(pack.regions[vertex as usize]) else { continue };
        if away[vertex as usize] > least {
            claim(pack, vertex, 2.0 * least, &mut kept, &mut away);
        }
    }
    kept
}

/// Gives to `root` all vertices within `reach` metres along the skin that lie nearer to it than to any kept so far.
fn claim(pack: &BodyPack, root: u16, reach: f32, kept: &mut [u16], away: &mut [f32]) {
    // Lengths of one sign are in the order of their bits.
    let mut ahead = BinaryHeap::from([(Reverse(0.0f32.to_bits()), root)]);
    while let Some((Reverse(bits), vertex)) = ahead.pop() {
        let so_far = f32::from_bits(bits);
        let at = vertex as usize;
        if so_far >= away[at] {
            continue;
        }
        (away[at], kept[at]) = (so_far, root);
        let place = |v: u16| -> V3 { pack.rest[v as usize] };
        for &next in pack.neighbours_of(at) {
            let length = so_far + (place(next) - place(vertex)).norm();
            if length <= reach && length < away[next as usize] {
                ahead.push((Reverse(length.to_bits()), next));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::pack;
    use super::*;

    #[test]
    fn the_coarse_mesh_is_small_has_no_new_holes_and_keeps_the_trunk() {
        let Some(pack) = pack() else { return };
        let Mesh { vertices, triangles } = &pack.coarse;
        let coarse: Vec<[u16; 3]> = triangles.iter().map(|t| t.map(|v| vertices[v as usize])).collect();
        assert!(coarse.len() * 2 < pack.full.triangles.len(), "{} of {}", coarse.len(), pack.full.triangles.len());
        assert!(vertices.len() * 2 < pack.vertices && vertices.is_sorted());
        let trunk = |t: &&[u16; 3]| t.iter().all(|&v| pack.regions[v as usize] == Region::Torso);
        assert_eq!(coarse.iter().filter(trunk).count(), pack.full.triangles.iter().filter(trunk).count());
        // An edge that only one triangle has is a rim of a hole.
        let rims = |triangles: &[[u16; 3]]| {
            let edges: Vec<[u16; 2]> = triangles.iter().flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]]).collect();
            let all: HashSet<[u16; 2]> = edges.iter().copied().collect();
            edges.iter().filter(|[a, b]| !all.contains(&[*b, *a])).count()
        };
        let (before, after) = (rims(&pack.full.triangles), rims(&coarse));
        assert!(after <= before, "{after} rims where {before} were");
    }
}
