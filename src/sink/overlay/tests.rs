use super::*;
use crate::form::Hint;
use crate::report::specimen;
use std::path::{Path, PathBuf};

/// Frame numbers of the specimen set: settling, going down, just counted, a fault's cue.
const MOMENTS: [(&str, u32); 4] = [("settling", 20), ("down", 100), ("counted", 180), ("fault", 250)];

fn grey(width: u32, height: u32) -> Frame {
    let mut frame = Frame::new(width, height);
    frame.rgb_mut().fill(110);
    frame
}

fn drawn(moment: u32, width: u32, height: u32, change: impl FnOnce(&mut Overlay, &mut Step)) -> Frame {
    let mut overlay = Overlay::new(&specimen::EXERCISE, width, height);
    let mut frame = grey(width, height);
    // The step in which the repetition was judged comes before the one in which the tick is looked at.
    overlay.note_good(&specimen::step(176, width, height));
    let mut step = specimen::step(moment, width, height);
    change(&mut overlay, &mut step);
    overlay.draw(&mut frame, &step);
    frame
}

fn as_is(_: &mut Overlay, _: &mut Step) {}

/// Pixels that differ by more than rounding.
fn differing(a: &Frame, b: &Frame) -> usize {
    let far = |(x, y): (&[u8], &[u8])| x.iter().zip(y).any(|(x, y)| x.abs_diff(*y) > 12);
    a.rgb().chunks(3).zip(b.rgb().chunks(3)).filter(|p| far(*p)).count()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/overlay").join(format!("{name}.png"))
}

fn save(frame: &Frame, path: &Path) {
    image::save_buffer(path, frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8).unwrap();
}

/// Tiny pictures that a person looked at; `FORMCHECK_BLESS=1` writes them anew, to be looked at again.
#[test]
fn the_overlay_looks_as_it_did_when_it_was_looked_at() {
    for (name, moment) in MOMENTS {
        let now = drawn(moment, 180, 240, as_is);
        if std::env::var_os("FORMCHECK_BLESS").is_some() {
            save(&now, &golden(name));
        }
        let before = image::open(golden(name)).unwrap().to_rgb8();
        let before = Frame::from_rgb(now.t, before.width(), before.height(), before.into_raw()).unwrap();
        assert_eq!((before.width(), before.height()), (now.width(), now.height()));
        // Processors may round a few edge pixels differently.
        assert!(differing(&now, &before) < 40, "{name}: {} pixels differ", differing(&now, &before));
    }
}

#[test]
fn nothing_is_drawn_that_was_not_seen() {
    let seen = drawn(100, 320, 240, as_is);
    let unseen = |change: fn(&mut Step)| drawn(100, 320, 240, |_, step| change(step));
    // Without its points, the whole body with its arcs is absent: only counter, badge and meter differ from the picture.
    let empty = unseen(|s| {
        s.pose.points = Default::default();
        s.progress = None;
    });
    let middle = |f: &Frame| {
        let picture = grey(320, 240);
        let changed = |(x, y): (usize, usize)| f.rgb()[(y * 320 + x) * 3] != picture.rgb()[(y * 320 + x) * 3];
        (60..240).flat_map(|y| (90..280).map(move |x| (x, y))).filter(|p| changed(*p)).count()
    };
    assert!(middle(&seen) > 2000 && middle(&empty) == 0, "{} {}", middle(&seen), middle(&empty));
    // An unmeasured angle has no arc, though its points are there.
    let no_arc = unseen(|s| s.sample.left.knee = Err(crate::kinematics::Unseen::NotReached));
    assert!(differing(&seen, &no_arc) > 100);
    // Lying down, the trunk has no angle that says anything.
    let lean = |deg: f64| drawn(100, 320, 240, |_, step| step.sample.trunk = Ok(deg));
    let no_trunk = unseen(|s| s.sample.trunk = Err(crate::kinematics::Unseen::NotReached));
    assert!(differing(&lean(-92.0), &no_trunk) == 0 && differing(&lean(30.0), &no_trunk) > 100);
    // An unmeasured progress leaves the meter empty.
    let no_progress = unseen(|s| s.progress = None);
    assert!(differing(&seen, &no_progress) > 100);
}

