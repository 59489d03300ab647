//! What a topic takes: brokers refuse a whole transaction for one record, so each is checked first.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fleet_core::{EventTime, Result};
use rdkafka::{
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
};

use super::{admin::drop_aside, error::StoreError, inner::Inner};
use crate::kafka::{config, context::Logged};

/// What a record takes beside key, value and headers, with its batch. Our choice: more than the
/// fields of both can take.
const OVERHEAD: usize = 512;

/// What the client takes by default (`message.max.bytes`), and a topic that does not say.
const RECORD_BYTES: usize = 1_000_000;

/// What a topic takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    bytes: usize,
    /// How far times may lie before and after now; `None` if it does not matter.
    before: Option<Duration>,
    after: Option<Duration>,
}

impl Limits {
    /// Asks the brokers. A topic that is not there is an error which can be retried: it may be made
    /// meanwhile.
    pub(super) async fn ask(store: &Inner, topic: &str) -> Result<Self> {
        let config = config::producer(&store.brokers, &store.options.sink)?;
        let made = config.create_with_context(Logged);
        let client: AdminClient<Logged> = made.map_err(|cause| config::refused(&cause))?;
        let patience = AdminOptions::new().request_timeout(Some(store.options.sink.timeout));
        let doing = || format!("look at topic {topic}");
        let asked = [&ResourceSpecifier::Topic(topic)];
        let answers = client.describe_configs(asked, &patience).await;
        drop_aside(client);
        let answers = answers.map_err(|cause| StoreError::client(doing(), cause))?;
        let mut limits = Self {
            bytes: RECORD_BYTES - OVERHEAD,
            before: None,
            after: None,
        };
        for answer in answers {
            let answer = answer.map_err(|code| {
                let error = StoreError::client(doing(), ClientError::AdminOp(code));
                match code {
                    // It may be made meanwhile.
                    Code::UnknownTopicOrPartition | Code::UnknownTopic => error.retryable(),
                    _ => error,
                }
            })?;
            for entry in answer.entries {
                let Some(value) = entry.value else { continue };
                limits.set(&entry.name, &value);
            }
        }
        store.takes(limits.bytes);
        Ok(limits)
    }

    fn set(&mut self, name: &str, value: &str) {
        let Ok(number) = value.parse::<u64>() else {
            if (name, value) == ("message.timestamp.type", "LogAppendTime") {
                (self.before, self.after) = (Some(Duration::MAX), Some(Duration::MAX));
            }
            return;
        };
        match name {
            "max.message.bytes" => {
                let bytes = usize::try_from(number).unwrap_or(usize::MAX);
                self.bytes = self.bytes.min(bytes.saturating_sub(OVERHEAD));
            }
            "message.timestamp.before.max.ms" if self.before.is_none() => {
                self.before = Some(Duration::from_millis(number));
            }
            "message.timestamp.after.max.ms" if self.after.is_none() => {
                self.after = Some(Duration::from_millis(number));
            }
            _ => {}
        }
    }

    /// Refuses states in records that are larger than the topic takes.
    pub(super) fn check_entries(&self, topic: &str, entry_bytes: usize) -> Result<()> {
        let most = self.bytes;
        if entry_bytes <= most {
            return Ok(());
        }
        let why = format!(
            "records of {entry_bytes} bytes (`entry_bytes`) are larger than topic {topic} takes: at \
             most {most} bytes; lower the option, or raise max.message.bytes"
        );
        Err(StoreError::Config(why).into())
    }

    /// Why the topic does not take a record, if it does not.
    pub(super) fn refusal(&self, bytes: usize, at: EventTime, now: EventTime) -> Option<String> {
        if bytes > self.bytes {
            let most = self.bytes;
            return Some(format!(
                "its record has {bytes} bytes, and the topic takes {most} (max.message.bytes)"
            ));
        }
        if at.as_micros() < 0 {
            return Some("its time is before 1970, which Kafka does not hold".to_owned());
        }
        let before = micros(self.before);
        let after = micros(self.after);
        let ahead = at.as_micros().saturating_sub(now.as_micros());
        if ahead > after {
            return Some(format!(
                "its time is {} s ahead of now, and the topic takes {} s \
                 (message.timestamp.after.max.ms)",
                ahead / 1_000_000,
                after / 1_000_000
            ));
        }
        (ahead.saturating_neg() > before).then(|| {
            format!(
                "its time is {} s old, and the topic takes {} s (message.timestamp.before.max.ms)",
                ahead.saturating_neg() / 1_000_000,
                before / 1_000_000
            )
        })
    }
}

fn micros(bound: Option<Duration>) -> i64 {
    bound.map_or(i64::MAX, |bound| {
        i64::try_from(bound.as_micros()).unwrap_or(i64::MAX)
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a broker compares the time of a record with the clock"
)]
pub(super) fn now() -> EventTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    EventTime::from_micros(0) + now.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(settings: &[(&str, &str)]) -> Limits {
        let mut limits = Limits {
            bytes: RECORD_BYTES - OVERHEAD,
            before: None,
            after: None,
        };
        for (name, value) in settings {
            limits.set(name, value);
        }
        limits
    }

    const NOW: EventTime = EventTime::from_micros(1_800_000_000_000_000);

    #[test]
    fn a_record_is_refused_for_its_size_and_its_time() {
        let limits = limits(&[
            ("max.message.bytes", "1512"),
            ("message.timestamp.before.max.ms", "9223372036854775807"),
            ("message.timestamp.after.max.ms", "3600000"),
            ("message.timestamp.type", "CreateTime"),
        ]);
        let hour = Duration::from_secs(3600);
        assert_eq!(limits.refusal(1000, NOW + hour, NOW), None);
        assert_eq!(limits.refusal(0, EventTime::from_micros(0), NOW), None);
        let large = limits.refusal(1001, NOW, NOW).unwrap();
        assert!(large.contains("max.message.bytes"), "{large}");
        let late = limits
            .refusal(0, NOW + hour + Duration::from_micros(1), NOW)
            .unwrap();
        assert!(late.contains("3600 s ahead"), "{late}");
        let old = limits.refusal(0, EventTime::from_micros(-1), NOW).unwrap();
        assert!(old.contains("before 1970"), "{old}");
    }

    #[test]
    fn the_time_of_the_broker_makes_ours_irrelevant() {
        let limits = limits(&[
            ("message.timestamp.type", "LogAppendTime"),
            ("message.timestamp.after.max.ms", "1"),
        ]);
        assert_eq!(limits.refusal(0, NOW + Duration::from_secs(9), NOW), None);
    }
}
