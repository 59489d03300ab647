//! The commands that a vehicle has seen.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{CommandId, EventTime};

/// How long a vehicle remembers the ids of commands. An hour: the topic of VehicleOps keeps
/// commands for no longer, so it delivers no older copy.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// The ids of commands, and when they arrived.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Known(BTreeMap<CommandId, EventTime>);

impl Known {
    /// Takes note of a command, and returns whether it is new.
    pub(super) fn take(&mut self, id: CommandId, now: EventTime) -> bool {
        self.0.retain(|_, at| now.since(*at) <= REMEMBERED);
        self.0.insert(id, now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_known_for_an_hour_after_it_was_last_seen() {
        let mut known = Known::default();
        let mut is_new = |id: &str, second: u64| {
            let now = EventTime::MIN + Duration::from_secs(second);
            known.take(CommandId::new(id).unwrap(), now)
        };
        assert!(is_new("a", 0) && is_new("b", 0));
        assert!(!is_new("a", 3600));
        assert!(is_new("b", 3601), "forgotten");
        assert!(!is_new("a", 7200));
    }
}
