//! Belated rows revise windows exactly, and reach no rule.

use super::{
    Dice, Ping, arrive, at_once, drive, in_pieces,
    plain::{last_revisions, windows},
    seconds,
};
use crate::{contracts::checkpoint::Counts, engine::order::Order};

const BOUND: i64 = 5;
const LATENESS: i64 = 20;
const WINDOWS: [&str; 3] = ["tumbling", "sliding", "sessions"];

/// The orders in which a row may be this much older than the newest of its key.
fn orders() -> [Order; 2] {
    [
        order(),
        Order::within(seconds(0)).allowing(seconds(BOUND + LATENESS)),
    ]
}

fn order() -> Order {
    Order::within(seconds(BOUND)).allowing(seconds(LATENESS))
}

/// Runs one seed. Returns how often a window was revised.
async fn last_revisions_are_the_windows(seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let rows = drive(&mut dice);
    let arrived = arrive(&rows, BOUND + LATENESS, &mut dice);
    let order = orders()[(seed % 2) as usize];
    let (tables, counts) = at_once(&arrived, order).await;
    let expected = Counts {
        read: arrived.len() as u64,
        accepted: rows.len() as u64,
        duplicate: (arrived.len() - rows.len()) as u64,
        ..Counts::default()
    };
    assert_eq!(counts, expected, "seed {seed}");
    assert_eq!(tables["pings"].len(), rows.len(), "seed {seed}");
    let truth = windows(&rows);
    let mut revised = 0;
    for table in WINDOWS {
        let (found, wanted) = (
            last_revisions(&tables, table),
            last_revisions(&truth, table),
        );
        assert_eq!(found, wanted, "seed {seed}, {table}");
        revised += tables[table].len() - truth[table].len();
    }
    revised
}

/// Runs one seed. Some rows are late, and every batching must find the same ones.
async fn pieces_give_what_one_batch_gives(seed: u64) {
    let mut dice = Dice::new(seed);
    let rows = drive(&mut dice);
    let arrived = arrive(&rows, BOUND + LATENESS + 10, &mut dice);
    let bound = [0, 1, BOUND][dice.roll(3) as usize];
    let order = Order::within(seconds(bound)).allowing(seconds(LATENESS));
    let whole = at_once(&arrived, order).await;
    let pieces = in_pieces(&arrived, order, &mut dice).await;
    let counts = (whole.1, pieces.1);
    assert!(whole == pieces, "seed {seed}: {counts:?}");
}

#[tokio::test]
async fn prop_any_arrival_within_bound_and_lateness_gives_the_same_last_revisions() {
    let mut revised = 0;
    for seed in 0..400 {
        revised += last_revisions_are_the_windows(seed).await;
    }
    assert!(revised > 10_000, "only {revised} revisions");
}

#[tokio::test]
async fn prop_batches_workers_hand_overs_and_crashes_change_no_revision() {
    for seed in 0..400 {
        Box::pin(pieces_give_what_one_batch_gives(seed)).await;
    }
}

#[tokio::test]
#[ignore = "long: cargo xtask soak"]
async fn soak_lateness() {
    let mut revised = 0;
    for seed in 400..20_400 {
        revised += last_revisions_are_the_windows(seed).await;
        Box::pin(pieces_give_what_one_batch_gives(seed)).await;
    }
    println!("20000 seeds, {revised} revisions");
}

#[tokio::test]
async fn prop_a_shuffle_within_the_bound_revises_nothing() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let rows = drive(&mut dice);
        let arrived = arrive(&rows, BOUND, &mut dice);
        let (tables, _) = at_once(&arrived, order()).await;
        for (table, wanted) in windows(&rows) {
            assert_eq!(tables[&table], wanted, "seed {seed}, {table}");
        }
        let sorted: Vec<_> = rows.iter().copied().collect();
        let (in_order, _) = at_once(&sorted, order()).await;
        assert_eq!(tables, in_order, "seed {seed}");
    }
}

fn ping(second: i64, value: u8) -> Ping {
    Ping {
        car: 0,
        second,
        value,
    }
}

#[tokio::test]
async fn a_rule_never_sees_a_belated_row() {
    // In order, 9 at 101 would be a rise, and 1 at 120 would make 8 at 131 another.
    let rows = [
        ping(100, 7),
        ping(130, 7),
        ping(101, 9),
        ping(120, 1),
        ping(131, 8),
    ];
    let (tables, counts) = at_once(&rows, Order::within(seconds(0)).allowing(seconds(60))).await;
    assert_eq!(counts.accepted, 5);
    assert_eq!(tables["rises"], ["1970-01-01T00:01:40Z (0, 7)"]);
}

#[tokio::test]
async fn a_row_at_the_end_of_a_window_has_closed_it_when_an_older_row_arrives() {
    let rows = [
        ping(110, 1),
        ping(108, 2),
        ping(117, 3),
        ping(119, 4),
        ping(150, 5),
    ];
    let truth = windows(&rows.into());
    for bound in [0, 1] {
        let order = Order::within(seconds(bound)).allowing(seconds(60));
        let (tables, _) = at_once(&rows, order).await;
        for table in WINDOWS {
            let found = last_revisions(&tables, table);
            assert_eq!(found, last_revisions(&truth, table), "bound {bound}");
        }
    }
}

#[tokio::test]
async fn lateness_ends_exactly_at_its_bound() {
    // The clock is at 130 - 5, so the oldest accepted row is at 105.
    let rows = [ping(130, 1), ping(105, 2), ping(104, 3)];
    let (_, counts) = at_once(&rows, order()).await;
    assert_eq!((counts.accepted, counts.late), (2, 1));
    let (_, counts) = at_once(&rows, Order::within(seconds(BOUND))).await;
    assert_eq!((counts.accepted, counts.late), (1, 2));
}

#[tokio::test]
async fn a_duplicate_is_found_as_far_back_as_rows_are_taken() {
    let rows = [
        ping(110, 1),
        ping(130, 1),
        ping(110, 1),
        ping(110, 2),
        ping(110, 2),
    ];
    let (tables, counts) = at_once(&rows, order()).await;
    assert_eq!((counts.accepted, counts.duplicate), (3, 2));
    assert_eq!(tables["tumbling"].len(), 3, "{:?}", tables["tumbling"]);
}

#[tokio::test]
async fn a_row_between_two_sessions_joins_them_and_takes_the_later_back() {
    // 100 and 108 are closed sessions with a gap of 6 s. 104 joins them.
    let rows = [ping(100, 1), ping(108, 1), ping(120, 1), ping(104, 1)];
    let (tables, _) = at_once(&rows, Order::within(seconds(0)).allowing(seconds(60))).await;
    let told = |what: &str| {
        let has = |row: &&String| row.contains(what);
        tables["sessions"].iter().filter(has).count()
    };
    assert_eq!(tables["sessions"].len(), 5, "{:?}", tables["sessions"]);
    assert_eq!(told("value: None"), 1);
    assert_eq!(told("revision: 1, value: Some(Summary { rows: 3"), 1);
}
