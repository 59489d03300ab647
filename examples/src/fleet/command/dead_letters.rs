//! `fleet dead-letters`: what could not be used, to mend it and run it again.

use fleet_core::Result;

use crate::{
    args::DeadLettersArgs,
    console::stdout::{Output, say},
};

/// How many dead letters of a pipeline are listed with their reasons. Our choice: a screen or two; the database has all.
const LISTED: usize = 1000;

/// Runs the command.
///
/// # Errors
/// When there is no such database, or it is not ours.
pub(crate) async fn run(args: &DeadLettersArgs) -> Result<()> {
    let db = args.db.open().await?;
    if args.reasons {
        for dead in db.dead_letters(LISTED).await? {
            let (partition, letter) = (dead.partition, dead.letter);
            say(&format!(
                "{partition} offset {}: {}: {}\n",
                letter.offset, letter.stage, letter.reason
            ))?;
        }
        return Ok(());
    }
    let cut = db.export_dead_letters(&mut Output::default()).await?;
    if cut > 0 {
        eprintln!(
            "fleet: {cut} records were kept only in part and are left out: take them from the input, \
             at the offsets that --reasons shows"
        );
    }
    Ok(())
}
