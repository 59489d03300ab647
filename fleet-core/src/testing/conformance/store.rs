//! The suite of checkpoint stores.

use super::{DROPS, drop_at};
use crate::{
    contracts::checkpoint::{
        CheckpointStore, Claim, Committed, Counts, MARK_ENTRY, Mark, Progress, Saved, Sealed,
    },
    data::{Offset, Partition, State},
};

const ANSWER: &str = "a store in good health answers";
const CLAIMED: &str = "a claimed partition is known";

/// A commit with the given sequence number under a claim, for tests of stores: 100 records per
/// commit, no state.
pub fn sealed(partition: &Partition, claim: &Claim, seq: u64) -> Sealed {
    Sealed {
        partition: partition.clone(),
        token: claim.token,
        seq,
        next: Offset(seq * 100),
        mark: None,
        ended: false,
        fingerprint: "graph".into(),
        saved: Vec::new(),
        dead: Vec::new(),
        counts: Counts {
            read: seq,
            accepted: seq,
            ..Counts::default()
        },
        tallies: [("sink.alerts.given".to_owned(), seq)].into(),
    }
}

/// The saved state of a key at a node, for tests of stores; `None` deletes it.
pub fn saved(node: u16, key: &str, bytes: Option<&[u8]>) -> Saved {
    Saved {
        node,
        key: key.into(),
        version: 3,
        bytes: bytes.map(<[u8]>::to_vec),
    }
}

async fn commit<S: CheckpointStore>(store: &mut S, epoch: &[Sealed]) -> Committed {
    let tx = store.begin().await.expect(ANSWER);
    store.commit(tx, epoch).await.expect(ANSWER)
}

/// Tests what every [`CheckpointStore`] owes. `open` opens a handle of the same store, as a restart
/// would. A commit is sent by the handle that claimed its partitions.
///
/// A store with its own fencing token owes [`fencing_by_token`], too. One that leaves the
/// fence between processes to a consumer group shows it over real members.
///
/// # Examples
/// ```
/// use fleet_core::{MemoryStore, testing::conformance};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::default();
/// conformance::checkpoint_store(|| store.clone()).await;
/// # });
/// ```
///
/// # Panics
/// If an assertion fails.
pub async fn checkpoint_store<S: CheckpointStore>(open: impl Fn() -> S) {
    a_claim_raises_the_token(&open).await;
    a_commit_lands_once(&open).await;
    a_zombie_is_fenced(&open).await;
    one_fenced_partition_keeps_all_from_landing(&open).await;
    a_dropped_transaction_leaves_nothing(&open).await;
    an_aborted_transaction_leaves_nothing_and_holds_nothing(&open).await;
    partitions_are_listed_with_progress_and_mark(&open).await;
    state_is_put_and_forgotten(&open).await;
    what_was_committed_survives_a_restart(&open).await;
    what_is_dropped_while_it_waits_lands_whole_or_not_at_all(&open).await;
}

/// Tests that a [`CheckpointStore`] fences by its own token: handles that were opened apart, as
/// processes do, fence each other.
///
/// # Examples
/// ```
/// use fleet_core::{MemoryStore, testing::conformance};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::default();
/// conformance::fencing_by_token(|| store.clone()).await;
/// # });
/// ```
///
/// # Panics
/// If an assertion fails.
pub async fn fencing_by_token<S: CheckpointStore>(open: impl Fn() -> S) {
    let partition = Partition::from("token/0");
    let (mut first, mut second) = (open(), open());
    let overtaken = first.claim(&partition).await.expect(ANSWER);
    let owner = second.claim(&partition).await.expect(ANSWER);
    assert!(owner.token > overtaken.token, "each claim raises the token");
    let seen = first.progress(&partition).await.expect(ANSWER);
    assert_eq!(
        seen.expect(CLAIMED).token,
        owner.token,
        "every handle sees it"
    );
    let fenced = Committed::Fenced(vec![partition.clone()]);
    let late = [sealed(&partition, &overtaken, 1)];
    assert_eq!(commit(&mut first, &late).await, fenced);
    let newest = open().claim(&partition).await.expect(ANSWER);
    let tx = second.begin().await.expect(ANSWER);
    let epoch = [sealed(&partition, &owner, 1)];
    assert_eq!(second.commit(tx, &epoch).await.expect(ANSWER), fenced);
    // The token counts, not the handle.
    let good = [sealed(&partition, &newest, 1)];
    assert_eq!(commit(&mut first, &good).await, Committed::Done);
    assert_eq!(commit(&mut second, &epoch).await, fenced);
}

