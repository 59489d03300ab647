//! Phrases that are refused in comments and documents. The list is `phrases.txt`.

use super::workspace::Workspace;

const PHRASES: &str = include_str!("phrases.txt");

/// One refused phrase.
#[derive(Debug)]
struct Phrase<'a> {
    words: Vec<String>,
    instead: &'a str,
    /// Longer phrases that hold this one and are right.
    right: Vec<Vec<String>>,
}

/// A word or punctuation mark of a text, in lower case, with its line.
type Word = (String, usize);

/// Every place of a refused phrase.
pub(super) fn findings(workspace: &Workspace) -> Vec<String> {
    let phrases = phrases(PHRASES);
    let mut findings = Vec::new();
    for file in workspace.sources.values() {
        let lines = file.comments.iter();
        let lines = lines.map(|(line, text)| (*line, text.trim_start_matches(['/', '!', '*'])));
        findings.extend(refused(&file.path, lines, &phrases));
    }
    for (path, text) in &workspace.documents {
        let lines = text.lines().zip(1..).map(|(text, line)| (line, text));
        findings.extend(refused(path, lines, &phrases));
    }
    findings
}

/// Reads `PHRASE | what to write instead | right phrase, right phrase`.
fn phrases(list: &str) -> Vec<Phrase<'_>> {
    let lines = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let phrase = |line| {
        let mut columns = str::split(line, '|').map(str::trim);
        let words = only_words(columns.next()?);
        let instead = columns.next()?;
        let right = columns.next().unwrap_or_default();
        let right = right
            .split(',')
            .map(only_words)
            .filter(|right| !right.is_empty());
        Some(Phrase {
            words,
            instead,
            right: right.collect(),
        })
    };
    lines.filter_map(phrase).collect()
}

fn only_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

fn refused<'t>(
    path: &str,
    lines: impl Iterator<Item = (usize, &'t str)>,
    phrases: &[Phrase<'_>],
) -> Vec<String> {
    let mut findings = Vec::new();
    for run in runs(lines) {
        for at in 0..run.len() {
            let here = phrases.iter().filter(|phrase| phrase.stands_at(&run, at));
            findings.extend(here.filter_map(|phrase| {
                let (_, line) = run.get(at)?;
                let words = phrase.words.join(" ");
                Some(format!(
                    "{path}:{line}: \"{words}\"; write {}",
                    phrase.instead
                ))
            }));
        }
    }
    findings
}

impl Phrase<'_> {
    fn stands_at(&self, run: &[Word], at: usize) -> bool {
        let is_right = |right: &Vec<String>| {
            let offsets = right.windows(self.words.len()).zip(0..);
            let mut offsets = offsets.filter(|(part, _)| *part == self.words.as_slice());
            offsets.any(|(_, offset)| {
                at.checked_sub(offset)
                    .is_some_and(|at| is_at(right, run, at))
            })
        };
        is_at(&self.words, run, at) && !self.right.iter().any(is_right)
    }
}

fn is_at(words: &[String], run: &[Word], at: usize) -> bool {
    let there = run.get(at..at + words.len());
    there.is_some_and(|there| there.iter().map(|(word, _)| word).eq(words))
}

/// Splits lines into paragraphs of words. A phrase may go over the end of a line; inline code is
/// one mark, because it names things and is not prose.
fn runs<'t>(lines: impl Iterator<Item = (usize, &'t str)>) -> Vec<Vec<Word>> {
    let mut runs = vec![Vec::new()];
    let (mut before, mut in_code) = (0, false);
    for (line, text) in lines {
        if line != before + 1 || text.trim().is_empty() {
            runs.push(Vec::new());
            in_code = false;
        }
        before = line;
        if let Some(run) = runs.last_mut() {
            add_words(text, line, &mut in_code, run);
        }
    }
    runs
}

fn add_words(text: &str, line: usize, in_code: &mut bool, run: &mut Vec<Word>) {
    let mut word = String::new();
    for character in text.chars().chain([' ']) {
        let is_part = character.is_alphanumeric() || character == '\'' || character == '_';
        if is_part && !*in_code {
            word.extend(character.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            run.push((std::mem::take(&mut word), line));
        }
        if character == '`' {
            *in_code = !*in_code;
        }
        // Emphasis and links do not part the words of a phrase.
        if !*in_code && !character.is_whitespace() && !"*_[]".contains(character) {
            run.push((character.to_string(), line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        findings(&Workspace::of(files))
    }

    #[test]
    fn a_refused_phrase_is_named_with_its_line_and_what_to_write() {
        let files = [
            (
                "a/src/lib.rs",
                "//! A crate.\n\n/// Says what\n/// becomes of a row.\nfn b() {}",
            ),
            ("README.md", "# A\n\nIt runs Once More.\n"),
        ];
        assert_eq!(
            found(&files),
            [
                "a/src/lib.rs:3: \"what becomes of\"; write \"the fate of\", \"what happens to\", or \
                 name the outcome",
                "README.md:3: \"once more\"; write \"again\""
            ]
        );
    }

    #[test]
    fn code_and_strings_are_no_prose() {
        let code = "//! A crate.\nconst A: &str = \"once more\"; // `once more`\n";
        assert_eq!(found(&[("a/src/lib.rs", code)]), [""; 0]);
    }

    #[test]
    fn words_that_only_touch_are_no_phrase() {
        for text in [
            "It ran once. More follows.",
            "once\n\nmore",
            "at once moreover",
        ] {
            assert_eq!(found(&[("README.md", text)]), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_right_phrase_that_holds_a_refused_one_is_let_through() {
        let right = "Where there is none, it is refused.";
        assert_eq!(found(&[("README.md", right)]), [""; 0]);
        let wrong = "A row that is none is refused.";
        assert_eq!(found(&[("README.md", wrong)]).len(), 1);
    }

    #[test]
    fn every_line_of_the_list_has_a_phrase_and_a_remedy() {
        let lines = PHRASES.lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let all = phrases(PHRASES);
        assert_eq!(all.len(), lines.count());
        for phrase in all {
            assert!(
                !phrase.words.is_empty() && !phrase.instead.is_empty(),
                "{phrase:?}"
            );
        }
    }
}
