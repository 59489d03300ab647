//! A bad row is rejected alone: every kind of bad row, at the worst places of a large batch.

use fleet_core::{
    EventTime, Row,
    sink::{Outcome, Sink},
};

use crate::testing::postgres::Scratch;
use crate::{
    postgres::{Database, PostgresOptions, PostgresSink},
    testing::Sample,
};

const ROWS: usize = 10_000;
/// 2 * ceil(log2(10,000)): what bisection may cost beyond the one statement for good rows.
const EXTRA: usize = 28;

/// A kind of bad row, and the table of this name.
struct Kind {
    name: &'static str,
    /// The column with another type than usual.
    column: (&'static str, &'static str),
    /// The change that makes a row bad.
    spoil: fn(&mut Sample),
    /// A part of the expected reason.
    reason: &'static str,
}

/// The columns of a sample, one of them with another type than usual.
fn columns((changed, kind): (&str, &str)) -> String {
    let plain = [
        ("text", "text"),
        ("real", "double precision"),
        ("integer", "bigint"),
        ("yes", "boolean"),
        ("at", "timestamptz"),
        ("maybe", "text"),
    ];
    let columns = plain.map(|(name, plain)| {
        let kind = if name == changed { kind } else { plain };
        format!("{name} {kind}")
    });
    columns.join(", ")
}

const PLAIN: (&str, &str) = ("", "");

const KINDS: [Kind; 12] = [
    Kind {
        name: "nul",
        column: PLAIN,
        spoil: |row| row.text = "a\0b".into(),
        reason: "NUL",
    },
    Kind {
        name: "too_long",
        column: ("text", "varchar(20)"),
        spoil: |row| row.text = "x".repeat(21),
        reason: "22001",
    },
    Kind {
        name: "not_a_number",
        column: PLAIN,
        spoil: |row| row.real = f64::NAN,
        reason: "no finite number",
    },
    Kind {
        name: "year",
        column: PLAIN,
        spoil: |row| row.at = EventTime::AFTER_ALL,
        reason: "1970 to 9999",
    },
    Kind {
        name: "missing",
        column: ("maybe", "text NOT NULL"),
        spoil: |row| row.maybe = None,
        reason: "23502",
    },
    Kind {
        name: "foreign_key",
        column: ("maybe", "text REFERENCES parents"),
        spoil: |row| row.maybe = Some("nobody".into()),
        reason: "23503",
    },
    Kind {
        name: "repeated",
        column: ("text", "text UNIQUE"),
        // The text of a good row.
        spoil: |row| row.text = "4999".into(),
        reason: "23505",
    },
    Kind {
        name: "checked",
        column: ("integer", "bigint CHECK (integer < 100)"),
        spoil: |row| row.integer = 100,
        reason: "23514",
    },
    Kind {
        name: "overflow",
        column: ("integer", "smallint"),
        spoil: |row| row.integer = 40_000,
        reason: "22003",
    },
    Kind {
        name: "tenant",
        column: PLAIN,
        spoil: |row| row.maybe = Some("theirs".into()),
        reason: "42501",
    },
    Kind {
        name: "unknown_word",
        column: ("maybe", "word"),
        spoil: |row| row.maybe = Some("unheard_of".into()),
        reason: "22P02",
    },
    Kind {
        name: "too_large",
        column: ("text", "text UNIQUE"),
        spoil: |row| row.text = noise(20_000),
        reason: "54000",
    },
];

/// Incompressible text: an index entry may take at most a third of a page.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

