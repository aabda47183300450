//! Trouble that does not stop us, with the way out: what the camera or the clip kept from being judged.

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
