//! The first contact with the brokers: until one of them has let us in, a refusal is final.
//!
//! The client only reports refusals, and tries again for ever. Nobody would notice that the
//! authority, the host name or the password is wrong; so the run ends, and says which. Once a
//! broker has let us in, everything was right, and what follows is an outage that passes.
//!
//! fleet-sources and fleet-sinks hold the same file, as they do `security` and `probe`.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{ClientConfig, error::RDKafkaErrorCode as Code};

/// What the brokers have said so far.
pub(super) struct Contact {
    /// What we asked with.
    config: ClientConfig,
    stage: Mutex<Stage>,
}

enum Stage {
    /// Nobody has let us in.
    Waiting(Option<Refusal>),
    /// A broker has.
    Made,
}

/// How a broker does not let us in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its certificate is not trusted.
    Certificate,
    /// The handshake of TLS fails otherwise.
    Handshake,
    /// It does not take the user.
    Login,
    /// It ends connections in their handshake, as one without TLS does.
    NoTls,
    /// It ends connections before they say anything, as one does that speaks TLS alone.
    WantsTls,
    /// It ends connections that ask for something, as one does that wants a login.
    WantsLogin,
}

/// A broker that does not let us in.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) why: Why,
    /// The words of the client.
    pub(super) reason: String,
    since: Instant,
    /// Whether no other broker is left to try.
    by_all: bool,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The properties hold a password.
        f.debug_struct("Contact").finish_non_exhaustive()
    }
}

impl Contact {
    /// Nobody has answered a client with these properties yet.
    pub(super) fn new(config: &ClientConfig) -> Self {
        Self {
            config: config.clone(),
            stage: Mutex::new(Stage::Waiting(None)),
        }
    }

    /// The properties of the client.
    pub(super) fn config(&self) -> &ClientConfig {
        &self.config
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A broker has let us in.
    pub(super) fn make(&self) {
        *self.stage() = Stage::Made;
    }

    /// The client reported an error of a connection.
    pub(super) fn error(&self, code: Option<Code>, reason: &str) {
        let Stage::Waiting(refusal) = &mut *self.stage() else {
            return;
        };
        if code == Some(Code::AllBrokersDown) {
            // Before a refusal, it says only that none was there.
            if let Some(refusal) = refusal {
                refusal.by_all = true;
            }
            return;
        }
        match why(code, reason) {
            Some(why)
                if refusal
                    .as_ref()
                    .is_none_or(|before| before.gives_way_to(why)) =>
            {
                *refusal = Some(Refusal {
                    why,
                    reason: reason.to_owned(),
                    since: now(),
                    by_all: false,
                });
            }
            Some(_) => {}
            // It was only on its way down.
            None => _ = refusal.take_if(|before| !before.why.is_certain()),
        }
    }

    /// The client logged something. That a connection was ended, it logs and does not report.
    pub(super) fn log(&self, facility: &str, message: &str) {
        if facility == "FAIL" {
            self.error(None, message);
        }
    }

    /// Why we are not let in, once that is sure: every broker says so, or one does and none has
    /// answered for `patience`.
    pub(super) fn refusal(&self, patience: Duration) -> Option<Refusal> {
        let Stage::Waiting(Some(refusal)) = &*self.stage() else {
            return None;
        };
        let is_sure = refusal.by_all && refusal.why.is_certain();
        let waited = now().saturating_duration_since(refusal.since);
        (is_sure || waited >= patience).then(|| refusal.clone())
    }
}

impl Refusal {
    /// Whether another reason says more.
    fn gives_way_to(&self, why: Why) -> bool {
        self.why != why && (why.is_certain() || !self.why.is_certain())
    }

