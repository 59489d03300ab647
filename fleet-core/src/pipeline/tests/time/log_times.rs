//! Log times that come with each row: no result depends on where batches are cut.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    time::Duration,
};

use super::{CARS, Dice, Ping, Tables, at_once, drive, in_pieces, plain::windows, seconds, time};
use crate::{
    contracts::{MemoryStore, checkpoint::Counts, decode::Typed},
    engine::order::Order,
    pipeline::{EpochLimits, Pipeline, Snapshots, tests::model},
    testing::{Log, Logged, Script, Scripted},
};

/// How far a row may be ahead of its log.
const AHEAD: i64 = 12;

/// The records of a log in the order of arrival. Their log times mostly grow, but some jump back,
/// and some records have none.
fn arrive<E>(rows: impl IntoIterator<Item = (i64, E)>, dice: &mut Dice) -> Vec<Logged<E>> {
    let mut arriving: Vec<_> = rows
        .into_iter()
        .map(|(second, row)| {
            let delay = dice.pick(&[0, 0, 1, 3, 8, 20]);
            (second + delay, dice.roll(1 << 30), row)
        })
        .collect();
    arriving.sort_by_key(|(arrival, tie, _)| (*arrival, *tie));
    // The clock of the log is behind by a few seconds, so that many rows are ahead of it.
    let (behind, missing) = (dice.pick(&[0, 4, AHEAD]), dice.pick(&[2, 10, 1_000]));
    let record = |(arrival, _, event): (i64, u64, E)| {
        let back = if dice.once_in(6) {
            dice.roll(25) as i64
        } else {
            0
        };
        if dice.once_in(missing) {
            Logged::Event(event)
        } else {
            let log = time(arrival - behind - back);
            Logged::Timed { log, event }
        }
    };
    arriving.into_iter().map(record).collect()
}

/// Everything that a run wrote.
#[derive(Debug, PartialEq)]
struct Outcome {
    tables: Tables,
    counts: Counts,
    dead: BTreeSet<String>,
    tallies: BTreeMap<String, u64>,
    keys: u64,
}

/// The settings that may change results.
#[derive(Clone, Copy, Debug)]
struct Settings {
    order: Order,
    forgets: bool,
    isolates: bool,
}

async fn run(
    records: &[Logged<model::Reading>],
    settings: Settings,
    script: Vec<Script>,
    workers: usize,
    snapshots: Snapshots,
) -> Outcome {
    let (mut graph, streams) = model::graph();
    let isolates = settings.isolates;
    graph.map("picky", streams.readings, move |row: &model::Reading| {
        if isolates && row.kmh == 63 {
            // Bypasses the panic hook, which would print thousands of messages.
            std::panic::resume_unwind(Box::new("63 km/h"));
        }
    });
    let log = Log::new("memory/0", records.iter().cloned());
    let source = Scripted::several([log], script.into_iter().map(|step| (0, step)));
    let store = MemoryStore::default();
    let order = settings.order.at_most_ahead(seconds(AHEAD));
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone());
    let mut run = streams
        .stored(run, |name| store.table(name))
        .store("readings", streams.readings, store.table("readings"))
        .epochs(EpochLimits {
            records: 40,
            ..EpochLimits::default()
        })
        .snapshots(snapshots)
        .workers(NonZeroUsize::new(workers).unwrap());
    if settings.forgets {
        run = run
            .forget_after(Duration::from_secs(16))
            .keys_per_tenant(NonZeroUsize::new(3).unwrap());
    }
    if isolates {
        run = run.isolate_panics();
    }
    let report = run.run().await.unwrap();
    assert!(report.balances(), "{report:?}");
    let dead = store.dead_letters().into_iter();
    let dead = dead.map(|(_, dead)| format!("{} {}: {}", dead.offset, dead.step, dead.reason));
    Outcome {
        tables: store.rows(),
        counts: report.counts,
        dead: dead.collect(),
        tallies: report.tallies,
        keys: report.keys,
    }
}

/// Any cuts, with hand-overs in between.
fn cuts(dice: &mut Dice) -> Vec<Script> {
    let most = dice.pick(&[3, 20, 80]);
    let step = |_| match dice.roll(30) {
        0 => Script::Revoke(Duration::from_secs(1)),
        1 => Script::Lost,
        _ => Script::Rows(1 + dice.roll(most) as usize),
    };
    (0..300).map(step).collect()
}

