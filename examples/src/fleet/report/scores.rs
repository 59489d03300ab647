//! Trip scores of a database, and why some trips have none.

use std::fmt::Write as _;

use fleet_core::Result;
use serde_json::{Map, Value, json};

use crate::{
    database::Database,
    report::format::{grouped, listed},
};

/// The lowest score of each band, and its name. The bounds 90, 75 and 60 are those of Geotab's
/// safety scorecard.
const BANDS: [(u8, &str); 4] = [(90, "90-100"), (75, "75-89"), (60, "60-74"), (0, "0-59")];

/// The scores of all trips, both segmented from telemetry and sent as requests.
pub(crate) struct ScoreTotals {
    trips: u64,
    scored: u64,
    mean: Option<f64>,
    bands: Vec<(&'static str, u64)>,
    /// The number of trips without a score, by reason.
    unscored: Vec<(String, u64)>,
}

impl ScoreTotals {
    /// Reads the scores.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub(crate) async fn read(db: &Database) -> Result<Self> {
        let trips = db.trips();
        let all = format!(
            "SELECT count(*), count(score), CAST(coalesce(sum(score), 0) AS bigint) FROM {trips}"
        );
        let all = db.row(&all).await?;
        let mut bands = BANDS.map(|(_, name)| (name, 0));
        let scores = format!(
            "SELECT CAST(score AS double precision), count(*) FROM {trips}
             WHERE score IS NOT NULL GROUP BY score"
        );
        for row in db.rows(&scores).await? {
            let score = row.real(0).unwrap_or(0.0);
            let band = BANDS
                .iter()
                .position(|(least, _)| score >= f64::from(*least));
            if let Some((_, count)) = band.and_then(|band| bands.get_mut(band)) {
                *count += row.count(1);
            }
        }
        let unscored = format!(
            "SELECT coalesce(insufficient, 'no reason'), count(*) AS n FROM {trips}
             WHERE score IS NULL GROUP BY 1 ORDER BY n DESC, 1"
        );
        let unscored = db.rows(&unscored).await?;
        Ok(Self {
            trips: all.count(0),
            scored: all.count(1),
            mean: (all.count(1) > 0).then(|| all.count(2) as f64 / all.count(1) as f64),
            bands: bands.into(),
            unscored: unscored
                .iter()
                .map(|row| (row.text(0).to_owned(), row.count(1)))
                .collect(),
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
