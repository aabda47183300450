//! The timer of a hold: it runs inside the fault limits only (RULES.md B, "holds").

use crate::units::Timestamp;

/// A hidden signal stops the timer after this long, seconds.
const UNSEEN_SECS: f64 = 0.3;

/// Notes when a hold does not count. Time that is not noted counts.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch {
    /// From, until; in order, apart from each other.
    stopped: Vec<(Timestamp, Timestamp)>,
    last: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    at_fault: bool,
    first_fault: Option<Timestamp>,
}

impl Stopwatch {
    /// Takes the next picture of a hold: whether the position is kept, and seen.
    pub fn tick(&mut self, t: Timestamp, kept: bool, seen: bool) {
        let since = *self.last.get_or_insert(t);
        let last_seen = *self.last_seen.get_or_insert(t);
        if !seen && t.secs_since(last_seen) > UNSEEN_SECS {
            self.stop(last_seen, t);
        } else if !kept || self.at_fault {
            self.stop(since, t);
        }
        self.last = Some(t);
        if seen {
            self.last_seen = Some(t);
        }
    }

    /// Takes what the rules say of the present.
    pub fn judge(&mut self, t: Timestamp, at_fault: bool) {
        self.at_fault = at_fault;
        if at_fault {
            self.first_fault.get_or_insert(t);
        }
    }

    pub fn first_fault(&self) -> Option<Timestamp> {
        self.first_fault
    }

    /// Seconds between two times that count.
    pub fn credited_secs(&self, since: Timestamp, until: Timestamp) -> f64 {
        let lost = |(from, to): &(Timestamp, Timestamp)| (*to).min(until).secs_since((*from).max(since)).max(0.0);
        (until.secs_since(since) - self.stopped.iter().map(lost).sum::<f64>()).max(0.0)
    }

    fn stop(&mut self, from: Timestamp, to: Timestamp) {
        match self.stopped.last_mut() {
            Some(last) if from <= last.1 => (last.0, last.1) = (last.0.min(from), to),
            _ => self.stopped.push((from, to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    /// Ten seconds at 10 pictures a second; `kept` and `seen` by the time, a fault between two times.
    fn credited(kept: impl Fn(f64) -> bool, seen: impl Fn(f64) -> bool, fault: (f64, f64)) -> f64 {
        let mut watch = Stopwatch::default();
        for i in 0..=100 {
            let secs = f64::from(i) / 10.0;
            watch.tick(at(secs), kept(secs), seen(secs));
            watch.judge(at(secs), secs >= fault.0 && secs < fault.1);
        }
        watch.credited_secs(at(0.0), at(10.0))
    }

    #[test]
    fn time_counts_inside_the_limits_only() {
        let never = (99.0, 99.0);
        let close = |secs: f64, expected: f64| assert!((secs - expected).abs() < 0.15, "{secs} for {expected}");
        close(credited(|_| true, |_| true, never), 10.0);
        close(credited(|_| true, |_| true, (6.0, 99.0)), 6.0);
        close(credited(|_| true, |_| true, (3.0, 5.0)), 8.0);
        close(credited(|s| !(4.0..4.5).contains(&s), |_| true, never), 9.5);
        close(credited(|_| true, |s| !(4.0..6.0).contains(&s), never), 8.0);
        close(credited(|_| true, |s| !(4.0..4.2).contains(&s), never), 10.0);
    }

    #[test]
    fn overlapping_reasons_stop_it_once() {
        let close = |secs: f64, expected: f64| assert!((secs - expected).abs() < 0.15, "{secs} for {expected}");
        close(credited(|s| !(4.0..6.0).contains(&s), |s| !(5.0..7.0).contains(&s), (4.5, 6.5)), 7.0);
    }

    #[test]
    fn only_what_lies_between_the_times_is_taken_off() {
        let mut watch = Stopwatch::default();
        for i in 0..=100 {
            watch.tick(at(f64::from(i) / 10.0), i < 50, true);
        }
        assert!((watch.credited_secs(at(1.0), at(4.0)) - 3.0).abs() < 1e-9);
        assert!((watch.credited_secs(at(1.0), at(6.0)) - 4.0).abs() < 0.15);
    }
}
