//! Missions add up: a plain loop over their events.

use std::collections::BTreeMap;

use crate::{
    Fallible,
    topics::{Read, Record},
};

/// Where a mission stands.
#[derive(Default)]
struct Mission {
    status: &'static str,
    started: bool,
    reached: u64,
    /// How many waypoints it has in all: those it reached, and those that were ahead when it was
    /// assigned or rerouted last.
    waypoints: u64,
}

/// Asserts that each mission went through its events in order, and returns how many ended how.
pub(crate) fn add_up(read: &Read) -> Fallible<String> {
    let mut missions: BTreeMap<&str, Mission> = BTreeMap::new();
    for record in &read.missions {
        let id = record.text("mission_id")?;
        assert_eq!(record.key, id, "the topic is keyed by mission");
        let mission = missions.entry(id).or_default();
        mission.take(record)?;
    }
    let mut ended: BTreeMap<&str, u32> = BTreeMap::new();
    for (id, mission) in &missions {
        *ended.entry(mission.status).or_default() += 1;
        let all_reached = mission.reached == mission.waypoints;
        assert_eq!(mission.status == "completed", all_reached, "{id}");
    }
    assert!(
        ended.contains_key("completed") && ended.contains_key("cancelled"),
        "{ended:?}"
    );
    let ended: Vec<_> = ended
        .iter()
        .map(|(how, many)| format!("{many} {how}"))
        .collect();
    Ok(format!("{} missions: {}", missions.len(), ended.join(", ")))
}

impl Mission {
    fn take(&mut self, record: &Record) -> Fallible<()> {
        let number = |key: &str| record.value.get(key).and_then(serde_json::Value::as_u64);
        let event = record.text("event")?;
        self.status = match (event, self.status) {
            ("waypoint_reached", "under way") => {
                assert_eq!(number("waypoint"), Some(self.reached), "{}", record.value);
                self.reached += 1;
                "under way"
            }
            ("paused", "assigned" | "under way") => "paused",
            ("resumed", "paused") if self.started => "under way",
            ("started", "assigned") => "under way",
            ("assigned", "") | ("resumed", "paused") => "assigned",
            ("rerouted", "assigned" | "under way" | "paused") => self.status,
            ("completed", "under way") => "completed",
            ("failed", "assigned" | "under way" | "paused") => "failed",
            ("cancelled", "assigned" | "under way" | "paused") => "cancelled",
            (event, status) => {
                return Err(format!("{event} of a mission that is {status:?}").into());
            }
        };
        self.started |= event == "started";
        if let Some(ahead) = number("waypoints") {
            self.waypoints = self.reached + ahead;
        }
        let ends_early = matches!(self.status, "failed" | "cancelled");
        assert_eq!(
            record.text("reason").is_ok(),
            ends_early,
            "{}",
            record.value
        );
        Ok(())
    }
}
