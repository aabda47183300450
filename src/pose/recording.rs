//! The pose recording `poses.jsonl`: one header line, then one line per frame; replayable and rescorable without a model.
//!
//! ```text
//! {"schema":"formcheck.poses/1","source":{…},"model":{…},"holds_secs":[10,10],"landmarks":["nose","left_eye",…]}
//! {"t_us":0,"points":[[x,y,score],null,…],"back":{"sacrum":[x,y],"t8":[x,y],"offsets":[…]}}
//! {"t_us":33367,"points":null}
//! ```
//!
//! Points are picture px (y down) in the order of the header's `landmarks`; `null` is a point, or a whole person, that
//! was not seen. `holds_secs` is there only where somebody was asked for holds of these lengths.

use super::trust::Trust;
use super::{Axis, BackContour, DowelLine, Keypoint, Landmark, Observation, Person, TrunkAxes};
use crate::geometry::ImagePoint;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};

/// The schema name that the header carries.
pub const SCHEMA: &str = "formcheck.poses/1";

/// Where the poses came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// As given by the user.
    pub path: String,
    /// Of the file's bytes, hex; of all files' hashes for a folder of images.
    pub sha256: String,
    /// Upright picture width, px.
    pub width: u32,
    /// Upright picture height, px.
    pub height: u32,
    /// The rotation tag that was applied, degrees clockwise: 0, 90, 180, 270.
    pub rotation_deg: u32,
    /// What decoded the pictures: "built-in H.264", "ffmpeg 5.1"; empty when nobody noted it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoder: String,
}

/// Which model placed the points, and what ran it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    pub name: String,
    /// Of the ONNX file, hex.
    pub sha256: String,
    /// "onnxruntime 1.31.1", "rten 0.27", …
    pub runtime: String,
    /// The landmarks the model knows.
    #[serde(default)]
    pub landmarks: Vec<Landmark>,
    /// The score from which its points can be believed, 0..=1.
    #[serde(default = "usual_least_score")]
    pub least_score: f64,
    /// What was measured of its errors.
    #[serde(default, skip_serializing_if = "Trust::is_plain")]
    pub trust: Trust,
}

fn usual_least_score() -> f64 {
    0.5
}

