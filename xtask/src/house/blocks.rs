//! The list of layers in ARCHITECTURE.md: the fenced blocks that begin with ````
//! ```text layers ````.
//!
//! ```text
//! fleet-core/src
//!   0 planted.rs  switches that plant a known bug for a test
//!   1 data        units, time, positions
//!   2 event       what a vehicle says
//!   2 rows        rows between operators
//!   - lib.rs      the public paths
//! ```
//!
//! A line without indentation names a folder. Each indented line is one entry of the folder: its
//! rank, its name, one line about it. A file may import only from entries of a lower rank than its
//! own entry, so entries of equal rank never import each other. Ranks rise from line to line. `-`
//! stands for no rank and is only for `lib.rs`, `main.rs` and `mod.rs`, which need no line.

/// Where the blocks stand.
pub(super) const FILE: &str = "ARCHITECTURE.md";

/// One folder and its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) folder: String,
    /// In [`FILE`].
    pub(super) line: usize,
    pub(super) entries: Vec<Entry>,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// As in the folder: `data`, or `planted.rs`.
    pub(super) name: String,
    pub(super) rank: Option<u32>,
    /// In [`FILE`].
    pub(super) line: usize,
}

/// Whether every folder may have such a file: it declares the others and belongs to no layer.
pub(super) fn is_root_file(name: &str) -> bool {
    matches!(name, "lib.rs" | "main.rs" | "mod.rs")
}

/// Reads every block of the document, and what is wrong with its lines.
pub(super) fn read(document: &str) -> (Vec<Block>, Vec<String>) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut findings = Vec::new();
    let mut inside = false;
    for (text, line) in document.lines().zip(1..) {
        if text.trim_start().starts_with("```") {
            inside = !inside && text.trim() == "```text layers";
        } else if inside
            && !text.trim().is_empty()
            && let Err(why) = read_line(text, line, &mut blocks)
        {
            findings.push(format!("{FILE}:{line}: {why}"));
        }
    }
    (blocks, findings)
}

fn read_line(text: &str, line: usize, blocks: &mut Vec<Block>) -> Result<(), String> {
    if !text.starts_with(' ') {
        let folder = text.trim().trim_end_matches('/').to_owned();
        if blocks.iter().any(|block| block.folder == folder) {
            return Err(format!(
                "{folder} is listed twice; keep one of the two lists"
            ));
        }
        blocks.push(Block {
            folder,
            line,
            entries: Vec::new(),
        });
        return Ok(());
    }
    let block = blocks.last_mut();
    let block = block.ok_or("an entry before its folder; name the folder on a line of its own")?;
    let entry = read_entry(text, line)?;
    if block.entries.iter().any(|other| other.name == entry.name) {
        return Err(format!("{} is listed twice; remove one line", entry.name));
    }
    let highest = block.entries.iter().filter_map(|entry| entry.rank).max();
    let descends = entry.rank.is_some() && entry.rank < highest;
    let name = entry.name.clone();
    block.entries.push(entry);
    if descends {
        return Err(format!(
            "the rank of {name} is below the line before; list the lowest first"
        ));
    }
    Ok(())
}

fn read_entry(text: &str, line: usize) -> Result<Entry, String> {
    let mut words = text.split_whitespace();
    let (Some(rank), Some(name), Some(_)) = (words.next(), words.next(), words.next()) else {
        return Err("write `RANK NAME one line about it`".to_owned());
    };
    let name = name.trim_end_matches('/').to_owned();
    let rank = match rank.parse::<u32>() {
        Ok(rank) => Some(rank),
        Err(_) if rank == "-" && is_root_file(&name) => None,
        Err(_) => {
            let why = "the rank is a whole number, or `-` for lib.rs, main.rs and mod.rs";
            return Err(format!("`{rank}` is not a rank: {why}"));
        }
    };
    Ok(Entry { name, rank, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(document: &str) -> Vec<(String, Option<u32>)> {
        let (blocks, findings) = read(document);
        assert_eq!(findings, [""; 0]);
        let entries = blocks.into_iter().flat_map(|block| block.entries);
        entries.map(|entry| (entry.name, entry.rank)).collect()
    }

    fn findings(lines: &str) -> String {
        read(&format!("```text layers\n{lines}\n```\n"))
            .1
            .join("\n")
    }

    #[test]
    fn only_the_marked_blocks_are_read() {
        let document = "# Map\n\n```text\n  9 other  thing\n```\n\n```text layers\na/src/\n  \
                        1 b/  first of all\n  2 c.rs  the second\n  - lib.rs  the root\n\nd/src\n  \
                        1 e  other\n```\n  7 f  prose\n";
        let wanted = [
            ("b", Some(1)),
            ("c.rs", Some(2)),
            ("lib.rs", None),
            ("e", Some(1)),
        ];
        assert_eq!(
            ranks(document),
            wanted.map(|(name, rank)| (name.to_owned(), rank))
        );
        let folders: Vec<_> = read(document)
            .0
            .into_iter()
            .map(|block| block.folder)
            .collect();
        assert_eq!(folders, ["a/src", "d/src"]);
    }

    /// The form that the folder list of the core has.
    const CORE: &str = "```text layers
fleet-core/src
  0 planted.rs  switches that plant a known bug for a test; every layer may read them
  1 data        units, time, identities, positions, offsets, errors, state
  2 event       what a vehicle reports: telemetry, driving events, alerts, odometry
  3 rows        rows, the slab that holds them, keys, timers
  4 contracts   the traits that users implement
  5 dialect     how each system writes its events
  6 engine      state machines without clock, thread or I/O
  7 window      windows and their aggregates
  8 pipeline    the driver: the one place that waits and calls
  9 futures     streams and sinks of the futures crates
  10 testing    a harness, faults, conformance suites
  - lib.rs      the public paths
```
";

    #[test]
    fn the_list_of_the_core_is_read_in_its_order() {
        let ranks = ranks(CORE);
        let names: Vec<_> = ranks.iter().map(|(name, _)| name.as_str()).collect();
        let wanted = "planted.rs data event rows contracts dialect engine window pipeline futures \
                      testing lib.rs";
        assert_eq!(names.join(" "), wanted);
        let numbers: Vec<_> = ranks.iter().filter_map(|(_, rank)| *rank).collect();
        assert_eq!(numbers, (0..=10).collect::<Vec<u32>>());
    }

    #[test]
    fn a_line_that_says_too_little_is_refused() {
        let wanted = "ARCHITECTURE.md:3: write `RANK NAME one line about it`";
        assert_eq!(findings("a/src\n  1 b"), wanted);
        assert!(findings("a/src\n  - b  words").contains("`-` is not a rank"));
        assert!(findings("  1 b  words").contains("an entry before its folder"));
    }

    #[test]
    fn ranks_rise_and_names_are_listed_once() {
        assert!(findings("a\n  2 b  words\n  1 c  words").contains("list the lowest first"));
        assert!(findings("a\n  1 b  words\n  1 b  words").contains("b is listed twice"));
        assert!(findings("a\n  1 b  words\na\n").contains("a is listed twice"));
        assert_eq!(findings("a\n  1 b  words\n  1 c  words"), "");
    }
}
