//! The ids by which the states of rules are saved.

use fleet_core::{Error, ErrorKind, Result, event::ContentHasher};

use crate::Threshold;

/// The version of what is saved of one rule: that it is active. A rule that saves something else
/// has another id.
const VERSION: u64 = 1;

/// Set in every id of a rule, so that none is a place in a list.
const NAMED: u32 = 1 << 31;

/// The ids of some rules, each with the bit of the rule in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    /// Sorted by id, so that the order of the rules changes no saved state.
    sorted: Vec<(u32, u8)>,
}

impl Ids {
    pub(super) fn of(rules: &[Threshold]) -> Self {
        let mut sorted: Vec<_> = rules.iter().map(id_of).zip(0..).collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// Ids that are sorted already; bit `i` is that of the `i`th.
    pub(super) fn from_sorted(ids: impl IntoIterator<Item = u32>) -> Self {
        let sorted = ids.into_iter().zip(0..).collect();
        Self { sorted }
    }

    /// The ids of the rules whose bits are set, ascending, with their bits.
    pub(super) fn of_bits(&self, bits: u64) -> impl Iterator<Item = (u32, u8)> {
        let all = self.sorted.iter().copied();
        all.filter(move |(_, bit)| bits >> bit & 1 == 1)
    }

    /// The bit of a rule.
    pub(super) fn bit(&self, id: u32) -> Option<u8> {
        let place = self.sorted.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.sorted.get(place).map(|(_, bit)| *bit)
    }
}

/// The id of a rule: a hash of its name and of what it watches.
///
/// 31 bits are enough: which rules a restart knows is decided by their names, and two rules of one
/// operator with the same id are refused.
fn id_of(rule: &Threshold) -> u32 {
    let mut content = ContentHasher::new();
    content.text(&rule.rule).text(&rule.condition.watched());
    let [a, b, c, d, ..] = content.integer(VERSION).finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d]) | NAMED
}

/// The place that a state of version 1 has for an id: bit and place of a rule were the same.
pub(super) fn place(id: u32) -> Option<usize> {
    (id & NAMED == 0).then_some(id as usize)
}

/// Refuses two rules with the same id.
pub(super) fn check(rules: &[Threshold]) -> Result<()> {
    let ids = rules.iter().map(|rule| (id_of(rule), &rule.rule));
    let mut ids: Vec<_> = ids.collect();
    ids.sort_by_key(|(id, _)| *id);
    for pair in ids.windows(2) {
        if let [(first, one), (second, other)] = pair
            && first == second
        {
            let message = format!(
                "the names of the rules `{one}` and `{other}` lead to the same id of saved state: \
                 rename one"
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use fleet_core::event::{AlertKind, Severity, Signal};

    use super::*;
    use crate::{Condition, Mode, Rules};

    fn rule(name: &str, condition: Condition) -> Threshold {
        Threshold {
            rule: name.into(),
            kind: AlertKind::Overspeed,
            severity: Severity::High,
            condition,
            flag: None,
        }
    }

    #[test]
    fn an_id_depends_on_the_name_and_what_the_rule_watches_and_never_changes() {
        let fast = |limit| rule("overspeed", Condition::Above(Signal::Speed, limit));
        assert_eq!(id_of(&fast(80.0)), 0xc1f6_96f9);
        assert_eq!(id_of(&fast(80.0)), id_of(&fast(90.0)));
        let slow = rule("overspeed", Condition::Below(Signal::Speed, 80.0));
        let revs = rule("overspeed", Condition::Above(Signal::EngineSpeed, 80.0));
        let other = rule("speeding", Condition::Above(Signal::Speed, 80.0));
        for other in [slow, revs, other] {
            assert_ne!(id_of(&other), id_of(&fast(80.0)));
            assert_eq!(place(id_of(&other)), None);
        }
    }

    #[test]
    fn two_rules_whose_names_lead_to_the_same_id_are_refused() {
        let mut seen = HashMap::new();
        // By the birthday paradox, half a million ids of 31 bits hold some fifty pairs.
        let (one, other) = (0..500_000)
            .find_map(|number| {
                let rule = rule(&format!("rule-{number}"), Condition::AnyCode);
                let before = seen.insert(id_of(&rule), rule.clone());
                before.map(|before| (before, rule))
            })
            .unwrap();
        let message = format!("`{}` and `{}` lead to the same id", one.rule, other.rule);
        let error = Rules::new([one, other.clone()], Mode::Edge).unwrap_err();
        assert!(error.to_string().contains(&message), "{error}");
        assert!(Rules::new([other], Mode::Edge).is_ok());
    }
}
