//! A pipeline inside an HTTP service that can be restarted: POST sends events, GET returns alerts
//! and health. What it stores is in one file, and the next start goes on from there.
//!
//! ```text
//! service                 proves it: starts the service, loads, stops and kills it, several times
//! service trial ROUNDS    the same, with more rounds
//! service serve FILE      serves until SIGINT or SIGTERM
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its result")]

mod server;
mod trial;

use std::error::Error;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Fallible<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => trial::run(2).await,
        ["trial", rounds] => trial::run(rounds.parse()?).await,
        ["serve", file] => server::main(file).await,
        _ => Err("usage: service [trial ROUNDS | serve FILE]".into()),
    }
}
