//! The expected windows of rows in order, computed by plain loops.

use std::collections::{BTreeMap, BTreeSet};

use super::{CARS, GAP, LENGTH, Ping, SLIDE, SLIDING, Tables, Window, time};
use crate::window::Summary;

/// Returns the final result of each window: for each key and start, the one with the highest
/// revision, without the revision number.
pub(super) fn last_revisions(tables: &Tables, table: &str) -> BTreeSet<String> {
    let mut last: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for row in tables.get(table).into_iter().flatten() {
        let (before, after) = row.split_once("revision: ").unwrap();
        let (revision, value) = after.split_once(", ").unwrap();
        let revision: u32 = revision.parse().unwrap();
        let name = before
            .split_once("end: ")
            .unwrap()
            .0
            .split_once(' ')
            .unwrap()
            .1;
        let result = (revision, format!("{before}{value}"));
        let place = last
            .entry(name.to_owned())
            .or_insert_with(|| result.clone());
        assert!(
            place.0 != revision || *place == result,
            "two results of one revision: {place:?} and {result:?}"
        );
        if revision > place.0 {
            *place = result;
        }
    }
    last.into_values()
        .map(|(_, row)| row)
        .filter(|row| !row.contains("value: None"))
        .collect()
}

fn summary<'a>(rows: impl IntoIterator<Item = &'a Ping>) -> Summary {
    let mut summary = Summary::EMPTY;
    for row in rows {
        summary.add(Some(f64::from(row.value)), time(row.second));
    }
    summary
}

/// Returns the tables of windows, all at revision 0.
pub(super) fn windows(rows: &BTreeSet<Ping>) -> Tables {
    let mut tables = Tables::new();
    for (car, name) in CARS.into_iter().enumerate() {
        let own: Vec<_> = rows.iter().filter(|row| row.car == car).collect();
        let mut put = |table: &str, start: i64, end: i64, within: &[&Ping]| {
            let window = Window {
                key: name.into(),
                start: time(start),
                end: time(end),
                revision: 0,
                value: summary(within.iter().copied()),
            };
            let text = match table {
                "sessions" => format!("{:?}", window.clone().with(Some(window.value))),
                _ => format!("{window:?}"),
            };
            let rows = tables.entry(table.into()).or_default();
            rows.push(format!("{} {text}", time(end)));
        };
        let within = |start: i64, end: i64| -> Vec<&Ping> {
            let inside = |row: &&&Ping| (start..end).contains(&row.second);
            own.iter().filter(inside).copied().collect()
        };
        for start in -20..60 {
            for (table, length, slide) in
                [("tumbling", LENGTH, LENGTH), ("sliding", SLIDING, SLIDE)]
            {
                let (start, end) = (100 + start * slide, 100 + start * slide + length);
                if !within(start, end).is_empty() {
                    put(table, start, end, &within(start, end));
                }
            }
        }
        let mut from = 0;
        for to in 1..=own.len() {
            if to == own.len() || own[to].second - own[to - 1].second >= GAP {
                put(
                    "sessions",
                    own[from].second,
                    own[to - 1].second + GAP,
                    &own[from..to],
                );
                from = to;
            }
        }
    }
    for rows in tables.values_mut() {
        rows.sort_unstable();
    }
    tables
}

impl<T> Window<T> {
    fn with<U>(self, value: U) -> Window<U> {
        let Self {
            key,
            start,
            end,
            revision,
            ..
        } = self;
        Window {
            key,
            start,
            end,
            revision,
            value,
        }
    }
}
