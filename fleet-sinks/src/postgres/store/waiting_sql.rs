//! The SQL that reads and marks what waits, for either table.

use super::dead_letter_rows;
use crate::outbox::Contents;

/// Relayed messages that are deleted with one mark. Our choice: more than a page marks, so that
/// they get fewer, and few enough that commits do not wait.
const FORGOTTEN: usize = 2_000;

/// The statements of one backlog. `$1` is the pipeline.
#[derive(Debug)]
pub(super) struct WaitingSql {
    /// The oldest: at most `$2` rows, and `$3` bytes or one row. `$4` has topics to leave out.
    pub(super) page: String,
    /// Marks the places `$2` as relayed, or with the refusals `$3`.
    pub(super) mark: String,
    /// Deletes what was relayed more than `$2` seconds ago.
    pub(super) forget: String,
    /// How many wait, the age of the oldest in seconds, and how many were refused.
    pub(super) size: String,
    /// The oldest `$2` that were refused, with the reason.
    pub(super) refused: String,
    /// Lets what was refused wait again.
    pub(super) again: String,
}

impl WaitingSql {
    /// Names of tables and columns are constants of this file; values are bound.
    pub(super) fn of(contents: &Contents) -> Self {
        let (table, columns, bytes, since, but) = match contents {
            Contents::Outbox { .. } => (
                "fleet_stream.outbox",
                "topic, id::text, key, value, at, headers",
                "coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0)",
                "stored_at",
                "AND topic <> ALL ($4::text[])",
            ),
            Contents::DeadLetters { .. } => (
                "fleet_stream.dead_letters",
                dead_letter_rows::COLUMNS,
                "octet_length(raw)",
                "buried_at",
                "",
            ),
        };
        let waits = "relayed_at IS NULL AND relay_refused IS NULL";
        Self {
            page: format!(
                "SELECT {columns}, seq FROM (
                    SELECT *, sum({bytes}) OVER (ORDER BY seq) AS bytes_so_far,
                        row_number() OVER (ORDER BY seq) AS place_in_page
                    FROM (SELECT * FROM {table} WHERE pipeline = $1 AND {waits} {but}
                        ORDER BY seq LIMIT $2) AS oldest
                ) AS summed WHERE bytes_so_far <= $3 OR place_in_page = 1 ORDER BY seq"
            ),
            mark: format!(
                "UPDATE {table} AS known SET relay_refused = new.refusal,
                    relayed_at = CASE WHEN new.refusal IS NULL THEN now() END
                FROM unnest($2::bigint[], $3::text[]) AS new (place, refusal)
                WHERE known.pipeline = $1 AND known.seq = new.place AND {waits}"
            ),
            forget: format!(
                "DELETE FROM {table} WHERE pipeline = $1 AND ctid = ANY (ARRAY(
                    SELECT ctid FROM {table} WHERE pipeline = $1 AND relayed_at IS NOT NULL
                    AND relayed_at <= now() - make_interval(secs => $2) LIMIT {FORGOTTEN}))"
            ),
            size: format!(
                "SELECT count(*) FILTER (WHERE {waits}),
                    CASE WHEN count(*) FILTER (WHERE {waits}) > 0 THEN extract(epoch FROM greatest(
                        clock_timestamp() - min({since}) FILTER (WHERE {waits}), interval '0'))
                    END::float8,
                    count(*) FILTER (WHERE relay_refused IS NOT NULL)
                FROM {table} WHERE pipeline = $1 AND ({waits} OR relay_refused IS NOT NULL)"
            ),
            refused: format!(
                "SELECT {columns}, relay_refused FROM {table}
                WHERE pipeline = $1 AND relay_refused IS NOT NULL ORDER BY seq LIMIT $2"
            ),
            again: format!(
                "UPDATE {table} SET relay_refused = NULL
                WHERE pipeline = $1 AND relay_refused IS NOT NULL"
            ),
        }
    }
}
