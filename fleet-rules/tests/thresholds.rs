//! Threshold rules in a running pipeline: the cases of the VehicleOps description, edges and ids.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod support;

use fleet_core::{
    ErrorKind, EventTime, Graph, MemoryStore, Operator, Order, Pipeline, VehicleId,
    decode::Typed,
    event::{AlertKind, Dtc, Flag, LimitSource, Reading, Severity, Signal, Telemetry},
    testing::Scripted,
    units::{Percent, Speed, Temperature},
};
use fleet_rules::{Condition, Evaluation, Mode, ProducerFlag, Rules, Threshold, preset};

fn reading(second: i64, speed: f64, battery: f64, engine: f64) -> Telemetry {
    let at = EventTime::from_micros(1_700_000_000_000_000 + second * 1_000_000);
    Telemetry::new(VehicleId::new("fleet-001-VH-001").unwrap(), at)
        .with_speed(Speed::from_kmh(speed))
        .with_battery_charge(Percent::from_percent(battery))
        .with_engine_temperature(Temperature::from_celsius(engine))
}

/// The alerts as text, in the order of their time.
async fn alerts(rules: Rules, rows: Vec<Telemetry>) -> Vec<String> {
    let (mut graph, telemetry) = Graph::new();
    let alerts = graph.apply("rules", telemetry, rules);
    let short = graph.map("short", alerts, |alert| {
        (
            alert.kind.to_string(),
            alert.value,
            alert.severity.as_word(),
            alert.id.to_string(),
        )
    });
    let store = MemoryStore::default();
    let source = Scripted::of_events("memory", rows);
    Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store("alerts", short, store.table("alerts"))
    .run()
    .await
    .unwrap();
    store.rows().remove("alerts").unwrap_or_default()
}

