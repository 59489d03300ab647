//! Times at the limits, and decoders: one for each input, their dead letters and their panics.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    lanes::Recorded,
    live::{Event, IDLE, Line, Live, Rows, old, recorded, rows, seconds, time, zip},
};
use crate::{
    contracts::{
        Decode, MemoryStore, Source as _,
        checkpoint::Fates,
        decode::{Entry, RetryCopy, Typed},
        source::{Batch, SourceEvent},
    },
    data::{Offset, Partition, VehicleId},
    engine::{graph::Graph, order::Order},
    event::Telemetry,
    pipeline::Pipeline,
    testing::{Log, Logged, Scripted},
    zip::{Place, Zip, ZipDecoder, Zipped},
};

/// Starts what is assigned, and returns all payloads until nothing comes for a minute.
async fn payloads(zip: &mut Zip<Live>) -> Vec<Zipped<Rows>> {
    let mut payloads = Vec::new();
    while let Ok(event) = timeout(seconds(60), zip.next()).await {
        match event.unwrap() {
            Event::Assigned(bundles) => {
                for bundle in bundles {
                    zip.start(&bundle, None).await.unwrap();
                }
            }
            Event::Batch(batch) => payloads.push(batch.payload),
            _ => {}
        }
    }
    payloads
}

#[tokio::test(start_paused = true)]
async fn any_log_times_and_bounds_hand_over_every_record() {
    let far = i64::MAX / 1_000_000;
    let logs: [(&str, &[Line]); 2] = [
        ("a/0", &[old(-far), old(-5), old(far), old(7)]),
        ("b/0", &[old(-6), old(-5), old(far), old(1)]),
    ];
    for bound in [Duration::MAX, Duration::ZERO] {
        let mut zipped = zip(Live::new(&logs)).idle(IDLE).max_ahead(bound);
        let found = rows(&mut zipped, 60).await;
        assert_eq!(found.len(), 8, "{found:?}");
        if bound == Duration::MAX {
            assert_eq!(found[..4], [(0, -far), (1, -6), (0, -5), (1, -5)]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dead_letters_name_the_input_and_their_offset_in_it() {
    let broken = |number: u64| Logged::Malformed {
        raw: format!("broken {number}").into_bytes(),
        reason: "broken".into(),
    };
    let batch = |name: &str, from: u64, records: [Recorded; 3]| {
        let rows = (from..).map(Offset).zip(records).collect();
        SourceEvent::Batch(Batch::new(Partition::new(name), Offset(from + 3), rows))
    };
    let source = Live::new(&[("a/0", &[]), ("b/0", &[])]);
    source.script.lock().unwrap().extend([
        batch("a/0", 100, [recorded(1), broken(1), recorded(3)]),
        batch("b/0", 500, [broken(2), recorded(2), broken(3)]),
    ]);
    let mut zipped = zip(source).idle(IDLE);
    let decode: ZipDecoder<Rows, Telemetry> = ZipDecoder::new(Typed::default());
    let mut places = Vec::new();
    for payload in payloads(&mut zipped).await {
        for part in decode.divide(payload, 3) {
            let (mut rows, mut fates) = (Vec::new(), Fates::default());
            decode.decode(part, &mut Entry::new(&mut rows, &mut fates));
            places.extend(fates.dead.into_iter().map(|letter| {
                let place = letter.place.unwrap();
                (letter.offset.0, place.input.to_string(), place.offset.0)
            }));
        }
    }
    // The first of the second input has no time: it counts as the earliest.
    let wanted = [(0, "b/0", 500), (2, "a/0", 101), (4, "b/0", 502)];
    assert_eq!(
        places,
        wanted.map(|(offset, input, own)| (offset, input.to_owned(), own))
    );
}

/// Sets this second as the log time of each row, or no log time.
struct Stamp(Option<i64>);

impl Decode<Rows> for Stamp {
    type Event = Telemetry;

    fn decode(&self, rows: Rows, entry: &mut Entry<'_, Telemetry>) {
        for (at, record) in rows {
            let Logged::Timed { event, .. } = record else {
                panic!("{record:?} has no event")
            };
            if let Some(second) = self.0 {
                entry.set_log_time(Some(time(second)));
            }
            entry.row(at, event);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_input_has_its_decoder_and_its_log_times() {
    let source = Live::new(&[("a/0", &[old(1), old(3)]), ("b/0", &[old(2), old(4)])]);
    let mut zipped = zip(source).idle(IDLE);
    let decode = ZipDecoder::each(Box::new(Stamp(Some(77))), [Box::new(Stamp(None)) as _]);
    let mut found = Vec::new();
    for payload in payloads(&mut zipped).await {
        let (mut rows, mut fates) = (Vec::new(), Fates::default());
        decode.decode(payload, &mut Entry::with_log_times(&mut rows, &mut fates));
        found.extend(rows.into_iter().map(|(at, log, _)| (at.0, log)));
    }
    let stamped = Some(time(77));
    assert_eq!(found, [(0, stamped), (1, None), (2, stamped), (3, None)]);
}

/// Panics over what was taken at second 3.
struct Bomb(Typed<Telemetry>);

impl Decode<Rows> for Bomb {
    type Event = Telemetry;

    fn decode(&self, rows: Rows, entry: &mut Entry<'_, Telemetry>) {
        for (_, record) in &rows {
            let is_bomb = matches!(record, Logged::Event(event) if event.at() == time(3));
            assert!(!is_bomb, "cannot decode {record:?}");
        }
        self.0.decode(rows, entry);
    }

    fn copy_for_retry(&self, rows: &Rows) -> Option<RetryCopy<Rows>> {
        Decode::copy_for_retry(&self.0, rows)
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_decoder_panicked_over_is_a_dead_letter_with_its_place() {
    let car = VehicleId::new("car-1").unwrap();
    let event = |second: i64| Telemetry::new(car.clone(), time(second));
    let logs = [
        Log::new("positions/0", [event(1), event(4)]),
        Log::new("braking/0", [event(2), event(3)]),
    ];
    let place = |partition: &Partition| {
        let (input, number) = partition.as_str().split_once('/')?;
        Place::new(format!("all/{number}"), ["positions", "braking"], input)
    };
    let source = Zip::new(Scripted::several(logs, []), 2, place);
    let (graph, events) = Graph::new();
    let (order, store) = (Order::within(Duration::ZERO), MemoryStore::default());
    let decode = ZipDecoder::new(Bomb(Typed::default()));
    let report = Pipeline::exactly_once(source, decode, order, graph, store.clone())
        .store("events", events, store.table("events"))
        .isolate_panics()
        .run()
        .await
        .unwrap();
    let dead = store.dead_letters();
    let (_, letter) = &dead[0];
    let found = (report.counts.accepted, dead.len(), letter.offset);
    assert_eq!(found, (3, 1, Offset(2)));
    let place = letter.place.as_ref().expect("it names its input");
    assert_eq!((&*place.input, place.offset), ("braking/0", Offset(1)));
}