/// Tests that claims of a [`CheckpointStore`] go on beside its commits: a claim on a clone does not
/// wait for a transaction of another partition that is open on the original.
///
/// Not for stores with a single writer, such as an embedded database: there a claim waits for an
/// open transaction while it raises the token.
///
/// # Examples
/// ```
/// use fleet_core::{MemoryStore, testing::conformance};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// conformance::claims_beside_commits(&MemoryStore::default()).await;
/// # });
/// ```
///
/// # Panics
/// If an assertion fails. A store whose claims wait may keep the suite waiting, too.
pub async fn claims_beside_commits<S: CheckpointStore>(store: &S) {
    let (ours, theirs) = (Partition::from("beside/0"), Partition::from("beside/1"));
    let mut committing = store.clone();
    let mut claiming = store.clone();
    let claim = committing.claim(&ours).await.expect(ANSWER);
    let first = committing.claim(&theirs).await.expect(ANSWER);
    let mut other = sealed(&theirs, &first, 1);
    other.saved = vec![saved(1, "car-1", Some(b"state"))];
    assert_eq!(commit(&mut committing, &[other]).await, Committed::Done);
    for seq in 1..=3 {
        let tx = committing.begin().await.expect(ANSWER);
        let found = claiming.claim(&theirs).await.expect(ANSWER);
        assert_eq!((found.token, found.seq), (first.token + seq, 1));
        assert_eq!(found.state, [saved(1, "car-1", Some(b"state"))]);
        let epoch = [sealed(&ours, &claim, seq)];
        let committed = committing.commit(tx, &epoch).await.expect(ANSWER);
        assert_eq!(
            committed,
            Committed::Done,
            "a claim fences its partition alone"
        );
    }
}

async fn a_claim_raises_the_token<S: CheckpointStore>(open: &impl Fn() -> S) {
    let partition = Partition::from("claim/0");
    let mut store = open();
    assert_eq!(store.progress(&partition).await.expect(ANSWER), None);
    let first = store.claim(&partition).await.expect(ANSWER);
    assert_eq!((first.seq, first.next, first.ended), (0, None, false));
    assert!(first.state.is_empty() && first.tallies.is_empty() && first.fingerprint.is_none());
    let second = store.claim(&partition).await.expect(ANSWER);
    assert!(second.token > first.token);
    let other = store
        .claim(&Partition::from("claim/1"))
        .await
        .expect(ANSWER);
    assert_eq!(other.seq, 0);
    let progress = store
        .progress(&partition)
        .await
        .expect(ANSWER)
        .expect(CLAIMED);
    let claimed = (second.token, 0, None);
    assert_eq!((progress.token, progress.seq, progress.next), claimed);
}

async fn a_commit_lands_once<S: CheckpointStore>(open: &impl Fn() -> S) {
    let partition = Partition::from("once/0");
    let mut store = open();
    let claim = store.claim(&partition).await.expect(ANSWER);
    // The end of input moves no offset: comparing offsets would let the second one land.
    let mut only = sealed(&partition, &claim, 1);
    (only.next, only.ended) = (Offset(0), true);
    only.saved = vec![saved(1, "car-1", Some(b"state"))];
    let epoch = [only];
    assert_eq!(commit(&mut store, &epoch).await, Committed::Done);
    let fenced = Committed::Fenced(vec![partition.clone()]);
    assert_eq!(commit(&mut store, &epoch).await, fenced);
    let skipping = [sealed(&partition, &claim, 3)];
    assert_eq!(commit(&mut store, &skipping).await, fenced);
    let progress = store
        .progress(&partition)
        .await
        .expect(ANSWER)
        .expect(CLAIMED);
    let landed = Progress {
        token: claim.token,
        seq: 1,
        next: Some(Offset(0)),
        mark: None,
        ended: true,
    };
    assert_eq!(progress, landed);
}

/// With state in each commit: what the owner wrote under a number must not turn the answer to a
/// zombie that writes under the same number into an error.
async fn a_zombie_is_fenced<S: CheckpointStore>(open: &impl Fn() -> S) {
    let partition = Partition::from("zombie/0");
    let with_state = |claim, seq| {
        let mut sealed = sealed(&partition, claim, seq);
        sealed.saved = vec![saved(1, "car-1", Some(b"state"))];
        sealed
    };
    let mut store = open();
    let zombie = store.claim(&partition).await.expect(ANSWER);
    let owner = store.claim(&partition).await.expect(ANSWER);
    let fenced = Committed::Fenced(vec![partition.clone()]);
    let late = [with_state(&zombie, 1)];
    assert_eq!(commit(&mut store, &late).await, fenced);
    let good = [with_state(&owner, 1)];
    assert_eq!(commit(&mut store, &good).await, Committed::Done);
    assert_eq!(commit(&mut store, &late).await, fenced);
    let later = [with_state(&zombie, 2)];
    assert_eq!(commit(&mut store, &later).await, fenced);
    let nobody = Partition::from("zombie/never-claimed");
    let unknown = [sealed(&nobody, &owner, 1)];
    assert_eq!(
        commit(&mut store, &unknown).await,
        Committed::Fenced(vec![nobody])
    );
}

