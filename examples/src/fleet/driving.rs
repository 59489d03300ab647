//! What a database holds of self-driving vehicles and of trips: ratios of sums, never means of ratios.

use std::path::Path;

use fleet_core::{Error, ErrorKind, Result};
use fleet_rules::KmPer;
use fleet_sinks::sqlite::rusqlite::{Connection, OpenFlags, Result as Read, Row};
use serde_json::{Value, json};

/// Sums over all vehicles and hours, and over all trips.
#[derive(Debug, Default)]
pub(crate) struct DrivingReport {
    km: f64,
    interventions: u64,
    disengagements: u64,
    trips: u64,
    mean_score: Option<f64>,
}

impl DrivingReport {
    /// Reads the sums; `None` where the database has no such tables.
    ///
    /// # Errors
    /// Those of reading.
    pub(crate) fn read(db: &Path) -> Result<Option<Self>> {
        let failed = |cause| {
            let message = format!("cannot read the metrics in {}", db.display());
            Error::new(ErrorKind::Store, message).because(cause)
        };
        let db =
            Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('self_driving', 'trips')";
        let there: i64 = db.query_row(tables, [], |row| row.get(0)).map_err(failed)?;
        if there < 2 {
            return Ok(None);
        }
        // A vehicle that never says whether it drives itself has no part in the ratio.
        let sums = "SELECT coalesce(sum(km), 0.0), coalesce(sum(interventions), 0),
                           coalesce(sum(disengagements), 0) FROM self_driving
                    WHERE vehicle_id IN (SELECT vehicle_id FROM self_driving
                                         WHERE observed_s > 0 OR interventions + disengagements > 0)";
        let (km, interventions, disengagements) = db
            .query_row(sums, [], |row| {
                Ok((row.get(0)?, count(row, 1)?, count(row, 2)?))
            })
            .map_err(failed)?;
        let trips = "SELECT count(*), avg(score) FROM trips";
        let (trips, mean_score) = db
            .query_row(trips, [], |row| Ok((count(row, 0)?, row.get(1)?)))
            .map_err(failed)?;
        Ok(Some(Self {
            km,
            interventions,
            disengagements,
            trips,
            mean_score,
        }))
    }

    fn km_per_intervention(&self) -> KmPer {
        KmPer::of(self.km, self.interventions)
    }

    pub(crate) fn json(&self) -> Value {
        let ratio = self.km_per_intervention();
        json!({
            "km": self.km,
            "interventions": self.interventions,
            "disengagements": self.disengagements,
            "km_per_intervention": ratio.km,
            "km_per_intervention_at_least": ratio.at_least,
            "trips": self.trips,
            "mean_score": self.mean_score,
        })
    }

    pub(crate) fn text(&self) -> String {
        let ratio = self.km_per_intervention();
        let per = match (ratio.km, ratio.at_least) {
            (Some(km), _) => format!("{km:.2} km per intervention"),
            (None, Some(least)) => {
                format!("no intervention, so at least {least:.2} km per one (95 %)")
            }
            (None, None) => "no distance".into(),
        };
        let (km, taken, left) = (self.km, self.interventions, self.disengagements);
        let score = self
            .mean_score
            .map_or("none".into(), |score| format!("{score:.1}"));
        format!(
            "self-driving: {km:.1} km, {taken} interventions, {left} disengagements, {per}\n\
             trips: {}, mean score {score}\n",
            self.trips
        )
    }
}

fn count(row: &Row<'_>, column: usize) -> Read<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}
