//! Tests of the simulator as a source: resuming, pace, and refused options.

use std::time::Duration;

use fleet_core::{
    EventTime, Graph, MemoryStore, Offset, Order, Partition, Pipeline, Source,
    dialect::VehicleOps,
    pipeline::Ticks,
    source::{Position, SourceEvent},
    testing::conformance::{lines, replayable},
};
use tokio::time::{Instant, timeout};
use twox_hash::XxHash3_64;

use super::plain::Plain;
use crate::simulator::{Area, Pace, Scenario, Simulator, SimulatorOptions, VehicleOpsModel};

type Fleet = Simulator<VehicleOpsModel, Plain>;

fn small() -> SimulatorOptions {
    SimulatorOptions::default()
        .vehicles(3)
        .duration(Duration::from_secs(2))
}

fn normal(options: SimulatorOptions) -> Fleet {
    Simulator::new(VehicleOpsModel::default(), Plain, options).unwrap()
}

fn lines_in(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|byte| *byte == b'\n').count()
}

/// Reads everything from an offset on.
async fn bytes_from(source: &mut Fleet, at: Option<Offset>) -> Vec<u8> {
    let partition = source.partition().clone();
    source
        .start(&partition, at.map(Position::from).as_ref())
        .await
        .unwrap();
    let (mut bytes, mut next) = (Vec::new(), at.unwrap_or_default());
    loop {
        match source.next().await.unwrap() {
            SourceEvent::Assigned(_) | SourceEvent::Idle => {}
            SourceEvent::Batch(batch) => {
                assert_eq!(batch.payload.start, next);
                bytes.extend(batch.payload.bytes);
                next = batch.next;
            }
            SourceEvent::End(_) => return bytes,
            other => panic!("{other:?}"),
        }
    }
}

async fn bytes(mut source: Fleet) -> Vec<u8> {
    bytes_from(&mut source, None).await
}

#[tokio::test]
async fn the_first_lines_are_known() {
    let text = String::from_utf8(bytes(normal(small())).await).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 12);
    for (n, line) in lines.iter().enumerate() {
        let (tick, vehicle) = (n / 3, n % 3 + 1);
        assert!(
            line.contains(&format!("\"fleet-demo-001-VH-00{vehicle}\"")),
            "{line}"
        );
        let (second, fraction) = (tick / 2, tick % 2 * 500_000);
        let at = format!("\"timestamp\":\"2024-02-15T14:30:0{second}.{fraction:06}+00:00\"");
        assert!(line.contains(&at), "{line}");
    }
}

/// If this hash changes, every stored offset in a simulation points to different bytes. Do not
/// change it without need, and mention it in the change log.
#[tokio::test]
async fn the_bytes_of_a_seed_never_change() {
    let options = SimulatorOptions::default().duration(Duration::from_secs(60));
    let model = VehicleOpsModel::default().scenario(Scenario::Mixed);
    let bytes = bytes(Simulator::new(model, Plain, options).unwrap()).await;
    assert_eq!(
        format!("{:016x}", XxHash3_64::oneshot(&bytes)),
        "a9220b5600d863d0"
    );
}

#[tokio::test]
async fn the_seed_decides_and_the_pace_does_not() {
    let one = bytes(normal(small())).await;
    assert_eq!(one, bytes(normal(small())).await);
    assert_ne!(one, bytes(normal(small().seed(2))).await);
    let high = VehicleOpsModel::default().scenario(Scenario::HighLoad);
    assert_eq!(
        one,
        bytes(Simulator::new(high, Plain, small()).unwrap()).await
    );
}

#[tokio::test]
async fn a_vehicle_does_the_same_in_any_company() {
    let first = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        let own = text.lines().filter(|line| line.contains("VH-001"));
        own.map(str::to_owned).collect::<Vec<_>>()
    };
    let alone = first(bytes(normal(small().vehicles(1))).await);
    assert_eq!(alone, first(bytes(normal(small().vehicles(9))).await));
}

#[tokio::test]
async fn it_goes_on_at_every_record() {
    let mut source = normal(small());
    let all = bytes_from(&mut source, None).await;
    let ends = all
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1);
    for at in ends {
        let rest = bytes_from(&mut source, Some(Offset(at as u64))).await;
        assert_eq!(rest, all[at..], "from {at}");
    }
}

#[tokio::test]
async fn large_chunks_have_no_seam() {
    let options = SimulatorOptions::default().duration(Duration::from_secs(30));
    let mut source = normal(options);
    let all = bytes_from(&mut source, None).await;
    assert!(all.len() > 2 * 256 * 1024);
    assert_eq!(lines_in(&all) as u64, options.events());
    let half = all
        .iter()
        .skip(all.len() / 2)
        .position(|byte| *byte == b'\n')
        .unwrap()
        + all.len() / 2
        + 1;
    assert_eq!(
        bytes_from(&mut source, Some(Offset(half as u64))).await,
        all[half..]
    );
}

