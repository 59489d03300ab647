//! A client that only asks whether brokers let us in, and what to do if they do not.
//!
//! fleet-sources and fleet-sinks hold the same file.

use std::time::Duration;

use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError as ClientError, KafkaResult},
};

use super::contact::{Contact, Refusal, Why, now};

/// The first wait for an answer, which doubles: a refusal is only heard between two of them.
const WAIT: Duration = Duration::from_millis(100);
/// How long what the client reports is waited for, between two answers.
const SERVE: Duration = Duration::from_millis(10);
/// How long a broker may take to show its certificate again. Our choice: it did a moment ago.
const SHOW: Duration = Duration::from_secs(2);
/// A topic that nobody has. Brokers that answer anything have let us in.
const TOPIC: &str = "fleet-no-such-topic";

struct Probe(Contact);

impl ClientContext for Probe {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        self.0.error(error.rdkafka_error_code(), reason);
    }
}

impl ConsumerContext for Probe {}

/// What brokers answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// One has let us in.
    LetIn,
    /// They do not let us in.
    Refused(Refusal),
    /// Nothing yet.
    Silence,
}

/// Waits until brokers let us in, or refuse, or `patience` ends, whichever comes first. It blocks.
pub(super) fn first_contact(config: &ClientConfig, patience: Duration) -> KafkaResult<Answer> {
    let mut config = config.clone();
    // It joins no group, makes no topic, and asks for one thing.
    config.remove("group.id");
    config.set("allow.auto.create.topics", "false");
    config.set_log_level(RDKafkaLogLevel::Info);
    let contact = Contact::new(&config);
    let probe: BaseConsumer<Probe> = config.create_with_context(Probe(contact))?;
    let until = now() + patience;
    let mut wait = WAIT;
    loop {
        let left = until.saturating_duration_since(now());
        if probe.fetch_metadata(Some(TOPIC), wait.min(left)).is_ok() {
            return Ok(Answer::LetIn);
        }
        // With no time at all it would return behind each line that the client logs.
        while probe.poll(SERVE).is_some() {}
        let left = until.saturating_duration_since(now());
        if let Some(refusal) = probe.context().0.refusal(left) {
            return Ok(Answer::Refused(refusal));
        }
        if left.is_zero() {
            return Ok(Answer::Silence);
        }
        wait *= 2;
    }
}

/// What is wrong, and what to do. It may ask the broker again, and blocks meanwhile.
pub(super) fn explain(config: &ClientConfig, refusal: &Refusal) -> String {
    let place = refusal.place().unwrap_or("that was asked first");
    let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
    let get = |name: &str| config.get(name).unwrap_or_default();
    let authorities = match get("ssl.ca.location") {
        "" | "probe" => "the system",
        path => path,
    };
    let what = match refusal.why {
        Why::Certificate => match is_of_an_authority(config, place) {
            Some(false) => format!(
                "no authority in {authorities} has signed its certificate, or it has expired: set \
                 `ca` of Security::Tls to the authority of these brokers"
            ),
            Some(true) => format!(
                "its certificate is not for the host name {host}: use a name that it has, or let \
                 the brokers have one for this name"
            ),
            None => format!(
                "no authority in {authorities} has signed its certificate, or it has expired, or is \
                 not for the host name {host}: compare them with Security::Tls"
            ),
        },
        Why::Handshake => "TLS fails: compare its versions and ciphers with ours".to_owned(),
        Why::Login => format!(
            "it refuses user {} by {}: compare user, password and mechanism with Login",
            get("sasl.username"),
            get("sasl.mechanism"),
        ),
        Why::NoTls => "it ends connections in their handshake: if it has no TLS at this port, use \
                       the one where it has"
            .to_owned(),
        Why::WantsTls => {
            "it ends connections before they begin: if it wants TLS at this port, set \
                          Security::Tls"
                .to_owned()
        }
        Why::WantsLogin => {
            "it ends connections without a login: if it has users at this port, set \
                            `login` of Security::Tls"
                .to_owned()
        }
    };
    let reason = &refusal.reason;
    let reason = match reason.strip_prefix("[thrd:") {
        Some(rest) => rest.split_once("]: ").map_or(rest, |(_, reason)| reason),
        None => reason,
    };
    format!("the broker {place} does not let us in: {what} ({reason})")
}

/// Whether an authority has signed the certificate of a broker, if the broker shows it again. The
/// client does not say whether authority or name was wrong, so the name is left out. Nobody logs
/// in, so nothing is told to a broker that is not trusted.
fn is_of_an_authority(config: &ClientConfig, place: &str) -> Option<bool> {
    let mut config = config.clone();
    for name in [
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
    ] {
        config.remove(name);
    }
    config.set("bootstrap.servers", place);
    config.set("security.protocol", "ssl");
    config.set("ssl.endpoint.identification.algorithm", "none");
    match first_contact(&config, SHOW).ok()? {
        Answer::Refused(refusal) if refusal.why == Why::Certificate => Some(false),
        // What follows comes behind the handshake.
        Answer::Refused(refusal) if refusal.why == Why::WantsLogin => Some(true),
        Answer::LetIn => Some(true),
        Answer::Refused(_) | Answer::Silence => None,
    }
}
