//! The self-driving pipeline: telemetry, perception and driving events of two fleets in three
//! topics of Apache Kafka, read as one log. Speed, battery and collision rules, with the vehicle's
//! own speed, and metrics by vehicle and hour go into PostgreSQL. The same events from three files
//! go into SQLite. Both must hold what a plain loop computes from what was produced.
//!
//! ```text
//! self_driving               two hours of events in batches of a minute, then three kills
//! self_driving live SECONDS  as they happen, so many seconds, until then or Ctrl-C
//! self_driving trial KILLS   three workers, one of which is killed again and again
//! ```
//!
//! `cargo xtask example self_driving` starts both servers; otherwise the example uses
//! `KAFKA_BOOTSTRAP_SERVERS` and `FLEET_POSTGRES_URL`.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

mod database;
mod plain;
mod produced;
mod risk;
mod run;
mod trial;

use std::{env, error::Error};

use database::Scratch;
use fleet_examples::kafka;
use plain::Wanted;
use produced::Produced;
use run::{Results, Topics};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Fallible<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let told = match words.as_slice() {
        [] => format!("{}; {}", batches().await?, trial::run(3).await?),
        ["live", seconds] => live(seconds.parse()?).await?,
        ["trial", kills] => trial::run(kills.parse()?).await?,
        ["work", topics, url] => return trial::work(&Topics::named(topics), url).await,
        _ => return Err("self_driving [live SECONDS | trial KILLS]".into()),
    };
    println!("self_driving: ok ({told})");
    Ok(())
}

async fn batches() -> Fallible<String> {
    let brokers = kafka::brokers()?;
    let produced = Produced::simulated(2 * 3600 + 600).await?;
    let wanted = Wanted::of(&produced)?;
    let topics = Topics::make(&brokers).await?;
    topics.produce(&brokers, &produced, 60, None).await?;
    let scratch = Scratch::create().await?;
    let read = async {
        run::topics_to_postgres(&brokers, &topics, &scratch.url, produced.len()).await?;
        database::results(&scratch.url).await
    };
    let of_topics = read.await;
    scratch.remove().await?;
    let of_files = run::files_to_sqlite(&produced).await?;
    let of_topics = of_topics?.before(wanted.until);
    of_files
        .before(wanted.until)
        .assert_are(&wanted.results, "files");
    of_topics.assert_are(&wanted.results, "topics");
    Ok(told(&produced, &of_topics))
}

/// Produces at the speed of the vehicles, while the pipeline runs.
async fn live(seconds: u32) -> Fallible<String> {
    let brokers = kafka::brokers()?;
    let produced = Produced::simulated(seconds).await?;
    let topics = Topics::make(&brokers).await?;
    let scratch = Scratch::create().await?;
    let second = std::time::Duration::from_secs(1);
    let both = tokio::try_join!(
        topics.produce(&brokers, &produced, 1, Some(second)),
        run::topics_to_postgres(&brokers, &topics, &scratch.url, produced.len()),
    );
    let results = match both {
        Ok(_) => database::results(&scratch.url).await,
        Err(error) => Err(error),
    };
    scratch.remove().await?;
    let wanted = Wanted::of(&produced)?;
    let results = results?.before(wanted.until);
    results.assert_are(&wanted.results, "topics");
    Ok(told(&produced, &results))
}

fn told(produced: &Produced, results: &Results) -> String {
    format!(
        "{} events, {} hours of vehicles, {} alerts, {} risks",
        produced.len(),
        results.hours.len(),
        results.alerts.len(),
        results.risks.len()
    )
}
