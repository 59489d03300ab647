//! Both pipelines as processes that are killed at random moments, while more and more trips come
//! in. At the end the sums are those of a plain loop.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use fleet_sources::AtEnd;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use super::{
    Fallible,
    check::check,
    forever,
    input::{Plain, trips},
    pipelines::WRITER,
    place::Place,
};

/// Trips that come in every 5 ms.
const AT_ONCE: u64 = 10;
const PAUSE: Duration = Duration::from_millis(5);
/// A process is killed at a random moment of so long after its start.
const MOST: u64 = 400;
/// Without a commit for so long, the trial has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// An input that grows.
struct Feed {
    file: File,
    path: PathBuf,
    plain: Plain,
    next: u64,
}

impl Feed {
    fn new(folder: &Path) -> Fallible<Self> {
        let path = folder.join("trips.ndjson");
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut feed = Self {
            file,
            path,
            plain: Plain::default(),
            next: 0,
        };
        feed.grow()?;
        Ok(feed)
    }

    fn grow(&mut self) -> Fallible<()> {
        let lines = trips(self.next..self.next + AT_ONCE);
        self.next += AT_ONCE;
        self.plain.add(&lines)?;
        Ok(self.file.write_all(lines.as_bytes())?)
    }

    /// Grows for a while.
    async fn grow_for(&mut self, time: Duration) -> Fallible<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.grow()?;
            sleep(PAUSE).await;
        }
        Ok(())
    }
}

/// One of the pipelines, as a process.
struct Process {
    arguments: Vec<String>,
    child: Child,
}

impl Process {
    fn start(arguments: &[&str]) -> Fallible<Self> {
        let arguments: Vec<_> = arguments.iter().map(|&word| word.to_owned()).collect();
        let child = Self::spawn(&arguments)?;
        Ok(Self { arguments, child })
    }

    fn spawn(arguments: &[String]) -> Fallible<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(arguments)
            .stdout(Stdio::null())
            .kill_on_drop(true);
        Ok(command.spawn()?)
    }

    /// Kills the process, which must be running.
    async fn kill(&mut self) -> Fallible<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(format!("`{}` ended by itself: {status}", self.arguments.join(" ")).into());
        }
        Ok(self.child.kill().await?)
    }

    fn start_again(&mut self) -> Fallible<()> {
        self.child = Self::spawn(&self.arguments)?;
        Ok(())
    }
}

/// Kills processes so many times.
pub(crate) async fn run(kills: u32, place: &Place, folder: &Path) -> Fallible<()> {
    if place.commits().await? > 0 {
        return Err("the database holds results of an earlier run: use an empty one".into());
    }
    place.make_log().await?;
    let mut feed = Feed::new(folder)?;
    let input = feed
        .path
        .to_str()
        .ok_or("the path is not UTF-8")?
        .to_owned();
    let mut both = [
        Process::start(&["write", place.argument(), &input])?,
        Process::start(&["sum", place.argument()])?,
    ];
    let (mut killed, mut committed) = ([0, 0], 0);
    for kill in 0..kills {
        if kill % 2 == 0 {
            committed = progress(place, &mut feed, committed).await?;
        }
        feed.grow_for(Duration::from_millis(random(MOST))).await?;
        // The first, the second, or both.
        let which = random(3);
        let chosen = |index: u64| which == index || which == 2;
        for (index, process) in (0..).zip(&mut both) {
            if chosen(index) {
                process.kill().await?;
            }
        }
        for ((index, process), count) in (0..).zip(&mut both).zip(&mut killed) {
            if chosen(index) {
                process.start_again()?;
                *count += 1;
            }
        }
    }
    for process in &mut both {
        process.kill().await?;
    }
    // Undisturbed to the end, both at once: the log may be full.
    let write = place.write(&feed.path, AtEnd::End, forever());
    let (written, stop) = tokio::sync::oneshot::channel();
    let write = async {
        let wrote = write.await;
        let _ = written.send(());
        wrote
    };
    let stop = async {
        let _ = stop.await;
    };
    tokio::try_join!(write, place.sum(true, stop))?;
    place.sum(false, forever()).await?;
    let found = check(&feed.plain, place).await?;
    let [writers, readers] = killed;
    let commits = place.commits().await?;
    println!(
        "driver_scores: ok ({kills} kills, of `{WRITER}` {writers} and of its reader {readers}; \
         {commits} commits; {found}, each counted once)"
    );
    Ok(())
}

/// Waits for a commit of any pipeline beyond this number.
async fn progress(place: &Place, feed: &mut Feed, before: u64) -> Fallible<u64> {
    let began = Instant::now();
    loop {
        let commits = place.commits().await?;
        if commits > before {
            return Ok(commits);
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("no commit after {commits} for a minute").into());
        }
        feed.grow_for(PAUSE).await?;
    }
}

/// A random number below `most`.
fn random(most: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish() % most.max(1)
}
