//! The replay window: shows pictures, scaled to the window, and says which keys were pressed.
//!
//! Input: finished [`Frame`]s. Output: [`Command`]s. The only file that names `minifb`. Not handled here: what is drawn
//! on a picture ([`super::overlay`]) and when the next one is due.

use super::SinkError;
use crate::frame::Frame;
use minifb::{InputCallback, Key, ScaleMode, Window, WindowOptions};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The window opens so large at most, px: fits a small laptop's screen with its bars.
const MOST_SIZE: (f64, f64) = (1200.0, 680.0);

/// How often keys are looked for while waiting: below what a hand notices.
const POLL: Duration = Duration::from_millis(8);

/// Key presses kept while nobody asks; more are a stuck key.
const MOST_WAITING: usize = 64;

/// What the person asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    TogglePause,
    /// So many pictures on, or back.
    Step(i32),
    /// So many seconds on, or back.
    Seek(f64),
    NextFault,
    PreviousFault,
    /// Show the picture as in a mirror, or no longer.
    ToggleMirror,
    /// Show or hide [`HELP`].
    ToggleHelp,
    Quit,
}

/// The keys, to be drawn over the picture.
pub const HELP: &str = "space  pause     , .  step     ← →  1 s     ↑ ↓  5 s\n\
                        n p  next, previous fault     m  mirror     h  help     q  quit";

/// An open window.
pub struct ReplayWindow {
    window: Window,
    pressed: Rc<RefCell<VecDeque<Command>>>,
    /// The last picture as the window takes it, 0RGB; kept to be shown again when the window is uncovered.
    pixels: Vec<u32>,
    size: (usize, usize),
}

impl ReplayWindow {
    /// Opens a window in the shape of pictures of this size.
    pub fn open(title: &str, width: u32, height: u32) -> Result<ReplayWindow, SinkError> {
        let (wide, high) = opening_size(width, height);
        let options = WindowOptions { resize: true, scale_mode: ScaleMode::AspectRatioStretch, ..Default::default() };
        let mut window = Window::new(title, wide, high, options).map_err(no_window)?;
        // Frames set the pace, not the window.
        window.set_target_fps(0);
        let pressed = Rc::new(RefCell::new(VecDeque::with_capacity(MOST_WAITING)));
        window.set_input_callback(Box::new(Keys { pressed: pressed.clone() }));
        Ok(ReplayWindow { window, pressed, pixels: Vec::new(), size: (0, 0) })
    }

    /// Shows a picture.
    pub fn show(&mut self, frame: &Frame) -> Result<(), SinkError> {
        self.size = (frame.width() as usize, frame.height() as usize);
        pack(frame.rgb(), &mut self.pixels);
        self.refresh()
    }

    /// The oldest key press not asked for yet; [`Command::Quit`] once the window was closed.
    pub fn command(&mut self) -> Option<Command> {
        let pressed = self.pressed.borrow_mut().pop_front();
        pressed.or_else(|| (!self.window.is_open()).then_some(Command::Quit))
    }

    /// Waits so long, or until a key is pressed or the window closed: between pictures, and while paused.
    pub fn wait(&mut self, longest: Duration) -> Result<Option<Command>, SinkError> {
        let until = Instant::now() + longest;
        loop {
            if let Some(command) = self.command() {
                return Ok(Some(command));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            std::thread::sleep(left.min(POLL));
            // Only events: a picture sent at every turn would cost more than showing the clip.
            self.window.update();
        }
    }

    /// Shows the same picture again, as after the window was resized.
    pub fn refresh(&mut self) -> Result<(), SinkError> {
        if self.size.0 == 0 || self.size.1 == 0 {
            self.window.update();
            return Ok(());
        }
        self.window.update_with_buffer(&self.pixels, self.size.0, self.size.1).map_err(no_window)
    }
}

fn no_window(error: minifb::Error) -> SinkError {
    SinkError::NoWindow(error.to_string().replace('\n', " "))
}

/// The largest size of this shape that fits a small screen.
fn opening_size(width: u32, height: u32) -> (usize, usize) {
    let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let scale = (MOST_SIZE.0 / w).min(MOST_SIZE.1 / h);
    (((w * scale).round() as usize).max(64), ((h * scale).round() as usize).max(64))
}

fn pack(rgb: &[u8], pixels: &mut Vec<u32>) {
    pixels.clear();
    pixels.extend(rgb.chunks_exact(3).map(|p| u32::from_be_bytes([0, p[0], p[1], p[2]])));
}

/// Called for every key event, so that a tap shorter than a frame is not lost.
struct Keys {
    pressed: Rc<RefCell<VecDeque<Command>>>,
}

impl InputCallback for Keys {
    fn add_char(&mut self, _unicode: u32) {}

