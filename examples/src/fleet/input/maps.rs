//! The column maps of CSV inputs: which `--map` belongs to which input.

use std::path::Path;

use fleet_core::{Result, dialect::ColumnMap, event::ContentHasher};
use fleet_sources::FileSource;
use glob::Pattern;

use crate::console::failure::usage_error;

/// Returns the map of each input: the first whose pattern matches its name, else the one without a
/// pattern. The text identifies the maps by their content, because the same bytes read with another
/// map are another input.
///
/// # Errors
/// Refuses a file that is not a column map, a map that does not fit its input, and an input without
/// a map.
pub(crate) fn column_maps(
    args: &[String],
    source: &FileSource,
) -> Result<(Vec<ColumnMap>, String)> {
    let (patterns, fingerprint) = read_maps(args)?;
    let mut maps = Vec::new();
    for header in source.headers() {
        let map = map_for(header.name(), &patterns)?;
        // An empty input has neither a header nor records.
        if !header.bytes().is_empty() {
            map.check(header.bytes(), header.name())?;
        }
        maps.push(map);
    }
    Ok((maps, format!("as csv by map {fingerprint:016x}")))
}

/// Reads `MAP` and `PATTERN=MAP` arguments, and hashes the content of the files.
fn read_maps(args: &[String]) -> Result<(Vec<(Pattern, ColumnMap)>, u64)> {
    let mut patterns = Vec::new();
    let mut content = ContentHasher::new();
    for arg in args {
        let (pattern, file) = arg.split_once('=').unwrap_or(("*", arg));
        let pattern = Pattern::new(pattern).map_err(|error| {
            usage_error(format!("--map {arg}: `{pattern}` is not a pattern")).because(error)
        })?;
        let text = std::fs::read_to_string(file).map_err(|error| {
            usage_error(format!("cannot read the column map {file}")).because(error)
        })?;
        content.text(&text);
        patterns.push((pattern, ColumnMap::from_yaml(&text, file)?));
    }
    let matches_all = |(pattern, _): &(Pattern, ColumnMap)| pattern.as_str() == "*";
    if patterns.iter().filter(|entry| matches_all(entry)).count() > 1 {
        return Err(usage_error(
            "two maps are for all inputs: give one of them as --map PATTERN=MAP.yaml".into(),
        ));
    }
    // The map for all inputs is the last resort, wherever it stands on the command line.
    patterns.sort_by_key(matches_all);
    Ok((patterns, content.finish()))
}

/// Finds the map for the input of this name, by its path or its file name.
fn map_for(name: &str, patterns: &[(Pattern, ColumnMap)]) -> Result<ColumnMap> {
    let file = Path::new(name)
        .file_name()
        .map_or(name.into(), |file| file.to_string_lossy());
    let found = patterns
        .iter()
        .find(|(pattern, _)| pattern.matches(name) || pattern.matches(&file));
    found.map(|(_, map)| map.clone()).ok_or_else(|| {
        usage_error(format!(
            "no --map for {name}: give one as --map MAP.yaml or --map PATTERN=MAP.yaml"
        ))
    })
}
