//! Which decoder opens a video file, and the change to ffmpeg where the built-in one gives up.
//!
//! Input: a file and [`OpenOptions`]. Output: its pictures. A change in mid-clip goes on with the picture after the last
//! one given: both decoders take times from the same index, so that no picture is lost or doubled, and the same file
//! changes at the same place every time. Not handled: a change back.

use super::builtin::{BuiltIn, Failure};
use super::ffmpeg::Ffmpeg;
use super::{ClipInfo, Decoder, FrameSource, OpenOptions, SourceError};
use crate::frame::Frame;
use crate::units::Timestamp;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Opens a video file with the decoder that the options ask for.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn FrameSource>, SourceError> {
    if options.decoder == Decoder::Ffmpeg {
        return Ok(Box::new(Ffmpeg::open(path, &options.ffmpeg, "it was to be decoded by ffmpeg")?));
    }
    let opened = match is_iso(path)? {
        true => BuiltIn::open(path),
        false => Err(Failure::Beyond("it is neither mp4 nor mov".into())),
    };
    match opened {
        Ok(clip) if options.decoder == Decoder::BuiltIn => Ok(Box::new(clip)),
        Ok(clip) => Ok(Box::new(Fallback {
            path: path.to_path_buf(),
            ffmpeg: options.ffmpeg.clone(),
            info: clip.info().clone(),
            clip: Clip::BuiltIn(Box::new(clip)),
            given: None,
        })),
        Err(Failure::Final(error)) => Err(error),
        Err(failure) if options.decoder == Decoder::BuiltIn => Err(failure.into_error(path)),
        Err(failure) => Ok(Box::new(Ffmpeg::open(path, &options.ffmpeg, &failure.what())?)),
    }
}

/// An ISO base media file (mp4, mov, …) by its first box.
fn is_iso(path: &Path) -> Result<bool, SourceError> {
    let mut name = [0; 4];
    let mut file = std::fs::File::open(path).map_err(|e| SourceError::io(path, &e))?;
    let read = file.seek(SeekFrom::Start(4)).and_then(|_| file.read_exact(&mut name));
    Ok(read.is_ok()
        && [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"moof", b"styp", b"pnot", b"sidx"].contains(&&name))
}

/// The built-in decoder, with ffmpeg in reserve.
struct Fallback {
    path: PathBuf,
    ffmpeg: PathBuf,
    /// As the built-in decoder found it: it counts the pictures beforehand.
    info: ClipInfo,
    clip: Clip,
    /// Time of the last picture given.
    given: Option<Timestamp>,
}

enum Clip {
    BuiltIn(Box<BuiltIn>),
    Ffmpeg(Box<Ffmpeg>),
}

impl Fallback {
    /// Puts ffmpeg in the built-in decoder's place, at time `t`, or says why nothing helps.
    fn change(&mut self, failure: Failure, t: Option<Timestamp>) -> Result<(), SourceError> {
        if let Failure::Final(error) = failure {
            return Err(error);
        }
        let mut next = Ffmpeg::open(&self.path, &self.ffmpeg, &failure.what())?;
        let (first, now) = (&self.info, next.info());
        if (first.width, first.height) != (now.width, now.height) {
            let (first, now) = ((first.width, first.height), (now.width, now.height));
            return Err(SourceError::SizeChanges { path: self.path.clone(), first, now });
        }
        if let Some(t) = t {
            next.seek(t)?;
        }
        self.clip = Clip::Ffmpeg(Box::new(next));
        Ok(())
    }
}

impl Clip {
    fn source(&self) -> &dyn FrameSource {
        match self {
            Clip::BuiltIn(clip) => &**clip,
            Clip::Ffmpeg(clip) => &**clip,
        }
    }
}

impl FrameSource for Fallback {
    fn info(&self) -> &ClipInfo {
        &self.info
    }

    fn read(&mut self, frame: &mut Frame) -> Result<bool, SourceError> {
        if let Clip::BuiltIn(clip) = &mut self.clip {
            match clip.try_read(frame) {
                Ok(got) => {
                    self.given = if got { Some(frame.t) } else { self.given };
                    return Ok(got);
                }
                Err(failure) => {
                    let wanted = clip.next_time();
                    self.change(failure, wanted)?;
                }
            }
        }
        let Clip::Ffmpeg(clip) = &mut self.clip else { return Ok(false) };
        loop {
            // ffmpeg may lack the picture that was wanted, and then stands at the one before.
            let got = clip.read(frame)?;
            if !got || self.given.is_none_or(|given| frame.t > given) {
                self.given = if got { Some(frame.t) } else { self.given };
                return Ok(got);
            }
        }
    }

    fn seek(&mut self, t: Timestamp) -> Result<(), SourceError> {
        self.given = None;
        match &mut self.clip {
            Clip::Ffmpeg(clip) => clip.seek(t),
            Clip::BuiltIn(clip) => match clip.try_seek(t) {
                Ok(()) => Ok(()),
                Err(failure) => self.change(failure, Some(t)),
            },
        }
    }

    fn decoder(&self) -> &str {
        self.clip.source().decoder()
    }
}
