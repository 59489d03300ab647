//! Whole chunks of damaged lines: the fast paths of decoding against the general reader line by
//! line.

use std::fmt::Debug;

use super::{
    corpus,
    mutate::mutated,
    random::Random,
    run::{Run, Tally},
};
use crate::{
    contracts::{Decode, checkpoint::Fates, decode::Entry, source::Chunk},
    data::{Offset, time::TimeReader},
    dialect::{
        Dialect, FleetStream, Ford, PipelineTelemetry, Refused, VehicleOps,
        object::{self, Schema, Target, UnknownKeys},
    },
    rows::Slab,
};

/// The events and refusals of a chunk, with their offsets.
type Outcome<E> = (Vec<(Offset, E)>, Vec<(Offset, String)>);

/// Creates a chunk of one to twelve lines; most are as the systems write them, the others are
/// damaged.
fn chunk(random: &mut Random, corpus: &[&str]) -> Chunk {
    let mut text = String::new();
    let lines = 1 + random.below(12);
    for line in 1..=lines {
        match random.below(8) {
            0..5 => text.push_str(random.of(corpus)),
            5 => text.push_str(random.of(&["", " ", "\t"])),
            _ => text.push_str(&mutated(random, corpus)),
        }
        text.push_str(random.of(&["", "", "", " ", "\r"]));
        if line < lines || random.below(4) > 0 {
            text.push('\n');
        }
    }
    Chunk {
        bytes: text.into_bytes(),
        start: Offset(random.next() >> 8),
        ..Chunk::default()
    }
}

/// Reads each line on its own with the general reader.
fn line_by_line<E>(chunk: &Chunk, read: impl Fn(&str) -> Result<Option<E>, Refused>) -> Outcome<E> {
    let text = std::str::from_utf8(&chunk.bytes).expect("a chunk is text");
    let (mut rows, mut refused, mut at) = (Vec::new(), Vec::new(), chunk.start);
    for line in text.split_inclusive('\n') {
        let record = line.trim_end_matches('\n');
        if !record.trim_ascii().is_empty() {
            match read(record) {
                Ok(event) => rows.extend(event.map(|event| (at, event))),
                Err(why) => refused.push((at, why.0)),
            }
        }
        at.0 += line.len() as u64;
    }
    (rows, refused)
}

fn refusals(fates: &Fates) -> Vec<(Offset, String)> {
    let dead = fates.dead.iter();
    dead.map(|dead| (dead.offset, dead.reason.clone()))
        .collect()
}

fn into_list<D: Dialect>(dialect: &D, chunk: Chunk) -> Outcome<D::Event> {
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    dialect.decode(chunk, &mut Entry::new(&mut rows, &mut fates));
    (rows, refusals(&fates))
}

/// Decodes into a slab that holds old events, which must not show through.
fn into_slab<D: Dialect>(
    dialect: &D,
    chunk: Chunk,
    slab: &mut Slab<D::Event>,
) -> Outcome<D::Event> {
    let mut fates = Fates::default();
    dialect.decode(chunk, &mut Entry::of_slab(slab, &mut fates, None));
    let fresh = slab.take_fresh();
    let rows = fresh.iter().filter_map(|place| slab.get(place));
    let rows = rows.map(|row| (row.offset, row.value.clone())).collect();
    for place in fresh.iter() {
        slab.give_back(place);
    }
    slab.return_fresh(fresh);
    (rows, refusals(&fates))
}

fn check<T, D>(
    run: Run,
    dialect: &D,
    schema: &'static Schema<T>,
    corpus: &[&str],
    times: fn() -> TimeReader,
) where
    T: Target,
    T::Event: PartialEq + Debug,
    D: Dialect<Event = T::Event>,
{
    let mut slab = Slab::default();
    let tally = run.cases(|random, tally| {
        let chunk = chunk(random, corpus);
        let expected = line_by_line(&chunk, |record| {
            object::read_any(schema, UnknownKeys::Ignored, record, &mut times())
        });
        let text = String::from_utf8_lossy(&chunk.bytes).into_owned();
        let found = into_slab(dialect, chunk.clone(), &mut slab);
        assert_eq!(found, expected, "{text}");
        assert_eq!(into_list(dialect, chunk), expected, "{text}");
        tally.accepted += expected.0.len() as u64;
        tally.refused += expected.1.len() as u64;
    });
    let Tally { accepted, refused } = tally;
    assert!(accepted > 5_000 && refused > 500, "{accepted} {refused}");
}

macro_rules! chunks {
    ($($name:literal $prop:ident $soak:ident: $dialect:expr, $schema:expr, $corpus:expr, $times:expr;)*) => {$(
        #[test]
        fn $prop() {
            check(Run::few($name), &$dialect, &$schema, $corpus, $times);
        }
        #[test]
        #[ignore = "a minute"]
        fn $soak() {
            check(Run::soak($name), &$dialect, &$schema, $corpus, $times);
        }
    )*};
}

chunks! {
    "chunks vehicleops" prop_vehicleops soak_vehicleops:
        VehicleOps::default(), crate::dialect::vehicleops::SCHEMA, corpus::VEHICLEOPS, TimeReader::default;
    "chunks fleetstream" prop_fleetstream soak_fleetstream:
        FleetStream::default(), crate::dialect::fleetstream::SCHEMA, corpus::FLEETSTREAM, TimeReader::default;
    "chunks ford" prop_ford soak_ford:
        Ford::default(), crate::dialect::ford::SCHEMA, corpus::FORD, TimeReader::default;
    "chunks fleet_pipeline" prop_fleet_pipeline soak_fleet_pipeline:
        PipelineTelemetry::default(), crate::dialect::fleet_pipeline::TELEMETRY, corpus::FLEET_PIPELINE, TimeReader::naive_is_utc;
}
