//! Makes topics that are missing, and compares those that are there.

use std::{collections::BTreeMap, panic::resume_unwind, time::Duration};

use fleet_core::{Error, Result};
use rdkafka::{
    ClientConfig,
    admin::{
        AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
    },
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
};
use tokio::{runtime::Handle, time::Instant};

use super::{
    difference::{Found, differences},
    topic::{self, Topic},
};
use crate::kafka::{
    config,
    context::Logged,
    error::{KafkaError, code},
    options::KafkaSinkOptions,
    probe::{self, Answer},
};

/// How often brokers are asked for a topic that was just made.
const LOOK: Duration = Duration::from_millis(50);

/// Makes the topics that are missing, and compares those that are there with their declarations.
/// Returns the names of those that it made.
///
/// Of the options, what concerns the connection counts: `timeout` bounds the whole call.
///
/// # Guarantees
/// A topic that is there is never changed. If one differs, none is made. Several processes may
/// call it at the same time: each topic is made by one of them, and all succeed.
///
/// # Errors
/// Refuses declarations that no broker can have, and unencrypted connections as
/// [`KafkaSink::open`](crate::KafkaSink::open) does. If topics differ, one error names each of
/// their settings: what it is, and what it should be. Returns a retryable error if no broker
/// answers in time; some topics may have been made then.
///
/// # Panics
/// Outside a tokio runtime.
pub async fn ensure(
    brokers: &str,
    topics: &[Topic],
    options: &KafkaSinkOptions,
) -> Result<Vec<String>> {
    ask(brokers, topics, options, Admin::ensure).await
}

/// Makes the topics that are missing, and leaves those that are there as they are. Returns the
/// names of those that it made.
///
/// # Errors
/// As [`ensure`], but for differences, which are not looked for.
///
/// # Panics
/// Outside a tokio runtime.
pub async fn make_missing(
    brokers: &str,
    topics: &[Topic],
    options: &KafkaSinkOptions,
) -> Result<Vec<String>> {
    ask(brokers, topics, options, Admin::make_missing).await
}

async fn ask(
    brokers: &str,
    topics: &[Topic],
    options: &KafkaSinkOptions,
    question: fn(&Admin, &[Topic]) -> Result<Vec<String>>,
) -> Result<Vec<String>> {
    topic::check(topics)?;
    let config = config::producer(brokers, options)?;
    let made = config.create_with_context(Logged);
    let client: AdminClient<Logged> = made.map_err(|cause| config::refused(&cause))?;
    let admin = Admin {
        client,
        brokers: brokers.to_owned(),
        timeout: options.timeout,
        end: Instant::now() + options.timeout,
    };
    let topics = topics.to_vec();
    // Metadata is only read by a call that blocks, and so is the end of the client.
    let work = tokio::task::spawn_blocking(move || {
        if !topics.is_empty() {
            admin.meet(&config)?;
        }
        question(&admin, &topics)
    });
    match work.await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(KafkaError::Config("the runtime is shutting down".into()).into()),
        },
    }
}

struct Admin {
    client: AdminClient<Logged>,
    brokers: String,
    timeout: Duration,
    end: Instant,
}

impl Admin {
    /// Finds out whether the brokers let us in: a client for administration would wait for its
    /// whole time, and not say why.
    fn meet(&self, config: &ClientConfig) -> Result<()> {
        let answer = probe::first_contact(config, self.left());
        match answer.map_err(|cause| config::refused(&cause))? {
            Answer::Refused(refusal) => {
                Err(KafkaError::NotLetIn(probe::explain(config, &refusal)).into())
            }
            Answer::LetIn | Answer::Silence => Ok(()),
        }
    }

    fn ensure(&self, topics: &[Topic]) -> Result<Vec<String>> {
        let found = self.look(topics)?;
        let there = topics.iter().zip(&found);
        refuse(there.filter_map(|(topic, found)| Some((topic, found.as_ref()?))))?;
        let missing = missing(topics, &found);
        let made = self.make(&missing)?;
        // Others may have made them meanwhile, and differently.
        let found = self.look_until_there(&missing)?;
        refuse(missing.iter().zip(&found))?;
        Ok(made)
    }

    fn make_missing(&self, topics: &[Topic]) -> Result<Vec<String>> {
        let missing = missing(topics, &self.look(topics)?);
        let made = self.make(&missing)?;
        self.look_until_there(&missing)?;
        Ok(made)
    }

