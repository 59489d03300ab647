//! Three workers share the topics, and one of them is killed again and again.

use std::{process::Stdio, time::Duration};

use fleet_examples::kafka;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{
    Fallible,
    database::{self, Scratch},
    plain::Wanted,
    produced::Produced,
    run::{self, Topics},
};

const WORKERS: usize = 3;
/// How long all of it may take to be read.
const PATIENCE: Duration = Duration::from_secs(300);

/// Kills a worker so many times while events come, and compares the results.
pub(crate) async fn run(kills: u32) -> Fallible<String> {
    let brokers = kafka::brokers()?;
    let produced = Produced::simulated(2 * 3600 + 600).await?;
    let wanted = Wanted::of(&produced)?;
    let topics = Topics::make(&brokers).await?;
    let scratch = Scratch::create().await?;
    let minutes = produced.len() / (8 * 60);
    // Batches come as long as workers are killed.
    let pause = Duration::from_secs(u64::from(kills) * 3) / u32::try_from(minutes.max(1))?;
    let both = tokio::try_join!(
        topics.produce(&brokers, &produced, 60, Some(pause)),
        kill(&topics, &scratch.url, kills, produced.len()),
    );
    let results = match both {
        Ok(_) => database::results(&scratch.url).await,
        Err(error) => Err(error),
    };
    scratch.remove().await?;
    results?
        .before(wanted.until)
        .assert_are(&wanted.results, "topics");
    Ok(format!(
        "{} events, {kills} kills, none lost, none twice",
        produced.len()
    ))
}

async fn kill(topics: &Topics, url: &str, kills: u32, events: u64) -> Fallible<()> {
    let start = || worker(topics, url);
    let mut workers = (0..WORKERS)
        .map(|_| start())
        .collect::<Fallible<Vec<_>>>()?;
    let mut lengths = (0u64..).map(|turn| 1500 + turn * 7919 % 2500);
    for turn in 0..kills as usize {
        sleep(Duration::from_millis(lengths.next().unwrap_or(2000))).await;
        let victim = workers.get_mut(turn % WORKERS).ok_or("no such worker")?;
        if let Some(ended) = victim.try_wait()? {
            return Err(format!("a worker ended by itself: {ended}").into());
        }
        // SIGKILL.
        victim.kill().await?;
        *victim = start()?;
    }
    timeout(PATIENCE, async {
        while database::committed(url).await? < events {
            sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    })
    .await?
}

fn worker(topics: &Topics, url: &str) -> Fallible<Child> {
    let mut worker = Command::new(std::env::current_exe()?);
    worker
        .args(["work", &topics.suffix, url])
        .stdout(Stdio::null());
    Ok(worker.kill_on_drop(true).spawn()?)
}

/// One worker, until it is killed.
pub(crate) async fn work(topics: &Topics, url: &str) -> Fallible<()> {
    run::topics_to_postgres(&kafka::brokers()?, topics, url, u64::MAX).await
}
