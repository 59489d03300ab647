//! Ticks advance the clocks of silent keys exactly once, whatever faults occur.

use std::{sync::Arc, time::Duration};

use super::{Dice, Ping, Rises, arrive, drive, seconds, time};
use crate::{
    contracts::{
        MemoryStore, Operator, Source,
        checkpoint::{CheckpointStore, Counts},
        decode::Typed,
        operator::{Cx, Keep},
        source::{Batch, SingleReader, SourceEvent},
    },
    data::{ErrorKind, EventTime, Offset, Partition, Position},
    engine::{
        graph::Graph,
        order::Order,
        outlet::Outlet,
        task::{CommitKind, Inline, Plan, Task},
    },
    pipeline::{Pipeline, Ticks},
    rows::Row,
    testing::{Logged, Scripted},
    window::{Session, SummaryOf, Tumbling},
};

/// Reports when a car sends something, and when it has been silent for 8 s.
pub(super) struct Presence;

impl Operator for Presence {
    type In = Ping;
    type Out = &'static str;
    type State = u8;
    fn init(&self) -> u8 {
        0
    }
    fn on_row(&self, heard: &mut u8, _: &Row<Ping>, cx: &mut Cx<'_, &'static str>) {
        if std::mem::replace(heard, 1) == 0 {
            cx.emit("heard of");
        }
        cx.forget_timers();
        cx.wake_at(cx.now() + seconds(8));
    }
    fn on_timer(&self, _: &mut u8, _: EventTime, cx: &mut Cx<'_, &'static str>) -> Keep {
        cx.emit("silent");
        Keep::Nothing
    }
}

/// All results as text, in one stream.
fn plan(order: Order) -> Plan<Ping> {
    let (mut graph, pings) = Graph::new();
    let value = || SummaryOf::new(|ping: &Ping| Some(f64::from(ping.value)));
    let tumbling = Tumbling::of(seconds(10)).unwrap().aggregate(value());
    let windows = graph.apply("windows", pings, tumbling);
    let session = Session::of(seconds(6)).unwrap().aggregate(value());
    let sessions = graph.apply("sessions", pings, session);
    let rises = graph.apply("rises", pings, Rises);
    let presence = graph.apply("presence", pings, Presence);
    let texts = [
        graph.map("a", pings, |row| format!("{row:?}")),
        graph.map("b", windows, |row| format!("{row:?}")),
        graph.map("c", sessions, |row| format!("{row:?}")),
        graph.map("d", rises, |row| format!("{row:?}")),
        graph.map("e", presence, |row| (*row).to_owned()),
    ];
    let all = graph.merge("all", &texts);
    Plan {
        name: "test".into(),
        reading: String::new(),
        order,
        by_arrival: false,
        outlets: vec![Outlet::new("all", all)],
        graph,
        tallies: Vec::new(),
        keys: crate::engine::task::KeyLimits::default(),
        isolate: false,
        clock: None,
    }
}

#[derive(Clone, Debug)]
enum Action {
    Rows(Vec<(Offset, Ping)>),
    Tick(EventTime),
    End,
}

/// A task, the store that it commits to, and the rows that are committed.
struct Machine {
    plan: Plan<Ping>,
    store: MemoryStore,
    partition: Partition,
    task: Task<Ping>,
    rows: Vec<String>,
}

impl Machine {
    async fn start(order: Order) -> Self {
        let (plan, mut store) = (plan(order), MemoryStore::default());
        let partition = Partition::new("memory/0");
        let claim = store.claim(&partition).await.unwrap();
        let task = Task::restore(&plan, &partition, claim, 1).unwrap();
        Self {
            plan,
            store,
            partition,
            task,
            rows: Vec::new(),
        }
    }

    fn take(&mut self, action: &Action) {
        match action {
            Action::Rows(rows) => {
                let batch = Batch {
                    partition: self.partition.clone(),
                    next: Offset(rows.last().map_or(0, |(offset, _)| offset.0 + 1)),
                    time: None,
                    mark: None,
                    payload: rows.clone(),
                };
                let decode = Typed::default();
                super::super::take(&mut self.task, &self.plan, &decode, batch).unwrap();
            }
            Action::Tick(floor) => self.task.tick(&self.plan, &Inline, *floor).unwrap(),
            Action::End => self.task.end(&self.plan, &Inline).unwrap(),
        }
    }

    async fn commit(&mut self) {
        let piece = self
            .task
            .seal(&self.plan, &Inline, CommitKind::Snapshot)
            .unwrap();
        let tx = self.store.begin().await.unwrap();
        self.store.commit(tx, &[piece.sealed]).await.unwrap();
        let rows = piece.outputs[0].rows::<String>().iter();
        self.rows
            .extend(rows.map(|row| format!("{} {}", row.at, row.value)));
    }

    async fn crash(&mut self, shards: usize) {
        let claim = self.store.claim(&self.partition).await.unwrap();
        self.task = Task::restore(&self.plan, &self.partition, claim, shards).unwrap();
    }

    fn done(mut self) -> (Vec<String>, Counts) {
        self.rows.sort_unstable();
        (self.rows, self.task.counts())
    }
}

