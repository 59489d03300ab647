//! Brokers that answer with errors, move and go away, as the client's own simulation of a cluster
//! does on request: reading goes on, and nothing is lost.
//!
//! The simulation has no API key of KIP-848's heartbeat to break, and does not test that its group
//! protocols are those of real brokers; `membership` does.

use std::{sync::Mutex, thread, time::Duration};

use fleet_core::{
    MemoryStore, Offset, Source,
    source::{Position, SourceEvent},
};
use rdkafka::{
    ClientConfig,
    mocking::{MockCluster, MockCoordinator},
    producer::{BaseProducer, DefaultProducerContext, Producer},
    types::{RDKafkaApiKey as Api, RDKafkaRespErr as Code},
};

use super::{
    PROTOCOLS,
    crew::{
        Feed, IDLE, Watch, Worker, assert_each_once, positions, send, share, until, wait_for_all,
    },
    rig::{PARTITIONS, PATIENCE, options},
};
use crate::kafka::{KafkaOptions, KafkaSource, Protocol, StartAt};

const BROKERS: i32 = 3;
const TOPIC: &str = "telemetry";
const GROUP: &str = "group";

/// What a broker answers for a partition.
const OF_A_LOG: [Code; 5] = [
    Code::RD_KAFKA_RESP_ERR__TRANSPORT,
    Code::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    Code::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    Code::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
];
/// What a broker answers for a group, whatever is asked.
const OF_A_GROUP: [Code; 5] = [
    Code::RD_KAFKA_RESP_ERR__TRANSPORT,
    Code::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
    Code::RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
    Code::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
    Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
];
/// What a broker answers a member.
const OF_A_MEMBER: [Code; 5] = [
    Code::RD_KAFKA_RESP_ERR__TRANSPORT,
    Code::RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
    Code::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
    Code::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
    Code::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
];

/// Each API that the source uses, with errors of it.
const APIS: [(Api, [Code; 5]); 12] = [
    (Api::ApiVersion, [Code::RD_KAFKA_RESP_ERR__TRANSPORT; 5]),
    (Api::Metadata, OF_A_LOG),
    (Api::Fetch, OF_A_LOG),
    (Api::ListOffsets, OF_A_LOG),
    (Api::OffsetForLeaderEpoch, OF_A_LOG),
    (Api::FindCoordinator, OF_A_GROUP),
    (Api::OffsetFetch, OF_A_GROUP),
    (Api::JoinGroup, OF_A_MEMBER),
    (Api::SyncGroup, OF_A_MEMBER),
    (Api::Heartbeat, OF_A_MEMBER),
    (Api::OffsetCommit, OF_A_MEMBER),
    (Api::LeaveGroup, OF_A_MEMBER),
];

/// What a coordinator of this protocol answers instead: with KIP-848 a member has an epoch and no
/// generation. The client takes that error for the epoch -1, with which a member leaves.
fn error_of(protocol: Protocol, error: Code) -> Code {
    match (protocol, error) {
        (Protocol::Consumer, Code::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION) => {
            Code::RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH
        }
        _ => error,
    }
}

struct Mock {
    cluster: MockCluster<'static, DefaultProducerContext>,
    protocol: Protocol,
    store: MemoryStore,
}

impl Mock {
    fn new(protocol: Protocol) -> Self {
        let cluster = MockCluster::new(BROKERS).unwrap();
        cluster.create_topic(TOPIC, PARTITIONS, BROKERS).unwrap();
        Self {
            cluster,
            protocol,
            store: MemoryStore::default(),
        }
    }

    fn open(&self) -> KafkaSource {
        let options = KafkaOptions {
            // The simulation waits nearly that long for each member of a rebalance.
            session_timeout: Duration::from_secs(3),
            ..options(self.protocol)
        };
        let brokers = self.cluster.bootstrap_servers();
        KafkaSource::open(&brokers, GROUP, [TOPIC], StartAt::Earliest, options).unwrap()
    }

    fn join(&self) -> Worker {
        Worker::start(self.open(), &self.store)
    }

    /// Runs a story beside a producer, and checks the results. Returns the longest stand-still,
    /// which is below a bound.
    fn run(&self, bound: Duration, story: impl FnOnce()) -> Duration {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.cluster.bootstrap_servers());
        let feed = Feed::start(&config, TOPIC, 3);
        let watch = Watch::start(&self.store);
        story();
        let produced = feed.stop();
        let last = self.join();
        wait_for_all(&self.store, produced);
        let idle = watch.longest_below(bound);
        last.stop().unwrap();
        assert_each_once(&self.store, produced);
        idle
    }

    /// Waits until each partition has gone on.
    fn goes_on(&self) {
        let before = positions(&self.store);
        until("each partition goes on", || {
            let after = positions(&self.store);
            after.len() == 3
                && after
                    .iter()
                    .all(|(name, next)| before.get(name) < Some(next))
        });
    }
}

/// Names a story that fails, because several run beside each other.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("failed: {}", self.0);
        }
    }
}

