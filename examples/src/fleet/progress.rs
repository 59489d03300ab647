//! How far a bounded run is: a bar on a terminal, plain lines elsewhere.

use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

/// What an input is measured in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Bytes,
    Events,
}

impl Unit {
    fn style(self) -> &'static str {
        match self {
            Self::Bytes => {
                "{bar:40} {percent:>3} %  {bytes}/{total_bytes}  {binary_bytes_per_sec}  {eta} left"
            }
            Self::Events => {
                "{bar:40} {percent:>3} %  {human_pos}/{human_len} events  {per_sec}  {eta} left"
            }
        }
    }

    fn say(self, amount: u64) -> String {
        match self {
            Self::Bytes => indicatif::HumanBytes(amount).to_string(),
            Self::Events => format!("{} events", indicatif::HumanCount(amount)),
        }
    }
}

/// Shows how much of an input is read, until it is dropped.
pub(crate) struct Progress(Option<JoinHandle<()>>);

impl Progress {
    /// Watches `read` grow towards `total`; without a total there is nothing to draw.
    pub(crate) fn watch(read: Arc<AtomicU64>, total: Option<u64>, unit: Unit) -> Self {
        let Some(total) = total.filter(|total| *total > 0) else {
            return Self(None);
        };
        let watching = if std::io::stderr().is_terminal() {
            tokio::spawn(draw(read, total, unit))
        } else {
            tokio::spawn(tell(read, total, unit))
        };
        Self(Some(watching))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(watching) = self.0.take() {
            watching.abort();
        }
    }
}

async fn draw(read: Arc<AtomicU64>, total: u64, unit: Unit) {
    let bar = Cleared(ProgressBar::new(total));
    if let Ok(style) = ProgressStyle::with_template(unit.style()) {
        bar.0.set_style(style);
    }
    loop {
        bar.0.set_position(read.load(Ordering::Relaxed).min(total));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Leaves the terminal clean when the watching ends.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

async fn tell(read: Arc<AtomicU64>, total: u64, unit: Unit) {
    loop {
        // A run that is over before the first line needs none.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let percent = read.load(Ordering::Relaxed).saturating_mul(100) / total;
        eprintln!("fleet: {percent} % of {} read", unit.say(total));
    }
}
