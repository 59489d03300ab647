//! The rules of an operator as text, which is stored with the position, and read after a restart.

use std::fmt::Write as _;

use fleet_core::event::Signal;

use crate::{Mode, Threshold};

/// What a description begins with.
const HEAD: &str = "rules";

/// Describes rules: the name of each, and what it watches.
pub(super) fn write(rules: &[Threshold]) -> String {
    let mut text = HEAD.to_owned();
    for (
        place,
        Threshold {
            rule, condition, ..
        },
    ) in rules.iter().enumerate()
    {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma} \"{rule}\" {}", condition.watched());
    }
    text
}

/// A rule of the run before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Before<'a> {
    name: &'a str,
    /// As [`Condition::watched`](crate::Condition::watched), or the signal alone.
    watched: &'a str,
    is_signal: bool,
}

impl Before<'_> {
    /// Whether its state is one of this rule: name, signal and direction are the same.
    pub(super) fn is(&self, rule: &Threshold) -> bool {
        let watched = rule.condition.watched();
        self.name == rule.rule
            && if self.is_signal {
                let signal = rule.condition.signal();
                self.watched == signal.map_or(ANY_CODE, Signal::name)
            } else {
                self.watched == watched
            }
    }
}

/// What a rule without a signal was said to watch.
const ANY_CODE: &str = "any code";

/// Reads a description, also one of the earlier version: `edge overspeed of speed_kmh, ..`.
pub(super) fn read(text: &str) -> Option<Vec<Before<'_>>> {
    text.strip_prefix(HEAD)
        .and_then(read_names)
        .or_else(|| read_earlier(text))
}

/// Names have no quotes, so every second part is one.
fn read_names(text: &str) -> Option<Vec<Before<'_>>> {
    let mut parts = text.split('"');
    let mut rules = Vec::new();
    if !parts.next()?.trim().is_empty() {
        return None;
    }
    while let Some(name) = parts.next() {
        let watched = parts.next()?.trim_end_matches(", ").trim();
        rules.push(Before {
            name,
            watched,
            is_signal: false,
        });
    }
    Some(rules)
}

fn read_earlier(text: &str) -> Option<Vec<Before<'_>>> {
    let (mode, mut rest) = text.split_once(' ')?;
    mode.parse::<Mode>().ok()?;
    let mut rules = Vec::new();
    while !rest.is_empty() {
        // A name may have a comma: a rule ends where a signal does.
        let ends = rest.match_indices(", ").map(|(end, _)| end);
        let (rule, end) = ends.chain([rest.len()]).find_map(|end| {
            let (name, watched) = rest.get(..end)?.rsplit_once(" of ")?;
            let is_known = watched == ANY_CODE || watched.parse::<Signal>().is_ok();
            let rule = Before {
                name,
                watched,
                is_signal: true,
            };
            is_known.then_some((rule, end))
        })?;
        rules.push(rule);
        rest = rest.get(end..)?.trim_start_matches(", ");
    }
    Some(rules)
}

#[cfg(test)]
mod tests {
    use fleet_core::event::{AlertKind, Severity};

    use super::*;
    use crate::Condition;

    fn rule(name: &str, condition: Condition) -> Threshold {
        Threshold {
            rule: name.into(),
            kind: AlertKind::Overspeed,
            severity: Severity::High,
            condition,
            flag: None,
        }
    }

    fn some() -> Vec<Threshold> {
        let limit = Condition::AboveEventLimit {
            signal: Signal::Speed,
            limit: Signal::SpeedLimit,
            tolerance: 5.0,
        };
        vec![
            rule("over, the limit of all", limit),
            rule("low", Condition::Below(Signal::Fuel, 10.0)),
            rule("codes", Condition::AnyCode),
        ]
    }

    #[test]
    fn rules_are_read_from_their_description() {
        let rules = some();
        let text = write(&rules);
        let said = "rules \"over, the limit of all\" above speed_kmh, \"low\" below fuel_pct, \
                    \"codes\" any code";
        assert_eq!(text, said);
        let before = read(&text).unwrap();
        for (at, before) in before.iter().enumerate() {
            let is: Vec<_> = rules.iter().map(|rule| before.is(rule)).collect();
            assert_eq!(is, [at == 0, at == 1, at == 2]);
        }
        assert_eq!(read(&write(&[])), Some(vec![]));
    }

    #[test]
    fn rules_are_read_from_a_description_of_the_earlier_version() {
        let text = "every over, the limit of all of speed_kmh, low of fuel_pct, codes of any code";
        let (before, rules) = (read(text).unwrap(), some());
        assert_eq!(before.len(), 3);
        for (before, rule) in before.iter().zip(&rules) {
            assert!(before.is(rule), "{before:?}");
        }
        assert_eq!(read("edge "), Some(vec![]));
    }

    #[test]
    fn a_rule_of_another_signal_or_direction_is_another_rule() {
        let fast = [rule("a", Condition::Above(Signal::Speed, 80.0))];
        let described = write(&fast);
        for text in [described.as_str(), "edge a of speed_kmh"] {
            let before = read(text).unwrap();
            let is = |condition| before.first().unwrap().is(&rule("a", condition));
            assert!(is(Condition::Above(Signal::Speed, 90.0)));
            assert!(!is(Condition::Above(Signal::EngineSpeed, 80.0)));
            assert!(!is(Condition::AnyCode));
            let is_earlier = text != described;
            assert_eq!(is(Condition::Below(Signal::Speed, 80.0)), is_earlier);
        }
    }

    #[test]
    fn what_describes_no_rules_is_refused() {
        for text in [
            "",
            "rule",
            "rules a",
            "rules \"a",
            "edge",
            "sometimes a of speed_kmh",
            "edge a of nothing",
            "edge a of speed_kmh, b",
            "3600 s",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
