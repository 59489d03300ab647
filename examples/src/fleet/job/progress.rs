//! The progress of a run: a bar on a terminal, plain lines elsewhere.

use std::{io::IsTerminal, time::Duration};

use fleet_core::{Offset, pipeline::Health};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tokio::{sync::watch, task::JoinHandle};

/// The end of an input, and the unit of its progress.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// The last byte, if its position is known.
    Bytes,
    /// This many events.
    Events(u64),
    /// No end, because the input is still being written.
    None,
    /// No end, and counted in events.
    Open,
}

impl Goal {
    /// Returns how much was read, and the total if it is known.
    fn of(self, health: &Health) -> (u64, Option<u64>) {
        match self {
            Self::Events(total) => return (health.read(), Some(total)),
            Self::Open => return (health.read(), None),
            Self::Bytes | Self::None => {}
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

    /// Says how much of an open input waits, if its source knows.
    fn behind(self, health: &Health) -> String {
        match health.lag() {
            Some(lag) if matches!(self, Self::Open) => format!(", {} behind", HumanCount(lag)),
            _ => String::new(),
        }
    }

    fn format(self, amount: u64) -> String {
        match self {
            Self::Bytes | Self::None => HumanBytes(amount).to_string(),
            Self::Events(_) | Self::Open => format!("{} events", HumanCount(amount)),
        }
    }
}

/// Shows the progress of a pipeline until it is dropped, which clears the bar.
pub(crate) struct Progress {
    updates: JoinHandle<()>,
    bar: ProgressBar,
}

impl Progress {
    /// Starts to show the progress of a pipeline.
    pub(crate) fn watch(health: watch::Receiver<Health>, goal: Goal) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self {
                updates: tokio::spawn(print_lines(health, goal)),
                bar: ProgressBar::hidden(),
            };
        }
        let bar = ProgressBar::new_spinner();
        Self {
            updates: tokio::spawn(draw_bar(bar.clone(), health, goal)),
            bar,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.updates.abort();
        self.bar.finish_and_clear();
    }
}

async fn draw_bar(bar: ProgressBar, health: watch::Receiver<Health>, goal: Goal) {
    let style = |template| ProgressStyle::with_template(template).ok();
    let with_end = style("{wide_bar} {percent:>3} % of {msg}, {eta} left");
    let without_end = style("{spinner} {msg}");
    loop {
        // A short run draws nothing.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (read, total) = goal.of(&health.borrow());
        let style = if total.is_some() {
            &with_end
        } else {
            &without_end
        };
        if let Some(style) = style {
            bar.set_style(style.clone());
        }
        if let Some(total) = total {
            bar.set_length(total);
        }
        let behind = goal.behind(&health.borrow());
        bar.set_message(goal.format(total.unwrap_or(read)) + &behind);
        bar.set_position(total.map_or(read, |total| read.min(total)));
        bar.tick();
    }
}

async fn print_lines(health: watch::Receiver<Health>, goal: Goal) {
    loop {
        // A short run prints nothing.
        tokio::time::sleep(Duration::from_secs(2)).await;
        match goal.of(&health.borrow()) {
            (read, Some(total)) => {
                let percent = read.saturating_mul(100) / total;
                eprintln!("fleet: {percent} % of {} read", goal.format(total));
            }
            (read, None) => {
                let behind = goal.behind(&health.borrow());
                eprintln!("fleet: {} read{behind}", goal.format(read));
            }
        }
    }
}
