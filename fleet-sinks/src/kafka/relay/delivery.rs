//! Sends a page of messages, and finds out which of them their topics refuse.

use std::{collections::BTreeSet, time::Duration};

use fleet_core::{Error, Result};
use rdkafka::{
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
    message::OwnedHeaders,
};
use tokio::time::Instant;

use super::{
    super::{
        error::{KafkaError, code, is_of_the_batch, is_of_the_record},
        producer::{Outgoing, with_header},
    },
    client::Client,
};
use crate::outbox::{CONTENT_ID, OutboxMessage, Waiting, topic_name_refusal};

/// How long messages of a page are sent one by one, before those that are settled are marked; and
/// the most that one of them may take. Our choice: with the first attempt by the default timeout it
/// is less than the lease of a backlog, and it is hundreds of messages.
const ONE_BY_ONE: Duration = Duration::from_secs(10);

/// The fate of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Unknown: it waits on.
    Open,
    /// Its topic has it.
    Taken,
    /// Its topic does not take it, for what it is.
    Refused(String),
}

/// The fates of a page, in its order, and what kept messages from being sent.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) fates: Vec<Fate>,
    pub(super) stall: Option<Stall>,
}

/// Topics to which nothing can be sent now, and why.
#[derive(Debug)]
pub(super) struct Stall {
    pub(super) topics: BTreeSet<String>,
    pub(super) error: Error,
    /// No answer came in time, and nobody said anything of a topic.
    pub(super) silent: bool,
}

/// What failed in an attempt.
#[derive(Debug, Default)]
struct Failed {
    reports: Vec<(usize, ClientError)>,
    /// No answer came in time.
    silent: bool,
}

/// Sends a page.
pub(super) async fn deliver(client: &mut Client, page: &[Waiting]) -> Result<Delivery> {
    let unusable = |one: &Waiting| match topic_name_refusal(&one.message.topic) {
        Some(why) => Fate::Refused(why.to_owned()),
        None => Fate::Open,
    };
    let mut fates: Vec<Fate> = page.iter().map(unusable).collect();
    let all: Vec<usize> = (0..page.len()).collect();
    let timeout = client.timeout;
    let failed = attempt(client, page, &all, &mut fates, timeout).await?;
    let blamed = failed.reports.iter();
    let mut blamed = blamed.filter(|(_, cause)| is_of_the_batch(cause));
    let stall = if blamed.next().is_some() {
        // A broker refuses a batch as a whole for one record of it.
        one_by_one(client, page, &mut fates, ONE_BY_ONE).await?
    } else {
        stall(timeout, page, &fates, failed)
    };
    Ok(Delivery { fates, stall })
}

/// Sends what is open, each when the one before is settled, so that a refusal is about one record.
/// After this time the rest stays open, for the next page: each refusal costs a new client, and an
/// owner that marked nothing for long would be replaced, by one that begins anew.
pub(super) async fn one_by_one(
    client: &mut Client,
    page: &[Waiting],
    fates: &mut [Fate],
    within: Duration,
) -> Result<Option<Stall>> {
    let (began, timeout) = (Instant::now(), client.timeout.min(ONE_BY_ONE));
    for index in 0..page.len() {
        if fates.get(index) != Some(&Fate::Open) {
            continue;
        }
        let mut failed = attempt(client, page, &[index], fates, timeout).await?;
        let blamed = failed.reports.pop_if(|(_, cause)| is_of_the_batch(cause));
        if let (Some((_, cause)), Some(fate)) = (blamed, fates.get_mut(index)) {
            *fate = Fate::Refused(cause.to_string());
        } else if let Some(stall) = stall(timeout, page, fates, failed) {
            return Ok(Some(stall));
        }
        if began.elapsed() >= within {
            break;
        }
    }
    Ok(None)
}

/// Sends those that are open, in order, and notes the fate of each. After a failure the client is
/// dropped.
async fn attempt(
    client: &mut Client,
    page: &[Waiting],
    which: &[usize],
    fates: &mut [Fate],
    timeout: Duration,
) -> Result<Failed> {
    let (mut failed, mut reports) = (Failed::default(), Vec::new());
    let producer = client.begin()?;
    let sending = async {
        let mut sent = 0;
        for &index in which {
            let (Some(one), Some(fate)) = (page.get(index), fates.get_mut(index)) else {
                continue;
            };
            if *fate != Fate::Open {
                continue;
            }
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            match producer.send(number, outgoing(&one.message)).await {
                Ok(()) => sent += 1,
                Err(cause) if is_of_the_record(&cause) => *fate = Fate::Refused(cause.to_string()),
                Err(cause) => {
                    // Those behind it must not overtake it.
                    failed.reports.push((index, cause));
                    break;
                }
            }
        }
        producer.collect(sent, &mut reports).await;
    };
    failed.silent = tokio::time::timeout(timeout, sending).await.is_err();
    for (number, cause) in reports {
        let index = number as usize;
        match (cause, fates.get_mut(index)) {
            (None, Some(fate)) => *fate = Fate::Taken,
            (None, None) => {}
            (Some(cause), _) => failed.reports.push((index, cause)),
        }
    }
    if failed.silent || !failed.reports.is_empty() {
        client.retire();
    }
    Ok(failed)
}

/// Which topics cannot be sent to, and why; `None` if nothing failed.
fn stall(timeout: Duration, page: &[Waiting], fates: &[Fate], failed: Failed) -> Option<Stall> {
    let topic = |index: usize| page.get(index).map(|one| one.message.topic.clone());
    // What the client dropped because of another failure says nothing about its topic.
    let told = |cause: &ClientError| {
        !matches!(
            code(cause),
            Some(Code::Fatal | Code::PurgeQueue | Code::PurgeInflight | Code::GaplessGuarantee)
        )
    };
    let mut causes = failed.reports;
    if causes.iter().any(|(_, cause)| told(cause)) {
        causes.retain(|(_, cause)| told(cause));
    }
    let topics = causes
        .iter()
        .filter_map(|(index, _)| topic(*index))
        .collect();
    if let Some((index, cause)) = causes.into_iter().next() {
        let topic = topic(index).unwrap_or_default();
        let error = KafkaError::Produce { topic, cause }.into();
        return Some(Stall {
            topics,
            error,
            silent: false,
        });
    }
    if !failed.silent {
        return None;
    }
    let open = page.iter().zip(fates);
    let open = open.filter(|(_, fate)| **fate == Fate::Open);
    let topics: BTreeSet<String> = open.map(|(one, _)| one.message.topic.clone()).collect();
    let names: Vec<_> = topics.iter().map(String::as_str).collect();
    let error = KafkaError::Silent {
        doing: format!("produce to topic {}", names.join(", ")),
        seconds: timeout.as_secs_f64(),
    };
    Some(Stall {
        topics,
        error: error.into(),
        silent: true,
    })
}

/// The record of a message.
fn outgoing(message: &OutboxMessage) -> Outgoing<'_> {
    let id = message.id.to_string();
    let mut headers = with_header(OwnedHeaders::new(), CONTENT_ID, id.as_bytes());
    for (name, value) in message
        .headers
        .iter()
        .filter(|(name, _)| name != CONTENT_ID)
    {
        // The client takes names up to the first NUL, and panics at one.
        headers = with_header(headers, &name.replace('\0', "\u{2400}"), value);
    }
    Outgoing {
        topic: &message.topic,
        key: message.key.as_deref(),
        value: message.value.as_deref(),
        at: Some(message.at),
        headers,
    }
}