    /// The host and port of the broker. The client names it `ssl://host:port/bootstrap`, or without
    /// protocol, in the first words or behind the name of a thread.
    pub(super) fn place(&self) -> Option<&str> {
        let words = self.reason.trim_start_matches('[');
        let words = words.strip_prefix("thrd:").unwrap_or(words);
        let first = words.split_once(": ")?.0.trim_end_matches(']');
        let place = first.split_once("://").map_or(first, |(_, place)| place);
        Some(place.split_once('/').map_or(place, |(place, _)| place))
    }
}

impl Why {
    /// Whether no outage looks like it.
    fn is_certain(self) -> bool {
        match self {
            Self::Certificate | Self::Handshake | Self::Login => true,
            Self::NoTls | Self::WantsTls | Self::WantsLogin => false,
        }
    }
}

/// Why a connection is refused, if it is. The words are those of librdkafka 2.12.
fn why(code: Option<Code>, reason: &str) -> Option<Why> {
    let says = |words: &str| reason.contains(words);
    match code {
        Some(Code::SSL) if says("certificate verify failed") => Some(Why::Certificate),
        Some(Code::SSL) => Some(Why::Handshake),
        // It also says so of a connection that broke meanwhile.
        Some(Code::Authentication) if says("transport failure") || says("isconnected") => None,
        Some(Code::Authentication | Code::SaslAuthenticationFailed) => Some(Why::Login),
        _ if !says("isconnected") => None,
        _ if says("in state SSL_HANDSHAKE") => Some(Why::NoTls),
        _ if says("in state APIVERSION_QUERY") => Some(Why::WantsTls),
        _ if says("in state UP") => Some(Why::WantsLogin),
        _ => None,
    }
}

#[expect(clippy::disallowed_methods, reason = "a connection takes real time")]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);
    const UNTRUSTED: &str = "ssl://kafka:9093/bootstrap: SSL handshake failed: \
                             error:0A000086:SSL routines::certificate verify failed: and so on";
    const ENDED: &str = "[thrd:kafka:9093/bootstrap]: kafka:9093/bootstrap: Disconnected: \
                         connection closed by peer (after 4ms in state APIVERSION_QUERY)";
    const DOWN: &str = "kafka:9093/bootstrap: Connect to ipv4#10.0.0.1:9093 failed: refused";

    fn contact() -> Contact {
        Contact::new(&ClientConfig::new())
    }

    fn refused(contact: &Contact, patience: Duration) -> Option<Why> {
        contact.refusal(patience).map(|refusal| refusal.why)
    }

    #[test]
    fn a_refusal_is_final_once_no_broker_is_left_or_patience_ends() {
        let contact = contact();
        contact.error(Some(Code::BrokerTransportFailure), DOWN);
        contact.error(Some(Code::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(refused(&contact, Duration::ZERO), None);
        contact.error(Some(Code::SSL), UNTRUSTED);
        assert_eq!(refused(&contact, LONG), None, "others may answer");
        assert_eq!(refused(&contact, Duration::ZERO), Some(Why::Certificate));
        contact.error(Some(Code::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(refused(&contact, LONG), Some(Why::Certificate));
    }

    #[test]
    fn once_a_broker_has_let_us_in_nothing_is_a_refusal() {
        let contact = contact();
        contact.error(Some(Code::SSL), UNTRUSTED);
        contact.make();
        assert_eq!(refused(&contact, Duration::ZERO), None);
        contact.error(Some(Code::SSL), UNTRUSTED);
        contact.error(Some(Code::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(refused(&contact, Duration::ZERO), None);
    }

    #[test]
    fn a_connection_that_was_ended_is_a_refusal_unless_the_broker_then_is_down() {
        let contact = contact();
        contact.log("FAIL", ENDED);
        contact.error(Some(Code::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(refused(&contact, LONG), None, "it may come back");
        assert_eq!(refused(&contact, Duration::ZERO), Some(Why::WantsTls));
        contact.log("FAIL", DOWN);
        assert_eq!(refused(&contact, Duration::ZERO), None);
        let broke = "SASL handshake failed: Local: Broker transport failure";
        contact.error(Some(Code::Authentication), broke);
        assert_eq!(refused(&contact, Duration::ZERO), None);
    }

    #[test]
    fn what_is_certain_stays() {
        let contact = contact();
        contact.error(Some(Code::SSL), UNTRUSTED);
        contact.log("FAIL", ENDED);
        contact.log("FAIL", DOWN);
        assert_eq!(refused(&contact, Duration::ZERO), Some(Why::Certificate));
    }

    #[test]
    fn the_broker_is_known_from_the_words_of_the_client() {
        for (reason, place) in [
            (UNTRUSTED, "kafka:9093"),
            (ENDED, "kafka:9093"),
            ("sasl_ssl://[::1]:9093/2: SASL", "[::1]:9093"),
        ] {
            let refusal = Refusal {
                why: Why::Login,
                reason: reason.to_owned(),
                since: now(),
                by_all: false,
            };
            assert_eq!(refusal.place(), Some(place));
        }
    }
}
