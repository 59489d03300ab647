//! Every dialect over records that a seeded generator damages: nothing panics, and every event that
//! is read is written back.
//!
//! A test run tries the same few cases of each dialect; with `CI=true`, `cargo xtask test` tries
//! fresh cases for a minute each.

mod chunks;
mod corpus;
mod mutate;
mod random;
mod readers;
mod run;

use std::fmt::Debug;

use self::{
    mutate::mutated,
    random::Random,
    run::{Run, Tally},
};
use crate::{
    data::{
        EventTime, State, VehicleId,
        time::{NaiveTimeReader, TimeReader},
    },
    dialect::{
        AnyEvent, Dialect, FleetFlow, FleetPipeline, FleetStream, Ford, Native, OpenXc,
        PipelineTelemetry, VehicleOps, fleet_pipeline, fleetstream, ford,
        object::{self, Schema, Target, UnknownKeys},
    },
    event::Event,
};

/// Reads damaged records in both modes. An event must survive being written and read again, and
/// being stored in a snapshot.
fn check<D>(run: Run, ignoring: &D, keeping: &D, corpus: &[&str])
where
    D: Dialect,
    D::Event: PartialEq + Debug,
{
    let tally = run.cases(|random, tally| {
        let record = mutated(random, corpus);
        for dialect in [ignoring, keeping] {
            let mut memo = dialect.memo(Some(EventTime::MIN));
            match dialect.read(&record, &mut memo) {
                Ok(Some(event)) => {
                    tally.accepted += 1;
                    check_round_trip(dialect, &event, &record);
                }
                Ok(None) => {}
                Err(why) => {
                    tally.refused += 1;
                    assert!(!why.0.is_empty() && why.0.len() < 600, "{record}: {why}");
                }
            }
        }
    });
    // Both must be frequent: else too little was written back, or too little was damaged.
    let Tally { accepted, refused } = tally;
    assert!(accepted > 500 && refused > 500, "{accepted} {refused}");
}

/// Checks that an event survives being written and read again, and being stored in a snapshot.
fn check_round_trip<D>(dialect: &D, event: &D::Event, record: &str)
where
    D: Dialect,
    D::Event: PartialEq + Debug,
{
    assert!(
        event.at().is_in_range() && !event.key().is_empty(),
        "{record}"
    );
    let mut to = Vec::new();
    dialect.write(event, &mut to);
    let again = String::from_utf8(to).expect("a record is text");
    assert!(!again.contains('\n'), "{again}");
    let read = dialect.read(&again, &mut dialect.memo(Some(EventTime::MIN)));
    let read = read.unwrap_or_else(|why| panic!("{record}\n{again}\n{why}"));
    assert_eq!(read.as_ref(), Some(event), "{record}\n{again}");
    assert!(dialect.lossy(event).is_empty(), "{record}");
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    let restored = D::Event::decode(D::Event::VERSION, &mut bytes.as_slice());
    assert_eq!(restored.as_ref(), Some(event), "{record}");
    let identity = restored.map(|event| event.identity());
    assert_eq!(identity, Some(event.identity()));
}

/// Checks that the fast reader accepts only what the general one accepts, with the same value.
fn check_fast<T: Target>(schema: &'static Schema<T>, corpus: &[&str])
where
    T::Event: PartialEq + Debug,
{
    let mut times = TimeReader::naive_is_utc();
    Run::few(schema.name).cases(|random, _| {
        let record = mutated(random, corpus);
        for unknown in [UnknownKeys::Ignored, UnknownKeys::Kept] {
            let both = object::read(schema, unknown, &record, &mut times);
            let general = object::read_any(schema, unknown, &record, &mut times);
            assert_eq!(both, general, "{record}");
        }
    });
}

fn openxc() -> OpenXc {
    OpenXc::new(VehicleId::new("car").expect("a good id"))
}

macro_rules! dialects {
    ($($name:literal $prop:ident $soak:ident: $ignoring:expr, $keeping:expr, $corpus:expr;)*) => {$(
        #[test]
        fn $prop() {
            check(Run::few($name), &$ignoring, &$keeping, $corpus);
        }
        #[test]
        #[ignore = "a minute"]
        fn $soak() {
            check(Run::soak($name), &$ignoring, &$keeping, $corpus);
        }
    )*};
}

dialects! {
    "vehicleops" prop_vehicleops soak_vehicleops: VehicleOps::default(), VehicleOps::keeping_unknown_keys(), corpus::VEHICLEOPS;
    "native" prop_native soak_native: Native::default(), Native::keeping_unknown_keys(), corpus::NATIVE;
    "fleetstream" prop_fleetstream soak_fleetstream: FleetStream::default(), FleetStream::keeping_unknown_keys(), corpus::FLEETSTREAM;
    "fleet_pipeline" prop_fleet_pipeline soak_fleet_pipeline: FleetPipeline::default(), FleetPipeline::keeping_unknown_keys(), corpus::FLEET_PIPELINE;
    "ford" prop_ford soak_ford: Ford::default(), Ford::keeping_unknown_keys(), corpus::FORD;
    "fleetflow" prop_fleetflow soak_fleetflow: FleetFlow::default(), FleetFlow::keeping_unknown_keys(), corpus::FLEETFLOW;
    "openxc" prop_openxc soak_openxc: openxc(), openxc().keeping_unknown_keys(), corpus::OPENXC;
    "any_event" prop_any_event soak_any_event: AnyEvent(Ford::default()), AnyEvent(Ford::keeping_unknown_keys()), corpus::FORD;
}

#[test]
fn prop_the_fast_reader_agrees_with_the_general_one_in_every_dialect() {
    check_fast(&fleetstream::SCHEMA, corpus::FLEETSTREAM);
    check_fast(&ford::SCHEMA, corpus::FORD);
    check_fast(&fleet_pipeline::TELEMETRY, corpus::FLEET_PIPELINE);
    check_fast(&fleet_pipeline::PERCEPTION, corpus::FLEET_PIPELINE);
}

#[test]
fn prop_every_dialect_reads_what_another_writes() {
    for seed in 0..2_000 {
        let record = mutated(&mut Random::new(seed), corpus::VEHICLEOPS);
        let Ok(Some(event)) = VehicleOps::default().read(&record, &mut TimeReader::default())
        else {
            continue;
        };
        let again = |to: &[u8]| {
            std::str::from_utf8(to)
                .expect("a record is text")
                .to_owned()
        };
        let mut to = Vec::new();
        Ford::default().write(&event, &mut to);
        let ford = Ford::default().read(&again(&to), &mut TimeReader::default());
        assert_eq!(ford.expect("written").expect("an event").at(), event.at());
        to.clear();
        FleetStream::default().write(&event, &mut to);
        let stream = FleetStream::default().read(&again(&to), &mut TimeReader::default());
        assert_eq!(
            stream.expect("written").expect("an event").key(),
            event.key()
        );
        to.clear();
        PipelineTelemetry::default().write(&event, &mut to);
        let mut times = NaiveTimeReader::default();
        let pipeline = PipelineTelemetry::default().read(&again(&to), &mut times);
        assert_eq!(
            pipeline.expect("written").expect("an event").key(),
            event.key()
        );
    }
}
