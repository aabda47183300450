//! In a steady state a picture costs no allocation: buffers keep their size, from the tracker to the step.
//!
//! Judging a repetition may allocate; that happens once per repetition, and while one goes on ten times a second. The
//! bound for those is below.

mod common;

use common::{exercise, stream};
use formcheck::form::{Session, SessionOptions};
use formcheck::pose::Observation;
use formcheck::track::Filter;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts what this thread asks for.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // Gone while the thread ends; nobody counts then.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The stream over and over, in time order: repetitions of one athlete who does not tire.
fn rounds(stream: &[Observation], n: usize) -> Vec<Observation> {
    let length = stream[stream.len() - 1].t.secs() + 1.0 / 30.0;
    let round = |i: usize| stream.iter().map(move |o| Observation { t: o.t + length * i as f64, ..*o });
    (0..n).flat_map(round).collect()
}

/// Allocations of every picture of the last round, after two to warm up.
fn per_picture(filter: Filter, stream: &[Observation]) -> Vec<u64> {
    let options = SessionOptions::new(filter);
    let mut session = Session::new(exercise("squat"), &options);
    let all = rounds(stream, 3);
    let mut counts = Vec::with_capacity(all.len());
    for observation in &all {
        let before = COUNT.get();
        session.push(observation, &mut |_| {});
        counts.push(COUNT.get() - before);
    }
    counts.split_off(2 * stream.len())
}

#[test]
fn standing_still_allocates_nothing() {
    let still = stream("SQ-ok2")[30];
    let standing: Vec<Observation> = (0..90)
        .map(|i| Observation { t: formcheck::units::Timestamp::from_secs(f64::from(i) / 30.0), ..still })
        .collect();
    for filter in [Filter::Recorded, Filter::Live] {
        let counts = per_picture(filter, &standing);
        // The baseline is taken anew every two seconds; its medians need room. Nothing else does.
        let renewals = counts.iter().filter(|&&n| n > 0).count();
        assert!(renewals <= 2, "{filter:?}: {renewals} of {} pictures allocate: {counts:?}", counts.len());
    }
}

#[test]
fn repetitions_allocate_only_where_they_are_looked_at() {
    let stream = stream("SQ-ok2");
    for filter in [Filter::Recorded, Filter::Live] {
        let counts = per_picture(filter, &stream);
        let busy = counts.iter().filter(|&&n| n > 0).count();
        let secs = stream[stream.len() - 1].t.secs();
        println!(
            "{filter:?}: {busy} of {} pictures allocate, {} times in all",
            counts.len(),
            counts.iter().sum::<u64>()
        );
        // Ten looks a second, and three judged repetitions.
        assert!(busy as f64 <= 10.0 * secs + 6.0, "{filter:?}: {busy} of {} pictures allocate", counts.len());
    }
}