impl Default for ModelInfo {
    fn default() -> ModelInfo {
        ModelInfo {
            name: String::new(),
            sha256: String::new(),
            runtime: String::new(),
            landmarks: Vec::new(),
            least_score: usual_least_score(),
            trust: Trust::default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("the pose recording cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("line {line} of the pose recording is broken: {problem}; score the clip again to write a new one")]
    Line { line: usize, problem: String },
    #[error("this is not a pose recording: its first line does not say \"schema\":\"{SCHEMA}\"")]
    Schema,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub schema: String,
    pub source: SourceInfo,
    pub model: ModelInfo,
    /// Seconds asked of each hold in turn, so that it is judged by them again; empty: as the exercise's own ladder says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds_secs: Vec<u32>,
    pub landmarks: Vec<Landmark>,
}

impl Header {
    pub fn new(source: SourceInfo, model: ModelInfo) -> Header {
        Header { schema: SCHEMA.into(), source, model, holds_secs: Vec::new(), landmarks: Landmark::ALL.to_vec() }
    }
}

#[derive(Serialize, Deserialize)]
struct FrameLine {
    t_us: i64,
    points: Option<Vec<Option<[f64; 3]>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back: Option<BackLine>,
    /// Its two ends, upper first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dowel: Option<[[f64; 2]; 2]>,
    /// The place of the head that lay on it in standing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dowel_head: Option<[f64; 2]>,
    /// How thick it is, px, and the share of it beside the low back that something lies over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dowel_thickness: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dowel_covered: Option<f64>,
    /// Direction and standard deviation, degrees: pelvis, thoraco-lumbar, upper thorax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    axes: Option<[[f64; 2]; 3]>,
}

#[derive(Serialize, Deserialize)]
struct BackLine {
    sacrum: [f64; 2],
    t8: [f64; 2],
    offsets: [Option<f64>; BackContour::STATIONS],
}

/// Writes a recording line by line; whatever was written stays readable if the program stops.
pub struct RecordingWriter<W: Write> {
    out: W,
}

impl<W: Write> RecordingWriter<W> {
    pub fn new(mut out: W, header: &Header) -> io::Result<Self> {
        serde_json::to_writer(&mut out, header)?;
        out.write_all(b"\n")?;
        Ok(RecordingWriter { out })
    }

    /// Appends one frame. Pass it [`Observation::quantized`], or reading back gives other numbers.
    pub fn write(&mut self, observation: &Observation) -> io::Result<()> {
        let person = observation.person.as_ref();
        let line = FrameLine {
            t_us: observation.t.micros(),
            points: person.map(|p| p.points.0.iter().map(|k| k.map(|k| [k.at.x, k.at.y, k.score])).collect()),
            back: person.and_then(|p| p.back).map(|b| BackLine {
                sacrum: [b.sacrum.x, b.sacrum.y],
                t8: [b.t8.x, b.t8.y],
                offsets: b.offsets,
            }),
            dowel: person.and_then(|p| p.dowel).map(|d| [[d.top.x, d.top.y], [d.bottom.x, d.bottom.y]]),
            dowel_head: person.and_then(|p| p.dowel?.head).map(|head| [head.x, head.y]),
            dowel_thickness: person.and_then(|p| p.dowel?.thickness),
            dowel_covered: person.and_then(|p| p.dowel?.covered),
            axes: person
                .and_then(|p| p.axes)
                .map(|a| [a.pelvis, a.thoraco_lumbar, a.upper_thorax].map(|axis| [axis.deg, axis.sd_deg])),
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")
    }

    /// Hands over what is buffered, so that it is there if the program stops.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Flushes what is buffered.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Reads a recording line by line.
pub struct RecordingReader<R: BufRead> {
    header: Header,
    input: R,
    line: String,
    line_number: usize,
}

impl<R: BufRead> RecordingReader<R> {
    /// Reads the header.
    pub fn new(mut input: R) -> Result<Self, RecordingError> {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let header: Header = serde_json::from_str(&line).map_err(|_| RecordingError::Schema)?;
        if header.schema != SCHEMA {
            return Err(RecordingError::Schema);
        }
        Ok(RecordingReader { header, input, line, line_number: 1 })
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next frame, or `None` at the end.
    pub fn read(&mut self) -> Result<Option<Observation>, RecordingError> {
        self.line.clear();
        if self.input.read_line(&mut self.line)? == 0 {
            return Ok(None);
        }
        self.line_number += 1;
        let broken = |problem: String| RecordingError::Line { line: self.line_number, problem };
        let frame: FrameLine = serde_json::from_str(&self.line).map_err(|e| broken(e.to_string()))?;
        let Some(points) = frame.points else {
            return Ok(Some(Observation { t: Timestamp::from_micros(frame.t_us), person: None }));
        };
        if points.len() != self.header.landmarks.len() {
            return Err(broken(format!("{} points for {} landmarks", points.len(), self.header.landmarks.len())));
        }
        let mut person = Person::default();
        for (&landmark, point) in self.header.landmarks.iter().zip(points) {
            person.points[landmark] = point.map(|[x, y, score]| Keypoint { at: ImagePoint::new(x, y), score });
        }
        person.back = frame.back.map(|b| BackContour { sacrum: b.sacrum.into(), t8: b.t8.into(), offsets: b.offsets });
        let head = frame.dowel_head.map(ImagePoint::from);
        person.dowel = frame.dowel.map(|[top, bottom]| DowelLine {
            top: top.into(),
            bottom: bottom.into(),
            head,
            thickness: frame.dowel_thickness,
            covered: frame.dowel_covered,
        });
        person.axes = frame.axes.map(|axes| {
            let [pelvis, thoraco_lumbar, upper_thorax] = axes.map(|[deg, sd_deg]| Axis { deg, sd_deg });
            TrunkAxes { pelvis, thoraco_lumbar, upper_thorax }
        });
        Ok(Some(Observation { t: Timestamp::from_micros(frame.t_us), person: Some(person) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_exactly() {
        let mut person = Person::default();
        person.points[Landmark::LeftKnee] = Some(Keypoint { at: ImagePoint::new(10.123456, 20.7), score: 0.8765 });
        person.back = Some(BackContour {
            sacrum: ImagePoint::new(1.0, 2.0),
            t8: ImagePoint::new(3.3, -4.1),
            offsets: std::array::from_fn(|i| (i % 3 != 0).then_some(i as f64 * 0.37)),
        });
        person.dowel = Some(DowelLine {
            top: ImagePoint::new(5.5, 6.0),
            bottom: ImagePoint::new(7.1, 90.0),
            head: Some(ImagePoint::new(8.3, 9.0)),
            thickness: Some(11.3),
            covered: Some(0.7),
        });
        let axis = |deg| Axis { deg, sd_deg: 7.7 };
        person.axes = Some(TrunkAxes { pelvis: axis(-3.21), thoraco_lumbar: axis(4.0), upper_thorax: axis(179.999) });
        let seen = Observation { t: Timestamp::from_micros(33_367), person: Some(person) }.quantized();
        let empty = Observation { t: Timestamp::from_micros(66_733), person: None };

        let header = Header::new(SourceInfo::default(), ModelInfo::default());
        let mut writer = RecordingWriter::new(Vec::new(), &header).unwrap();
        writer.write(&seen).unwrap();
        writer.write(&empty).unwrap();
        let bytes = writer.finish().unwrap();

        let mut reader = RecordingReader::new(bytes.as_slice()).unwrap();
        assert_eq!(reader.header(), &header);
        assert_eq!(reader.read().unwrap(), Some(seen));
        assert_eq!(reader.read().unwrap(), Some(empty));
        assert_eq!(reader.read().unwrap(), None);
    }

    #[test]
    fn other_files_and_torn_lines_are_told_apart() {
        assert!(matches!(RecordingReader::new(&b"{\"a\":1}\n"[..]), Err(RecordingError::Schema)));
        let header = serde_json::to_string(&Header::new(SourceInfo::default(), ModelInfo::default())).unwrap();
        let torn = format!("{header}\n{{\"t_us\":0,\"poi");
        let mut reader = RecordingReader::new(torn.as_bytes()).unwrap();
        assert!(matches!(reader.read(), Err(RecordingError::Line { line: 2, .. })));
    }
}
