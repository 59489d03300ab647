//! What is kept for one vehicle, and how it is saved: by the names of the rules.

use std::sync::Arc;

use fleet_core::State;

use super::{MAX_RULES, ids::Ids};
use crate::ordinal::Ordinals;

/// The state of one vehicle.
///
/// A saved state lists the rules that are active, each by an id that follows from its name. So a
/// restart may add, remove and reorder rules; see [`Rules`](super::Rules).
#[derive(Clone, Debug)]
pub struct RulesState {
    /// Bit `i` is set when the last evaluation of rule `i` was a violation.
    pub(super) active: u64,
    pub(super) ordinals: Ordinals,
    /// The ids of the rules, shared by all vehicles. A state that was just decoded has its own.
    ids: Arc<Ids>,
}

impl RulesState {
    pub(super) fn new(ids: &Arc<Ids>) -> Self {
        Self {
            active: 0,
            ordinals: Ordinals::NONE,
            ids: Arc::clone(ids),
        }
    }

    /// Goes on under the rules of these ids. `bit_of` is the bit of a saved id; rules without one
    /// are dropped.
    pub(super) fn renumber(&mut self, ids: &Arc<Ids>, bit_of: impl Fn(u32) -> Option<u8>) {
        let saved = self.ids.of_bits(self.active);
        let bits = saved.filter_map(|(id, _)| bit_of(id));
        self.active = bits.fold(0, |active, bit| active | 1 << bit);
        self.ids = Arc::clone(ids);
    }
}

/// States are equal if the same rules are active, whatever their order.
impl PartialEq for RulesState {
    fn eq(&self, other: &Self) -> bool {
        let ids = |state: &Self| -> Vec<_> {
            let active = state.ids.of_bits(state.active);
            active.map(|(id, _)| id).collect()
        };
        self.ordinals == other.ordinals && ids(self) == ids(other)
    }
}

/// # Layout
/// `number of active rules u8 · their ids u32 each, ascending · ordinals`
///
/// Version 1 had `active u64 · ordinals`, with bit `i` for the `i`th rule. Its rules are read as
/// ids below [`MAX_RULES`].
impl State for RulesState {
    const VERSION: u16 = 2;
    fn encode(&self, to: &mut Vec<u8>) {
        let count = to.len();
        to.push(0);
        for (id, _) in self.ids.of_bits(self.active) {
            id.encode(to);
            if let Some(count) = to.get_mut(count) {
                *count += 1;
            }
        }
        self.ordinals.encode_short(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let mut ids = Vec::new();
        let ordinals = match version {
            1 => {
                let active = u64::decode(0, from)?;
                ids.extend((0..u64::BITS).filter(|bit| active >> bit & 1 == 1));
                Ordinals::decode(Ordinals::VERSION, from)?
            }
            2 => {
                let count = usize::from(u8::decode(0, from)?);
                if count > MAX_RULES {
                    return None;
                }
                for _ in 0..count {
                    let id = u32::decode(0, from)?;
                    if ids.last().is_some_and(|last| *last >= id) {
                        return None;
                    }
                    ids.push(id);
                }
                Ordinals::decode_short(from)?
            }
            _ => return None,
        };
        Some(Self {
            active: (0..ids.len()).fold(0, |active, bit| active | 1 << bit),
            ordinals,
            ids: Arc::new(Ids::from_sorted(ids)),
        })
    }
}

#[cfg(test)]
mod tests {
    use fleet_core::{EventTime, Operator};

    use super::*;
    use crate::{Mode, Rules, preset};

    fn encoded(state: &RulesState) -> Vec<u8> {
        let mut bytes = Vec::new();
        state.encode(&mut bytes);
        bytes
    }

    fn decoded(version: u16, mut bytes: &[u8]) -> Option<RulesState> {
        RulesState::decode(version, &mut bytes).filter(|_| bytes.is_empty())
    }

    /// The state of rules of which these are active, after one alert.
    fn active(rules: &Rules, active: u64) -> RulesState {
        let mut state = rules.init();
        state.active = active;
        state.ordinals.next(EventTime::from_micros(5));
        state
    }

