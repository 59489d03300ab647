//! Events and spans of a run, as a subscriber sees them.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::with_default,
};

use super::{SECRET, Step, assigned, batch, eventful, partition, pipeline};
use crate::contracts::source::SourceEvent;

/// A subscriber that records every span and event as text.
#[derive(Clone, Default)]
struct Written {
    lines: Arc<Mutex<Vec<(Level, String)>>>,
    spans: Arc<AtomicU64>,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Written {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("fleet_core")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(format!("span {}", span.metadata().name()));
        span.record(&mut line);
        let level = *span.metadata().level();
        self.lines.lock().unwrap().push((level, line.0));
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let level = *event.metadata().level();
        self.lines.lock().unwrap().push((level, line.0));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Returns the lines of a run.
fn traced(steps: Vec<Step>) -> Vec<(Level, String)> {
    let written = Written::default();
    // `tracing` caches whether an event is enabled. With a single subscriber, an event that another
    // thread reaches first, without a subscriber, would stay disabled for all.
    let _second = Dispatch::new(written.clone());
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().build().unwrap();
    with_default(written.clone(), || {
        runtime.block_on(pipeline(steps).run()).unwrap();
    });
    let lines = written.lines.lock().unwrap().clone();
    assert!(!lines.is_empty());
    lines
}

#[test]
fn a_run_can_be_followed_and_says_nothing_of_what_records_hold() {
    let lines = traced(eventful());
    let mut words = BTreeMap::new();
    for (level, line) in &lines {
        assert!(!line.contains(SECRET), "{line}");
        let word = line
            .split_once("message=")
            .map_or(&**line, |(_, word)| word);
        let word = word.split(' ').next().unwrap();
        *words.entry((level.as_str(), word)).or_insert(0) += 1;
    }
    let expected = [
        (("DEBUG", "committed"), 4),
        (("DEBUG", "epoch"), 5),
        (("DEBUG", "restored"), 4),
        (("DEBUG", "span"), 9),
        (("INFO", "assigned"), 4),
        (("INFO", "ended"), 1),
        (("INFO", "revoked"), 1),
        (("INFO", "span"), 1),
        (("WARN", "a"), 1),
        (("WARN", "fenced"), 1),
        (("WARN", "lost"), 1),
        (("WARN", "retrying"), 3),
    ];
    assert_eq!(words, BTreeMap::from(expected), "{lines:#?}");
    let read = lines.iter().find(|(_, line)| line.contains("line is busy"));
    let (_, read) = read.unwrap();
    assert!(
        read.contains("stage=\"read\"") && read.contains("pause_s="),
        "{read}"
    );
}

#[test]
fn a_thousand_records_say_no_more_than_one() {
    let run = |records: i64| {
        let seconds: Vec<_> = (5..5 + records).collect();
        traced(vec![
            assigned(&["a"]),
            batch("a", 5000, &seconds),
            Ok(SourceEvent::End(partition("a"))),
        ])
    };
    assert_eq!(run(1000).len(), run(1).len());
}