/// A member joins, a second one joins, the first leaves: each time an API fails with these errors,
/// one after the other.
fn an_api_fails(protocol: Protocol, api: Api, errors: &[Code]) {
    let _told = Told(format!("{protocol:?} {api:?} {errors:?}"));
    let mock = Mock::new(protocol);
    // The simulation keeps a member that it does not know, and gives it partitions for a session:
    // ten times, with two rebalances each, where a broker has forgotten it.
    let forgets = |error: &Code| *error == Code::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
    let bound = if errors.iter().all(forgets) {
        IDLE * 2
    } else {
        IDLE
    };
    let idle = mock.run(bound, || {
        mock.cluster.request_errors(api, errors);
        let first = mock.join();
        mock.goes_on();
        mock.cluster.request_errors(api, errors);
        let second = mock.join();
        until("two share the partitions", || share([&first, &second], 3));
        mock.goes_on();
        mock.cluster.request_errors(api, errors);
        first.stop().unwrap();
        until("the second has all", || share([&second], 3));
        mock.goes_on();
        second.stop().unwrap();
    });
    println!("{protocol:?} {api:?} {errors:?}: longest stand-still {idle:.2?}");
}

/// Each leader and the coordinator move to each broker; each broker goes down and comes back.
fn brokers_move_and_fail(protocol: Protocol, times: usize) {
    let _told = Told(format!("{protocol:?}, brokers move and fail"));
    let mock = Mock::new(protocol);
    let idle = mock.run(IDLE, || {
        let (first, second) = (mock.join(), mock.join());
        mock.goes_on();
        for broker in (0..times).flat_map(|_| 1..=BROKERS) {
            for partition in 0..PARTITIONS {
                let leader = mock
                    .cluster
                    .partition_leader(TOPIC, partition, Some(broker));
                leader.unwrap();
            }
            mock.goes_on();
            let group = MockCoordinator::Group(GROUP.to_owned());
            mock.cluster.coordinator(group, broker).unwrap();
            mock.goes_on();
            mock.cluster.broker_down(broker).unwrap();
            thread::sleep(Duration::from_secs(1));
            mock.cluster.broker_up(broker).unwrap();
            mock.goes_on();
        }
        first.stop().unwrap();
        mock.goes_on();
        second.stop().unwrap();
    });
    println!("{protocol:?}, brokers move and fail: longest stand-still {idle:.2?}");
}

/// The client asks for both ends at once, and took an error about one for the other: a partition
/// seemed to be empty, which skipped its records or ended the run.
#[tokio::test]
async fn an_error_about_one_end_of_a_partition_is_not_taken_for_the_other() {
    let mock = Mock::new(Protocol::CooperativeSticky);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", mock.cluster.bootstrap_servers());
    let producer: BaseProducer = config.create().unwrap();
    (0..240).for_each(|number| send(&producer, TOPIC, number, 3));
    producer.flush(PATIENCE).unwrap();
    let mut source = mock.open();
    let partition = loop {
        if let SourceEvent::Assigned(partitions) = source.next().await.unwrap() {
            break partitions[0].clone();
        }
    };
    let at = Position {
        next: Offset(40),
        mark: None,
    };
    for _ in 0..10 {
        for errors in [
            &OF_A_LOG[1..2],
            &[Code::RD_KAFKA_RESP_ERR_NO_ERROR, OF_A_LOG[1]],
        ] {
            mock.cluster.request_errors(Api::ListOffsets, errors);
            if let Err(error) = source.start(&partition, Some(&at)).await {
                assert!(error.is_retryable(), "{error}");
            }
            mock.cluster.clear_request_errors(Api::ListOffsets);
        }
    }
}

type Case = Box<dyn FnOnce() + Send>;

/// Runs cases beside each other: nearly all of their time they wait.
///
/// Cases in which brokers go down run apart from those that start clusters meanwhile: a new broker
/// may get the port of one that is down, and its clients would talk to another cluster.
fn run(cases: Vec<Case>) {
    let cases = Mutex::new(cases);
    thread::scope(|scope| {
        for _ in 0..16 {
            let next = || cases.lock().unwrap().pop();
            scope.spawn(move || {
                while let Some(case) = next() {
                    case();
                }
            });
        }
    });
}

#[test]
fn reading_survives_five_errors_of_each_api_and_brokers_that_move_and_fail() {
    let fails = |(api, errors): (Api, [Code; 5])| -> Case {
        Box::new(move || an_api_fails(Protocol::CooperativeSticky, api, &errors))
    };
    run(APIS.into_iter().map(fails).collect());
    brokers_move_and_fail(Protocol::Range, 1);
}

/// Each error alone and all together, in each protocol.
#[test]
#[ignore = "long"]
fn soak_kafka_brokers_that_fail() {
    let moves = |protocol| -> Case { Box::new(move || brokers_move_and_fail(protocol, 10)) };
    run(PROTOCOLS.map(moves).into());
    let mut cases: Vec<Case> = Vec::new();
    for protocol in PROTOCOLS {
        for (api, errors) in APIS {
            let errors = errors.map(|error| error_of(protocol, error));
            cases.push(Box::new(move || an_api_fails(protocol, api, &errors)));
            for error in errors {
                cases.push(Box::new(move || an_api_fails(protocol, api, &[error; 5])));
            }
        }
    }
    run(cases);
}
