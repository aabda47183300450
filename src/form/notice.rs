//! Trouble that does not stop us, with the way out: what the camera or the clip kept from being judged.

use super::{Exercise, Gate, Hint};
use crate::kinematics::{Sample, View};
use crate::pose::{Joint, Landmark};
use crate::track::Pose;
use crate::units::Side;

/// One remark about the clip as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Stable name: `out_of_view`, `wrong_view`, `low_frame_rate`, …
    pub code: &'static str,
    /// One sentence ending in what to do.
    pub text: String,
    /// Share of the pictures concerned, 0..=1.
    pub share: f64,
}

impl Notice {
    /// That the clip shows another exercise than the one it was judged as.
    pub fn other_exercise(judged: &Exercise, seen: Option<&'static str>) -> Option<Notice> {
        let seen = seen.filter(|seen| *seen != judged.name)?;
        let looks = format!("this looks like {}, not {}", seen.replace('_', " "), judged.name.replace('_', " "));
        let text = format!("{looks}: choose it with --exercise {seen}");
        Some(Notice { code: "other_exercise", text, share: 1.0 })
    }
}

/// Share of pictures from which trouble is worth a remark.
const WORTH_SAYING: f64 = 0.15;

/// Joints every exercise needs, with the words for them.
const NEEDED: [(Joint, &str); 4] =
    [(Joint::Shoulder, "shoulders"), (Joint::Hip, "hips"), (Joint::Knee, "knees"), (Joint::Ankle, "ankles")];

const VIEWS: [View; 5] = [View::Side, View::Front, View::Rear, View::Oblique, View::Unknown];

/// Counts, picture by picture, what notices are made of.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    frames: u64,
    present: u64,
    views: [u64; VIEWS.len()],
    hidden: [u64; NEEDED.len()],
    opened: bool,
    last_hint: Option<Hint>,
    /// Movements of the right size that were something else, and why the last one was.
    other_movements: u32,
    why_other: &'static str,
    small: u64,
}

impl Tally {
    /// Takes one picture.
    pub fn count(&mut self, pose: &Pose, sample: &Sample, gate: Gate) {
        self.frames += 1;
        match gate {
            Gate::Waiting(hint) => self.last_hint = Some(hint),
            Gate::Settling(_) => {}
            Gate::Open => self.opened = true,
        }
        if !pose.present {
            return;
        }
        self.present += 1;
        self.small += u64::from(sample.person_px < 300.0);
        if let Some(i) = VIEWS.iter().position(|v| *v == sample.view) {
            self.views[i] += 1;
        }
        for (count, (joint, _)) in self.hidden.iter_mut().zip(NEEDED) {
            let seen = Side::BOTH.iter().any(|&side| pose.points[Landmark::of(joint, side)].is_some());
            *count += u64::from(!seen);
        }
    }

    /// Takes a movement that was refused.
    pub fn refused(&mut self, why: &'static str) {
        self.other_movements += 1;
        self.why_other = why;
    }

    /// The view of most of the pictures with a person.
    pub fn view(&self) -> View {
        let most = (0..VIEWS.len()).rev().max_by_key(|&i| self.views[i]);
        most.filter(|&i| self.views[i] > 0).map_or(View::Unknown, |i| VIEWS[i])
    }

    /// The remarks, in a fixed order.
    pub fn notices(&self, exercise: &Exercise, fps: f64, reps: usize) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut say = |code, share: f64, text: String| notices.push(Notice { code, text, share });
        let of_frames = |n: u64| if self.frames == 0 { 0.0 } else { n as f64 / self.frames as f64 };
        let of_present = |n: u64| if self.present == 0 { 0.0 } else { n as f64 / self.present as f64 };
        let percent = |share: f64| format!("{:.0} %", share * 100.0);

        let absent = of_frames(self.frames - self.present);
        if self.present == 0 {
            say("nobody", 1.0, "nobody was seen: is there a person in the clip, whole and well lit?".into());
        } else if absent > WORTH_SAYING {
            say("nobody", absent, format!("nobody was seen in {} of the pictures", percent(absent)));
        }
        for (&count, (_, name)) in self.hidden.iter().zip(NEEDED) {
            let share = of_present(count);
            if share > WORTH_SAYING {
                let text =
                    format!("{name} out of sight in {} of the pictures: step back from the camera", percent(share));
                say("out_of_view", share, text);
            }
        }
        let small = of_present(self.small);
        if small > WORTH_SAYING {
            let text =
                format!("the person is under 300 pixels tall in {} of the pictures: come nearer", percent(small));
            say("too_small", small, text);
        }
        let best = exercise.camera[0].view;
        let other_view: u64 =
            VIEWS.iter().zip(self.views).filter(|(v, _)| exercise.signal(**v).is_none()).map(|(_, n)| n).sum();
        if of_present(other_view) > WORTH_SAYING {
            let share = of_present(other_view);
            let text = format!(
                "in {} of the pictures the camera stood where {} cannot be judged: film it from the {}",
                percent(share),
                exercise.title.to_lowercase(),
                super::view_name(best)
            );
            say("wrong_view", share, text);
        } else if self.view() == View::Oblique {
            let text = format!(
                "the camera stood between side and front, which serves both badly: film from the {}",
                super::view_name(best)
            );
            say("oblique_view", of_present(self.views[3]), text);
        }
        if self.frames > 1 && fps < 14.5 {
            say("low_frame_rate", 1.0, format!("{fps:.1} pictures a second are too few to judge form: record at 30"));
        }
        if self.present > 0 && !self.opened {
            let hint = self.last_hint.map_or("Hold still", Hint::words).to_lowercase();
            say("not_started", 1.0, format!("the start position was never held still ({hint}): nothing was counted"));
        } else if self.present > 0 && reps == 0 {
            say("no_reps", 1.0, format!("no repetition of {} was seen", exercise.title.to_lowercase()));
        }
        if self.other_movements > 0 {
            let movements = match self.other_movements {
                1 => "1 other movement was".to_string(),
                n => format!("{n} other movements were"),
            };
            let text = format!("{movements} not counted: {}", self.why_other);
            say("other_movement", 0.0, text);
        }
        notices
    }
}