    fn set_key_state(&mut self, key: Key, down: bool) {
        let mut pressed = self.pressed.borrow_mut();
        if let Some(command) = meaning(key).filter(|_| down && pressed.len() < MOST_WAITING) {
            pressed.push_back(command);
        }
    }
}

fn meaning(key: Key) -> Option<Command> {
    Some(match key {
        Key::Space => Command::TogglePause,
        Key::Period => Command::Step(1),
        Key::Comma => Command::Step(-1),
        Key::Right => Command::Seek(1.0),
        Key::Left => Command::Seek(-1.0),
        Key::Up => Command::Seek(5.0),
        Key::Down => Command::Seek(-5.0),
        Key::N => Command::NextFault,
        Key::P => Command::PreviousFault,
        Key::M => Command::ToggleMirror,
        Key::H => Command::ToggleHelp,
        Key::Q | Key::Escape => Command::Quit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_help_says_once_per_press() {
        let pressed = Rc::new(RefCell::new(VecDeque::new()));
        let mut keys = Keys { pressed: pressed.clone() };
        for key in [Key::Space, Key::F1, Key::Left, Key::Up, Key::Comma, Key::N, Key::Escape] {
            keys.set_key_state(key, true);
            keys.set_key_state(key, false);
        }
        let expected = [
            Command::TogglePause,
            Command::Seek(-1.0),
            Command::Seek(5.0),
            Command::Step(-1),
            Command::NextFault,
            Command::Quit,
        ];
        assert_eq!(pressed.take(), expected);
        (0..1000).for_each(|_| keys.set_key_state(Key::Right, true));
        assert_eq!(pressed.borrow().len(), MOST_WAITING, "a stuck key does not fill the memory");
    }

    #[test]
    fn pixels_are_packed_and_windows_fit_the_screen() {
        let mut pixels = vec![9; 7];
        pack(&[1, 2, 3, 255, 0, 16], &mut pixels);
        assert_eq!(pixels, [0x0001_0203, 0x00ff_0010]);
        for (width, height) in [(240, 427), (1920, 1080), (1080, 1920), (1, 1), (8000, 10)] {
            let (w, h) = opening_size(width, height);
            assert!((64..=1200).contains(&w) && (64..=680).contains(&h), "{w}x{h}");
        }
    }

    /// Opens a real window on the display in use: `xvfb-run cargo test --lib preview_window -- --ignored`.
    #[test]
    #[ignore = "for the eye: needs a display"]
    fn preview_window() {
        use crate::report::specimen;
        let (width, height) = (640, 480);
        let mut window = ReplayWindow::open("formcheck", width, height).unwrap();
        let mut overlay = crate::sink::overlay::Overlay::new(&specimen::EXERCISE, width, height);
        let (mut at, mut paused, mut help) = (0i64, false, true);
        for _ in 0..600 {
            let mut frame = Frame::new(width, height);
            frame.rgb_mut().fill(90);
            overlay.draw(&mut frame, &specimen::step(at.rem_euclid(360) as u32, width, height));
            overlay.draw_position(&mut frame, at as f64 / 360.0, &[0.7]);
            if help {
                overlay.draw_note(&mut frame, HELP);
            }
            window.show(&frame).unwrap();
            at += i64::from(!paused);
            match window.wait(Duration::from_millis(33)).unwrap() {
                Some(Command::Quit) => return println!("quit at {at}"),
                Some(Command::TogglePause) => paused = !paused,
                Some(Command::Step(n)) => at += i64::from(n),
                Some(Command::Seek(secs)) => at += (secs * 30.0) as i64,
                Some(Command::ToggleMirror) => overlay.mirrored = !overlay.mirrored,
                Some(Command::ToggleHelp) => help = !help,
                Some(Command::NextFault) => at = 250,
                Some(Command::PreviousFault) => at = 0,
                None => {}
            }
        }
    }
}