#[test]
fn a_mirror_turns_the_body_but_not_the_words() {
    let plain = drawn(250, 400, 300, as_is);
    let mirrored = drawn(250, 400, 300, |overlay, _| overlay.mirrored = true);
    let crop = |f: &Frame, x0: usize, y0: usize, w: usize, h: usize| -> Vec<u8> {
        (y0..y0 + h).flat_map(|y| f.rgb()[(y * 400 + x0) * 3..(y * 400 + x0 + w) * 3].to_vec()).collect()
    };
    assert_eq!(crop(&plain, 0, 0, 80, 80), crop(&mirrored, 0, 0, 80, 80), "the counter stays readable");
    let mut turned = mirrored.clone();
    super::super::picture::mirror(&mut turned);
    let (x, y, w, h) = (150, 180, 60, 60);
    assert_ne!(crop(&plain, x, y, w, h), crop(&mirrored, x, y, w, h));
    let (a, b) = (crop(&plain, x, y, w, h), crop(&turned, x, y, w, h));
    let differ = a.iter().zip(&b).filter(|(a, b)| a.abs_diff(**b) > 40).count();
    assert!(differ < a.len() / 20, "the body is the mirror image: {differ} of {}", a.len());
}

#[test]
fn a_scaled_picture_has_the_body_in_the_same_place() {
    let mut overlay = Overlay::new(&specimen::EXERCISE, 640, 480);
    let mut small = grey(320, 240);
    overlay.draw(&mut small, &specimen::step(100, 640, 480));
    let same = drawn(100, 320, 240, as_is);
    // The specimen at half the size is the same figure up to half a pixel.
    assert!(differing(&small, &same) < 2500, "{}", differing(&small, &same));
}

#[test]
fn pictures_of_any_size_and_wild_points_are_drawn_on() {
    for (width, height) in [(1, 1), (2, 300), (300, 2), (17, 33), (64, 48)] {
        let frame = drawn(250, width, height, |_, step| {
            step.pose.points[Landmark::LeftKnee] = Some(ImagePoint::new(f64::NAN, 3.0));
            step.pose.points[Landmark::LeftHip] = Some(ImagePoint::new(1e12, -1e12));
            step.gate = Gate::Waiting(Hint::StraightenLegs);
        });
        assert_eq!(frame.rgb().len(), (width * height * 3) as usize);
    }
}

#[test]
fn the_raised_leg_of_somebody_lying_shows_its_height_above_level() {
    let lying = |line: f64, hip: f64| {
        let stretch = crate::exercises::by_name("hamstring_stretch").unwrap();
        let (mut overlay, mut frame) = (Overlay::new(stretch, 320, 240), grey(320, 240));
        let mut step = specimen::step(100, 320, 240);
        step.sample.trunk = Ok(-90.0);
        (step.sample.raised.angles.line, step.sample.left.hip) = (Ok(line), Ok(hip));
        overlay.draw(&mut frame, &step);
        frame
    };
    assert!(differing(&lying(61.0, 70.0), &lying(40.0, 70.0)) > 100);
    assert_eq!(differing(&lying(61.0, 70.0), &lying(61.0, 40.0)), 0, "the hip's own angle is not shown");
}

#[test]
fn labels_that_touch_are_apart() {
    let at = |x: f32, y: f32| Rect { x, y, w: 10.0, h: 4.0 };
    assert!(at(0.0, 0.0).overlaps(&at(9.0, 3.0)));
    assert!(!at(0.0, 0.0).overlaps(&at(10.0, 0.0)) && !at(0.0, 0.0).overlaps(&at(0.0, 4.0)));
}

#[test]
fn a_tick_is_shown_for_a_second_and_not_after_a_jump_back() {
    let mut overlay = Overlay::new(&specimen::EXERCISE, 64, 64);
    let shown = |overlay: &mut Overlay, frame| {
        overlay.note_good(&specimen::step(frame, 64, 64));
        overlay.good_at.is_some()
    };
    assert!(shown(&mut overlay, 176) && shown(&mut overlay, 205) && !shown(&mut overlay, 207));
    assert!(shown(&mut overlay, 176) && !shown(&mut overlay, 100) && !shown(&mut overlay, 180));
}

#[test]
fn words_stand_beside_the_body_where_there_is_room() {
    assert_eq!(free_middle(1000.0, 300.0, Some((400.0, 600.0))), 250.0);
    assert_eq!(free_middle(1000.0, 300.0, Some((200.0, 600.0))), 750.0);
    assert_eq!(free_middle(1000.0, 500.0, Some((400.0, 600.0))), 500.0);
    assert_eq!(free_middle(1000.0, 500.0, None), 500.0);
    let mut overlay = Overlay::new(&specimen::EXERCISE, 640, 360);
    let mut middle = |frame| {
        overlay.draw(&mut grey(640, 360), &specimen::step(frame, 640, 360));
        overlay.message.map(|m| m.1)
    };
    let first = middle(250);
    assert!(first.is_some() && middle(280) == first, "a message keeps its place while the body moves");
    assert_eq!(middle(100), None);
}

