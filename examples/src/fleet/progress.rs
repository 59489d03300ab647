//! How far a run is: a bar on a terminal, plain lines elsewhere.

use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

/// What an input is measured in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Bytes,
    Events,
}

impl Unit {
    fn say(self, amount: u64) -> String {
        match self {
            Self::Bytes => HumanBytes(amount).to_string(),
            Self::Events => format!("{} events", HumanCount(amount)),
        }
    }
}

/// Shows how much of an input is read, until it is dropped; then the terminal is clean again.
pub(crate) struct Progress {
    watching: JoinHandle<()>,
    bar: ProgressBar,
}

impl Progress {
    /// Watches `read` grow, towards `total` where that is known.
    pub(crate) fn watch(read: Arc<AtomicU64>, total: Option<u64>, unit: Unit) -> Self {
        let total = total.filter(|total| *total > 0);
        if !std::io::stderr().is_terminal() {
            return Self {
                watching: tokio::spawn(tell(read, total, unit)),
                bar: ProgressBar::hidden(),
            };
        }
        let (bar, style) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{wide_bar} {percent:>3} % of {msg}, {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg} read"),
        };
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self {
            watching: tokio::spawn(draw(bar.clone(), read, total, unit)),
            bar,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.watching.abort();
        self.bar.finish_and_clear();
    }
}

async fn draw(bar: ProgressBar, read: Arc<AtomicU64>, total: Option<u64>, unit: Unit) {
    loop {
        // A run that is over at once draws nothing.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let read = read.load(Ordering::Relaxed);
        bar.set_message(unit.say(total.unwrap_or(read)));
        bar.set_position(total.map_or(read, |total| read.min(total)));
        bar.tick();
    }
}

async fn tell(read: Arc<AtomicU64>, total: Option<u64>, unit: Unit) {
    loop {
        // A run that is over before the first line needs none.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let read = read.load(Ordering::Relaxed);
        match total {
            Some(total) => {
                let percent = read.saturating_mul(100) / total;
                eprintln!("fleet: {percent} % of {} read", unit.say(total));
            }
            None => eprintln!("fleet: {} read", unit.say(read)),
        }
    }
}