async fn kinds(rules: Rules, rows: Vec<Telemetry>) -> Vec<String> {
    let alerts = alerts(rules, rows).await;
    alerts
        .iter()
        .map(|alert| alert.split('"').nth(1).unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_cases_of_the_vehicleops_description_open_what_they_say() {
    let open = |row| kinds(preset::vehicleops(Mode::Edge), vec![row]);
    assert_eq!(open(reading(0, 92.5, 80.0, 70.0)).await, ["OVERSPEED"]);
    assert_eq!(
        open(reading(0, 30.0, 12.0, 70.0)).await,
        ["TRACTION_SOC_LOW"]
    );
    assert_eq!(
        open(reading(0, 45.0, 70.0, 108.0)).await,
        ["ENGINE_OVERHEAT"]
    );
    assert!(open(reading(0, 42.0, 85.0, 72.0)).await.is_empty());
    assert!(open(reading(0, 80.0, 15.0, 100.0)).await.is_empty());
    let battery = alerts(
        preset::vehicleops(Mode::Edge),
        vec![reading(0, 30.0, 12.0, 70.0)],
    )
    .await;
    assert!(
        battery[0].contains("\"TRACTION_SOC_LOW\", Some(12.0)"),
        "{battery:?}"
    );
}

#[tokio::test]
async fn edge_opens_once_until_the_condition_is_false_and_every_opens_each_time() {
    let speeds = [81.0, 90.0, 80.0, 85.0, 86.0];
    let rows = || {
        speeds
            .iter()
            .zip(0..)
            .map(|(v, s)| reading(s, *v, 50.0, 70.0))
            .collect()
    };
    assert_eq!(kinds(preset::vehicleops(Mode::Edge), rows()).await.len(), 2);
    assert_eq!(
        kinds(preset::vehicleops(Mode::Every), rows()).await.len(),
        4
    );
}

#[tokio::test]
async fn a_missing_or_null_reading_holds_what_was() {
    let mut missing = reading(1, 0.0, 50.0, 70.0);
    missing.set(Signal::Speed, Reading::missing());
    let mut null = reading(2, 0.0, 50.0, 70.0);
    null.set(Signal::Speed, Reading::null());
    let rows = vec![
        reading(0, 90.0, 50.0, 70.0),
        missing,
        null,
        reading(3, 90.0, 50.0, 70.0),
    ];
    assert_eq!(kinds(preset::vehicleops(Mode::Edge), rows).await.len(), 1);
}

#[tokio::test]
async fn alerts_of_one_time_have_different_ids_and_the_same_ones_in_every_run() {
    let rows = || vec![reading(0, 90.0, 10.0, 105.0), reading(0, 91.0, 9.0, 106.0)];
    let first = alerts(preset::vehicleops(Mode::Every), rows()).await;
    let ids: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!((first.len(), ids.len()), (6, 6));
    let mut turned = rows();
    turned.reverse();
    assert_eq!(alerts(preset::vehicleops(Mode::Every), turned).await, first);
}

#[test]
fn rules_that_cannot_be_told_apart_or_compared_are_refused() {
    let rule = Threshold {
        rule: "hot".into(),
        kind: AlertKind::EngineOverheat,
        severity: Severity::High,
        condition: Condition::Above(Signal::EngineTemperature, f64::NAN),
        flag: None,
    };
    let error = Rules::new([rule.clone()], Mode::Edge)
        .unwrap_err()
        .to_string();
    assert!(error.contains("finite"), "{error}");
    let rule = Threshold {
        condition: Condition::Above(Signal::EngineTemperature, 1.0),
        ..rule
    };
    assert!(
        Rules::new([rule.clone(), rule], Mode::Edge)
            .unwrap_err()
            .to_string()
            .contains("two rules")
    );
    assert!("always".parse::<Mode>().is_err());
}

fn at_speed(kmh: f64) -> Telemetry {
    let at = EventTime::from_micros(1_700_000_000_000_000);
    Telemetry::new(VehicleId::new("car-1").unwrap(), at).with_speed(Speed::from_kmh(kmh))
}

fn rule(condition: Condition) -> Threshold {
    Threshold {
        rule: "speed".into(),
        kind: AlertKind::Overspeed,
        severity: Severity::High,
        condition,
        flag: None,
    }
}

#[tokio::test]
async fn each_condition_is_strict_when_it_is_evaluated_and_when_it_raises_alerts() {
    let limited = |kmh| at_speed(kmh).with_speed_limit(Speed::from_kmh(50.0));
    let above_limit = Condition::AboveEventLimit {
        signal: Signal::Speed,
        limit: Signal::SpeedLimit,
        tolerance: 5.0,
    };
    let above = Condition::Above(Signal::Speed, 55.0);
    let below = Condition::Below(Signal::Speed, 55.0);
    for (condition, violating, limit, source) in [
        (above, [false, false, true], 55.0, LimitSource::Rule),
        (below, [true, false, false], 55.0, LimitSource::Rule),
        (above_limit, [false, false, true], 50.0, LimitSource::Event),
    ] {
        for (kmh, violates) in [54.9, 55.0, 55.1].into_iter().zip(violating) {
            let evaluation = rule(condition).evaluate(&limited(kmh));
            let expected = Evaluation {
                violates,
                value: Some(kmh),
                limit: Some(limit),
                source,
            };
            assert_eq!(evaluation, Some(expected), "{condition:?} {kmh}");
            let rules = Rules::new([rule(condition)], Mode::Every).unwrap();
            let alerts = kinds(rules, vec![limited(kmh)]).await;
            assert_eq!(alerts.len(), usize::from(violates), "{condition:?} {kmh}");
        }
        let vehicle = VehicleId::new("car-1").unwrap();
        let empty = Telemetry::new(vehicle, EventTime::MIN);
        assert_eq!(rule(condition).evaluate(&empty), None);
        assert_eq!(condition.signal(), Some(Signal::Speed));
    }
    assert_eq!(Condition::AnyCode.signal(), None);
}

#[test]
fn a_trouble_code_is_a_violation_without_value_and_limit() {
    let evaluate = |codes: &[&str]| {
        let mut event = at_speed(50.0);
        event.set_dtcs(codes.iter().map(|code| Dtc::new(code).unwrap()).collect());
        rule(Condition::AnyCode).evaluate(&event)
    };
    let found = |violates| {
        Some(Evaluation {
            violates,
            value: None,
            limit: None,
            source: LimitSource::Rule,
        })
    };
    assert_eq!(
        (evaluate(&[]), evaluate(&["P0420"])),
        (found(false), found(true))
    );
}

#[test]
fn limits_and_tolerances_must_be_finite() {
    let above_limit = |tolerance| Condition::AboveEventLimit {
        signal: Signal::Speed,
        limit: Signal::SpeedLimit,
        tolerance,
    };
    let rules = |condition| Rules::new([rule(condition)], Mode::Edge);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for condition in [
            Condition::Above(Signal::Speed, number),
            Condition::Below(Signal::Speed, number),
            above_limit(number),
        ] {
            assert!(rules(condition).is_err(), "{condition:?}");
        }
    }
    assert!(rules(above_limit(0.0)).is_ok());
    assert!(rules(Condition::AnyCode).is_ok());
}

#[test]
fn one_operator_evaluates_up_to_64_rules_of_different_names() {
    const NAMES: &str = "a b c d e f g h i j k l m n o p q r s t u v w x y z \
        A B C D E F G H I J K L M N O P Q R S T U V W X Y Z \
        0 1 2 3 4 5 6 7 8 9 - + *";
    let rules = |count: usize| {
        let names = NAMES.split(' ').take(count);
        Rules::new(
            names.map(|name| Threshold {
                rule: name.into(),
                ..rule(Condition::AnyCode)
            }),
            Mode::Edge,
        )
    };
    assert_eq!(fleet_rules::MAX_RULES, 64);
    assert_eq!(rules(64).unwrap().thresholds().len(), 64);
    assert!(rules(65).unwrap_err().to_string().contains("65 rules"));
}

#[test]
fn the_structure_of_rules_is_their_names_and_what_each_watches() {
    assert_eq!(
        preset::vehicleops(Mode::Edge).structure(),
        "rules \"overspeed\" above speed_kmh, \"traction-soc-low\" below battery_pct, \
         \"engine-overheat\" above engine_temp_c"
    );
    let rules = Rules::new([rule(Condition::AnyCode)], Mode::Every);
    assert_eq!(rules.unwrap().structure(), "rules \"speed\" any code");
}

#[test]
fn a_name_that_no_column_or_saved_state_can_hold_is_refused() {
    let named = |name: &str| {
        let rule = Threshold {
            rule: name.into(),
            ..rule(Condition::AnyCode)
        };
        Rules::new([rule], Mode::Edge)
    };
    let longest = "é".repeat(64);
    for name in ["a", "zu schnell: über 80 km/h", &longest] {
        assert!(named(name).is_ok(), "{name}");
    }
    for (name, said) in [
        ("", "0 bytes"),
        (&format!("{longest}!"), "129 bytes"),
        ("too \"fast\"", "contains `\\\"`"),
        ("a\0b", "contains `\\0`"),
        ("a\nb", "contains `\\n`"),
    ] {
        let error = named(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// A rule from words, as a file of rules has them.
fn of_words([name, kind, severity, signal, limit, flag]: [String; 6]) -> Threshold {
    Threshold {
        rule: name.into(),
        kind: kind.parse().unwrap(),
        severity: Severity::from_word(&severity).unwrap(),
        condition: Condition::Above(signal.parse().unwrap(), limit.parse().unwrap()),
        flag: Flag::from_word(&flag).map(ProducerFlag::of),
    }
}

#[tokio::test]
async fn names_kinds_severities_flags_and_modes_may_come_from_data() {
    let lines = [
        "reefer engine too warm for its load|REEFER_WARM|LOW|engine_temp_c|40|-",
        "fast|OVERSPEED|CRITICAL|speed_kmh|100|speeding",
    ];
    let rules = lines.map(|line| {
        let words: Vec<_> = line.split('|').map(str::to_owned).collect();
        of_words(words.try_into().unwrap())
    });
    let rules = Rules::new(rules, "every".parse().unwrap()).unwrap();
    let mut fast = reading(1, 60.0, 50.0, 30.0);
    fast.set_flag(Flag::Speeding, Some(true));
    let found = support::run(rules, vec![reading(0, 60.0, 50.0, 41.0), fast]).await;
    let mut said = found.iter().map(|alert| {
        let (rule, kind, severity) = (&alert.rule, alert.kind, alert.severity);
        format!("{rule}: {kind} {severity}, by {}", alert.limit_source)
    });
    let warm = "reefer engine too warm for its load: REEFER_WARM LOW, by rule";
    assert_eq!(said.next().unwrap(), warm);
    assert_eq!(said.next().unwrap(), "fast: OVERSPEED CRITICAL, by flag");
    assert_eq!(said.next(), None);
}

#[test]
fn modes_are_read_from_the_words_that_they_are_written_as() {
    for (mode, word) in [(Mode::Edge, "edge"), (Mode::Every, "every")] {
        assert_eq!(mode.to_string(), word);
        assert_eq!(word.parse::<Mode>().unwrap(), mode);
    }
}

#[test]
fn flags_are_told_apart_by_name() {
    let flag = |name| ProducerFlag::new(name, |event| event.gear().map(|gear| gear < 0));
    assert_eq!(flag("reverse").name(), "reverse");
    assert_eq!(flag("reverse"), flag("reverse"));
    assert_ne!(flag("reverse"), flag("backwards"));
    assert_eq!(
        format!("{:?}", flag("reverse")),
        "ProducerFlag(\"reverse\")"
    );
}