/// Rows in small batches, some followed by a tick that is older than all rows still to come.
fn actions(dice: &mut Dice) -> Vec<Action> {
    let rows = arrive(&drive(dice), 8, dice);
    let (mut actions, mut offset, mut newest) = (Vec::new(), 0, 0);
    let mut rows = rows.as_slice();
    while !rows.is_empty() {
        let (batch, rest) = rows.split_at(rows.len().min(1 + dice.roll(6) as usize));
        newest = batch.iter().map(|ping| ping.second).fold(newest, i64::max);
        let numbered = (offset..).map(Offset).zip(batch.iter().copied());
        actions.push(Action::Rows(numbered.collect()));
        offset += batch.len() as u64;
        if dice.roll(3) == 0 {
            // The cars stop at different times, some far behind the newest row.
            actions.push(Action::Tick(time(newest - dice.roll(12) as i64)));
        }
        rows = rest;
    }
    actions.push(Action::End);
    actions
}

#[tokio::test]
async fn prop_crashes_and_shards_change_nothing_that_ticks_do() {
    let mut late = 0;
    for seed in 0..400 {
        let mut dice = Dice::new(seed);
        let actions = actions(&mut dice);
        let order = Order::within(seconds([0, 5][dice.roll(2) as usize]));
        let order = order.allowing(seconds([0, 20][dice.roll(2) as usize]));
        let mut whole = Machine::start(order).await;
        for action in &actions {
            whole.take(action);
        }
        whole.commit().await;

        let mut pieces = Machine::start(order).await;
        let mut uncommitted = Vec::new();
        for action in &actions {
            pieces.take(action);
            uncommitted.push(action);
            if dice.roll(4) == 0 {
                pieces.commit().await;
                uncommitted.clear();
            }
            if dice.roll(8) == 0 {
                pieces.crash(1 + dice.roll(3) as usize).await;
                for action in &uncommitted {
                    pieces.take(action);
                }
            }
        }
        pieces.commit().await;
        let (whole, pieces) = (whole.done(), pieces.done());
        assert_eq!(whole, pieces, "seed {seed}");
        late += whole.1.late;
    }
    assert!(late > 100, "ticks made only {late} rows late");
}

fn ping(car: usize, second: i64) -> Action {
    ping_at(second.unsigned_abs(), car, second)
}

fn ping_at(offset: u64, car: usize, second: i64) -> Action {
    let value = 1;
    let ping = Ping { car, second, value };
    Action::Rows(vec![(Offset(offset), ping)])
}

#[tokio::test]
async fn a_tick_lets_time_go_on_for_silent_cars_and_for_no_other() {
    let mut machine = Machine::start(Order::within(seconds(5))).await;
    for action in [ping(0, 101), ping(1, 119), Action::Tick(time(115))] {
        machine.take(&action);
    }
    machine.commit().await;
    let told = |what: &str| machine.rows.iter().filter(|row| row.contains(what)).count();
    // Car 0 has left the buffer, its window and session are closed, and it has been silent since
    // 109.
    assert_eq!((told("Ping { car: 0"), told("Ping { car: 1")), (1, 0));
    assert_eq!(told("revision: 0, value: Summary"), 1);
    assert_eq!(told("revision: 0, value: Some"), 1);
    assert!(machine.rows.contains(&format!("{} silent", time(109))));
    // Its earlier rows are late now, and so is the first row of an unknown car.
    for (offset, (car, second)) in (120..).zip([(0, 114), (2, 114), (0, 115), (1, 114)]) {
        machine.take(&ping_at(offset, car, second));
    }
    let counts = machine.task.counts();
    assert_eq!((counts.late, counts.accepted), (2, 4));
}

#[tokio::test]
async fn a_tick_that_moves_no_clock_is_no_commit() {
    let mut machine = Machine::start(Order::within(seconds(5))).await;
    machine.take(&ping(0, 101));
    machine.commit().await;
    assert!(!machine.task.has_changed(CommitKind::Snapshot));
    machine.take(&Action::Tick(time(101)));
    assert!(!machine.task.has_changed(CommitKind::Snapshot));
    machine.take(&Action::Tick(time(102)));
    assert!(machine.task.has_changed(CommitKind::Snapshot));
}

/// A source that is always idle.
struct Quiet(Scripted<Ping>);

impl SingleReader for Quiet {}

#[async_trait::async_trait]
impl Source for Quiet {
    type Payload = Vec<(Offset, Logged<Ping>)>;
    async fn next(&mut self) -> crate::data::Result<SourceEvent<Self::Payload>> {
        self.0.next().await
    }
    async fn start(&mut self, at: &Partition, from: Option<&Position>) -> crate::data::Result<()> {
        self.0.start(at, from).await
    }
    fn follows(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn what_cannot_have_ticks_is_refused_with_the_reason() {
    let refusal = async |ticks: Ticks, follows: bool| {
        let (graph, _) = Graph::new();
        let source = Scripted::new("memory/0", Arc::new(Vec::<Ping>::new()), []);
        let (order, store) = (Order::within(seconds(5)), MemoryStore::default());
        let run = if follows {
            Pipeline::at_least_once(source, Typed::default(), order, graph, store)
                .ticks(ticks)
                .run()
                .await
        } else {
            Pipeline::at_least_once(Quiet(source), Typed::default(), order, graph, store)
                .ticks(ticks)
                .run()
                .await
        };
        let error = run.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    let (second, minute) = (seconds(1), seconds(60));
    let zero = refusal(Ticks::new(Duration::ZERO, minute), true).await;
    assert!(zero.contains("every 0 s"), "{zero}");
    let short = refusal(Ticks::new(second, seconds(4)), true).await;
    assert!(
        short.contains("4s of silence") && short.contains("5s"),
        "{short}"
    );
    let ends = refusal(Ticks::new(second, minute), false).await;
    assert!(ends.contains("this one does not"), "{ends}");
}
