//! The checks of source files as steps of `cargo xtask check`.

use super::imports::imports;
use super::workspace::Workspace;
use super::{circles, files, layers, skips, words};
use crate::run::{Metadata, Report, StepOutcome};

/// Reads every source file once and runs each check over them.
pub(crate) fn check(report: &mut Report, metadata: &Metadata) {
    let mut workspace = Workspace::default();
    report.check("source files", || match Workspace::load(metadata) {
        Ok(read) => {
            workspace = read;
            StepOutcome::Passed
        }
        Err(why) => StepOutcome::failed(why),
    });
    let imports = imports(&workspace);
    let mut step = |name: &str, find: &dyn Fn() -> Vec<String>| {
        report.check(name, || StepOutcome::from_findings(find()));
    };
    step("layers", &|| layers::findings(&workspace, &imports));
    step("circles", &|| circles::findings(&imports));
    step("first lines", &|| files::without_first_line(&workspace));
    step("file lengths", &|| files::too_long(&workspace));
    step("comment widths", &|| files::too_wide(&workspace));
    step("skipped tests", &|| skips::findings(&workspace));
    step("words", &|| words::findings(&workspace));
}