async fn one_fenced_partition_keeps_all_from_landing<S: CheckpointStore>(open: &impl Fn() -> S) {
    let partitions = ["several/0", "several/1", "several/2"].map(Partition::from);
    let [_, taken, _] = &partitions;
    let mut store = open();
    let mut epoch = Vec::new();
    for partition in &partitions {
        let claim = store.claim(partition).await.expect(ANSWER);
        let mut sealed = sealed(partition, &claim, 1);
        sealed.saved = vec![saved(1, "car-1", Some(b"state"))];
        epoch.push(sealed);
    }
    store.claim(taken).await.expect(ANSWER);
    let fenced = Committed::Fenced(vec![taken.clone()]);
    assert_eq!(commit(&mut store, &epoch).await, fenced);
    for partition in &partitions {
        assert_eq!(
            store
                .progress(partition)
                .await
                .expect(ANSWER)
                .expect(CLAIMED)
                .seq,
            0
        );
    }
    epoch.remove(1);
    assert_eq!(commit(&mut store, &epoch).await, Committed::Done);
    let claim = store.claim(taken).await.expect(ANSWER);
    assert!(claim.state.is_empty() && claim.tallies.is_empty());
}

async fn a_dropped_transaction_leaves_nothing<S: CheckpointStore>(open: &impl Fn() -> S) {
    let partition = Partition::from("dropped/0");
    let mut store = open();
    let claim = store.claim(&partition).await.expect(ANSWER);
    drop(store.begin().await.expect(ANSWER));
    let epoch = [sealed(&partition, &claim, 1)];
    assert_eq!(commit(&mut store, &epoch).await, Committed::Done);
}

async fn an_aborted_transaction_leaves_nothing_and_holds_nothing<S: CheckpointStore>(
    open: &impl Fn() -> S,
) {
    let partition = Partition::from("aborted/0");
    let (mut store, mut other) = (open(), open());
    for seq in 1..=2 {
        let tx = store.begin().await.expect(ANSWER);
        store.abort(tx).await.expect(ANSWER);
        // Another handle goes on at once.
        let claim = other.claim(&partition).await.expect(ANSWER);
        let epoch = [sealed(&partition, &claim, seq)];
        assert_eq!(commit(&mut other, &epoch).await, Committed::Done);
    }
}

async fn partitions_are_listed_with_progress_and_mark<S: CheckpointStore>(open: &impl Fn() -> S) {
    let names = ["listed/0", "listed/1", "listed/2"].map(Partition::from);
    let [one, two, _] = &names;
    let mark = |round: u64| Mark::new([("in/0", Offset(round)), ("in/1", Offset(7))], b"note");
    let entry = |mark: Option<&Mark>| Saved {
        node: MARK_ENTRY,
        key: "".into(),
        version: Mark::VERSION,
        bytes: mark.map(|mark| {
            let mut bytes = Vec::new();
            mark.encode(&mut bytes);
            bytes
        }),
    };
    let mut store = open();
    let mut tokens = Vec::new();
    for partition in &names {
        tokens.push(store.claim(partition).await.expect(ANSWER));
    }
    let [ours, with_state, _] = tokens.as_slice() else {
        unreachable!("three partitions were claimed")
    };
    let mut writer = store.clone();
    let mut listed = async |expected: [(u64, Option<Mark>); 3]| {
        let found = store.partitions().await.expect(ANSWER);
        for ((partition, claim), (seq, mark)) in names.iter().zip(&tokens).zip(expected) {
            let expected = Progress {
                token: claim.token,
                seq,
                next: (seq > 0).then_some(Offset(seq * 100)),
                mark,
                ended: false,
            };
            assert_eq!(found.get(partition), Some(&expected), "{partition}");
        }
    };
    let mut first = sealed(one, ours, 1);
    first.mark = Some(mark(1));
    first.saved = vec![entry(Some(&mark(1)))];
    let plain = sealed(two, with_state, 1);
    assert_eq!(commit(&mut writer, &[first, plain]).await, Committed::Done);
    listed([(1, Some(mark(1))), (1, None), (0, None)]).await;
    // Position-only commits: one with a newer mark, one that has nothing new to say.
    let mut second = sealed(one, ours, 2);
    second.mark = Some(mark(2));
    second.saved = vec![entry(Some(&mark(2)))];
    assert_eq!(commit(&mut writer, &[second]).await, Committed::Done);
    listed([(2, Some(mark(2))), (1, None), (0, None)]).await;
    let mut third = sealed(one, ours, 3);
    third.mark = Some(mark(2));
    let mut state = sealed(two, with_state, 2);
    state.saved = vec![saved(1, "car-1", Some(b"state")), entry(Some(&mark(5)))];
    assert_eq!(commit(&mut writer, &[third, state]).await, Committed::Done);
    listed([(3, Some(mark(2))), (2, Some(mark(5))), (0, None)]).await;
    let mut without = sealed(one, ours, 4);
    without.saved = vec![entry(None)];
    assert_eq!(commit(&mut writer, &[without]).await, Committed::Done);
    listed([(4, None), (2, Some(mark(5))), (0, None)]).await;
    assert!(
        !writer
            .partitions()
            .await
            .expect(ANSWER)
            .contains_key(&Partition::from("listed/3"))
    );
}