/// Writes pictures where `FORMCHECK_PREVIEW` points, to be looked at; over `DIR/frame.png` as well, if there is one.
#[test]
#[ignore = "for the eye: FORMCHECK_PREVIEW=DIR cargo test --lib preview -- --ignored"]
fn preview_overlay() {
    let dir = PathBuf::from(std::env::var("FORMCHECK_PREVIEW").expect("FORMCHECK_PREVIEW=DIR"));
    for (width, height) in [(240, 427), (608, 1080), (1280, 720), (1920, 1080)] {
        for (name, moment) in MOMENTS {
            save(&drawn(moment, width, height, with_back), &dir.join(format!("{width}x{height}_{name}.png")));
        }
        let name = dir.join(format!("{width}x{height}_mirrored.png"));
        save(&drawn(250, width, height, |overlay, _| overlay.mirrored = true), &name);
    }
    if let Ok(picture) = image::open(dir.join("frame.png")) {
        let picture = picture.to_rgb8();
        let (width, height) = (picture.width(), picture.height());
        let mut frame = Frame::from_rgb(Timestamp::ZERO, width, height, picture.into_raw()).unwrap();
        let mut step = specimen::step(250, width, height);
        step.cue = step.cue.map(|cue| Cue { outcome: Outcome::Warn, rule: &specimen::EXERCISE.rules[1], ..cue });
        let mut overlay = Overlay::new(&specimen::EXERCISE, width, height);
        overlay.draw(&mut frame, &step);
        overlay.draw_position(&mut frame, 0.4, &[0.2, 0.7]);
        save(&frame, &dir.join("frame_drawn.png"));
    }
    let mut overlay = Overlay::new(&specimen::EXERCISE, 1280, 720);
    let step = specimen::step(250, 1280, 720);
    let mut frame = grey(1280, 720);
    overlay.draw(&mut frame, &step);
    let best = (0..200).map(|_| {
        let start = std::time::Instant::now();
        overlay.draw(&mut frame, &step);
        start.elapsed()
    });
    println!("1280x720: {:?} a frame, the best of 200", best.min().unwrap_or_default());
}

/// Gives the specimen a line of the back.
fn with_back(_: &mut Overlay, step: &mut Step) {
    let [Some(hip), Some(shoulder)] = [Landmark::LeftHip, Landmark::LeftShoulder].map(|l| step.pose.points[l]) else {
        return;
    };
    let along = shoulder - hip;
    let out = nalgebra::Vector2::new(along.y, -along.x) * 0.22;
    let spine = [Landmark::C7, Landmark::T4, Landmark::T8, Landmark::L1, Landmark::L3, Landmark::S1, Landmark::S4];
    for (i, landmark) in spine.into_iter().enumerate() {
        let share = 1.08 - i as f64 * 0.19;
        step.pose.points[landmark] = Some(hip + along * share + out * (1.0 + 0.35 * (share * 5.0).sin()));
    }
}

/// What is said of pain is longer than other words at the foot of a page, and may not be left out for want of room.
#[test]
fn words_on_pain_are_on_the_page_at_any_size() {
    for (width, height) in [(240, 427), (640, 480), (720, 1280), (1280, 720)] {
        let page = |foot: &str| {
            let mut frame = grey(width, height);
            Overlay::new(&specimen::EXERCISE, width, height).draw_sheet(&mut frame, "Stopped", &[], foot);
            frame
        };
        let (with, without) = (page(crate::form::safety::PAIN), page(""));
        let words = differing(&with, &without);
        assert!(words * 60 > (width * height) as usize, "{width}x{height}: {words} px of letters");
    }
}