    /// What the brokers have of each topic; `None` for one that is missing.
    fn look(&self, topics: &[Topic]) -> Result<Vec<Option<Found>>> {
        const DOING: &str = "look at topics";
        let asked: Vec<_> = topics
            .iter()
            .map(|topic| ResourceSpecifier::Topic(&topic.name))
            .collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        // Before the metadata: asking for those of a missing topic may make it.
        let answers = self.client.describe_configs(&asked, &self.patience());
        let answers = Handle::current().block_on(answers);
        let answers = answers.map_err(|cause| self.failed(DOING, cause))?;
        let found = topics.iter().zip(answers).map(|(topic, answer)| {
            let name = &topic.name;
            match answer {
                Ok(answer) => self.shape(name, answer),
                Err(Code::UnknownTopicOrPartition) => Ok(None),
                Err(code) => {
                    let cause = ClientError::AdminOp(code);
                    Err(self.failed(&format!("look at topic {name}"), cause))
                }
            }
        });
        found.collect()
    }

    /// Adds partitions and replicas to the settings of a topic.
    fn shape(&self, name: &str, answer: ConfigResource) -> Result<Option<Found>> {
        let asked = self.client.inner().fetch_metadata(Some(name), self.left());
        let asked = asked.map_err(|cause| self.failed(&format!("look at topic {name}"), cause))?;
        let topic = asked.topics().iter().find(|topic| topic.name() == name);
        let settings = answer.entries.into_iter();
        let settings: BTreeMap<_, _> = settings
            .filter_map(|entry| Some((entry.name, entry.value?)))
            .collect();
        // A broker that has not heard of it yet lists no partitions, or no settings.
        let topic = topic.filter(|topic| !topic.partitions().is_empty() && !settings.is_empty());
        let Some(topic) = topic else {
            return Ok(None);
        };
        let replicas = topic.partitions().iter().map(|one| one.replicas().len());
        Ok(Some(Found {
            partitions: topic.partitions().len(),
            replication: replicas.min().unwrap_or_default(),
            settings,
        }))
    }

    /// Makes topics; returns the names of those that nobody else made first.
    fn make(&self, topics: &[Topic]) -> Result<Vec<String>> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let settings: Vec<_> = topics.iter().map(Topic::settings).collect();
        let new = topics.iter().zip(&settings).map(|(topic, settings)| {
            // -1 is the broker's default.
            let replication = topic.replication.map_or(-1, i32::from);
            let replication = TopicReplication::Fixed(replication);
            let new = NewTopic::new(&topic.name, topic.partitions.into(), replication);
            let settings = settings.iter();
            settings.fold(new, |new, (name, value)| new.set(name, value))
        });
        let new: Vec<_> = new.collect();
        let patience = self.patience().operation_timeout(Some(self.left()));
        let answers = Handle::current().block_on(self.client.create_topics(&new, &patience));
        let answers = answers.map_err(|cause| self.failed("make topics", cause))?;
        let mut made = Vec::new();
        for answer in answers {
            match answer {
                Ok(name) => made.push(name),
                Err((_, Code::TopicAlreadyExists)) => {}
                Err((name, code)) => {
                    let cause = ClientError::AdminOp(code);
                    return Err(self.failed(&format!("make topic {name}"), cause));
                }
            }
        }
        Ok(made)
    }

    /// Looks at topics that were made, until every broker asked has heard of them.
    fn look_until_there(&self, topics: &[Topic]) -> Result<Vec<Found>> {
        loop {
            let found: Option<Vec<_>> = self.look(topics)?.into_iter().collect();
            if let Some(found) = found {
                return Ok(found);
            }
            if self.left() <= LOOK {
                let cause = ClientError::AdminOp(Code::UnknownTopicOrPartition);
                let error = self.failed("find the topics that were just made", cause);
                return Err(error.retryable());
            }
            std::thread::sleep(LOOK);
        }
    }

    fn left(&self) -> Duration {
        // The client takes 0 for no bound.
        let left = self.end.saturating_duration_since(Instant::now());
        left.max(Duration::from_millis(1))
    }

    fn patience(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.left()))
    }

    fn failed(&self, doing: &str, cause: ClientError) -> Error {
        let doing = format!("{doing} at {}", self.brokers);
        let silent = [
            Code::OperationTimedOut,
            Code::RequestTimedOut,
            Code::BrokerTransportFailure,
            Code::AllBrokersDown,
        ];
        if code(&cause).is_some_and(|code| silent.contains(&code)) {
            let seconds = self.timeout.as_secs_f64();
            return KafkaError::Silent { doing, seconds }.into();
        }
        KafkaError::Topics { doing, cause }.into()
    }
}

/// One error for all topics that differ.
fn refuse<'a>(topics: impl Iterator<Item = (&'a Topic, &'a Found)>) -> Result<()> {
    let differing: Vec<_> = topics
        .flat_map(|(topic, found)| differences(topic, found))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "topics are not as declared: {}. They were not changed: change them, or their declaration",
        differing.join("; ")
    );
    Err(KafkaError::Config(message).into())
}

fn missing(topics: &[Topic], found: &[Option<Found>]) -> Vec<Topic> {
    let each = topics.iter().zip(found);
    let missing = each.filter(|(_, found)| found.is_none());
    missing.map(|(topic, _)| topic.clone()).collect()
}
