//! How far a run is: a bar on a terminal, plain lines elsewhere.

use std::{io::IsTerminal, time::Duration};

use fleet_core::{Offset, pipeline::Health};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tokio::{sync::watch, task::JoinHandle};

/// When an input is done, and what it is measured in.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// At its last byte, if that is known.
    Bytes,
    /// After this many events.
    Events(u64),
    /// Never: it is still being written.
    None,
}

impl Goal {
    /// How much was read, and of how much.
    fn of(self, health: &Health) -> (u64, Option<u64>) {
        if let Self::Events(total) = self {
            return (health.read(), Some(total));
        }
        let partitions = || health.partitions.values();
        let read = partitions().map(|partition| partition.computed.0).sum();
        let ends = partitions().map(|partition| partition.end.map(|Offset(end)| end));
        let total = ends.sum::<Option<u64>>();
        (
            read,
            total.filter(|total| *total > 0 && matches!(self, Self::Bytes)),
        )
    }

    fn say(self, amount: u64) -> String {
        match self {
            Self::Bytes | Self::None => HumanBytes(amount).to_string(),
            Self::Events(_) => format!("{} events", HumanCount(amount)),
        }
    }
}

/// Shows how much of an input is read, until it is dropped; then the terminal is clean again.
pub(crate) struct Progress {
    watching: JoinHandle<()>,
    bar: ProgressBar,
}

impl Progress {
    /// Watches a pipeline.
    pub(crate) fn watch(health: watch::Receiver<Health>, goal: Goal) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self {
                watching: tokio::spawn(tell(health, goal)),
                bar: ProgressBar::hidden(),
            };
        }
        let bar = ProgressBar::new_spinner();
        Self {
            watching: tokio::spawn(draw(bar.clone(), health, goal)),
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

async fn draw(bar: ProgressBar, health: watch::Receiver<Health>, goal: Goal) {
    let style = |template| ProgressStyle::with_template(template).ok();
    let towards = style("{wide_bar} {percent:>3} % of {msg}, {eta} left");
    let onwards = style("{spinner} {msg} read");
    loop {
        // A run that is over at once draws nothing.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (read, total) = goal.of(&health.borrow());
        let style = if total.is_some() { &towards } else { &onwards };
        if let Some(style) = style {
            bar.set_style(style.clone());
        }
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.set_message(goal.say(total.unwrap_or(read)));
        bar.set_position(total.map_or(read, |total| read.min(total)));
        bar.tick();
    }
}

async fn tell(health: watch::Receiver<Health>, goal: Goal) {
    loop {
        // A run that is over before the first line needs none.
        tokio::time::sleep(Duration::from_secs(2)).await;
        match goal.of(&health.borrow()) {
            (read, Some(total)) => {
                let percent = read.saturating_mul(100) / total;
                eprintln!("fleet: {percent} % of {} read", goal.say(total));
            }
            (read, None) => eprintln!("fleet: {} read", goal.say(read)),
        }
    }
}
