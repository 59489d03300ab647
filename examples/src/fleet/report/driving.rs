//! Self-driving metrics of a database: ratios of sums, never means of ratios.

use std::fmt::Write as _;

use fleet_core::{Result, event::Initiator};
use fleet_rules::KmPer;
use serde_json::{Map, Value, json};

use crate::{
    database::Database,
    report::format::{grouped, listed},
};

/// Sums over all hours of the vehicles that report whether they drive themselves.
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
    /// Returns an error if the database cannot be read.
    pub(crate) async fn read(db: &Database) -> Result<Self> {
        let sums_by: Vec<_> = Initiator::ALL
            .iter()
            .map(|who| {
                format!(
                    "CAST(coalesce(sum(disengagements_{}), 0) AS bigint)",
                    who.as_word()
                )
            })
            .collect();
        // Whole micrometres, whose sum is the same in any order. The kilometres of a vehicle that
        // never reports whether it drives itself do not count.
        let sums = format!(
            "SELECT count(DISTINCT vehicle_id), CAST(coalesce(sum(round(km * 1e9)), 0) AS bigint),
                    CAST(coalesce(sum(interventions), 0) AS bigint),
                    CAST(coalesce(sum(disengagements), 0) AS bigint), {}
             FROM {hours}
             WHERE vehicle_id IN (SELECT vehicle_id FROM {hours}
                                  WHERE observed_s > 0 OR interventions + disengagements > 0)",
            sums_by.join(", "),
            hours = db.self_driving(),
        );
        let row = db.row(&sums).await?;
        Ok(Self {
            vehicles: row.count(0),
            km: row.count(1) as f64 / 1e9,
            interventions: row.count(2),
            disengagements: row.count(3),
            by: (4..)
                .zip(Initiator::ALL)
                .map(|(column, who)| (who.as_word(), row.count(column)))
                .collect(),
        })
    }

    /// Returns the kilometres per intervention and per disengagement.
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
            let _ = writeln!(text, "  {name:<21}{}", format_ratio(ratio));
        }
        text
    }
}

/// Writes a ratio, or its lower bound, or why there is neither.
fn format_ratio(ratio: KmPer) -> String {
    match (ratio.km, ratio.at_least) {
        (Some(km), _) => format!("{km:.2}"),
        (None, Some(least)) => format!("none happened, so at least {least:.2} (95 %)"),
        (None, None) => format!("none: {NO_DISTANCE}"),
    }
}
