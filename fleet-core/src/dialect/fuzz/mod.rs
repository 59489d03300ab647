//! Every dialect over records that a seeded generator damages: nothing panics, and what is read comes back.

mod corpus;
mod mutate;

use std::{fmt::Debug, time::Duration};

use self::mutate::{Random, mutated};
use super::{
    AnyEvent, Dialect, FleetFlow, FleetPipeline, FleetStream, Ford, Native, OpenXc, VehicleOps,
    object::{self, Shape, Target, UnknownKeys},
};
use crate::{Event, EventTime, State, VehicleId, time::TimeReader};

/// How long it goes on.
#[derive(Clone, Copy)]
enum Until {
    Rounds(u32),
    Elapsed(Duration),
}

impl Until {
    fn rounds(self) -> impl Iterator<Item = u32> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a soak runs for a time, whatever it finds"
        )]
        let (now, start) = (std::time::Instant::now, std::time::Instant::now());
        (0..).take_while(move |round| match self {
            Self::Rounds(rounds) => *round < rounds,
            Self::Elapsed(time) => !round.is_multiple_of(256) || now() - start < time,
        })
    }
}

/// In a test, seconds; in a soak, a minute for each dialect.
const TEST: Until = Until::Rounds(2_500);
const SOAK: Until = Until::Elapsed(Duration::from_secs(60));

/// Reads damaged records in both modes; what is read must come back from its own writing, and from a snapshot.
fn check<D>(ignoring: &D, keeping: &D, corpus: &[&str], until: Until)
where
    D: Dialect,
    D::Event: PartialEq + Debug,
{
    let mut random = Random::new(corpus.len() as u64);
    let (mut accepted, mut refused) = (0u32, 0u32);
    let memo = |dialect: &D| dialect.memo(Some(EventTime::MIN));
    for round in until.rounds() {
        let record = mutated(&mut random, corpus, round % 4);
        for dialect in [ignoring, keeping] {
            let event = match dialect.read(&record, &mut memo(dialect)) {
                Ok(Some(event)) => event,
                Ok(None) => continue,
                Err(why) => {
                    assert!(!why.0.is_empty() && why.0.len() < 600, "{record}: {why}");
                    refused += 1;
                    continue;
                }
            };
            accepted += 1;
            assert!(
                event.at().is_in_range() && !event.key().is_empty(),
                "{record}"
            );
            let mut to = Vec::new();
            dialect.write(&event, &mut to);
            let again = String::from_utf8(to).expect("a record is text");
            assert!(!again.contains('\n'), "{again}");
            let read = dialect.read(&again, &mut memo(dialect));
            let read = read.unwrap_or_else(|why| panic!("{record}\n{again}\n{why}"));
            assert_eq!(read.as_ref(), Some(&event), "{record}\n{again}");
            assert!(dialect.lossy(&event).is_empty(), "{record}");
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            let restored = D::Event::decode(D::Event::VERSION, &mut bytes.as_slice());
            assert_eq!(restored.as_ref(), Some(&event), "{record}");
            assert_eq!(
                restored.map(|event| event.identity()),
                Some(event.identity())
            );
        }
    }
    // Without damage on one side, and more than enough on the other.
    assert!(accepted > 500 && refused > 500, "{accepted} {refused}");
}

/// The fast reader takes only what the general one takes, with the same value.
fn check_fast<T: Target>(shape: &'static Shape<T>, corpus: &[&str])
where
    T::Event: PartialEq + Debug,
{
    let mut random = Random::new(7);
    let mut times = TimeReader::naive_is_utc();
    for round in 0..2_500 {
        let record = mutated(&mut random, corpus, round % 4);
        for unknown in [UnknownKeys::Ignored, UnknownKeys::Kept] {
            let both = object::read(shape, unknown, &record, &mut times);
            let general = object::read_any(shape, unknown, &record, &mut times);
            assert_eq!(both, general, "{record}");
        }
    }
}

fn openxc() -> OpenXc {
    OpenXc::new(VehicleId::new("car").expect("a good id"))
}

macro_rules! dialects {
    ($($name:ident $soak:ident: $ignoring:expr, $keeping:expr, $corpus:expr;)*) => {$(
        #[test]
        fn $name() {
            check(&$ignoring, &$keeping, $corpus, TEST);
        }
        #[test]
        #[ignore = "a minute"]
        fn $soak() {
            check(&$ignoring, &$keeping, $corpus, SOAK);
        }
    )*};
}

dialects! {
    prop_vehicleops soak_vehicleops: VehicleOps::default(), VehicleOps::keeping_unknown_keys(), corpus::VEHICLEOPS;
    prop_native soak_native: Native::default(), Native::keeping_unknown_keys(), corpus::NATIVE;
    prop_fleetstream soak_fleetstream: FleetStream::default(), FleetStream::keeping_unknown_keys(), corpus::FLEETSTREAM;
    prop_fleet_pipeline soak_fleet_pipeline: FleetPipeline::default(), FleetPipeline::keeping_unknown_keys(), corpus::FLEET_PIPELINE;
    prop_ford soak_ford: Ford::default(), Ford::keeping_unknown_keys(), corpus::FORD;
    prop_fleetflow soak_fleetflow: FleetFlow::default(), FleetFlow::keeping_unknown_keys(), corpus::FLEETFLOW;
    prop_openxc soak_openxc: openxc(), openxc().keeping_unknown_keys(), corpus::OPENXC;
    prop_any_event soak_any_event: AnyEvent(Ford::default()), AnyEvent(Ford::keeping_unknown_keys()), corpus::FORD;
}

#[test]
fn prop_the_fast_reader_is_the_general_one_in_every_dialect() {
    check_fast(&super::fleetstream::SHAPE, corpus::FLEETSTREAM);
    check_fast(&super::ford::SHAPE, corpus::FORD);
    check_fast(&super::fleet_pipeline::TELEMETRY, corpus::FLEET_PIPELINE);
    check_fast(&super::fleet_pipeline::PERCEPTION, corpus::FLEET_PIPELINE);
}

#[test]
fn prop_every_dialect_reads_what_another_writes() {
    let mut random = Random::new(3);
    for round in 0..2_000 {
        let record = mutated(&mut random, corpus::VEHICLEOPS, round % 2);
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
        super::PipelineTelemetry::default().write(&event, &mut to);
        let mut times = crate::time::NaiveTimeReader::default();
        let pipeline = super::PipelineTelemetry::default().read(&again(&to), &mut times);
        assert_eq!(
            pipeline.expect("written").expect("an event").key(),
            event.key()
        );
    }
}
