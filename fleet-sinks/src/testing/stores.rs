//! Helpers that the tests of checkpoint stores share.

use fleet_core::{
    EventTime, Offset, Partition, TableRow,
    checkpoint::{CheckpointStore, DeadLetter, InputOffset, Sealed},
    table::{Column, Fields, Replaces, Value},
    testing::conformance::sealed,
};
use serde_json::Value as Json;

use crate::Exported;

/// A place, a revision or time, and a number of cars.
#[derive(Clone, Debug)]
pub(crate) struct Hour(pub(crate) &'static str, pub(crate) i64, pub(crate) i64);

impl TableRow for Hour {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("place"),
                Column::integer("revision"),
                Column::integer("cars"),
            ]
        }
    }
    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["place"],
            revision: "revision",
        })
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(self.0));
        to.put(Value::Integer(self.1));
        to.put(Value::Integer(self.2));
    }
}

pub(crate) fn letter(offset: u64, step: &str, reason: &str, raw: &[u8]) -> DeadLetter {
    DeadLetter {
        offset: Offset(offset),
        step: step.into(),
        reason: reason.into(),
        raw: raw.to_vec(),
        length: raw.len() as u64,
        ..DeadLetter::default()
    }
}

/// Rejected rows: two equal ones with all that may be known of them, one that is no JSON and of
/// which nothing is known, and one that is cut. The commit that holds them is numbered.
pub(crate) fn rejected_rows() -> Vec<DeadLetter> {
    let known = DeadLetter {
        place: Some(InputOffset {
            input: "logs/7".into(),
            offset: Offset(u64::MAX),
        }),
        key: Some("car-1".into()),
        log_time: Some(EventTime::from_micros(-5)),
        headers: vec![("trace".into(), vec![0, 255]), ("trace".into(), Vec::new())],
        ..letter(20, "alerts", "NaN", b"{\"n\":1}")
    };
    let again = DeadLetter {
        ordinal: 1,
        ..known.clone()
    };
    let cut = DeadLetter {
        length: 2 << 20,
        ..letter(40, "alerts", "long", b"beginning")
    };
    vec![known, again, letter(30, "alerts", "bad", b"one\ntwo"), cut]
}

/// Asserts what an export of [`rejected_rows`] of pipeline `demo` and partition `p/0` wrote.
pub(crate) fn assert_rejected_rows(exported: Exported, lines: &[u8]) {
    assert_eq!((exported.written, exported.cut), (3, 1));
    let lines = std::str::from_utf8(lines).unwrap().lines();
    let lines: Vec<Json> = lines.map(|line| line.parse().unwrap()).collect();
    let id = |letter: &DeadLetter| letter.id("demo", &Partition::from("p/0")).to_string();
    let rows = rejected_rows();
    for (line, letter) in lines.iter().zip(&rows) {
        assert_eq!(line["id"], id(letter));
        assert_eq!(line["offset"], letter.offset.0);
        assert_eq!(line["key"].as_str(), letter.key.as_deref());
        assert_eq!(
            (&line["partition"], &line["reason"]),
            (&"p/0".into(), &Json::from(&*letter.reason))
        );
    }
    assert_eq!(lines[0]["row"]["n"], 1);
    assert_eq!(lines[2]["row"], "one\ntwo");
    assert_ne!(lines[0]["id"], lines[1]["id"]);
}

/// Claims a partition and commits once.
pub(crate) async fn commit(
    store: &mut impl CheckpointStore,
    name: &str,
    change: impl FnOnce(&mut Sealed),
) {
    let partition = Partition::from(name);
    let claim = store.claim(&partition).await.unwrap();
    let mut sealed = sealed(&partition, &claim, claim.seq + 1);
    change(&mut sealed);
    let tx = store.begin().await.unwrap();
    store.commit(tx, &[sealed]).await.unwrap();
}
