//! Maps each SQLSTATE to the reaction that it calls for.

use tokio_postgres::error::{DbError, SqlState};

/// The reaction to an error of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) enum Remedy {
    /// Retry a little later.
    Retry,
    /// Retry once somebody has freed space.
    Pause,
    /// Retry with fewer rows.
    Split,
    /// A row is at fault: write the others without it.
    DeadLetter,
    /// Give up: only a change of configuration, rights or schema helps.
    Stop,
    /// Like `Stop`, for an access that the role has no right to.
    Security,
}

/// Decides by the class and code of <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
pub(in crate::postgres) fn remedy(error: &DbError) -> Remedy {
    by_code(error.code(), is_row_security(error))
}

fn by_code(code: &SqlState, row_security: bool) -> Remedy {
    let class = code.code().get(..2).unwrap_or_default();
    match (code.code(), class) {
        // Serialization failure, deadlock, lock not available; too many connections, a configured
        // limit; a read-only server, because after a failover the next connection reaches the
        // primary. The server shuts down or starts up (57P04, a dropped database, does not come
        // back). Idle in a transaction for too long: a new session works.
        (
            "40001" | "40P01" | "55P03" | "53300" | "53400" | "25006" | "57P01" | "57P02" | "57P03"
            | "57P05" | "25P03" | "25P04",
            _,
        )
        | (_, "08") => Remedy::Retry,
        ("53100", _) => Remedy::Pause,
        // Cancelled by statement_timeout; out of memory; a limit such as the size of an index row
        // (54000).
        ("57014" | "53200", _) | (_, "54") => Remedy::Split,
        // 44000: the check option of a view. 42501 only if a row violates a policy, not if a right
        // is missing.
        ("44000", _) | (_, "22" | "23") => Remedy::DeadLetter,
        ("42501", _) if row_security => Remedy::DeadLetter,
        ("42501", _) => Remedy::Security,
        _ => Remedy::Stop,
    }
}

/// Whether a row violates a policy. The routine's name is used because messages are translated.
fn is_row_security(error: &DbError) -> bool {
    *error.code() == SqlState::INSUFFICIENT_PRIVILEGE
        && error.routine() == Some("ExecWithCheckOptions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_remedy() {
        let table = [
            (
                Remedy::Retry,
                "40001 40P01 55P03 57P01 57P02 57P03 08000 08006 53300 53400 25006 25P03",
            ),
            (Remedy::Pause, "53100"),
            (Remedy::Split, "57014 54000 53200"),
            (
                Remedy::DeadLetter,
                "22021 22P02 22003 23502 23503 23505 23514 44000",
            ),
            (
                Remedy::Stop,
                "28000 28P01 3D000 42P01 42703 57P04 25P02 XX000 0A000",
            ),
            (Remedy::Security, "42501"),
        ];
        for (remedy, codes) in table {
            for code in codes.split(' ') {
                assert_eq!(by_code(&SqlState::from_code(code), false), remedy, "{code}");
            }
        }
    }

    #[test]
    fn a_row_against_a_policy_costs_itself_and_a_missing_right_stops() {
        let denied = SqlState::INSUFFICIENT_PRIVILEGE;
        assert_eq!(by_code(&denied, true), Remedy::DeadLetter);
        assert_eq!(by_code(&denied, false), Remedy::Security);
    }
}