/// The pages of a programme at the sizes they are looked at in: `cargo test --lib preview_programme -- --ignored`.
#[test]
#[ignore = "for the eye: writes pictures into target/preview"]
fn preview_programme() {
    use crate::form::{Setup, safety};
    use crate::programme::{Course, Plan, Stage, Tick, plan};
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/preview");
    std::fs::create_dir_all(&folder).unwrap();
    let today = Plan { warm_up_secs: 300, ..plan(&[], &[]) };
    let outline = today.outline();
    let mut course = Course::new(today);
    let mut pages = Vec::new();
    while course.stage() != Stage::Done {
        pages.push(course.showing());
        match course.stage() {
            Stage::Setup(_) => _ = course.push(&Tick { ready: true, ..Tick::default() }, &mut |_| {}),
            _ => _ = course.go_on(),
        }
    }
    let done = |what: &str, how: &str| (what.to_string(), how.to_string());
    let results = [
        done("Half-kneeling hip flexor stretch, left", "held 30 s, form 92"),
        done("Half-kneeling hip flexor stretch, right", "held 31 s, form 88"),
        done("Hamstring stretch, left", "held 30 s, no score"),
        done("Hamstring stretch, right", "held 30 s, form 75"),
        done("Side plank, left", "10 holds, 100 s, form 81"),
        done("Side plank, right", "10 holds, 100 s, form 79"),
        done("Supine dead bug march", "38 repetitions, form 85"),
        done("Bird dog", "18 holds, 92 s, form 90"),
        done("Squat", "10 repetitions, form 78"),
        done("Hip hinge", "10 repetitions, form 88"),
        done("Hip hinge", "4 repetitions, pain, no score"),
    ];
    for (width, height) in [(640, 480), (1280, 720), (1920, 1080), (720, 1280)] {
        for showing in &pages {
            let mut frame = grey(width, height);
            let exercise = showing.block.and_then(|block| block.exercise()).unwrap_or(&specimen::EXERCISE);
            let mut overlay = Overlay::new(exercise, width, height);
            #[cfg(feature = "window")]
            {
                overlay.keys = crate::sink::window::PROGRAMME_HELP;
            }
            match showing.stage {
                Stage::Intro => {
                    let foot = format!("{}\nPress n to begin.", safety::DURING);
                    overlay.draw_sheet(&mut frame, "Today", &outline, &foot);
                }
                Stage::Setup(_) | Stage::Work(_) => {
                    let at_work = matches!(showing.stage, Stage::Work(_));
                    let setup = if at_work { Setup::Exercising } else { Setup::Ready(0.6) };
                    overlay.draw_live(&mut frame, &specimen::step(20, width, height), &setup);
                    overlay.draw_place(&mut frame, showing);
                    overlay.draw_state(&mut frame, &showing.words());
                }
                _ => overlay.draw_between(&mut frame, showing, results.get(showing.place.0.max(1) - 1)),
            }
            overlay.draw_foot(&mut frame);
            let (n, _) = showing.place;
            let stage = format!("{:?}", showing.stage).split('(').next().unwrap().to_lowercase();
            save(&frame, &folder.join(format!("{width}x{height}-{n:02}-{stage}.png")));
        }
        for (name, rows, title, foot) in [
            ("end", &results[..], "Done for today", safety::BRIEF),
            ("end-of-one", &results[8..9], "Done for today", safety::BRIEF),
            ("end-in-pain", &results[8..], "Stopped", safety::PAIN),
        ] {
            let mut frame = grey(width, height);
            Overlay::new(&specimen::EXERCISE, width, height).draw_sheet(
                &mut frame,
                title,
                rows,
                &format!("{foot}\nq quits"),
            );
            save(&frame, &folder.join(format!("{width}x{height}-{name}.png")));
        }
    }
}

/// Words on the state beside the counter leave it room, with its tick too; what went wrong stands below the body.
#[test]
fn words_lie_neither_over_the_counter_nor_over_the_body() {
    let (width, height) = (360, 640);
    let mut overlay = Overlay::new(&specimen::EXERCISE, width, height);
    let mut plain = grey(width, height);
    overlay.note_good(&specimen::step(176, width, height));
    overlay.draw(&mut plain, &specimen::step(180, width, height));
    let mut stated = plain.clone();
    overlay.draw_state(&mut stated, &["set 1 of 3 today".into(), "3 repetitions".into()]);
    let changed = |(x, y): (u32, u32)| {
        let at = ((y * width + x) * 3) as usize;
        plain.rgb()[at..at + 3] != stated.rgb()[at..at + 3]
    };
    let over = |columns: std::ops::Range<u32>| {
        (0..130).flat_map(|y| columns.clone().map(move |x| (x, y))).filter(|p| changed(*p)).count()
    };
    let end = overlay.counter_end as u32;
    assert!(over(0..end) == 0 && over(end..width) > 500, "{} {}", over(0..end), over(end..width));

    let mut told = plain.clone();
    overlay.problem = "no program plays tones here; no program speaks here, there are tones only".into();
    overlay.draw_foot(&mut told);
    let above = |frame: &Frame| frame.rgb()[..(width * height * 3 * 17 / 20) as usize].to_vec();
    assert!(above(&told) == above(&plain) && told.rgb() != plain.rgb());
}
