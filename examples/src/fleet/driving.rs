//! What a database holds of self-driving vehicles: ratios of sums, never means of ratios.

use std::fmt::Write as _;

use fleet_core::event::Initiator;
use fleet_rules::KmPer;
use fleet_sinks::sqlite::rusqlite::{Connection, Result};
use serde_json::{Map, Value, json};

use crate::{
    outcome::{grouped, listed},
    report::unsigned,
};

/// Sums over all vehicles that tell whether they drive themselves, and all hours.
pub(crate) struct DrivingTotals {
    vehicles: u64,
    km: f64,
    interventions: u64,
    disengagements: u64,
    by: Vec<(&'static str, u64)>,
}

/// Why there is no ratio although there are events.
const NO_DISTANCE: &str = "no odometer, speed or position came with the events";

impl DrivingTotals {
    /// Reads the sums.
    ///
    /// # Errors
    /// Those of reading.
    pub(crate) fn read(db: &Connection) -> Result<Self> {
        let by: Vec<_> = Initiator::ALL
            .iter()
            .map(|who| format!("coalesce(sum(disengagements_{}), 0)", who.as_word()))
            .collect();
        // A vehicle that never says whether it drives itself has no part in the ratio.
        let sums = format!(
            "SELECT count(DISTINCT vehicle_id), coalesce(sum(km), 0.0), coalesce(sum(interventions), 0),
                    coalesce(sum(disengagements), 0), {}
             FROM self_driving
             WHERE vehicle_id IN (SELECT vehicle_id FROM self_driving
                                  WHERE observed_s > 0 OR interventions + disengagements > 0)",
            by.join(", ")
        );
        db.query_row(&sums, [], |row| {
            let by = (4..).zip(Initiator::ALL);
            let by = by.map(|(column, who)| Ok((who.as_word(), unsigned(row, column)?)));
            Ok(Self {
                vehicles: unsigned(row, 0)?,
                km: row.get(1)?,
                interventions: unsigned(row, 2)?,
                disengagements: unsigned(row, 3)?,
                by: by.collect::<Result<_>>()?,
            })
        })
    }

    /// The ratios, by what they are for.
    fn ratios(&self) -> [(&'static str, KmPer); 2] {
        [
            ("intervention", KmPer::of(self.km, self.interventions)),
            ("disengagement", KmPer::of(self.km, self.disengagements)),
        ]
    }

    pub(crate) fn json(&self) -> Value {
        let by: Map<String, Value> = self
            .by
            .iter()
            .map(|(who, count)| ((*who).to_owned(), (*count).into()))
            .collect();
        let mut all = json!({
            "vehicles": self.vehicles,
            "km": self.km,
            "interventions": self.interventions,
            "disengagements": self.disengagements,
            "disengagements_by": by,
            "insufficient": (self.vehicles > 0 && self.km <= 0.0).then_some(NO_DISTANCE),
        });
        for (name, ratio) in self.ratios() {
            if let Some(all) = all.as_object_mut() {
                all.insert(format!("km_per_{name}"), ratio.km.into());
                all.insert(format!("km_per_{name}_at_least"), ratio.at_least.into());
            }
        }
        all
    }

    pub(crate) fn text(&self) -> String {
        if self.vehicles == 0 {
            return "self-driving: none\n".into();
        }
        let mut text = format!(
            "self-driving: {} vehicles, {:.1} km\n",
            grouped(self.vehicles),
            self.km
        );
        let by = match self.disengagements {
            0 => String::new(),
            _ => format!(": {}", listed(self.by.iter().copied())),
        };
        for (name, count, by) in [
            ("interventions", self.interventions, String::new()),
            ("disengagements", self.disengagements, by),
        ] {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:<21}{}{by}", grouped(count));
        }
        for (name, ratio) in self.ratios() {
            let name = format!("km per {name}");
            let _ = writeln!(text, "  {name:<21}{}", say(ratio));
        }
        text
    }
}

/// A ratio, or what may be said without one.
fn say(ratio: KmPer) -> String {
    match (ratio.km, ratio.at_least) {
        (Some(km), _) => format!("{km:.2}"),
        (None, Some(least)) => format!("none happened, so at least {least:.2} (95 %)"),
        (None, None) => format!("none: {NO_DISTANCE}"),
    }
}