#[tokio::test]
async fn offsets_of_other_bytes_are_refused() {
    let mut source = normal(small());
    let size = bytes_from(&mut source, None).await.len() as u64;
    let mine = source.partition().clone();
    for (at, message) in [
        (5, "not the beginning of a record"),
        (size + 1, "was read up to byte"),
    ] {
        let error = source
            .start(&mine, Some(&Offset(at).into()))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.position(), Some((&mine, Offset(at))));
    }
    assert!(source.start(&Partition::new("other"), None).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn realtime_gives_a_tick_an_interval() {
    let mut source = normal(small().pace(Pace::Realtime));
    let mine = source.partition().clone();
    source.start(&mine, None).await.unwrap();
    let began = Instant::now();
    for tick in 0..4 {
        if tick > 0 {
            // The source reports that it is idle once for each wait.
            assert!(matches!(source.next().await.unwrap(), SourceEvent::Idle));
            // A future dropped while it waits loses nothing.
            assert!(
                timeout(Duration::from_millis(100), source.next())
                    .await
                    .is_err()
            );
        }
        let SourceEvent::Batch(batch) = source.next().await.unwrap() else {
            panic!("tick {tick}")
        };
        assert_eq!(lines_in(&batch.payload.bytes), 3);
        assert_eq!(began.elapsed().as_millis() / 10, tick * 50);
    }
    assert!(matches!(source.next().await.unwrap(), SourceEvent::End(_)));
}

#[tokio::test(start_paused = true)]
async fn what_keeps_a_pace_may_have_ticks_and_what_does_not_ends_before_any() {
    let run = async |pace| {
        let (model, dialect) = (VehicleOpsModel::default(), VehicleOps::default());
        let source = Simulator::new(model, dialect, small().pace(pace)).unwrap();
        let (start, began) = (source.options().start, Instant::now());
        let order = Order::within(Duration::ZERO);
        let ticks = Ticks::new(Duration::from_millis(100), Duration::from_millis(100));
        let (graph, _) = Graph::new();
        let store = MemoryStore::default();
        Pipeline::exactly_once(source, VehicleOps::default(), order, graph, store)
            .ticks(ticks.by(move || start + began.elapsed()))
            .run()
            .await
    };
    let report = run(Pace::Realtime).await.unwrap();
    assert_eq!((report.counts.accepted, report.counts.late), (12, 0));
    let error = run(Pace::Max).await.unwrap_err().to_string();
    assert!(
        error.contains("this one does not: the end of an input fires"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn high_load_knows_no_pace() {
    let model = VehicleOpsModel::default().scenario(Scenario::HighLoad);
    let began = Instant::now();
    bytes(Simulator::new(model, Plain, small().pace(Pace::Realtime)).unwrap()).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn it_assigns_first_ends_once_and_rests_while_paused() {
    let mut source = normal(small());
    assert!(matches!(
        source.next().await.unwrap(),
        SourceEvent::Assigned(_)
    ));
    let wait = Duration::from_secs(9);
    assert!(timeout(wait, source.next()).await.is_err(), "not started");
    let mine = source.partition().clone();
    source.start(&mine, None).await.unwrap();
    source.pause(&mine);
    assert!(timeout(wait, source.next()).await.is_err(), "paused");
    source.resume(&mine);
    assert!(matches!(
        source.next().await.unwrap(),
        SourceEvent::Batch(_)
    ));
    assert!(matches!(source.next().await.unwrap(), SourceEvent::End(_)));
    assert!(timeout(wait, source.next()).await.is_err(), "ended");
}

#[test]
fn the_name_holds_all_that_determines_the_bytes() {
    let name = |model: VehicleOpsModel, options| {
        Simulator::new(model, Plain, options)
            .unwrap()
            .partition()
            .to_string()
    };
    let model = VehicleOpsModel::default;
    let first = name(model(), small());
    let start = "simulator:vehicleops?vehicles=3&seconds=2&interval_ms=500&start=2024-02-15T14:30:00Z&seed=1&scenario=normal&area=bogota&fleet=fleet-demo-001#";
    assert!(first.starts_with(start), "{first}");
    let others = [
        name(model(), small().vehicles(4)),
        name(model(), small().duration(Duration::from_millis(1999))),
        name(model(), small().interval(Duration::from_micros(1))),
        name(model(), small().start(EventTime::MIN)),
        name(model(), small().seed(9)),
        name(model().scenario(Scenario::Mixed), small()),
        name(model().area(Area::Cali), small()),
        name(model().fleet("x"), small()),
    ];
    assert!(others.iter().all(|other| *other != first));
    assert_eq!(first, name(model(), small().pace(Pace::Realtime)));
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let cases = [
        (small().vehicles(0), "f", "0 vehicles"),
        (small().interval(Duration::ZERO), "f", "under 1 microsecond"),
        (small().duration(Duration::MAX), "f", "leaves the years"),
        (
            small().start(EventTime::BEFORE_ALL),
            "f",
            "leaves the years",
        ),
        (small(), "", "must not be empty"),
        (small(), "a\nb", "vehicle 1 cannot be named"),
    ];
    for (options, fleet, message) in cases {
        let model = VehicleOpsModel::default().fleet(fleet);
        let error = Simulator::new(model, Plain, options)
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{error}");
    }
    assert_eq!(small().duration(Duration::from_millis(501)).ticks(), 2);
    assert_eq!(small().duration(Duration::ZERO).ticks(), 0);
}

#[tokio::test]
async fn it_is_a_replayable_source() {
    let options = || small().duration(Duration::from_secs(20));
    replayable(|| normal(options()), lines).await;
}

#[tokio::test(start_paused = true)]
async fn in_real_time_it_is_a_replayable_source_too() {
    let options = || small().pace(Pace::Realtime);
    replayable(|| normal(options()), lines).await;
}