async fn state_is_put_and_forgotten<S: CheckpointStore>(open: &impl Fn() -> S) {
    let partition = Partition::from("state/0");
    let mut store = open();
    let claim = store.claim(&partition).await.expect(ANSWER);
    let commits = [
        vec![
            saved(0, "a", Some(b"1")),
            saved(1, "a", Some(b"2")),
            saved(1, "b\0ä\"", Some(&[0, 255])),
        ],
        vec![saved(0, "a", Some(b"")), saved(1, "a", None)],
        vec![saved(1, "never", None)],
    ];
    for (seq, state) in (1..).zip(commits) {
        let mut sealed = sealed(&partition, &claim, seq);
        sealed.saved = state;
        assert_eq!(commit(&mut store, &[sealed]).await, Committed::Done);
    }
    let mut state = store.claim(&partition).await.expect(ANSWER).state;
    state.sort_by_key(|saved| (saved.node, saved.key.clone()));
    assert_eq!(
        state,
        [
            saved(0, "a", Some(b"")),
            saved(1, "b\0ä\"", Some(&[0, 255]))
        ]
    );
}

async fn what_was_committed_survives_a_restart<S: CheckpointStore>(open: &impl Fn() -> S) {
    let partition = Partition::from("restart/0");
    let mut store = open();
    let claim = store.claim(&partition).await.expect(ANSWER);
    let mut last = sealed(&partition, &claim, 1);
    last.counts = Counts {
        read: 21,
        accepted: 1,
        filtered: 2,
        dead_lettered: 3,
        late: 4,
        duplicate: 11,
    };
    last.saved = vec![saved(2, "car-1", Some(b"state"))];
    last.tallies = [("alerts.OVERSPEED".to_owned(), u64::MAX)].into();
    let epoch = [last.clone()];
    assert_eq!(commit(&mut store, &epoch).await, Committed::Done);
    drop(store);
    let found = open().claim(&partition).await.expect(ANSWER);
    assert_eq!((found.seq, found.next), (1, Some(Offset(100))));
    assert_eq!(found.fingerprint.as_deref(), Some("graph"));
    assert_eq!((found.counts, &found.tallies), (last.counts, &last.tallies));
    assert_eq!(found.state, last.saved);
    assert!(found.token > claim.token);
}

async fn what_is_dropped_while_it_waits_lands_whole_or_not_at_all<S: CheckpointStore>(
    open: &impl Fn() -> S,
) {
    let partition = Partition::from("drop/0");
    let mut store = open();
    for wait in 1..=DROPS {
        drop_at(wait, store.claim(&partition)).await;
        drop_at(wait, store.progress(&partition)).await;
        drop_at(wait, store.begin()).await;
        let claim = store.claim(&partition).await.expect(ANSWER);
        let seq = claim.seq + 1;
        let mut next = sealed(&partition, &claim, seq);
        next.saved = vec![saved(1, "car-1", Some(&seq.to_le_bytes()))];
        let epoch = [next];
        let tx = store.begin().await.expect(ANSWER);
        drop_at(wait, store.commit(tx, &epoch)).await;
        let mut other = open();
        let found = other.claim(&partition).await.expect(ANSWER);
        let landed = found.seq == seq;
        assert!(
            landed || found.seq == seq - 1,
            "a dropped commit lands or does not"
        );
        let state = if landed { seq } else { seq - 1 };
        let state = saved(1, "car-1", Some(&state.to_le_bytes()));
        let expected = if found.seq == 0 {
            Vec::new()
        } else {
            vec![state]
        };
        assert_eq!(
            found.state, expected,
            "the state is that of the last commit"
        );
        // Whether it was committed or not, the next owner goes on.
        let mut next = sealed(&partition, &found, found.seq + 1);
        next.saved = vec![saved(1, "car-1", Some(&(found.seq + 1).to_le_bytes()))];
        assert_eq!(commit(&mut other, &[next]).await, Committed::Done);
    }
}