/// Runs one seed. Adds up the fates of its records.
async fn cuts_change_nothing(seed: u64, total: &mut Counts) {
    let mut dice = Dice::new(seed);
    let rows = (0..240u16).map(|number| {
        let second = number / 2 + number / 60 * 20;
        let row = model::Reading {
            // Of these cars, not all have room under the limit, and some become silent.
            car: (dice.roll(3) + dice.roll(3) + u64::from(second) / 60) as usize % 6,
            second: second.into(),
            kmh: 60 + dice.roll(40) as u16,
            id: number,
        };
        (row.second, row)
    });
    let rows: Vec<_> = rows.collect();
    let records = arrive(rows, &mut dice);
    let settings = Settings {
        order: Order::within(seconds(dice.pick(&[0, 0, 1, 5])))
            .allowing(seconds(dice.pick(&[0, 0, 10]))),
        forgets: dice.once_in(2),
        isolates: dice.once_in(2),
    };
    let one_by_one = vec![Script::Rows(1); records.len()];
    let truth = run(&records, settings, one_by_one, 1, Snapshots::EveryCommit).await;
    for workers in 1..=3 {
        let snapshots = dice.pick(&[Snapshots::EveryCommit, Snapshots::Every(Duration::MAX)]);
        let found = run(&records, settings, cuts(&mut dice), workers, snapshots).await;
        let case = format!("seed {seed}, {settings:?}, {workers} workers");
        for (table, rows) in &truth.tables {
            let none = Vec::new();
            let found = found.tables.get(table).unwrap_or(&none);
            let differs = found.iter().zip(rows).find(|(found, row)| found != row);
            assert!(found == rows, "{case}, {table}: {differs:?}");
        }
        assert_eq!(found, truth, "{case}");
    }
    add(total, truth.counts);
}

fn add(total: &mut Counts, counts: Counts) {
    total.read += counts.read;
    total.accepted += counts.accepted;
    total.dead_lettered += counts.dead_lettered;
    total.late += counts.late;
    total.duplicate += counts.duplicate;
}

#[tokio::test(start_paused = true)]
async fn prop_no_result_depends_on_where_batches_are_cut_or_on_workers() {
    let mut total = Counts::default();
    for seed in 0..60 {
        cuts_change_nothing(seed, &mut total).await;
    }
    let each = [total.accepted, total.dead_lettered, total.late];
    assert!(each.iter().all(|fate| *fate > total.read / 50), "{total:?}");
}

/// Decides the fates by a plain loop over the log. Returns the accepted rows.
fn admit(records: &[Logged<Ping>], bound: i64) -> (BTreeSet<Ping>, Counts) {
    let (mut accepted, mut counts) = (BTreeSet::new(), Counts::default());
    // The newest row and the clock of each car.
    let mut keys = [(i64::MIN, i64::MIN); CARS.len()];
    for record in records {
        let (ping, log) = match record {
            Logged::Timed { log, event } => (*event, log.as_micros() / 1_000_000),
            Logged::Event(event) => (*event, i64::MAX),
            _ => unreachable!("every record is an event"),
        };
        counts.read += 1;
        let (newest, clock) = &mut keys[ping.car];
        if ping.second > log.saturating_add(AHEAD) {
            counts.dead_lettered += 1;
        } else if ping.second < *clock {
            counts.late += 1;
        } else if accepted.insert(ping) {
            counts.accepted += 1;
            *newest = ping.second.max(*newest);
            *clock = (*clock).max(log.min(*newest) - bound);
        } else {
            counts.duplicate += 1;
        }
    }
    (accepted, counts)
}

#[tokio::test]
async fn prop_each_row_is_in_the_windows_of_its_own_time_whatever_the_log_times_are() {
    let mut total = Counts::default();
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let rows = drive(&mut dice);
        let again = rows.iter().filter(|_| dice.once_in(6));
        let rows: Vec<_> = rows.iter().chain(again).collect();
        let records = arrive(rows.into_iter().map(|row| (row.second, *row)), &mut dice);
        let bound = dice.pick(&[0, 0, 1, 5]);
        let (accepted, expected) = admit(&records, bound);
        let mut truth = windows(&accepted);
        let pings = accepted
            .iter()
            .map(|row| format!("{} {row:?}", time(row.second)));
        truth.insert("pings".into(), pings.collect());
        for rows in truth.values_mut() {
            rows.sort_unstable();
        }
        let order = Order::within(seconds(bound)).at_most_ahead(seconds(AHEAD));
        let whole = at_once(&records, order).await;
        let pieces = in_pieces(&records, order, &mut dice).await;
        for (mut tables, counts) in [whole, pieces] {
            tables.remove("rises");
            assert_eq!(counts, expected, "seed {seed}, bound {bound}");
            assert!(tables == truth, "seed {seed}, bound {bound}: {tables:#?}");
        }
        add(&mut total, expected);
    }
    let Counts {
        accepted,
        dead_lettered,
        late,
        duplicate,
        ..
    } = total;
    let least = [accepted, dead_lettered, late, duplicate].into_iter().min();
    assert!(least > Some(500), "{total:?}");
}

#[tokio::test(start_paused = true)]
#[ignore = "long: cargo xtask soak"]
async fn soak_log_times() {
    let mut total = Counts::default();
    for seed in 1_000..3_000 {
        cuts_change_nothing(seed, &mut total).await;
    }
    println!("2000 seeds: {total:?}");
}