    /// The state that goes on under these rules.
    fn resumed(rules: &Rules, before: &str, version: u16, bytes: &[u8]) -> RulesState {
        let mut state = decoded(version, bytes).unwrap();
        rules.resume(before).unwrap().adapt(&mut state);
        state
    }

    #[test]
    fn a_state_takes_2_bytes_8_more_after_an_alert_and_4_for_each_active_rule() {
        let rules = preset::ford(Mode::Edge);
        assert_eq!(encoded(&rules.init()), [0, 0]);
        for (bits, length) in [(0, 10), (0b1, 14), (0b10100, 18), (0b11111, 30)] {
            let state = active(&rules, bits);
            let bytes = encoded(&state);
            assert_eq!(bytes.len(), length);
            assert_eq!(decoded(2, &bytes), Some(state));
        }
    }

    #[test]
    fn no_bytes_are_read_that_were_not_written() {
        let rules = preset::vehicleops(Mode::Edge);
        let bytes = encoded(&active(&rules, 0b111));
        for cut in 0..bytes.len() {
            assert_eq!(decoded(2, &bytes[..cut]), None, "{cut}");
        }
        for version in [0, 1, 3] {
            assert_eq!(decoded(version, &bytes), None, "{version}");
        }
        assert_eq!(decoded(2, &[bytes.clone(), vec![0]].concat()), None);
        // Ids that are not in order, and more of them than an operator has rules.
        let swapped = [&bytes[..1], &bytes[5..9], &bytes[1..5], &bytes[9..]].concat();
        assert_eq!(decoded(2, &swapped), None);
        let many = (0..65_u32).flat_map(u32::to_le_bytes);
        let many: Vec<_> = [65].into_iter().chain(many).chain([0]).collect();
        assert_eq!(decoded(2, &many), None);
        let most = (0..64_u32).flat_map(u32::to_le_bytes);
        let most: Vec<_> = [64].into_iter().chain(most).chain([0]).collect();
        assert_eq!(encoded(&decoded(2, &most).unwrap()), most);
    }

    #[test]
    fn the_order_of_rules_changes_no_saved_state() {
        let rules = preset::ford(Mode::Edge);
        let mut turned = rules.thresholds().to_vec();
        turned.reverse();
        let turned = Rules::new(turned, Mode::Every).unwrap();
        let bytes = encoded(&active(&rules, 0b00011));
        let state = resumed(&turned, &rules.structure(), 2, &bytes);
        assert_eq!(state, active(&turned, 0b11000));
        assert_eq!(state.active, 0b11000);
        assert_eq!(encoded(&state), bytes);
        assert_ne!(state, active(&turned, 0b11001));
    }

    #[test]
    fn a_state_of_version_1_goes_on_by_place_in_the_rules_of_its_time() {
        let rules = preset::vehicleops(Mode::Edge);
        let before = "every gone of rpm, engine-overheat of engine_temp_c, overspeed of speed_kmh, \
                      traction-soc-low of battery_v";
        let mut bytes = 0b1111_u64.to_le_bytes().to_vec();
        bytes.extend(5_i64.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        // The third rule watched another signal.
        assert_eq!(resumed(&rules, before, 1, &bytes), active(&rules, 0b101));
        bytes[0] = 0b0101;
        assert_eq!(resumed(&rules, before, 1, &bytes), active(&rules, 0b001));
        // A bit without a rule.
        bytes[7] = 0x80;
        assert_eq!(resumed(&rules, before, 1, &bytes), active(&rules, 0b001));
        assert_eq!(decoded(1, &bytes[..19]), None);
    }

    #[test]
    fn a_rule_that_the_run_before_did_not_have_is_inactive_whatever_an_entry_says() {
        let rules = preset::vehicleops(Mode::Edge);
        let less = Rules::new(rules.thresholds()[1..].to_vec(), Mode::Edge).unwrap();
        let bytes = encoded(&active(&rules, 0b011));
        let state = resumed(&rules, &less.structure(), 2, &bytes);
        assert_eq!(state, active(&rules, 0b010));
    }
}
