//! Every kind of bad line among good ones: the good are stored, each bad one is a dead letter.

use std::{
    io::{Read, Write},
    process::Stdio,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use super::support::{Scratch, dump, fleet, number};

fn good(line: usize) -> String {
    format!(
        r#"{{"vehicle_id":"fleet-001-VH-{:03}","fleet_id":"fleet-001","latitude":4.711,"longitude":-74.0721,"speed_kmh":42.5,"battery_pct":78.0,"engine_temp_c":72.3,"load_pct":65.0,"status":"MOVING","timestamp":"2024-02-15T14:{:02}:{:02}+00:00"}}"#,
        line % 7,
        line / 60 % 60,
        line % 60
    )
}

/// Each bad line, and a word from the reason of its dead letter.
fn bad() -> Vec<(Vec<u8>, &'static str)> {
    let but = |from: &str, to: &str| good(0).replace(from, to).into_bytes();
    let time = "2024-02-15T14:00:00+00:00";
    vec![
        (b"not json at all".to_vec(), "JSON"),
        (b"[1, 2, 3]".to_vec(), "object"),
        (but("42.5", "\"fast\""), "speed_kmh"),
        (
            but("\"vehicle_id\":\"fleet-001-VH-000\",", ""),
            "vehicle_id",
        ),
        (
            but(",\"timestamp\":\"2024-02-15T14:00:00+00:00\"", ""),
            "timestamp",
        ),
        (but("fleet-001-VH-000", ""), "empty"),
        (but("42.5", "NaN"), "JSON"),
        (but("42.5", "1e999"), "finite"),
        (but("\"load_pct\":65.0", "\"speed_kmh\":1.0"), "twice"),
        (but("MOVING", &"x".repeat(2 << 20)), "limit"),
        ([&b"{\"vehicle_id\":\"\xff\xfe\"}"[..]].concat(), "UTF-8"),
        (but("VH-000", "\\u0000"), "U+0000"),
        (but("4.711", "91"), "latitude"),
        (but("-74.0721", "-180.5"), "longitude"),
        (but(time, "yesterday at noon"), "time"),
        (but(time, "+300000-01-01T00:00:00Z"), "time"),
        (but(time, "2024-02-30T00:00:00Z"), "time"),
        (but("}", "} and more"), "JSON"),
        (but("\"MOVING\"", "17"), "status"),
    ]
}

#[test]
fn good_lines_are_stored_and_each_bad_one_is_a_dead_letter_with_offset_and_reason() {
    let mut input = Vec::new();
    let mut expected = Vec::new();
    let bad = bad();
    for line in 0..1000 {
        if line % 50 == 25
            && let Some((bytes, word)) = bad.get(line / 50)
        {
            expected.push((input.len(), *word));
            input.extend_from_slice(bytes);
            input.push(b'\n');
        }
        input.extend_from_slice(good(line).as_bytes());
        // Empty lines are not records, and neither are the line ends of Windows.
        input.extend_from_slice(if line % 100 == 0 { b"\r\n\n" } else { b"\n" });
    }
    assert_eq!(expected.len(), bad.len());

    let scratch = Scratch::new();
    let db = scratch.db();
    let sink = format!("sqlite:{}", db.display());
    let words = [
        "replay",
        "-",
        "--dialect",
        "vehicleops",
        "--sink",
        &sink,
        "--report",
        "json",
    ];
    let mut child = fleet(&words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&input).unwrap();
    // A last line of 400 MB that never ends: it must not be kept in memory.
    let piece = vec![b'x'; 4 << 20];
    for _ in 0..100 {
        pipe.write_all(&piece).unwrap();
    }
    pipe.flush().unwrap();
    let peak = peak_kib(child.id());
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !error.contains("panicked"),
        "{error}"
    );
    println!("peak memory {} MiB", peak.unwrap_or(0) / 1024);
    assert!(peak.is_none_or(|kib| kib < 300 * 1024), "{peak:?} KiB");

    assert_eq!(number(&db, "SELECT count(*) FROM telemetry"), 1000);
    let dead = dump(&db).remove("dead_letters").unwrap();
    assert_eq!(dead.len(), bad.len() + 1, "{dead:#?}");
    for (offset, word) in expected {
        let sql = format!(
            "SELECT count(*) FROM dead_letters WHERE offset = {offset} AND reason LIKE '%{word}%'"
        );
        let reason = dead.iter().find(|row| row.contains(&format!("|{offset}|")));
        assert_eq!(
            number(&db, &sql),
            1,
            "{offset} {word}: {:.300}",
            reason.map_or("", String::as_str)
        );
    }
}

/// Returns the peak memory of the process, on systems that report it.
fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn whole_lines_before_the_damage_are_committed_however_seldom_epochs_close() {
    let folder = Scratch::new();
    let text: String = (0..2_000).map(|line| good(line) + "\n").collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let torn = &packed[..packed.len() / 2];
    let mut readable = Vec::new();
    GzDecoder::new(torn).read_to_end(&mut readable).unwrap_err();
    let whole = String::from_utf8(readable).unwrap().matches('\n').count();
    assert!(whole > 100, "{whole}");
    let torn = folder.file("torn.ndjson.gz", torn);

    for every in ["1ms", "1h"] {
        let database = folder.at(every);
        let sink = format!("sqlite:{}", database.display());
        let args = ["replay", &torn, "--dialect", "vehicleops", "--sink", &sink];
        let mut command = fleet(&args);
        let output = command.args(["--commit-every", every]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("torn.ndjson.gz") && said.contains("gzip -t"),
            "{said}"
        );
        let accepted = number(&database, "SELECT accepted FROM positions");
        assert_eq!(usize::try_from(accepted).unwrap(), whole);
    }
}
