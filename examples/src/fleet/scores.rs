//! What a database holds of trips: their scores, and why some have none.

use std::fmt::Write as _;

use fleet_sinks::sqlite::rusqlite::{Connection, Result};
use serde_json::{Map, Value, json};

use crate::{
    outcome::{grouped, listed},
    report::unsigned,
};

/// The least score of each band, and its name: the 90, 75 and 60 of a vendor's safety scorecard (Geotab).
const BANDS: [(u8, &str); 4] = [(90, "90-100"), (75, "75-89"), (60, "60-74"), (0, "0-59")];

/// The scores of all trips, whichever way the trips came.
pub(crate) struct ScoreTotals {
    trips: u64,
    scored: u64,
    mean: Option<f64>,
    bands: Vec<(&'static str, u64)>,
    /// Trips without a score, by the reason.
    unscored: Vec<(String, u64)>,
}

impl ScoreTotals {
    /// Reads them.
    ///
    /// # Errors
    /// Those of reading.
    pub(crate) fn read(db: &Connection) -> Result<Self> {
        let all = "SELECT count(*), count(score), avg(score) FROM trips";
        let (trips, scored, mean) = db.query_row(all, [], |row| {
            Ok((unsigned(row, 0)?, unsigned(row, 1)?, row.get(2)?))
        })?;
        let mut above = 101;
        let mut bands = Vec::new();
        for (least, name) in BANDS {
            let within = "SELECT count(*) FROM trips WHERE score >= ?1 AND score < ?2";
            let count = db.query_row(within, [least, above], |row| unsigned(row, 0))?;
            bands.push((name, count));
            above = least;
        }
        let unscored = db
            .prepare(
                "SELECT coalesce(insufficient, 'no reason'), count(*) AS n FROM trips
                 WHERE score IS NULL GROUP BY 1 ORDER BY n DESC, 1",
            )?
            .query_map([], |row| Ok((row.get(0)?, unsigned(row, 1)?)))?
            .collect::<Result<_>>()?;
        Ok(Self {
            trips,
            scored,
            mean,
            bands,
            unscored,
        })
    }

    pub(crate) fn json(&self) -> Value {
        let bands = self
            .bands
            .iter()
            .map(|(name, count)| ((*name).into(), (*count).into()));
        let unscored = self.unscored.iter();
        let unscored = unscored.map(|(why, count)| (why.clone(), (*count).into()));
        json!({
            "trips": self.trips,
            "scored": self.scored,
            "mean_score": self.mean,
            "bands": bands.collect::<Map<String, Value>>(),
            "unscored": unscored.collect::<Map<String, Value>>(),
        })
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("trips: {}\n", grouped(self.trips));
        // Writing to a string cannot fail.
        if let Some(mean) = self.mean {
            let scored = grouped(self.scored);
            let _ = writeln!(text, "  {:<21}{mean:.1} over {scored} trips", "mean score");
            let bands = listed(self.bands.iter().copied());
            let _ = writeln!(text, "  {:<21}{bands}", "by score");
        }
        for (why, count) in &self.unscored {
            let _ = writeln!(
                text,
                "  {:<21}{}: {why}",
                "without a score",
                grouped(*count)
            );
        }
        text
    }
}
