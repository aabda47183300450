//! Outliving the X server. Its library ends the whole program when the connection breaks; since version 1.7 (2020) it can
//! be told not to, display by display, which the window's library does not do.
//!
//! Input: an open window. Output: [`is_lost`], after which whatever is drawn goes nowhere. With an older libX11 the program
//! still ends there; other systems' windows are let alone. With `main.rs` the only
//! code that the compiler cannot check.

use libloading::Library;
use raw_window_handle::{HasDisplayHandle, RawDisplayHandle};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

/// For good: the program has one window, and what is gone does not come back.
static LOST: AtomicBool = AtomicBool::new(false);

pub fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

// As Xlib.h has them; displays are only passed on.
type Display = *mut c_void;
type OnError = unsafe extern "C" fn(Display) -> c_int;
type OnExit = unsafe extern "C" fn(Display, *mut c_void);
type SetOnError = unsafe extern "C" fn(Option<OnError>) -> Option<OnError>;
type SetOnExit = unsafe extern "C" fn(Display, Option<OnExit>, *mut c_void);

/// Lets the program live on when this window's display goes.
pub fn outlive(window: &impl HasDisplayHandle) {
    let Ok(RawDisplayHandle::Xlib(handle)) = window.display_handle().map(|handle| handle.as_raw()) else { return };
    let Some(display) = handle.display else { return };
    // SAFETY: the library is the one that opened the display, its functions have had these types since they exist, and
    // it stays loaded (forgotten below) as long as it may call ours; ours touch nothing but an atomic flag.
    #[expect(unsafe_code)]
    unsafe {
        let Ok(library) = Library::new("libX11.so.6") else { return };
        if let Ok(set_on_error) = library.get::<SetOnError>(b"XSetIOErrorHandler\0")
            && let Ok(set_on_exit) = library.get::<SetOnExit>(b"XSetIOErrorExitHandler\0")
        {
            set_on_error(Some(say_nothing));
            set_on_exit(display.as_ptr(), Some(live_on), std::ptr::null_mut());
        }
        std::mem::forget(library);
    }
}

/// In place of the library's own words on stderr.
unsafe extern "C" fn say_nothing(_: Display) -> c_int {
    0
}

/// In place of the end of the program: the library goes on as if, and every later call on that display does nothing.
unsafe extern "C" fn live_on(_: Display, _: *mut c_void) {
    LOST.store(true, Ordering::Relaxed);
}
