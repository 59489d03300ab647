//! Which labelled events were found, and which findings are false.

use fleet_core::event::AlertKind;

use super::Interval;

/// Events of one kind that are at most so far apart count as one, seconds: people label a manoeuvre
/// once, and a detector may lose it for a moment.
pub const MERGE_S: f64 = 1.0;
/// A finding hits a label if they overlap or are at most so far apart, seconds: people mark ends
/// about that exactly.
pub const HIT_S: f64 = 1.0;

/// What the comparison of labels and findings says of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A label that was found.
    Found,
    /// A label that was not found.
    Missed,
    /// A finding without a label.
    False,
}

/// Sorts the intervals of one kind, and joins those that are at most [`MERGE_S`] apart. Intervals
/// that are not numbers, or that end before they start, are left out.
///
/// # Examples
/// ```
/// use fleet_core::event::AlertKind::HarshBrake;
/// use fleet_scoring::evaluation::{Interval, merge};
/// let event = |start_s, end_s| Interval { kind: HarshBrake, start_s, end_s };
/// let merged = merge(&HarshBrake, &[event(5.0, 6.0), event(1.0, 2.0), event(3.0, 3.5)]);
/// assert_eq!(merged, [event(1.0, 3.5), event(5.0, 6.0)]);
/// ```
pub fn merge(kind: &AlertKind, events: &[Interval]) -> Vec<Interval> {
    let of_kind = events.iter().filter(|event| event.kind == *kind);
    let mut sorted: Vec<_> = of_kind
        .filter(|event| event.start_s <= event.end_s)
        .cloned()
        .collect();
    sorted.sort_by(|one, other| one.start_s.total_cmp(&other.start_s));
    let mut merged: Vec<Interval> = Vec::new();
    for event in sorted {
        match merged.last_mut() {
            Some(last) if event.start_s - last.end_s <= MERGE_S => {
                last.end_s = last.end_s.max(event.end_s);
            }
            _ => merged.push(event),
        }
    }
    merged
}

