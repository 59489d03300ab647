//! `fleet dead-letters`: what could not be used, to mend it and run it again.

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::SqliteStore;

use crate::{
    args::DeadLettersArgs,
    output::{Output, say},
    report::PIPELINES,
};

/// How many dead letters are listed with their reasons. Our choice: a screen or two; the database has all.
const LISTED: usize = 1000;

/// Runs the command.
///
/// # Errors
/// When there is no such database, or it is not ours.
pub(crate) fn run(args: &DeadLettersArgs) -> Result<()> {
    if !args.db.is_file() {
        let message = format!(
            "there is no database {}: name one with --db",
            args.db.display()
        );
        return Err(Error::new(ErrorKind::Config, message));
    }
    for pipeline in PIPELINES {
        let store = SqliteStore::open(&args.db, pipeline)?;
        if args.reasons {
            for dead in store.dead_letters(LISTED)? {
                let (partition, letter) = (dead.partition, dead.letter);
                say(&format!(
                    "{partition} offset {}: {}: {}\n",
                    letter.offset, letter.stage, letter.reason
                ))?;
            }
        } else {
            let exported = store.export_dead_letters(&mut Output::default())?;
            if exported.cut > 0 {
                eprintln!(
                    "fleet: {} records were kept only in part and are left out: take them from the \
                     input, at the offsets that --reasons shows",
                    exported.cut
                );
            }
        }
    }
    Ok(())
}
