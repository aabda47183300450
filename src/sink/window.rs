//! The window of replays and live sets: shows pictures, scaled to it, and says which keys were pressed.
//!
//! Input: finished [`Frame`]s. Output: [`Command`]s, or [`LiveKey`]s. The only file that names `minifb`. Not handled here: what is drawn
//! on a picture ([`super::overlay`]) and when the next one is due.

use super::{SinkError, display_loss};
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

/// What keys mean in a live set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveKey {
    TogglePause,
    /// Ends the set, or the rest, and begins the next.
    NextSet,
    /// The other side of the body nearer the camera.
    Side,
    ToggleMute,
    ToggleDelay,
    ToggleRecording,
    /// It hurts: the set ends without a score.
    Pain,
    ToggleMirror,
    ToggleHelp,
    Quit,
}

/// The keys of a live set, to be drawn under the picture.
pub const LIVE_HELP: &str =
    "space pause   n next set   s side   m mute   d delay   r record   p pain: stop   x mirror   h hide   q quit";

/// The keys of a programme.
pub const PROGRAMME_HELP: &str =
    "n next   p pain: stop   space pause   m mute   d delay   r record   x mirror   h hide   q quit";

/// The window of a replay.
pub type ReplayWindow = Screen<Command>;
/// The window of a live set.
pub type LiveWindow = Screen<LiveKey>;

/// Keys and what they mean in one kind of window.
pub trait Meaning: Copy + 'static {
    /// The window was closed.
    const CLOSED: Self;
    fn of(key: Key) -> Option<Self>;
}

/// How a window opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// In the shape of the pictures, as large as fits a small screen.
    #[default]
    Fitted,
    /// Without a frame, over the whole screen of this size, px.
    Full(usize, usize),
}

/// An open window.
pub struct Screen<C: Meaning> {
    window: Window,
    pressed: Rc<RefCell<VecDeque<C>>>,
    /// The last picture as the window takes it, 0RGB; kept to be shown again when the window is uncovered.
    pixels: Vec<u32>,
    size: (usize, usize),
}

impl<C: Meaning> Screen<C> {
    /// Opens a window in the shape of pictures of this size.
    pub fn open(title: &str, width: u32, height: u32) -> Result<Screen<C>, SinkError> {
        Screen::open_as(title, width, height, Opening::Fitted)
    }

    /// The same, as asked for.
    pub fn open_as(title: &str, width: u32, height: u32, opening: Opening) -> Result<Screen<C>, SinkError> {
        let full = opening != Opening::Fitted;
        let (wide, high) = match opening {
            Opening::Fitted => opening_size(width, height),
            Opening::Full(wide, high) => (wide.max(64), high.max(64)),
        };
        let scale_mode = ScaleMode::AspectRatioStretch;
        let options = WindowOptions {
            resize: !full,
            borderless: full,
            title: !full,
            topmost: full,
            scale_mode,
            ..Default::default()
        };
        let mut window = Window::new(title, wide, high, options).map_err(no_window)?;
        display_loss::outlive(&window);
        if full {
            window.set_position(0, 0);
        }
        // Frames set the pace, not the window.
        window.set_target_fps(0);
        let pressed = Rc::new(RefCell::new(VecDeque::with_capacity(MOST_WAITING)));
        window.set_input_callback(Box::new(Keys { pressed: pressed.clone() }));
        Ok(Screen { window, pressed, pixels: Vec::new(), size: (0, 0) })
    }

    /// Shows a picture.
    pub fn show(&mut self, frame: &Frame) -> Result<(), SinkError> {
        self.size = (frame.width() as usize, frame.height() as usize);
        pack(frame.rgb(), &mut self.pixels);
        self.refresh()
    }

    /// The oldest key press not asked for yet; [`Meaning::CLOSED`] once the window was closed.
    pub fn command(&mut self) -> Option<C> {
        let pressed = self.pressed.borrow_mut().pop_front();
        pressed.or_else(|| (!self.window.is_open()).then_some(C::CLOSED))
    }

    /// Waits so long, or until a key is pressed or the window closed: between pictures, and while paused.
    pub fn wait(&mut self, longest: Duration) -> Result<Option<C>, SinkError> {
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
            still_there()?;
        }
    }

    /// Shows the same picture again, as after the window was resized.
    pub fn refresh(&mut self) -> Result<(), SinkError> {
        if self.size.0 == 0 || self.size.1 == 0 {
            self.window.update();
            return still_there();
        }
        self.window.update_with_buffer(&self.pixels, self.size.0, self.size.1).map_err(no_window)?;
        still_there()
    }
}

fn still_there() -> Result<(), SinkError> {
    if display_loss::is_lost() { Err(SinkError::DisplayLost) } else { Ok(()) }
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
struct Keys<C> {
    pressed: Rc<RefCell<VecDeque<C>>>,
}

impl<C: Meaning> InputCallback for Keys<C> {
    fn add_char(&mut self, _unicode: u32) {}

    fn set_key_state(&mut self, key: Key, down: bool) {
        let mut pressed = self.pressed.borrow_mut();
        if let Some(command) = C::of(key).filter(|_| down && pressed.len() < MOST_WAITING) {
            pressed.push_back(command);
        }
    }
}

impl Meaning for Command {
    const CLOSED: Command = Command::Quit;

    fn of(key: Key) -> Option<Command> {
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
}

impl Meaning for LiveKey {
    const CLOSED: LiveKey = LiveKey::Quit;

    fn of(key: Key) -> Option<LiveKey> {
        Some(match key {
            Key::Space => LiveKey::TogglePause,
            Key::N => LiveKey::NextSet,
            Key::S => LiveKey::Side,
            Key::M => LiveKey::ToggleMute,
            Key::D => LiveKey::ToggleDelay,
            Key::R => LiveKey::ToggleRecording,
            Key::P => LiveKey::Pain,
            Key::X => LiveKey::ToggleMirror,
            Key::H => LiveKey::ToggleHelp,
            Key::Q | Key::Escape => LiveKey::Quit,
            _ => return None,
        })
    }
}

/// The size of the first connected screen, px, where the system tells it (Linux).
pub fn screen_size() -> Option<(usize, usize)> {
    let outputs = std::fs::read_dir("/sys/class/drm").ok()?;
    let modes = outputs.flatten().filter_map(|output| std::fs::read_to_string(output.path().join("modes")).ok());
    // The first line is the screen's own mode; a second part tells interlacing.
    modes.filter_map(|modes| modes.lines().next().map(str::to_string)).find_map(|mode| {
        let (wide, high) = mode.split_once('x')?;
        let high: String = high.chars().take_while(char::is_ascii_digit).collect();
        Some((wide.parse().ok()?, high.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_help_says_once_per_press() {
        let pressed = Rc::new(RefCell::new(VecDeque::<Command>::new()));
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
