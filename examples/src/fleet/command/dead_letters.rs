//! `fleet dead-letters`: prints the records and rows that could not be used, to mend and replay
//! them.

use fleet_core::Result;

use crate::{
    args::DeadLettersArgs,
    console::stdout::{self, Stdout},
};

/// How many dead letters of a pipeline are listed with their reasons. Our choice: a screen or two;
/// the database has all of them.
const LISTED: usize = 1000;

/// Runs the command.
///
/// # Errors
/// Returns an error if the database does not exist or this program did not write it.
pub(crate) async fn run(args: &DeadLettersArgs) -> Result<()> {
    let db = args.db.open().await?;
    if args.reasons {
        for dead in db.dead_letters(LISTED).await? {
            let (partition, letter) = (dead.partition, dead.letter);
            stdout::print(&format!(
                "{partition} offset {}: {}: {}\n",
                letter.offset, letter.step, letter.reason
            ))?;
        }
        return Ok(());
    }
    if let Some(sink) = &args.rows {
        let cut = db
            .export_rejected_rows(sink, &mut Stdout::default())
            .await?;
        if cut > 0 {
            eprintln!(
                "fleet: {cut} rows are left out because only their first bytes are stored: run \
                 their records again, at the offsets that --reasons prints"
            );
        }
        return Ok(());
    }
    let cut = db.export_dead_letters(&mut Stdout::default()).await?;
    if cut > 0 {
        eprintln!(
            "fleet: {cut} records are left out because only their first bytes are stored: take \
             them from the input, at the offsets that --reasons prints"
        );
    }
    Ok(())
}