async fn prepare(scratch: &Scratch) -> Database {
    let role = scratch.role();
    scratch
        .execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; CREATE TYPE word AS ENUM ('ok');
             CREATE TABLE parents (name text PRIMARY KEY); INSERT INTO parents VALUES ('ok')"
        ))
        .await;
    for kind in &KINDS {
        let name = kind.name;
        let columns = columns(kind.column);
        scratch
            .execute(&format!("CREATE TABLE {name} ({columns})"))
            .await;
    }
    scratch
        .execute(&format!(
            "ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON tenant USING (maybe = 'ok');
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await;
    let url = scratch.url_as(&role, "x");
    Database::connect(&url, PostgresOptions::default())
        .await
        .unwrap()
}

/// Good rows, except those at `places`.
fn rows(spoil: impl Fn(usize, &mut Sample), places: &[usize]) -> Vec<Row<Sample>> {
    let row = |number: usize| {
        let mut row = Sample {
            integer: 5,
            maybe: Some("ok".into()),
            ..Sample::new(&number.to_string())
        };
        if places.contains(&number) {
            spoil(number, &mut row);
        }
        row.row()
    };
    (0..ROWS).map(row).collect()
}

async fn write(sink: &mut PostgresSink<Sample>, rows: &[Row<Sample>]) -> (Outcome, usize) {
    let outcome = sink.write(rows).await.unwrap();
    (outcome, sink.table.attempts)
}

async fn written(scratch: &Scratch, table: &str) -> usize {
    let count = format!("SELECT count(*) FROM {table}");
    usize::try_from(scratch.number(&count).await).unwrap()
}

#[tokio::test]
async fn each_kind_of_bad_row_costs_itself_and_a_few_statements() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = prepare(&scratch).await;
    for kind in &KINDS {
        let name = kind.name;
        let mut sink = database.sink::<Sample>(name).await.unwrap();
        for place in [0, 6789, ROWS - 1] {
            scratch.execute(&format!("TRUNCATE {name}")).await;
            let (outcome, statements) =
                write(&mut sink, &rows(|_, row| (kind.spoil)(row), &[place])).await;
            let refused: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
            // Of two equal rows, either may be written first.
            let first = if name == "repeated" {
                place.max(4999)
            } else {
                place
            };
            assert_eq!(refused, [first], "{name}");
            let rejected = &outcome.rejected[0];
            assert!(
                rejected.reason.contains(kind.reason),
                "{name}: {}",
                rejected.reason
            );
            assert!(!rejected.raw.is_empty(), "{name}");
            assert!(
                statements <= 1 + EXTRA,
                "{name} at {place}: {statements} statements"
            );
            assert_eq!(written(&scratch, name).await, ROWS - 1, "{name}");
        }
    }
}

#[tokio::test]
async fn good_rows_take_one_statement() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = prepare(&scratch).await;
    for kind in &KINDS {
        let mut sink = database.sink::<Sample>(kind.name).await.unwrap();
        let (outcome, statements) = write(&mut sink, &rows(|_, _| (), &[])).await;
        assert_eq!(
            (outcome, statements),
            (Outcome::default(), 1),
            "{}",
            kind.name
        );
    }
}

#[tokio::test]
async fn one_bad_row_in_a_hundred_leaves_the_others_alone() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = prepare(&scratch).await;
    // Refused at its row, refused at the end of the statement, and refused on the way out of
    // staging.
    for name in ["checked", "foreign_key", "overflow"] {
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let mut sink = database.sink::<Sample>(name).await.unwrap();
        let places: Vec<_> = (0..ROWS).filter(|n| n % 97 == 3 || n % 1000 < 3).collect();
        let (outcome, statements) =
            write(&mut sink, &rows(|_, row| (kind.spoil)(row), &places)).await;
        let refused: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
        assert_eq!(refused, places, "{name}");
        // Twelve to find and try one among a thousand, and some until the steps have grown again.
        assert!(
            statements <= 14 * places.len(),
            "{name}: {statements} statements"
        );
        assert_eq!(written(&scratch, name).await, ROWS - places.len(), "{name}");
    }
}

#[tokio::test]
async fn rows_that_do_not_fit_do_not_lead_the_search_for_others_astray() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = prepare(&scratch).await;
    // The server counts only the rows that it was sent, not those with NUL.
    for name in ["checked", "foreign_key", "overflow"] {
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let mut sink = database.sink::<Sample>(name).await.unwrap();
        let misfits: Vec<_> = (0..ROWS).filter(|n| n % 501 == 7).collect();
        let bad = [500, 5000, 9999];
        let places: Vec<_> = [&misfits[..], &bad].concat();
        let spoil = |number: usize, row: &mut Sample| {
            if misfits.contains(&number) {
                row.text.push('\0');
            } else {
                (kind.spoil)(row);
            }
        };
        let (outcome, statements) = write(&mut sink, &rows(spoil, &places)).await;
        let mut refused: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
        refused.retain(|index| !bad.contains(index));
        assert_eq!(refused, misfits, "{name}");
        assert_eq!(outcome.rejected.len(), places.len(), "{name}");
        assert!(
            statements <= 1 + EXTRA * bad.len(),
            "{name}: {statements} statements"
        );
        assert_eq!(written(&scratch, name).await, ROWS - places.len(), "{name}");
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_an_error_and_no_row_is_blamed() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = prepare(&scratch).await;
    let role = scratch.role();
    for name in ["nul", "overflow"] {
        let mut sink = database.sink::<Sample>(name).await.unwrap();
        scratch
            .execute(&format!("REVOKE INSERT ON {name} FROM {role}"))
            .await;
        let error = sink.write(&rows(|_, _| (), &[])).await.unwrap_err();
        assert!(!error.is_retryable(), "{error}");
        assert!(error.to_string().contains("42501"), "{error}");
    }
}
