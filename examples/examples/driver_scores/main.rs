//! Scores by driver from trips by vehicle: two pipelines with a log in the store between them, and
//! no broker. The first scores each trip of a vehicle and writes it to the log, keyed by driver.
//! The second reads the log and adds up the counts of each driver. A plain loop over the trips
//! checks the sums.
//!
//! ```text
//! driver_scores [POSTGRES-URL]               both pipelines, and the check; in SQLite by default
//! driver_scores trial KILLS [POSTGRES-URL]   both as processes that are killed again and again
//! ```
//!
//! A database of PostgreSQL needs the feature `postgres`, and must be empty.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

mod check;
mod input;
mod pipelines;
mod place;
mod rows;
mod trial;

use std::{error::Error, path::Path, time::Duration};

use fleet_sources::AtEnd;
use tokio::sync::oneshot;

use check::check;
use input::{Plain, trips};
use place::Place;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Trips of the demo. Our choice: some seconds of work in a debug build.
const TRIPS: u64 = 3_000;

#[tokio::main]
async fn main() -> Fallible<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("fleet.db");
    let file = file
        .to_str()
        .ok_or("the folder for temporary files is not UTF-8")?;
    match words.as_slice() {
        [] => demo(&Place::of(file), folder.path()).await,
        ["trial", kills, place @ ..] => {
            let place = Place::of(place.first().unwrap_or(&file));
            // The future of both pipelines is large.
            Box::pin(trial::run(kills.parse()?, &place, folder.path())).await
        }
        // The processes of the trial.
        ["write", place, input] => {
            let poll = Duration::from_millis(20);
            let follow = AtEnd::Follow { poll };
            Place::of(place)
                .write(Path::new(input), follow, forever())
                .await
        }
        ["sum", place] => Place::of(place).sum(true, forever()).await,
        [place] => demo(&Place::of(place), folder.path()).await,
        _ => Err("usage: driver_scores [trial KILLS] [POSTGRES-URL]".into()),
    }
}

async fn forever() {
    std::future::pending::<()>().await;
}

/// Runs both pipelines at the same time, and checks what they stored.
async fn demo(place: &Place, folder: &Path) -> Fallible<()> {
    if place.commits().await? > 0 {
        return Err("the database holds results of an earlier run: use an empty one".into());
    }
    let mut plain = Plain::default();
    let lines = trips(0..TRIPS);
    plain.add(&lines)?;
    let input = folder.join("trips.ndjson");
    std::fs::write(&input, lines)?;

    place.make_log().await?;
    let (written, stop) = oneshot::channel();
    let write = async {
        let wrote = place.write(&input, AtEnd::End, forever()).await;
        // The reader need not have caught up: the next run of it goes on.
        let _ = written.send(());
        wrote
    };
    let stop = async {
        let _ = stop.await;
    };
    tokio::try_join!(write, place.sum(true, stop))?;
    place.sum(false, forever()).await?;
    println!("driver_scores: ok ({})", check(&plain, place).await?);
    Ok(())
}
