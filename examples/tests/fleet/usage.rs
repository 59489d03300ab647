//! Wrong words, wrong files, wrong maps: what is wrong, where, and what to do.

use std::fs;

use super::support::{Scratch, fleet, run};

fn refused(words: &[&str], code: i32) -> String {
    let output = fleet(words).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{words:?}: {error}");
    assert!(
        !error.contains("panicked") && output.stdout.is_empty(),
        "{words:?}: {error}"
    );
    error
}

#[test]
fn wrong_words_are_refused_with_2_and_say_what_is_right() {
    assert!(
        refused(
            &[
                "replay",
                "x",
                "--dialect",
                "vehicleops",
                "--sink",
                "mongo:x"
            ],
            2
        )
        .contains("sqlite:PATH")
    );
    assert!(refused(&["demo", "--duration", "soon"], 2).contains("10m"));
    assert!(refused(&["demo", "--area", "paris"], 2).contains("bogota"));
    assert!(
        refused(&["replay", "no-such-file", "--dialect", "native"], 2).contains("no-such-file")
    );
    assert!(
        refused(
            &["replay", "x", "--dialect", "native", "--rules", "preset:x"],
            2
        )
        .contains('x')
    );
    assert!(refused(&["report", "--db", "no-such.db"], 2).contains("no-such.db"));
    assert!(refused(&["fly"], 2).contains("Usage"));
}

#[test]
fn a_wrong_map_is_refused_with_its_file_line_and_column() {
    let scratch = Scratch::new();
    let (data, map) = (scratch.at("drives.csv"), scratch.at("map.yaml"));
    fs::write(&data, "car,at,v\na,0,1\n").unwrap();
    let good = "key: { column: car }\ntime: { column: at, format: epoch_s }\ncolumns:\n  v: { signal: speed, unit: mph }\n";
    let words = [
        "replay",
        data.to_str().unwrap(),
        "--dialect",
        "csv",
        "--sink",
        "null",
    ];
    let with_map = |text: &str| {
        fs::write(&map, text).unwrap();
        [&words[..], &["--map", map.to_str().unwrap()]]
            .concat()
            .iter()
            .map(|w| (*w).to_owned())
            .collect::<Vec<_>>()
    };
    let strs = |words: &[String]| words.to_vec();
    let run_words = strs(&with_map(good));
    run(&run_words.iter().map(String::as_str).collect::<Vec<_>>());
    let wrong = [
        (good.replace("  v:", "  speed:"), "drives.csv"),
        (good.replace("speed, unit", "velocity, unit"), "velocity"),
        (good.replace("mph", "knots"), "knots"),
        (good.replace("epoch_s", "epoch"), "epoch"),
        (good.replace("key: { column: car }\n", ""), "key"),
    ];
    for (text, word) in wrong {
        let words = with_map(&text);
        let error = refused(&words.iter().map(String::as_str).collect::<Vec<_>>(), 2);
        assert!(
            error.contains(word) && error.contains("map.yaml"),
            "{error}"
        );
        println!("{error}");
    }
    assert!(refused(&words, 2).contains("--map"));
}

#[test]
fn the_graph_is_mermaid() {
    let graph = String::from_utf8(run(&["graph"]).stdout).unwrap();
    assert!(
        graph.starts_with("flowchart LR\n") && graph.contains("rules"),
        "{graph}"
    );
}
