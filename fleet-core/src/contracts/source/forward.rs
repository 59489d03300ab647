//! A source behind a pointer is a source of the same kind.

use std::time::Duration;

use async_trait::async_trait;

use super::contract::{Queue, Replayable, SingleReader, Source, SourceEvent, SourceKind};
use crate::data::{InputOffset, Offset, Partition, Position, Result};

/// Forwards every method, so that no default takes the place of what the source says.
macro_rules! forward {
    ($pointer:ty) => {
        #[async_trait]
        impl<S: Source + ?Sized> Source for $pointer {
            type Payload = S::Payload;

            async fn next(&mut self) -> Result<SourceEvent<S::Payload>> {
                (**self).next().await
            }
            async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
                (**self).start(partition, at).await
            }
            fn follows(&self) -> bool {
                (**self).follows()
            }
            fn repeats(&self) -> bool {
                (**self).repeats()
            }
            fn pause(&mut self, partition: &Partition) {
                (**self).pause(partition);
            }
            fn resume(&mut self, partition: &Partition) {
                (**self).resume(partition);
            }
            fn end(&self, partition: &Partition) -> Option<Offset> {
                (**self).end(partition)
            }
            fn position(&self, partition: &Partition) -> Option<Offset> {
                (**self).position(partition)
            }
            fn ends(&self, partition: &Partition) -> Vec<InputOffset> {
                (**self).ends(partition)
            }
            fn lag_time(&self, partition: &Partition, to: Option<Offset>) -> Option<Duration> {
                (**self).lag_time(partition, to)
            }
            async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
                (**self).committed(partition, upto).await
            }
            fn in_group(&self) -> bool {
                (**self).in_group()
            }
            fn fenced(&mut self, partition: &Partition) {
                (**self).fenced(partition);
            }
        }

        impl<S: Replayable + ?Sized> Replayable for $pointer {}
        impl<S: Queue + ?Sized> Queue for $pointer {}
    };
}

forward!(Box<S>);
forward!(&mut S);

// Not for every `S: SingleReader`, because a log is one already, by being `Replayable`.
impl<P: Send + 'static> SingleReader for Box<dyn SingleReader<Payload = P>> {
    fn kind(&self) -> SourceKind {
        (**self).kind()
    }
}

impl<P: Send + 'static> SingleReader for &mut (dyn SingleReader<Payload = P> + '_) {
    fn kind(&self) -> SourceKind {
        (**self).kind()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Overrides every method, and notes which was called.
    #[derive(Default)]
    struct Counting(std::sync::Mutex<BTreeSet<&'static str>>);

    impl Counting {
        fn called(&self, method: &'static str) {
            self.0.lock().unwrap().insert(method);
        }
    }

    #[async_trait]
    impl Source for Counting {
        type Payload = ();
        async fn next(&mut self) -> Result<SourceEvent<()>> {
            self.called("next");
            Ok(SourceEvent::Idle)
        }
        async fn start(&mut self, _: &Partition, _: Option<&Position>) -> Result<()> {
            self.called("start");
            Ok(())
        }
        fn follows(&self) -> bool {
            self.called("follows");
            false
        }
        fn repeats(&self) -> bool {
            self.called("repeats");
            false
        }
        fn pause(&mut self, _: &Partition) {
            self.called("pause");
        }
        fn resume(&mut self, _: &Partition) {
            self.called("resume");
        }
        fn end(&self, _: &Partition) -> Option<Offset> {
            self.called("end");
            Some(Offset(7))
        }
        fn position(&self, _: &Partition) -> Option<Offset> {
            self.called("position");
            None
        }
        fn ends(&self, _: &Partition) -> Vec<InputOffset> {
            self.called("ends");
            Vec::new()
        }
        fn lag_time(&self, _: &Partition, _: Option<Offset>) -> Option<Duration> {
            self.called("lag_time");
            None
        }
        async fn committed(&mut self, _: &Partition, _: &Position) -> Result<()> {
            self.called("committed");
            Ok(())
        }
        fn in_group(&self) -> bool {
            self.called("in_group");
            true
        }
        fn fenced(&mut self, _: &Partition) {
            self.called("fenced");
        }
    }

    impl Replayable for Counting {}

    async fn call_all<S: Replayable<Payload = ()>>(mut source: S) {
        let (partition, at) = (Partition::new("p"), Position::default());
        source.next().await.unwrap();
        source.start(&partition, None).await.unwrap();
        source.pause(&partition);
        source.resume(&partition);
        source.committed(&partition, &at).await.unwrap();
        source.fenced(&partition);
        assert!(!source.follows() && !source.repeats() && source.in_group());
        assert_eq!(source.end(&partition), Some(Offset(7)));
        source.ends(&partition);
        source.position(&partition);
        source.lag_time(&partition, None);
        assert_eq!(source.kind(), SourceKind::Log);
    }

    /// The methods of the trait, as its file declares them.
    fn declared() -> BTreeSet<&'static str> {
        let file = include_str!("contract.rs");
        let (_, from) = file.split_once("\npub trait Source").unwrap();
        let (body, _) = from.split_once("\n}\n").unwrap();
        let methods = body.lines().filter_map(|line| {
            let line = line.strip_prefix("    ")?;
            let line = line.strip_prefix("async ").unwrap_or(line);
            line.strip_prefix("fn ")?.split('(').next()
        });
        methods.collect()
    }

    #[tokio::test]
    async fn a_pointer_forwards_every_method() {
        let mut source = Counting::default();
        call_all(&mut source).await;
        assert_eq!(*source.0.lock().unwrap(), declared());

        let mut source = Counting::default();
        call_all(Box::new(&mut source)).await;
        assert_eq!(*source.0.lock().unwrap(), declared());

        let boxed: Box<dyn Replayable<Payload = ()>> = Box::new(Counting::default());
        call_all(boxed).await;
    }

    #[test]
    fn a_boxed_source_is_of_the_kind_of_what_it_holds() {
        struct Live(Counting);
        #[async_trait]
        impl Source for Live {
            type Payload = ();
            async fn next(&mut self) -> Result<SourceEvent<()>> {
                self.0.next().await
            }
            async fn start(&mut self, at: &Partition, to: Option<&Position>) -> Result<()> {
                self.0.start(at, to).await
            }
        }
        impl SingleReader for Live {}
        fn kind(source: &impl SingleReader) -> SourceKind {
            source.kind()
        }
        let log: Box<dyn SingleReader<Payload = ()>> = Box::new(Counting::default());
        assert_eq!(kind(&log), SourceKind::Log);
        let mut live: Box<dyn SingleReader<Payload = ()>> = Box::new(Live(Counting::default()));
        assert_eq!(kind(&live), SourceKind::Live);
        let mut log = log;
        let (log, live): (
            &mut dyn SingleReader<Payload = ()>,
            &mut dyn SingleReader<Payload = ()>,
        ) = (&mut *log, &mut *live);
        assert_eq!(
            (kind(&log), kind(&live)),
            (SourceKind::Log, SourceKind::Live)
        );
    }
}
