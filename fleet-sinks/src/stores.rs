//! Which store to choose: what each needs, costs, and does when something fails.
//!
//! A store holds, for each partition, the position, the state of every key and the results, and
//! changes them in one transaction. All stores keep the same promise, exactly once, and differ in
//! where results are wanted.
//!
//! | | `SqliteStore`, `FileStore` | `PostgresStore` | `KafkaStore` |
//! |---|---|---|---|
//! | results are | tables of a file; NDJSON and CSV files | tables of a database | topics |
//! | processes | one for each file | any number | the members of the group of its source |
//! | source | any that can be read again | any that can be read again | a `KafkaSource` of the same cluster |
//! | beside it runs | nothing | PostgreSQL 15 or newer | nothing but the brokers of the input |
//! | state is in | a table | a log in a table, folded now and then | a compacted topic, the changelog |
//! | who owns a partition | a token in the file | a token in a row | its assignment in the group |
//! | dead letters | a table | a table, with tenants | a topic |
//! | tenants under row-level security | no | yes | no |
//!
//! # Cost
//! Measured on two CPUs that broker or server share with the pipeline; see `benches/README.md` for
//! how, and for more. Rates are those of whole pipelines.
//!
//! | | `SqliteStore` | `PostgresStore` | `KafkaStore` |
//! |---|---|---|---|
//! | rows of telemetry | 181 k/s | 460 k/s, beside 473 by hand | 163 to 170 k/s, beside 197 by hand |
//! | beside at least once | | 1.0 | 0.6 |
//!
//! A transaction of Kafka takes several requests one after the other, so it has a price of its own
//! whatever it holds: 1,000 rows take 18 ms (p50) and 32 ms (p99), 10,000 take 29 and 49 ms. Commit
//! a few times a second, not for each record. A million states of 100 bytes come back from the
//! changelog in 9 s. Readers with `read_committed` see rows a moment after their transaction is
//! committed; others see them earlier, and also what was aborted.
//!
//! # When something fails
//! | | `SqliteStore` | `PostgresStore` | `KafkaStore` |
//! |---|---|---|---|
//! | the process dies | the next start goes on | another process goes on at once | another member goes on when the session has ended and the brokers have ended its transaction: up to 10 s more, by their default; a member with a name of its own that starts again goes on at once |
//! | the process is stopped, and wakes up | its commits are refused | its commits are refused | its commits are refused |
//! | the store is away | the run waits, and tries again | the run waits, and tries again | as the input, which is in the same place |
//! | the answer to a commit is lost | the file is asked | the database is asked | the changelog is asked |
//! | somebody resets the group | no matter | no matter | the claim is refused, with the ways on |
//!
//! Kafka's transactions are a protocol of several brokers, and their history has losses that
//! independent tests found: <https://jepsen.io/analyses/bufstream-0.1.0>. Results that must survive
//! anything belong in one database; results for programs that live in Kafka belong in Kafka.
//!
//! # Which one
//! - One machine, or results for people with a query tool: `SqliteStore`. Start here.
//! - Several processes, tenants, dashboards: `PostgresStore`. Topics besides tables come from its
//!   [outbox](crate::outbox).
//! - Programs that read topics, and no database: `KafkaStore`.
//! - Duplicates do not matter, because readers drop them by id: any store with a plain sink,
//!   `Pipeline::at_least_once`.
