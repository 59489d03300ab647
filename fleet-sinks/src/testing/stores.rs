//! Helpers that the tests of checkpoint stores share.

use fleet_core::{
    Offset, Partition, TableRow,
    checkpoint::{CheckpointStore, DeadLetter, Sealed},
    table::{Column, Fields, Replaces, Value},
    testing::conformance::sealed,
};

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