/// Compares the labels of one kind with the findings of that kind, both merged first. Each verdict
/// has the time at which its event starts, seconds.
///
/// # Guarantees
/// A finding hits at most one label, and a label is hit by at most one finding, so that one long
/// finding does not hit everything. No other assignment has more hits.
///
/// # Examples
/// ```
/// use fleet_core::event::AlertKind::HarshBrake;
/// use fleet_scoring::evaluation::{Interval, Verdict, compare};
/// let event = |start_s, end_s| Interval { kind: HarshBrake, start_s, end_s };
/// let labels = [event(10.0, 12.0), event(20.0, 22.0)];
/// let findings = [event(12.9, 13.5), event(40.0, 41.0)];
/// assert_eq!(
///     compare(&HarshBrake, &labels, &findings),
///     [(10.0, Verdict::Found), (20.0, Verdict::Missed), (40.0, Verdict::False)],
/// );
/// ```
pub fn compare(
    kind: &AlertKind,
    labels: &[Interval],
    findings: &[Interval],
) -> Vec<(f64, Verdict)> {
    let (labels, findings) = (merge(kind, labels), merge(kind, findings));
    let mut verdicts = Vec::new();
    let (mut labels, mut findings) = (labels.iter().peekable(), findings.iter().peekable());
    // Both are sorted and disjoint, so taking the first pair that fits leaves most for the others.
    while let (Some(label), Some(finding)) = (labels.peek(), findings.peek()) {
        if finding.end_s + HIT_S < label.start_s {
            verdicts.push((finding.start_s, Verdict::False));
            findings.next();
        } else if label.end_s + HIT_S < finding.start_s {
            verdicts.push((label.start_s, Verdict::Missed));
            labels.next();
        } else {
            verdicts.push((label.start_s, Verdict::Found));
            labels.next();
            findings.next();
        }
    }
    verdicts.extend(labels.map(|label| (label.start_s, Verdict::Missed)));
    verdicts.extend(findings.map(|finding| (finding.start_s, Verdict::False)));
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::chance::Chance;
    use AlertKind::{HarshBrake, RapidAccel};
    use Verdict::{False, Found, Missed};

    fn events(spans: &[(f64, f64)]) -> Vec<Interval> {
        let event = |(start_s, end_s): &(f64, f64)| Interval {
            kind: HarshBrake,
            start_s: *start_s,
            end_s: *end_s,
        };
        spans.iter().map(event).collect()
    }

    fn verdicts(labels: &[(f64, f64)], findings: &[(f64, f64)]) -> Vec<Verdict> {
        let compared = compare(&HarshBrake, &events(labels), &events(findings));
        compared.into_iter().map(|(_, verdict)| verdict).collect()
    }

    #[test]
    fn without_labels_each_finding_is_false_and_without_findings_each_label_is_missed() {
        assert_eq!(verdicts(&[], &[]), []);
        assert_eq!(verdicts(&[], &[(1.0, 2.0), (5.0, 6.0)]), [False, False]);
        assert_eq!(verdicts(&[(1.0, 2.0), (5.0, 6.0)], &[]), [Missed, Missed]);
    }

    #[test]
    fn a_finding_one_second_off_hits_and_one_further_off_does_not() {
        assert_eq!(verdicts(&[(10.0, 12.0)], &[(13.0, 14.0)]), [Found]);
        assert_eq!(verdicts(&[(10.0, 12.0)], &[(8.0, 9.0)]), [Found]);
        assert_eq!(verdicts(&[(10.0, 12.0)], &[(13.01, 14.0)]), [Missed, False]);
        assert_eq!(verdicts(&[(10.0, 12.0)], &[(8.0, 8.99)]), [False, Missed]);
    }

    #[test]
    fn touching_events_and_those_one_second_apart_are_one() {
        let spans = |spans: &[(f64, f64)]| merge(&HarshBrake, &events(spans));
        assert_eq!(spans(&[(1.0, 2.0), (2.0, 3.0)]), events(&[(1.0, 3.0)]));
        assert_eq!(spans(&[(1.0, 2.0), (3.0, 4.0)]), events(&[(1.0, 4.0)]));
        assert_eq!(spans(&[(1.0, 9.0), (3.0, 4.0)]), events(&[(1.0, 9.0)]));
        let apart = [(1.0, 2.0), (3.01, 4.0)];
        assert_eq!(spans(&apart), events(&apart));
        assert_eq!(verdicts(&[(1.0, 4.0)], &[(1.0, 2.0), (2.5, 4.0)]), [Found]);
    }

    #[test]
    fn one_finding_over_two_labels_finds_one_of_them() {
        let labels = [(10.0, 11.0), (20.0, 21.0)];
        assert_eq!(verdicts(&labels, &[(9.0, 30.0)]), [Found, Missed]);
    }

    #[test]
    fn two_findings_in_one_label_are_a_hit_and_a_false_one() {
        let findings = [(10.0, 11.0), (15.0, 16.0)];
        assert_eq!(verdicts(&[(10.0, 20.0)], &findings), [Found, False]);
    }

    #[test]
    fn events_of_other_kinds_and_broken_intervals_count_for_nothing() {
        let mut findings = events(&[(10.0, 11.0), (f64::NAN, 5.0), (7.0, 6.0)]);
        findings[0].kind = RapidAccel;
        let compared = compare(&HarshBrake, &events(&[(10.0, 11.0)]), &findings);
        assert_eq!(compared, [(10.0, Missed)]);
    }

    /// The most hits of any assignment, by trying all.
    fn most(labels: &[Interval], findings: &[Interval], taken: &mut Vec<bool>) -> usize {
        let Some((label, rest)) = labels.split_first() else {
            return 0;
        };
        let mut best = most(rest, findings, taken);
        for number in 0..findings.len() {
            let finding = &findings[number];
            let near =
                finding.start_s - HIT_S <= label.end_s && label.start_s <= finding.end_s + HIT_S;
            if near && !taken[number] {
                taken[number] = true;
                best = best.max(1 + most(rest, findings, taken));
                taken[number] = false;
            }
        }
        best
    }

    #[test]
    fn prop_no_assignment_has_more_hits() {
        let mut chance = Chance::new(3);
        for _ in 0..2000 {
            let mut some = || {
                let count = chance.below(6);
                let spans: Vec<_> = (0..count)
                    .map(|_| {
                        let start = chance.below(60) as f64 / 2.0;
                        (start, start + chance.below(12) as f64 / 2.0)
                    })
                    .collect();
                merge(&HarshBrake, &events(&spans))
            };
            let (labels, findings) = (some(), some());
            let compared = compare(&HarshBrake, &labels, &findings);
            let hits = compared.iter().filter(|(_, verdict)| *verdict == Found);
            let best = most(&labels, &findings, &mut vec![false; findings.len()]);
            assert_eq!(hits.count(), best, "{labels:?} {findings:?}");
        }
    }
}
