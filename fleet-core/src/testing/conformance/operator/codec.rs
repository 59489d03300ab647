//! The encoding of an operator's state, tested with states of a run.

use std::{collections::BTreeSet, fmt::Debug, time::Duration};

use super::run::Runs;
use crate::{
    contracts::Operator, data::State, engine::order::Order, event::Event, testing::Harness,
};

/// How often the states are looked at while the input is read.
const LOOKS: usize = 16;

/// The most truncated encodings of one state that are tried.
const CUTS: usize = 64;

/// Asserts that each state that the run reaches is read back from its own encoding, and not from a
/// truncated one.
pub(super) fn states_survive_their_encoding<L>(
    runs: &Runs<'_, L>,
    rows: &[L::In],
    lateness: Duration,
) where
    L: Operator<In: Event, Out: Debug>,
{
    let keys: BTreeSet<&str> = rows.iter().map(Event::key).collect();
    let (graph, _) = runs.graph();
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO).allowing(lateness));
    for batch in rows.chunks(rows.len().div_ceil(LOOKS).max(1)) {
        let pushed = harness.push_batch(batch.iter().cloned());
        pushed.expect("an input that has not ended takes rows");
        for key in &keys {
            if let Some(state) = harness.state::<L>("operator", key) {
                survives_its_encoding(key, &state);
            }
        }
    }
}

fn survives_its_encoding<S: State>(key: &str, state: &S) {
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    let mut rest = bytes.as_slice();
    let Some(again) = S::decode(S::VERSION, &mut rest) else {
        panic!("a state of {key} is not read back from its own encoding");
    };
    assert!(
        rest.is_empty(),
        "a state of {key} leaves {} bytes of its encoding unread",
        rest.len()
    );
    let mut twice = Vec::new();
    again.encode(&mut twice);
    assert_eq!(
        twice, bytes,
        "a state of {key} that was read back is another"
    );
    let step = bytes.len().div_ceil(CUTS).max(1);
    for length in (0..bytes.len()).step_by(step) {
        let mut cut = bytes.get(..length).unwrap_or_default();
        assert!(
            S::decode(S::VERSION, &mut cut).is_none(),
            "a state of {key} is read from {length} of its {} bytes",
            bytes.len()
        );
    }
}
